//! The server as a child process, and a client that speaks HTTP/1.1 over a plain socket.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use nod_protocol::{
    challenge::Challenge,
    envelope::{Header, MEDIA_TYPE, VERSION},
    http::{KeysReply, SessionReply},
    ids::ModelSetId,
    key_config::RootPublicKey,
    payload::Payload,
    seal,
};
use serde_json::{Value, json};

use super::authority;

/// `nod-authority serve` as a child process.
pub(crate) struct Server {
    child: Child,
    log: BufReader<std::process::ChildStderr>,
    seen: String,
    address: String,
}

impl Server {
    pub(crate) fn start(data: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = authority(data, &["serve"])
            .envs(variables.iter().copied())
            .env("NOD_AUTHORITY_LOG_FORMAT", "json")
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
                break line["fields"]["address"].as_str().unwrap().to_owned();
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
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.log.read_to_string(&mut self.seen).unwrap();
        assert!(self.child.wait().unwrap().success(), "{}", self.seen);
        std::mem::take(&mut self.seen)
    }

    /// Opens a session, draws the challenge, seals and posts, as the widget does.
    pub(crate) fn capture(
        &mut self,
        root: &RootPublicKey,
        open: &Value,
        path: &str,
        payload: &Payload,
    ) -> Value {
        let session: SessionReply =
            serde_json::from_value(self.post("/v1/sessions", open)).unwrap();
        let at = format!("/v1/sessions/{}/challenge", session.session);
        let challenge: Challenge =
            serde_json::from_value(self.post(&at, &json!({"mode": "still"}))["challenge"].take())
                .unwrap();
        let keys: KeysReply =
            serde_json::from_slice(&self.request("GET", "/v1/keys", "", b"")).unwrap();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let key = root.choose(&keys.keys, now.as_secs()).unwrap();
        let header = Header {
            version: VERSION,
            session: session.session.clone(),
            key: key.kid,
            model_set: ModelSetId::parse("open-1").unwrap(),
            build: [7; 32],
        };
        let sealed = seal::seal(
            &key.public_key,
            header,
            &session.context(&challenge),
            payload,
        )
        .unwrap();
        serde_json::from_slice(&self.request("POST", path, MEDIA_TYPE, &sealed.encode())).unwrap()
    }

    pub(crate) fn get(&mut self, path: &str) -> Vec<u8> {
        self.request("GET", path, "", b"")
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Value {
        let reply = self.request(
            "POST",
            path,
            "application/json",
            body.to_string().as_bytes(),
        );
        serde_json::from_slice(&reply).unwrap()
    }

    /// One HTTP/1.1 exchange on a connection of its own; returns the body of a 200.
    fn request(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: id.localhost\r\nConnection: close\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        let end = reply
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let (head, body) = reply.split_at(end + 4);
        assert!(
            head.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&reply)
        );
        body.to_vec()
    }
}

impl Drop for Server {
    /// A failed test leaves no process behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
