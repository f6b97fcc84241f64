//! Runs a program that fetches something, for so long and no longer.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Runs the command without input or output and waits.
///
/// # Errors
/// In words: it cannot be started, it took longer than `limit` and was ended, or the last line it
/// wrote to its standard error.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    // Read beside the wait, so that a talkative program does not block on a full pipe.
    let stderr = child.stderr.take();
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut stderr) = stderr {
            // What cannot be read is missing from a message, nothing else.
            let _ = stderr.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    });
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => {
                let text = reader.join().unwrap_or_default();
                let reason = text.lines().rev().find(|line| !line.trim().is_empty());
                let silent = || format!("{program} gave up ({status})");
                return Err(reason.map_or_else(silent, str::to_owned));
            }
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(20)),
            Ok(None) => {
                // It may have ended by itself just now.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{program} took longer than {} s", limit.as_secs()));
            }
            Err(error) => return Err(format!("{program}: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_in_words() {
        let limit = Duration::from_secs(10);
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo first >&2; echo the reason >&2; exit 3"]);
        assert_eq!(run(&mut shell, limit).unwrap_err(), "the reason");

        let error = run(Command::new("sh").args(["-c", "exit 3"]), limit).unwrap_err();
        assert!(error.contains("gave up") && error.contains('3'), "{error}");

        let error = run(&mut Command::new("no-such-program"), limit).unwrap_err();
        assert!(error.contains("cannot be started"), "{error}");

        let started = Instant::now();
        let error = run(Command::new("sleep").arg("30"), Duration::from_secs(1)).unwrap_err();
        assert!(error.contains("longer than 1 s"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
