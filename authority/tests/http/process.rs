//! The real process: command line, settings, signals, and logs that hold no secret.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Output, Stdio},
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

use crate::{harness::write_dist, people::ANN};

const ORIGIN: &str = "http://court.localhost:8081";
const ISSUER: &str = "http://id.localhost:8080";

#[test]
fn from_an_empty_directory_to_a_signed_yes_without_a_secret_in_the_logs() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    init(&data, dir.path());
    let secret = add_court(&data);
    let code = new_ticket(&data);

    let mut server = Server::start(&data, &[("NOD_AUTHORITY_LOG", "trace")]);
    let root = std::fs::read_to_string(data.join("root.pub")).unwrap();
    let root = RootPublicKey::from_base64url(root.trim()).unwrap();

    let open = json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol", "ticket": code});
    let enrolled = server.capture(&root, &open, "/v1/enrol", &ANN.payload(10));
    assert_eq!(enrolled, json!({"enrolled": true, "level": "full"}));
    let open = json!({"sitekey": "pk_court", "origin": ORIGIN, "rp_nonce": "planted-nonce"});
    let token = server.capture(&root, &open, "/v1/verify", &ANN.payload(40))["token"].clone();
    let check = json!({"secret": secret, "response": token});
    let checked = server.post("/v1/siteverify", &check);
    assert_eq!(
        (&checked["success"], &checked["yes"]),
        (&json!(true), &json!(true))
    );

    let logs = server.stop();
    assert!(
        logs.contains("\"answered\"") && logs.contains("\"stopped\""),
        "{logs}"
    );
    let (token, passcode) = (token.as_str().unwrap(), ANN.passcode);
    let normalised = ANN.payload(0).claimed_id.expose().to_owned();
    for planted in [
        &secret,
        &code,
        token,
        ANN.id,
        &normalised,
        passcode,
        "planted",
    ] {
        assert!(
            !logs.to_lowercase().contains(&planted.to_lowercase()),
            "{planted}"
        );
    }
}

#[test]
fn what_is_there_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    init(&data, dir.path());
    let key = std::fs::read(data.join("keys/at-rest.key")).unwrap();
    let again = run(&data, &["init"], "");
    assert!(!again.status.success());
    assert!(
        stderr(&again).contains("never changes an existing directory"),
        "{}",
        stderr(&again)
    );
    assert_eq!(std::fs::read(data.join("keys/at-rest.key")).unwrap(), key);
    add_court(&data);
    let taken = run(&data, &SITE, "");
    assert!(
        stderr(&taken).contains("pk_court is taken"),
        "{}",
        stderr(&taken)
    );
    let listed = run(&data, &["site", "list", "--json"], "");
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed[0]["sitekey"], "pk_court");
    assert!(!listed.to_string().contains("sk_"));
}

#[test]
fn mistakes_are_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let nothing = run(&data, &["serve"], "");
    assert!(
        stderr(&nothing).contains("nod-authority init"),
        "{}",
        stderr(&nothing)
    );
    init(&data, dir.path());

    let mut insecure = SITE.to_vec();
    insecure[7] = "http://court.example.gov";
    let refused = run(&data, &insecure, "");
    assert!(
        stderr(&refused).contains("not https"),
        "{}",
        stderr(&refused)
    );
    let refused = run(
        &data,
        &["ticket", "new", "--id", "1234", "--minutes", "16"],
        "",
    );
    assert!(
        stderr(&refused).contains("1 to 15 minutes"),
        "{}",
        stderr(&refused)
    );
    let refused = run(&data, &["ticket", "new", "--id", "planted;id"], "");
    assert!(!refused.status.success() && !stderr(&refused).contains("planted"));

    let variable = authority(&data, &["serve"])
        .env("NOD_AUTHORITY_LISEN", "x")
        .output()
        .unwrap();
    assert!(
        stderr(&variable).contains("NOD_AUTHORITY_LISEN"),
        "{}",
        stderr(&variable)
    );
    let mut settings = std::fs::read_to_string(data.join("config.toml")).unwrap();
    settings.push_str("lisen = 1\n");
    std::fs::write(data.join("config.toml"), &settings).unwrap();
    let key = run(&data, &["serve"], "");
    assert!(stderr(&key).contains("lisen"), "{}", stderr(&key));
}

#[test]
fn keys_that_others_may_read_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    init(&data, dir.path());
    let key = data.join("keys/lookup.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = run(&data, &["serve"], "");
    assert!(!refused.status.success());
    let words = stderr(&refused);
    assert!(
        words.contains("lookup.key") && words.contains("chmod 600"),
        "{words}"
    );
}

const SITE: [&str; 15] = [
    "site",
    "add",
    "--sitekey",
    "pk_court",
    "--name",
    "City court",
    "--origin",
    ORIGIN,
    "--alternative",
    "http://court.localhost:8081/counter",
    "--action",
    "efile-submit=File a claim in your name",
    "--level",
    "full",
    "--still",
];

fn authority(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nod-authority"));
    command.args(arguments).arg("--data").arg(data);
    command
}

fn run(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = authority(data, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json_of(output: &Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn init(data: &Path, dir: &Path) {
    let dist = dir.join("dist");
    write_dist(&dist);
    let dist = dist.to_str().unwrap();
    let arguments = [
        "init",
        "--listen",
        "127.0.0.1:0",
        "--dist",
        dist,
        "--development",
    ];
    let made = run(data, &arguments, "");
    assert!(made.status.success(), "{}", stderr(&made));
    let root = std::fs::read_to_string(data.join("root.pub")).unwrap();
    assert!(String::from_utf8_lossy(&made.stdout).contains(root.trim()));
}

fn add_court(data: &Path) -> String {
    let mut arguments = SITE.to_vec();
    arguments.push("--json");
    json_of(&run(data, &arguments, ""))["secret"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn new_ticket(data: &Path) -> String {
    let made = json_of(&run(
        data,
        &["ticket", "new", "--id", "-", "--json"],
        ANN.id,
    ));
    let code = made["code"].as_str().unwrap().to_owned();
    assert_eq!(made["link"], format!("{ISSUER}/enrol#{code}"));
    code
}

/// `nod-authority serve` as a child process.
struct Server {
    child: Child,
    log: BufReader<std::process::ChildStderr>,
    seen: String,
    address: String,
}

impl Server {
    fn start(data: &Path, variables: &[(&str, &str)]) -> Self {
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
    fn stop(mut self) -> String {
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
    fn capture(
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

    fn post(&mut self, path: &str, body: &Value) -> Value {
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
