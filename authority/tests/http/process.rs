//! The real process: command line, settings, signals, and logs that hold no secret.

mod at_rest;
mod attributes;
mod backup;
mod drain;
mod duplicates;
mod import_key;
mod keys;
mod logs;
mod operators;
pub(crate) mod server;
mod sites;

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use nod_protocol::key_config::RootPublicKey;
use serde_json::{Value, json};

use self::server::Server;
use crate::{
    harness::{TestDatabase, write_dist},
    people::ANN,
};

pub(crate) const ORIGIN: &str = "http://court.localhost:8081";
const ISSUER: &str = "http://id.localhost:8080";

#[test]
fn from_an_empty_directory_to_a_signed_yes_without_a_secret_in_the_logs() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    let secret = add_court(&data);
    let code = new_ticket(&data);

    let server = Server::start(&data, &[("NOD_AUTHORITY_LOG", "trace")]);
    let root = std::fs::read_to_string(data.join("root.pub")).unwrap();
    let root = RootPublicKey::from_base64url(root.trim()).unwrap();

    let open = json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol", "ticket": code});
    let enrolled = server.capture(&root, &open, "/v1/enrol", &ANN.payload(10));
    assert_eq!(enrolled["enrolled"], true);
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
    let normalised = ANN.payload(0).claim.id().unwrap().expose().to_owned();
    for planted in [
        &secret,
        &code,
        token,
        enrolled["key_registration"].as_str().unwrap(),
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
    let _database = init(&data, dir.path());
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
    assert_eq!(listed[0]["evidence"], "none");
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
    let _database = init(&data, dir.path());

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
fn crops_are_asked_for_only_where_the_settings_say_who_looks_at_them() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    let mut arguments = SITE.to_vec();
    arguments.extend(["--evidence", "crops"]);
    let added = run(&data, &arguments, "");
    assert!(added.status.success(), "{}", stderr(&added));
    let listed = json_of(&run(&data, &["site", "list", "--json"], ""));
    assert_eq!(listed[0]["evidence"], "crops");
    let in_words = run(&data, &["site", "list"], "").stdout;
    assert!(String::from_utf8_lossy(&in_words).contains("  crops"));

    let refused = run(&data, &["serve"], "");
    let words = stderr(&refused);
    assert!(
        words.contains("pk_court asks for crops") && words.contains("[evidence]"),
        "{words}"
    );
    // Somebody who is named and away is no reason not to start: other sites need nobody.
    let socket = dir.path().join("evidence.sock");
    let socket = socket.to_str().unwrap();
    Server::start(&data, &[("NOD_AUTHORITY_EVIDENCE_SOCKET", socket)]).stop();
}

#[test]
fn keys_that_others_may_read_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
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

pub(crate) fn run(data: &Path, arguments: &[&str], input: &str) -> Output {
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

/// Makes a data directory. The database is there as long as what is returned.
#[must_use]
pub(crate) fn init(data: &Path, dir: &Path) -> TestDatabase {
    let database = TestDatabase::new();
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
    let mut command = authority(data, &arguments);
    command.envs(
        database
            .url()
            .map(|url| ("NOD_AUTHORITY_DATABASE_URL", url)),
    );
    let made = command.output().unwrap();
    assert!(made.status.success(), "{}", stderr(&made));
    let settings = data.join("config.toml");
    let text = std::fs::read_to_string(&settings).unwrap() + &database.settings();
    std::fs::write(settings, text).unwrap();
    assert_eq!(data.join("nod.sqlite").exists(), database.url().is_none());
    let root = std::fs::read_to_string(data.join("root.pub")).unwrap();
    assert!(String::from_utf8_lossy(&made.stdout).contains(root.trim()));
    database
}

pub(crate) fn add_court(data: &Path) -> String {
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
