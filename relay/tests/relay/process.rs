//! `nod-relay` as a child process.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::{self, JoinHandle},
};

use serde_json::Value;

/// A running relay; it is ended with the value.
pub(crate) struct Relay {
    child: Child,
    /// Reads all the time, so that a full pipe holds nothing up.
    log: Option<JoinHandle<String>>,
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
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (told, address) = mpsc::channel();
        let log = thread::spawn(move || {
            let mut seen = String::new();
            for line in stderr.lines() {
                let line = line.unwrap();
                seen.push_str(&line);
                seen.push('\n');
                let read: Value = serde_json::from_str(&line).unwrap();
                if read["fields"]["message"] == "listening" {
                    let address = read["fields"]["address"].as_str().unwrap();
                    told.send(address.parse().unwrap()).unwrap();
                }
            }
            seen
        });
        Self {
            child,
            log: Some(log),
            address: address.recv().unwrap(),
        }
    }

    /// SIGTERM, a clean exit, and everything that was logged.
    pub(crate) fn stop(mut self) -> String {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.unwrap().success());
        let seen = self.log.take().unwrap().join().unwrap();
        assert!(self.child.wait().unwrap().success(), "{seen}");
        seen
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
