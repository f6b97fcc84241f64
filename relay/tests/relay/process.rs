//! `nod-relay` as a child process.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, ChildStderr, Command, Stdio},
};

use serde_json::Value;

/// A running relay; it is ended with the value.
pub(crate) struct Relay {
    child: Child,
    log: BufReader<ChildStderr>,
    seen: String,
    pub(crate) address: SocketAddr,
}

pub(crate) const ORIGIN: &str = "https://relay.example";

impl Relay {
    pub(crate) fn start(authority: &str, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_nod-relay"))
            .args(["--listen", "127.0.0.1:0", "--origin", ORIGIN])
            .args(["--authority", authority, "--log-json", "--log", "trace"])
            .args(["--metrics-token", "planted-token"])
            .args(more)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).unwrap() > 0, "{seen}");
            seen.push_str(&line);
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["fields"]["message"] == "listening" {
                break line["fields"]["address"].as_str().unwrap().parse().unwrap();
            }
        };
        Self {
            child,
            log,
            seen,
            address,
        }
    }

    /// SIGTERM, a clean exit, and everything that was logged.
    pub(crate) fn stop(mut self) -> String {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.unwrap().success());
        self.log.read_to_string(&mut self.seen).unwrap();
        assert!(self.child.wait().unwrap().success(), "{}", self.seen);
        std::mem::take(&mut self.seen)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
