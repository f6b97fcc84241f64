//! Keys that change under a running server, by the real commands.

use std::{
    collections::BTreeSet,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use nod_authority::keys::{KeyRing, KeySource};
use nod_protocol::{
    answer::AnswerVerifyingKey,
    http::{JwksReply, KeysReply},
    ids::KeyId,
    key_config::RootPublicKey,
};
use serde_json::{Value, json};

use super::{
    ISSUER, ORIGIN, add_court, authority, init, json_of, run,
    server::{Client, Server},
    stderr,
};
use crate::{
    harness::TestDatabase,
    people::{ANN, BOB, Person},
};

/// What the keys say, and little else: nobody reads a running server's log.
const QUIET: (&str, &str) = (
    "NOD_AUTHORITY_LOG",
    "warn,nod_authority::cli=info,nod_authority::keys=info",
);

pub(super) struct Place {
    dir: tempfile::TempDir,
    pub(super) secret: String,
    pub(super) database: TestDatabase,
}

impl Place {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let database = init(&data, dir.path());
        let secret = add_court(&data);
        Self {
            dir,
            secret,
            database,
        }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(super) fn root(&self) -> RootPublicKey {
        let text = std::fs::read_to_string(self.data().join("root.pub")).unwrap();
        RootPublicKey::from_base64url(text.trim()).unwrap()
    }

    /// A server where Ann is enrolled.
    pub(super) fn serve(&self) -> Server {
        let server = self.server();
        self.enrol(&server, &ANN);
        server
    }

    pub(super) fn server(&self) -> Server {
        Server::start(&self.data(), &[QUIET])
    }

    pub(super) fn enrol(&self, server: &Client, person: &Person) {
        let ticket = ["ticket", "new", "--id", "-", "--json"];
        let code = json_of(&run(&self.data(), &ticket, person.id))["code"].take();
        let open =
            json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol", "ticket": code});
        let enrolled = server.capture(&self.root(), &open, "/v1/enrol", &person.payload(10));
        assert_eq!(enrolled["enrolled"], true);
    }

    fn key(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["key"];
        all.extend(arguments);
        all.push("--json");
        json_of(&run(&self.data(), &all, ""))
    }

    /// The name of the key of a kind that is in a state.
    fn named(&self, kind: &str, state: &str) -> String {
        let listed = self.key(&["list"]);
        let mut keys = listed.as_array().unwrap().iter();
        let found = keys.find(|key| key["kind"] == kind && key["state"] == state);
        let found = found.unwrap();
        found["kid"].as_str().unwrap().to_owned()
    }
}

pub(super) fn at_court() -> Value {
    json!({"sitekey": "pk_court", "origin": ORIGIN, "rp_nonce": "n-1"})
}

fn jwks(server: &Client) -> JwksReply {
    serde_json::from_slice(&server.get("/.well-known/jwks.json")).unwrap()
}

fn handed_out(server: &Client) -> Vec<KeyId> {
    let reply: KeysReply = serde_json::from_slice(&server.get("/v1/keys")).unwrap();
    reply.keys.into_iter().map(|config| config.kid).collect()
}

/// Checks a token as a site without our code would: the curve's own crate and the published numbers.
fn is_signed_by_one_of(token: &str, jwks: &JwksReply) -> bool {
    use base64ct::{Base64UrlUnpadded as B64, Encoding};
    use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
    let kid = AnswerVerifyingKey::id_of(token).unwrap();
    let Some(key) = jwks.keys.iter().find(|key| key.kid == kid) else {
        return false;
    };
    let point = [
        vec![4],
        B64::decode_vec(&key.x).unwrap(),
        B64::decode_vec(&key.y).unwrap(),
    ];
    let key = VerifyingKey::from_sec1_bytes(&point.concat()).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = Signature::from_slice(&B64::decode_vec(signature).unwrap()).unwrap();
    key.verify(signed.as_bytes(), &signature).is_ok()
}

#[test]
fn answer_keys_are_rotated_under_load_and_no_answer_is_lost() {
    let place = Place::new();
    let root = place.root();
    let mut server = place.serve();
    let first = place.named("answer", "in_use");
    let is_over = AtomicBool::new(false);
    let (shots, newest) = (AtomicU64::new(100), std::sync::Mutex::new(String::new()));
    place.enrol(&server, &BOB);
    let pressed = Client::clone(&server);
    // One of two attempts at the same moment for the same person would be a no.
    let stream = &|person: Person| {
        let mut signers = BTreeSet::new();
        let mut held = Vec::new();
        while !is_over.load(Ordering::SeqCst) {
            // What a site had fetched before the answer came, and what it could fetch then.
            let before = jwks(&pressed);
            let shot = shots.fetch_add(3, Ordering::SeqCst);
            let reply = pressed.capture(&root, &at_court(), "/v1/verify", &person.payload(shot));
            let token = reply["token"].as_str().unwrap().to_owned();
            let after = jwks(&pressed);
            assert!(
                is_signed_by_one_of(&token, &before),
                "known before it signs"
            );
            assert!(is_signed_by_one_of(&token, &after));
            signers.insert(AnswerVerifyingKey::id_of(&token).unwrap().to_string());
            newest.lock().unwrap().clone_from(&token);
            held.push(token);
            // Some are checked at once, some after the next rotation.
            if held.len() > 3 {
                check(&pressed, &place.secret, &held.remove(0));
            }
        }
        for token in &held {
            assert!(is_signed_by_one_of(token, &jwks(&pressed)));
            check(&pressed, &place.secret, token);
        }
        signers
    };
    let (mut rotated, mut signers) = (vec![first.clone()], BTreeSet::new());
    std::thread::scope(|scope| {
        let streams = [ANN, BOB].map(|person| scope.spawn(move || stream(person)));
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..2 {
                let made = place.key(&["rotate", "answer", "--signs-in", "6s"]);
                let kid = made["kid"].as_str().unwrap().to_owned();
                server.hang_up();
                let published = jwks(&server).keys;
                assert!(published.iter().any(|key| key.kid.as_str() == kid));
                let give_up = Instant::now() + Duration::from_secs(60);
                let signs = |token: &str| {
                    !token.is_empty() && AnswerVerifyingKey::id_of(token).unwrap().as_str() == kid
                };
                while !signs(&newest.lock().unwrap()) {
                    assert!(Instant::now() < give_up, "{kid} never signs");
                    std::thread::sleep(Duration::from_millis(50));
                }
                rotated.push(kid);
            }
        }));
        is_over.store(true, Ordering::SeqCst);
        for stream in streams {
            signers.extend(stream.join().unwrap());
        }
        outcome.unwrap();
    });
    assert_eq!(signers, rotated.iter().cloned().collect());
    // The first still waits for its last answers to expire.
    assert_eq!(jwks(&server).keys.len(), 3);
    let states = place.key(&["list"]).to_string();
    assert_eq!(states.matches("\"superseded\"").count(), 2, "{states}");

    // It leaked: at once it is worth nothing, and the others go on.
    place.key(&["retire", &first, "--at-once"]);
    server.hang_up();
    assert!(
        jwks(&server)
            .keys
            .iter()
            .all(|key| key.kid.as_str() != first)
    );
    let token = server.capture(&root, &at_court(), "/v1/verify", &ANN.payload(40))["token"].clone();
    check(&server, &place.secret, token.as_str().unwrap());
    place.key(&["prune"]);
    server.hang_up();
    let logs = server.stop();
    assert!(!logs.contains("could not"), "{logs}");
}

fn check(server: &Client, secret: &str, token: &str) {
    let reply = server.post(
        "/v1/siteverify",
        &json!({"secret": secret, "response": token}),
    );
    assert_eq!(
        (&reply["success"], &reply["yes"]),
        (&json!(true), &json!(true)),
        "{reply}"
    );
}

#[test]
fn what_was_sealed_to_an_old_key_is_opened_until_that_is_retired() {
    let place = Place::new();
    let root = place.root();
    let mut server = place.serve();
    let old = handed_out(&server).remove(0);
    let [one, other] = [20, 30].map(|shot| server.sealed(&root, &at_court(), &ANN.payload(shot)));

    // The root is on another machine, and the file goes back and forth.
    let elsewhere = place.dir.path().join("safe");
    std::fs::create_dir(&elsewhere).unwrap();
    let kept = elsewhere.join("root.key");
    std::fs::rename(place.data().join("keys/root.key"), &kept).unwrap();
    let refused = run(&place.data(), &["key", "rotate", "sealing"], "");
    assert!(
        stderr(&refused).contains("key new sealing"),
        "{}",
        stderr(&refused)
    );
    let made = place.key(&["new", "sealing"]);
    let new = made["kid"].as_str().unwrap();
    server.hang_up();
    let now = handed_out(&server);
    assert_eq!(now, std::slice::from_ref(&old), "nothing is used unsigned");
    let request = elsewhere.join("request.json");
    std::fs::copy(made["file"].as_str().unwrap(), &request).unwrap();
    let arguments = [
        "key",
        "sign",
        request.to_str().unwrap(),
        "--root-key",
        kept.to_str().unwrap(),
    ];
    let nowhere = place.dir.path().join("nowhere");
    let signed = json_of(&run(&nowhere, &[&arguments[..], &["--json"]].concat(), ""));
    assert_eq!(signed["fingerprint"], made["fingerprint"]);
    let too_long = [&arguments[..], &["--longest", "10d", "--out", "/dev/null"]].concat();
    assert!(stderr(&run(&nowhere, &too_long, "")).contains("--longest"));
    place.key(&["install", signed["file"].as_str().unwrap()]);
    server.hang_up();
    assert_eq!(handed_out(&server).len(), 1);
    assert_eq!(handed_out(&server)[0].as_str(), new);

    let (status, reply) = server.send_sealed("/v1/verify", &one);
    assert_eq!(status, 200, "{reply}");
    let token = server.capture(&root, &at_court(), "/v1/verify", &ANN.payload(40))["token"].clone();
    check(&server, &place.secret, token.as_str().unwrap());

    place.key(&["retire", old.as_str(), "--at-once"]);
    server.hang_up();
    let (status, reply) = server.send_sealed("/v1/verify", &other);
    assert_eq!(
        (status, &reply["code"]),
        (400, &json!("seal.unknown_key")),
        "{reply}"
    );
    let in_use = run(&place.data(), &["key", "retire", new], "");
    assert!(
        stderr(&in_use).contains("key rotate sealing"),
        "{}",
        stderr(&in_use)
    );
    server.stop();
}

#[test]
fn the_directory_is_followed_without_a_signal() {
    let place = Place::new();
    let server = Server::start(&place.data(), &[QUIET]);
    let old = handed_out(&server);
    place.key(&["rotate", "sealing"]);
    let give_up = Instant::now() + Duration::from_secs(60);
    while handed_out(&server) == old {
        assert!(Instant::now() < give_up, "nobody looked");
        std::thread::sleep(Duration::from_millis(200));
    }
    server.stop();
}

#[test]
fn keys_that_cannot_be_loaded_leave_those_from_before_in_use() {
    let (place, other) = (Place::new(), Place::new());
    let keys = place.data().join("keys");
    let mut server = place.serve();
    let before = handed_out(&server);
    let stale = |server: &Client| {
        let text = String::from_utf8(server.get("/metrics")).unwrap();
        text.contains("nod_keys_stale 1\n")
    };
    assert!(!stale(&server));

    // Another root's config, whatever the times say.
    let kid = place.key(&["new", "sealing"])["kid"]
        .as_str()
        .unwrap()
        .to_owned();
    let request = keys.join(format!("hpke-{kid}.request.json"));
    let root = other.data().join("keys/root.key");
    let sign = [
        "sign",
        request.to_str().unwrap(),
        "--root-key",
        root.to_str().unwrap(),
    ];
    let signed = other.key(&sign)["file"].as_str().unwrap().to_owned();
    let refused = run(&place.data(), &["key", "install", &signed], "");
    assert!(
        stderr(&refused).contains("not signed by the authority's root"),
        "{}",
        stderr(&refused)
    );
    std::fs::copy(&signed, keys.join(format!("hpke-{kid}.json"))).unwrap();
    assert!(
        server
            .hang_up()
            .contains("not signed by the authority's root")
    );
    assert!(stale(&server));
    assert_eq!(handed_out(&server), before);
    std::fs::remove_file(keys.join(format!("hpke-{kid}.json"))).unwrap();
    server.hang_up();
    assert!(!stale(&server));

    // Others may read a private key.
    let answer = keys.join(format!("answer-{}.key", place.named("answer", "in_use")));
    let mode = |mode| {
        std::fs::set_permissions(&answer, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o644);
    assert!(server.hang_up().contains("chmod 600"));
    assert!(stale(&server));
    let refused = run(&place.data(), &["key", "rotate", "answer"], "");
    assert!(
        stderr(&refused).contains("chmod 600"),
        "{}",
        stderr(&refused)
    );
    let token = server.capture(&place.root(), &at_court(), "/v1/verify", &ANN.payload(40));
    check(&server, &place.secret, token["token"].as_str().unwrap());
    mode(0o600);
    server.hang_up();
    assert!(!stale(&server));
    let written = std::fs::read_to_string(&answer).unwrap();
    let logs = server.stop();
    assert!(!logs.contains(written.trim()), "a key in the log");
}

#[test]
fn a_command_that_is_killed_leaves_keys_that_can_be_loaded() {
    let place = Place::new();
    let data = place.data();
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs()
    };
    let whole = Instant::now();
    place.key(&["rotate", "sealing"]);
    let whole = whole.elapsed();
    for step in 0..16 {
        let kind = if step % 2 == 0 { "answer" } else { "sealing" };
        let mut command = authority(&data, &["key", "rotate", kind]);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole * step / 12);
        // SIGKILL; it may have finished.
        let _ = child.kill();
        child.wait().unwrap();
        KeyRing::load(&data, now()).unwrap();
        KeySource::files(&data).list(now()).unwrap();
    }
    place.key(&["rotate", "answer"]);
    place.key(&["rotate", "sealing"]);
    for entry in std::fs::read_dir(data.join("keys")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().contains(".key") {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", entry.path());
        }
    }
    Server::start(&data, &[QUIET]).stop();
}

#[test]
fn private_keys_may_come_from_the_environment_and_from_one_place_only() {
    let place = Place::new();
    let data = place.data();
    let keys = data.join("keys");
    let answer = place.named("answer", "in_use");
    let sealing = place.named("sealing", "in_use");
    let text = |name: &str| std::fs::read_to_string(keys.join(format!("{name}.key"))).unwrap();
    let names = [
        "at-rest".to_owned(),
        "lookup".to_owned(),
        "pairwise".to_owned(),
        format!("answer-{answer}"),
        format!("hpke-{sealing}"),
    ];
    let variables = names.clone().map(|name| {
        let variable = name.to_uppercase().replace('-', "_");
        (
            format!("NOD_AUTHORITY_KEY_{variable}"),
            text(&name).trim().to_owned(),
        )
    });
    let with = |arguments: &[&str]| {
        let mut command = authority(&data, arguments);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.output().unwrap()
    };
    let twice = with(&["serve"]);
    let words = stderr(&twice);
    assert!(
        words.contains("NOD_AUTHORITY_KEY_AT_REST") && words.contains("at-rest.key"),
        "{words}"
    );
    assert!(words.contains("one place"), "{words}");
    for name in &names {
        std::fs::remove_file(keys.join(format!("{name}.key"))).unwrap();
    }
    let without = run(&data, &["serve"], "");
    assert!(
        stderr(&without).contains("at-rest.key"),
        "{}",
        stderr(&without)
    );
    let listed = json_of(&with(&["site", "list", "--json"]));
    assert_eq!(listed[0]["sitekey"], "pk_court");

    let mut given: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    given.push(("NOD_AUTHORITY_LOG", "trace"));
    let server = Server::start(&data, &given);
    assert_eq!(handed_out(&server)[0].as_str(), sealing);
    assert_eq!(jwks(&server).keys[0].kid.as_str(), answer);
    let logs = server.stop();
    for (_, value) in &variables {
        assert!(!logs.contains(value.as_str()), "a key in the log");
    }
    // A rotation makes files beside them, and what ends keys of variables stands in files too.
    let rotated = json_of(&with(&[
        "key",
        "rotate",
        "answer",
        "--signs-in",
        "0s",
        "--json",
    ]));
    let mut server = Server::start(&data, &[&given[..5], &[QUIET]].concat());
    assert_eq!(jwks(&server).keys.len(), 2);
    let retired = with(&["key", "retire", &answer, "--at-once"]);
    assert!(retired.status.success(), "{}", stderr(&retired));
    server.hang_up();
    let left = jwks(&server).keys;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].kid.as_str(), rotated["kid"].as_str().unwrap());
    assert!(with(&["key", "prune"]).status.success());
    server.hang_up();
    assert_eq!(
        jwks(&server).keys.len(),
        1,
        "a variable that is still set brings nothing back"
    );
    server.stop();

    let misspelt = authority(&data, &["serve"])
        .env("NOD_AUTHORITY_KEY_ATREST", "planted")
        .output()
        .unwrap();
    let words = stderr(&misspelt);
    assert!(
        words.contains("NOD_AUTHORITY_KEY_ATREST") && !words.contains("planted"),
        "{words}"
    );
    let elsewhere = Path::new("/nonexistent/data");
    let made = authority(elsewhere, &["init"])
        .env(&variables[0].0, &variables[0].1)
        .output()
        .unwrap();
    assert!(
        stderr(&made).contains("NOD_AUTHORITY_KEY_"),
        "{}",
        stderr(&made)
    );
}
