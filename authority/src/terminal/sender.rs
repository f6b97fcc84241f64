//! How a message reaches a telephone: a program of the operator's, or the terminal that a development machine runs in.

use std::{io::Write, path::PathBuf, process::Stdio, time::Duration};

use serde::Serialize;
use tokio::{io::AsyncWriteExt, process::Command};
use zeroize::Zeroizing;

use super::PhoneNumber;

/// Where messages go.
pub enum Sender {
    /// A program that is given `{"number": "+…", "text": "…"}` and a line feed on its standard input, and that ends with 0 once the message
    /// is on its way. Whatever it prints goes nowhere.
    Program(Vec<String>),
    /// Development: the message stands on the standard output, in no log.
    Print,
}

/// A message that could not be handed over; the text says why and names neither number nor message.
#[derive(Debug, thiserror::Error)]
#[error("the message was not sent: {0}")]
pub struct NotSent(&'static str);

/// How long the program may take.
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Message<'a> {
    number: &'a str,
    text: &'a str,
}

impl Sender {
    /// Hands a message over.
    ///
    /// # Errors
    /// When the program cannot be started, fails, or takes longer than ten seconds: it is killed then.
    pub async fn send(&self, number: &PhoneNumber, text: &str) -> Result<(), NotSent> {
        let message = Message {
            number: number.expose(),
            text,
        };
        let line = serde_json::to_vec(&message).map_err(|_| NotSent("no JSON"))?;
        let mut line = Zeroizing::new(line);
        line.push(b'\n');
        match self {
            Self::Print => {
                let mut out = std::io::stdout().lock();
                let printed = out.write_all(b"message to a phone: ");
                printed
                    .and_then(|()| out.write_all(&line))
                    .and_then(|()| out.flush())
                    .map_err(|_| NotSent("the standard output is closed"))
            }
            Self::Program(words) => run(words, &line).await,
        }
    }
}

async fn run(words: &[String], line: &[u8]) -> Result<(), NotSent> {
    let (program, arguments) = words.split_first().ok_or(NotSent("no program"))?;
    let mut child = Command::new(PathBuf::from(program))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|_| NotSent("the program cannot be started"))?;
    let handed_over = async {
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read it says so by how it ends.
            let _ = stdin.write_all(line).await;
        }
        child.wait().await
    };
    match tokio::time::timeout(TIMEOUT, handed_over).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(_) => Err(NotSent("the program failed")),
        Err(_) => Err(NotSent("the program took too long")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent_by(script: &str) -> Result<(), String> {
        let words = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
        let number = PhoneNumber::parse("+4915123456789").unwrap();
        let sent = Sender::Program(words)
            .send(&number, "Your code is 123456.")
            .await;
        sent.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_program_is_given_number_and_text_and_says_by_its_end_whether_it_worked() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().display();
        sent_by(&format!("cat > {path}")).await.unwrap();
        assert_eq!(
            std::fs::read_to_string(file.path()).unwrap(),
            "{\"number\":\"+4915123456789\",\"text\":\"Your code is 123456.\"}\n"
        );
        let failed = sent_by("exit 3").await.unwrap_err();
        assert_eq!(failed, "the message was not sent: the program failed");
        // It does not read what it is given, and that is its own affair.
        sent_by("exit 0").await.unwrap();
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_an_error_and_no_panic() {
        let number = PhoneNumber::parse("+4915123456789").unwrap();
        for words in [vec![], vec!["/nowhere/to/be/found".to_owned()]] {
            assert!(Sender::Program(words).send(&number, "").await.is_err());
        }
    }
}
