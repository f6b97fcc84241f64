//! The server as a child process, and a client that speaks HTTP/1.1 over a plain socket.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        mpsc::{self, Receiver},
    },
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
    // Shared between threads, though one at a time reads it.
    log: Mutex<Receiver<String>>,
    seen: String,
    client: Client,
}

/// What speaks with a server; as many at once as there are threads.
#[derive(Clone)]
pub(crate) struct Client {
    address: String,
}

impl std::ops::Deref for Server {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Server {
    pub(crate) fn start(data: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = authority(data, &["serve"])
            .envs(variables.iter().copied())
            .env("NOD_AUTHORITY_LOG_FORMAT", "json")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (lines, log) = mpsc::channel();
        // Read all the time: a process whose log nobody takes stands still.
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = lines.send(line + "\n");
            }
        });
        let mut seen = String::new();
        let address = loop {
            let line = log.recv().unwrap_or_else(|_| panic!("{seen}"));
            seen.push_str(&line);
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["fields"]["message"] == "listening" {
                break line["fields"]["address"].as_str().unwrap().to_owned();
            }
        };
        Self {
            child,
            log: Mutex::new(log),
            seen,
            client: Client { address },
        }
    }

    /// SIGHUP; returns what the keys have to say about it. Needs a log that says no more than that.
    pub(crate) fn hang_up(&mut self) -> String {
        self.signal("-HUP");
        let mut said = String::new();
        let mut is_told = false;
        loop {
            let line = self.next_line();
            said.push_str(&line);
            is_told |= line.contains("SIGHUP");
            if is_told && line.contains("loaded anew") {
                return said;
            }
        }
    }

    /// SIGTERM, and what is logged until it is taken notice of.
    pub(crate) fn begin_to_stop(&mut self) {
        self.signal("-TERM");
        loop {
            let line = self.next_line();
            if line.contains("stopping: no new connections") {
                return;
            }
        }
    }

    /// SIGTERM, a clean exit, and everything that was logged.
    pub(crate) fn stop(self) -> String {
        self.signal("-TERM");
        self.ended()
    }

    /// A clean exit of a server that was told to stop, and everything that was logged.
    pub(crate) fn ended(mut self) -> String {
        self.seen.extend(self.log.get_mut().unwrap().iter());
        assert!(self.child.wait().unwrap().success(), "{}", self.seen);
        std::mem::take(&mut self.seen)
    }

    fn next_line(&mut self) -> String {
        let line = self
            .log
            .get_mut()
            .unwrap()
            .recv()
            .unwrap_or_else(|_| panic!("{}", self.seen));
        self.seen.push_str(&line);
        line
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status();
        assert!(sent.unwrap().success());
    }
}

impl Client {
    /// Of a server at this address.
    pub(crate) fn of(address: String) -> Self {
        Self { address }
    }

    /// Opens a session, draws the challenge, seals and posts, as the widget does.
    pub(crate) fn capture(
        &self,
        root: &RootPublicKey,
        open: &Value,
        path: &str,
        payload: &Payload,
    ) -> Value {
        let (status, reply) = self.send_sealed(path, &self.sealed(root, open, payload));
        assert_eq!(status, 200, "{reply}");
        reply
    }

    /// The same up to the sealed body.
    pub(crate) fn sealed(&self, root: &RootPublicKey, open: &Value, payload: &Payload) -> Vec<u8> {
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
        sealed.encode()
    }

    /// Posts a sealed body; returns status and reply.
    pub(crate) fn send_sealed(&self, path: &str, body: &[u8]) -> (u16, Value) {
        let (status, reply) = self.exchange("POST", path, MEDIA_TYPE, body);
        (status, serde_json::from_slice(&reply).unwrap())
    }

    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        self.request("GET", path, "", b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let reply = self.request(
            "POST",
            path,
            "application/json",
            body.to_string().as_bytes(),
        );
        serde_json::from_slice(&reply).unwrap()
    }

    /// Posts JSON; returns status and reply.
    pub(crate) fn try_post(&self, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let (status, reply) = self.exchange("POST", path, "application/json", body.as_bytes());
        (status, serde_json::from_slice(&reply).unwrap())
    }

    /// The body of a 200.
    fn request(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
        let (status, reply) = self.exchange(method, path, kind, body);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&reply));
        reply
    }

    /// Sends JSON, or nothing, with a bearer token.
    pub(crate) fn with_bearer(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: &Value,
    ) -> (u16, Value) {
        let kind = format!("application/json\r\nAuthorization: Bearer {token}");
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (status, reply) = self.exchange(method, path, &kind, body.as_bytes());
        let text = || Value::String(String::from_utf8_lossy(&reply).into_owned());
        (
            status,
            serde_json::from_slice(&reply).unwrap_or_else(|_| text()),
        )
    }

    /// A connection of its own with the head of a request that announces a body.
    pub(crate) fn begin(&self, method: &str, path: &str, kind: &str, length: usize) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: id.localhost\r\nConnection: close\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n",
        )
        .unwrap();
        stream
    }

    /// Whether anybody listens.
    pub(crate) fn listens(&self) -> bool {
        TcpStream::connect(&self.address).is_ok()
    }

    /// One HTTP/1.1 exchange on a connection of its own; returns status and body.
    pub(crate) fn exchange(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: &[u8],
    ) -> (u16, Vec<u8>) {
        let mut stream = self.begin(method, path, kind, body.len());
        stream.write_all(body).unwrap();
        Self::finish(stream)
    }

    /// Status and body of the reply.
    pub(crate) fn finish(mut stream: TcpStream) -> (u16, Vec<u8>) {
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        let end = reply
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let (head, body) = reply.split_at(end + 4);
        let status = head
            .get(9..12)
            .and_then(|code| std::str::from_utf8(code).ok());
        let status = status.and_then(|code| code.parse().ok()).unwrap();
        (status, body.to_vec())
    }
}

impl Drop for Server {
    /// A failed test leaves no process behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
