//! Somebody at nod-evidence's socket who speaks its protocol and measures what a test wants.
//!
//! The real process needs the networks and real faces, and these tests are about what the authority makes of whatever
//! it answers, or does not. With the real one, real photographs go through the whole line in `evidence/tests`.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use nod_protocol::evidence::{EvidenceReply, Received, body_length, encode_reply};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};

/// How every question is answered.
pub(super) enum Reply {
    Says(EvidenceReply),
    /// Bytes that are no reply.
    Speaks(&'static [u8]),
    BreaksOff,
}

/// Listens until it leaves or is dropped.
pub(super) struct Examiner {
    socket: PathBuf,
    asked: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
}

impl Examiner {
    pub(super) fn listen(socket: &Path, reply: Reply) -> Self {
        // What an earlier one left behind.
        let _ = std::fs::remove_file(socket);
        let listener = UnixListener::bind(socket).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let questions = asked.clone();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                answer(stream, &questions, &reply).await;
            }
        });
        Self {
            socket: socket.to_owned(),
            asked,
            task,
        }
    }

    /// What was asked so far.
    pub(super) fn asked(&self) -> Vec<Received> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// Stops listening, as a process that ends does.
    pub(super) async fn leave(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
        std::fs::remove_file(&self.socket).unwrap();
    }
}

impl Drop for Examiner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut stream: UnixStream, questions: &Mutex<Vec<Received>>, reply: &Reply) {
    let mut first = [0; 4];
    if stream.read_exact(&mut first).await.is_err() {
        // No question: somebody looked whether anybody is here.
        return;
    }
    let mut body = vec![0; body_length(first).unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    let question = Received::decode(&body).unwrap();
    questions.lock().unwrap().push(question);
    match reply {
        Reply::Says(reply) => {
            let message = encode_reply(reply).unwrap();
            stream.write_all(&message).await.unwrap();
        }
        Reply::Speaks(bytes) => stream.write_all(bytes).await.unwrap(),
        Reply::BreaksOff => {}
    }
}
