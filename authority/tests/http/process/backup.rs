//! Copies of a running authority, and what of an older state must not come back to life.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Output,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use nod_authority::{state::database_path, store::newest_schema};
use nod_protocol::key_config::RootPublicKey;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Executor, sqlite::SqliteConnectOptions};

use super::{ISSUER, ORIGIN, add_court, init, json_of, new_ticket, run, server::Server, stderr};
use crate::{
    harness::{TestDatabase, is_postgres},
    people::ANN,
};

/// An authority with a site and a resident, and what is needed to ask it.
struct Town {
    dir: tempfile::TempDir,
    data: PathBuf,
    root: RootPublicKey,
    secret: String,
    server: Option<Server>,
    _database: TestDatabase,
}

impl Town {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let database = init(&data, dir.path());
        let secret = add_court(&data);
        let code = new_ticket(&data);
        let server = Server::start(&data, &[]);
        let root = root_of(&data);
        let open =
            json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol", "ticket": code});
        server.capture(&root, &open, "/v1/enrol", &ANN.payload(10));
        Self {
            dir,
            data,
            root,
            secret,
            server: Some(server),
            _database: database,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// Stops the server of this data directory, or starts one on another.
    fn serve(&mut self, data: &Path) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
        self.server = Some(Server::start(data, &[]));
    }

    /// A sealed body for a session of the court.
    fn sealed(&self, shot: u64) -> Vec<u8> {
        self.server()
            .sealed(&self.root, &at_court(), &ANN.payload(shot))
    }

    /// A token for a yes.
    fn token(&self, shot: u64) -> Value {
        let reply =
            self.server()
                .capture(&self.root, &at_court(), "/v1/verify", &ANN.payload(shot));
        reply["token"].clone()
    }

    /// Success, yes, and the first error of a check.
    fn check(&self, token: &Value) -> (Value, Value, Value) {
        let check = json!({"secret": self.secret, "response": token});
        let mut reply = self.server().post("/v1/siteverify", &check);
        let error = reply["error_codes"].get(0).cloned().unwrap_or_default();
        (reply["success"].take(), reply["yes"].take(), error)
    }

    fn assert_yes(&self, shot: u64) {
        let checked = self.check(&self.token(shot));
        assert_eq!(checked, (json!(true), json!(true), Value::Null));
    }

    fn refusal(&self, body: &[u8]) -> Value {
        let (status, mut problem) = self.server().send_sealed("/v1/verify", body);
        assert!(status >= 400, "{problem}");
        problem["code"].take()
    }

    fn backup(&self, to: &str, more: &[&str]) -> Output {
        let to = self.path(to);
        let mut arguments = vec!["backup", "--to", to.to_str().unwrap(), "--json"];
        arguments.extend(more);
        run(&self.data, &arguments, "")
    }

    fn restore(&self, data: &Path, from: &str, keys: &str) -> Output {
        let (from, keys) = (self.path(from), self.path(keys));
        let arguments = [
            "restore",
            "--from",
            from.to_str().unwrap(),
            "--keys-from",
            keys.to_str().unwrap(),
            "--json",
        ];
        run(data, &arguments, "")
    }
}

fn at_court() -> Value {
    json!({"sitekey": "pk_court", "origin": ORIGIN, "rp_nonce": "n-1"})
}

fn root_of(data: &Path) -> RootPublicKey {
    let text = fs::read_to_string(data.join("root.pub")).unwrap();
    RootPublicKey::from_base64url(text.trim()).unwrap()
}

fn assert_refused(output: &Output, words: &str) {
    assert!(!output.status.success());
    assert!(stderr(output).contains(words), "{}", stderr(output));
}

#[test]
fn a_copy_that_was_made_under_load_is_restored_and_nothing_spent_comes_back() {
    if is_postgres() {
        return;
    }
    let mut town = Town::new();
    // Ready when the copy is made, and spent after it; or never sent before the restoration.
    let (spent_later, never_sent) = (town.sealed(100), town.sealed(104));
    let unused_ticket = new_ticket(&town.data);
    let keys_to = town.path("keys");

    let (is_over, verified) = (AtomicBool::new(false), AtomicU64::new(0));
    let made = std::thread::scope(|threads| {
        let mut workers = Vec::new();
        for thread in 0..2 {
            let (town, is_over, verified) = (&town, &is_over, &verified);
            workers.push(threads.spawn(move || {
                // Captures that share keyframes would count as one.
                for shot in (200 + 10 * thread..).step_by(20) {
                    // Of two attempts at the same moment for the same person one would be a no.
                    if thread == 0 {
                        town.assert_yes(shot);
                        verified.fetch_add(1, Ordering::Relaxed);
                    } else {
                        town.sealed(shot);
                    }
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                }
            }));
        }
        while verified.load(Ordering::Relaxed) < 2 && !workers.iter().any(|it| it.is_finished()) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let made = json_of(&town.backup("copy", &["--keys-to", keys_to.to_str().unwrap()]));
        is_over.store(true, Ordering::Relaxed);
        made
    });
    assert_eq!(made["schema"], newest_schema());
    for path in ["copy/nod.sqlite", "copy/config.toml", "keys/at-rest.key"] {
        let mode = fs::metadata(town.path(path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{path}");
    }

    let reply = town.server().send_sealed("/v1/verify", &spent_later);
    assert_eq!(reply.0, 200, "{}", reply.1);
    let checked_later = reply.1["token"].clone();
    let (unchecked, left) = (town.token(110), town.token(120));
    assert_eq!(town.check(&checked_later).0, true);
    assert_eq!(town.check(&left).0, true);

    let restored = town.path("restored");
    let report = json_of(&town.restore(&restored, "copy", "keys"));
    assert_eq!(report["residents"], 1);
    assert!(report["ended_sessions"].as_u64().unwrap() >= 2, "{report}");
    assert_eq!(report["ended_tickets"], 1);
    assert_eq!(report["made_at"], made["made_at"]);
    town.serve(&restored);
    for body in [&spent_later, &never_sent] {
        assert_eq!(town.refusal(body), "session.spent");
    }
    for token in [&checked_later, &unchecked, &left] {
        let refused = (json!(false), Value::Null, json!("answer.already_used"));
        assert_eq!(town.check(token), refused);
    }
    let open = json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol", "ticket": unused_ticket});
    let (status, problem) = town.server().try_post("/v1/sessions", &open);
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("enrol.ticket_spent"))
    );
    // Whoever begins anew is served as ever.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    town.assert_yes(130);
}

#[test]
fn what_is_damaged_changed_or_belongs_to_others_is_not_restored() {
    if is_postgres() {
        return;
    }
    let town = Town::new();
    let keys_to = town.path("keys");
    let keys_to = ["--keys-to", keys_to.to_str().unwrap()];
    json_of(&town.backup("copy", &keys_to));
    assert_refused(
        &town.backup("copy", &[]),
        "never changes an existing folder",
    );
    let inside = town.path("copy-2/keys");
    let inside = ["--keys-to", inside.to_str().unwrap()];
    assert_refused(&town.backup("copy-2", &inside), "another place");
    assert!(!town.path("copy-2").exists());
    // An error after the folder was made takes it away again.
    assert_refused(&town.backup("copy-2", &keys_to), "cannot make");
    assert!(!town.path("copy-2").exists() && town.path("keys/lookup.key").exists());

    assert_refused(&town.restore(&town.data, "copy", "keys"), "not empty");
    let new = town.path("new");
    assert_refused(&town.restore(&new, "nowhere", "keys"), "no finished backup");

    let database = town.path("copy/nod.sqlite");
    let good = fs::read(&database).unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::write(&database, &bad).unwrap();
    assert_refused(&town.restore(&new, "copy", "keys"), "nod.sqlite is damaged");
    fs::write(&database, &good[..middle]).unwrap();
    assert_refused(&town.restore(&new, "copy", "keys"), "nod.sqlite is damaged");
    fs::write(&database, &good).unwrap();

    let list = town.path("copy/backup.json");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, text.replace("\"made_at\": 1", "\"made_at\": 2")).unwrap();
    assert_refused(&town.restore(&new, "copy", "keys"), "somebody has changed");
    fs::write(&list, &text).unwrap();

    let other = town.path("other");
    let made = run(&other, &["init"], "");
    assert!(made.status.success(), "{}", stderr(&made));
    let refused = town.restore(&new, "copy", "other/keys");
    assert_refused(&refused, "keys do not belong to this backup");
    fs::create_dir(town.path("no-keys")).unwrap();
    let refused = town.restore(&new, "copy", "no-keys");
    assert_refused(
        &refused,
        "keys that the database is encrypted with are missing",
    );
    // The right lookup key lets a wrong at-rest key come as far as the residents.
    let wrong = town.path("keys/at-rest.key");
    fs::copy(town.path("other/keys/at-rest.key"), &wrong).unwrap();
    let refused = town.restore(&new, "copy", "keys");
    assert_refused(&refused, "does not open with the at-rest key");
    fs::copy(town.data.join("keys/at-rest.key"), &wrong).unwrap();

    assert!(!new.exists(), "a refusal leaves nothing behind");
    json_of(&town.restore(&new, "copy", "keys"));
    let again = town.restore(&new, "copy", "keys");
    assert_refused(&again, "not empty");
}

#[tokio::test]
async fn a_backup_of_a_newer_program_is_refused_by_an_older_one() {
    if is_postgres() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    let newer = "INSERT INTO _sqlx_migrations
        (version, description, installed_on, success, checksum, execution_time)
        SELECT 9999, 'later', installed_on, success, checksum, 0 FROM _sqlx_migrations LIMIT 1";
    let options = SqliteConnectOptions::new().filename(database_path(&data));
    let mut past = options.connect().await.unwrap();
    past.execute(newer).await.unwrap();
    drop(past);
    // Copying leaves the schema alone, so it works with any.
    let (copy, keys) = (dir.path().join("copy"), data.join("keys"));
    let made = json_of(&run(
        &data,
        &["backup", "--to", copy.to_str().unwrap(), "--json"],
        "",
    ));
    assert_eq!(made["schema"], 9999);
    let arguments = [
        "restore",
        "--from",
        copy.to_str().unwrap(),
        "--keys-from",
        keys.to_str().unwrap(),
    ];
    let refused = run(&dir.path().join("new"), &arguments, "");
    assert_refused(&refused, "made by a newer program");
}

#[test]
fn a_database_that_its_own_tools_restored_is_settled_by_a_command() {
    let mut town = Town::new();
    if is_postgres() {
        assert_refused(&town.backup("copy", &[]), "pg_dump");
    }
    let (body, token) = (town.sealed(100), town.token(110));
    town.server.take().unwrap().stop();
    let report = json_of(&run(&town.data, &["after-restore", "--json"], ""));
    assert_eq!(
        (&report["residents"], &report["ended_sessions"]),
        (&json!(1), &json!(1))
    );
    let data = town.data.clone();
    town.serve(&data);
    assert_eq!(town.refusal(&body), "session.spent");
    assert_eq!(town.check(&token).2, "answer.already_used");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    town.assert_yes(120);
}
