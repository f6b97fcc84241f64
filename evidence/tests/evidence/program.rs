//! `nod-evidence` as a child process, and what an authority says to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nod_protocol::evidence::{EvidenceReply, EvidenceRequest, body_length, decode_reply};

use crate::faces::models;

/// A serving process; killed when dropped.
pub(crate) struct Program {
    child: Child,
    said: BufReader<std::process::ChildStderr>,
    socket: PathBuf,
    _folder: Option<tempfile::TempDir>,
}

/// A process that has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    /// Everything on standard error after the line that says that it serves.
    pub(crate) said: String,
}

impl Program {
    /// On a socket of its own.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut program = Self::start_at(&folder.path().join("evidence.sock"));
        program._folder = Some(folder);
        program
    }

    /// Returns when it says that it serves.
    pub(crate) fn start_at(socket: &Path) -> Self {
        let mut child = command(socket, models()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert!(line.starts_with("nod-evidence: serves "), "{line}");
        assert!(line.contains("everywhere-1"), "{line}");
        Self {
            child,
            said,
            socket: socket.to_owned(),
            _folder: None,
        }
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(crate) fn connect(&self) -> UnixStream {
        UnixStream::connect(&self.socket).unwrap()
    }

    /// One exchange.
    pub(crate) fn ask(&self, request: &EvidenceRequest<'_>) -> EvidenceReply {
        let mut stream = self.connect();
        stream.write_all(&request.encode().unwrap()).unwrap();
        reply(&mut stream)
    }

    /// Sends these bytes, no more, and takes the reply.
    pub(crate) fn send(&self, bytes: &[u8]) -> EvidenceReply {
        let mut stream = self.connect();
        // What is refused by its length need not be taken to the end.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        reply(&mut stream)
    }

    /// As an operator or a service manager does it.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn wait(mut self) -> Ended {
        let code = self.child.wait().unwrap().code();
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        Ended { code, said }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, not yet started.
pub(crate) fn command(socket: &Path, models: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nod-evidence"));
    command
        .arg("serve")
        .arg("--socket")
        .arg(socket)
        .arg("--models")
        .arg(models)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// What comes back on a connection.
pub(crate) fn reply(stream: &mut UnixStream) -> EvidenceReply {
    let mut first = [0; 4];
    stream.read_exact(&mut first).unwrap();
    let mut body = vec![0; body_length(first).unwrap()];
    stream.read_exact(&mut body).unwrap();
    decode_reply(&body).unwrap()
}
