//! The commands about relying parties, beside a running server.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use nod_authority::{
    clock::{Clock, SystemClock},
    vault::TokenKind,
};
use nod_protocol::ids::SiteKey;
use serde_json::{Value, json};

use super::{ORIGIN, add_court, init, json_of, run, server::Server, stderr};
use crate::harness::{COURT_SECRET, Harness, NOW};

#[test]
fn a_new_secret_ends_the_old_one_and_a_removed_site_is_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    let old = add_court(&data);
    let server = Server::start(&data, &[]);
    let mint = |secret: &str| {
        let terms = json!({"action": "efile-submit"});
        server.with_bearer("POST", "/v1/sessions", secret, &terms).0
    };
    let open = || {
        let page = json!({"sitekey": "pk_court", "origin": ORIGIN});
        server.try_post("/v1/sessions", &page)
    };
    assert_eq!((mint(&old), open().0), (200, 200));

    let shown = json_of(&run(
        &data,
        &["site", "show", "--sitekey", "pk_court", "--json"],
        "",
    ));
    assert_eq!(shown["sitekey"], "pk_court");
    let in_words = run(&data, &["site", "show", "--sitekey", "pk_court"], "").stdout;
    assert!(String::from_utf8_lossy(&in_words).contains("efile-submit: File a claim in your name"));

    let rotated = rotate(&data, &["--overlap", "0"]);
    assert_eq!(rotated.get("old_secret_until"), None);
    let new = rotated["secret"].as_str().unwrap();
    assert_ne!(new, old);
    assert_eq!(mint(new), 200, "known at once");
    // At the latest when the server does not believe what it has read any more: 5 s.
    until(|| mint(&old) == 400);
    assert_eq!(mint(new), 200);

    let removed = json_of(&run(
        &data,
        &["site", "remove", "--sitekey", "pk_court", "--json"],
        "",
    ));
    assert_eq!(removed["forgotten_devices"], 0);
    until(|| open().1["code"] == "config.bad_sitekey");
    assert_eq!(mint(new), 400);
    let none: Value = json_of(&run(&data, &["site", "list", "--json"], ""));
    assert_eq!(none, json!([]));
    for command in ["show", "rotate-secret", "remove"] {
        let refused = run(&data, &["site", command, "--sitekey", "pk_court"], "");
        assert!(!refused.status.success());
        assert!(
            stderr(&refused).contains("no site has the key pk_court"),
            "{command}"
        );
    }
}

#[test]
fn the_old_secret_works_beside_the_new_one_until_its_end_in_every_process() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    let first = add_court(&data);
    let servers = [Server::start(&data, &[]), Server::start(&data, &[])];
    let mint = |secret: &str| {
        let terms = json!({"action": "efile-submit"});
        let mint = |server: &Server| server.with_bearer("POST", "/v1/sessions", secret, &terms).0;
        servers.each_ref().map(mint)
    };
    assert_eq!(mint(&first), [200; 2]);

    let before = SystemClock.now();
    let second = rotate(&data, &[]);
    let old_until = second["old_secret_until"].as_u64().unwrap();
    assert!((0..60).contains(&(old_until - before - 24 * 3600)));
    let second = second["secret"].as_str().unwrap();
    assert_eq!(
        (mint(second), mint(&first), mint(second)),
        ([200; 2], [200; 2], [200; 2])
    );
    let listed = json_of(&run(&data, &["site", "list", "--json"], ""));
    assert_eq!(listed[0]["old_secret_until"], old_until);
    let in_words = run(&data, &["site", "show", "--sitekey", "pk_court"], "").stdout;
    assert!(String::from_utf8_lossy(&in_words).contains("  old secret until 20"));

    // Another rotation ends the one before the last at once, and its own overlap ends by itself.
    let third = rotate(&data, &["--overlap", "10s"]);
    let third = third["secret"].as_str().unwrap();
    assert_eq!((mint(third), mint(second)), ([200; 2], [200; 2]));
    until(|| mint(&first) == [400; 2]);
    until(|| mint(second) == [400; 2]);
    assert_eq!(mint(third), [200; 2]);
    let listed = json_of(&run(&data, &["site", "list", "--json"], ""));
    assert_eq!(listed[0].get("old_secret_until"), None);

    let mut too_long = ROTATE.to_vec();
    too_long.extend(["--overlap", "31d"]);
    let refused = run(&data, &too_long, "");
    assert!(!refused.status.success() && stderr(&refused).contains("at most 30d"));
}

#[tokio::test]
async fn an_old_secret_ends_in_its_second_and_its_hash_goes() {
    let h = Harness::start().await;
    let store = &h.authority.store;
    let hash = |secret: &str| store.vault().token_hash(TokenKind::SiteSecret, secret);
    let court = SiteKey::parse("pk_court").unwrap();
    let until = h.authority.now() + 100;
    let new = hash("sk_new");
    let rotate = store.rotate_site_secret(&court, &new, Some(until), NOW);
    assert!(rotate.await.unwrap());
    let mint = async |secret: &str| {
        let terms = json!({"action": "efile-submit"});
        h.post_with("/v1/sessions", Some(secret), &terms).await
    };
    h.wait(99);
    assert_eq!(mint(COURT_SECRET).await.status, StatusCode::OK);
    // It was read a moment ago, and is believed no longer for that.
    h.wait(1);
    assert_eq!(mint(COURT_SECRET).await.problem(), "config.bad_session");
    assert_eq!(mint("sk_new").await.status, StatusCode::OK);
    let mut past = h.past_the_store().await;
    let kept = "SELECT COUNT(*) FROM sites WHERE old_secret_hash IS NOT NULL";
    assert_eq!(past.rows::<(i64,)>(kept).await, [(1,)]);
    store.forget_expired(h.authority.now()).await.unwrap();
    assert_eq!(past.rows::<(i64,)>(kept).await, [(0,)]);
    let nobody = SiteKey::parse("pk_nobody").unwrap();
    let rotate = store.rotate_site_secret(&nobody, &new, None, NOW);
    assert!(!rotate.await.unwrap());
}

const ROTATE: [&str; 5] = ["site", "rotate-secret", "--sitekey", "pk_court", "--json"];

fn rotate(data: &Path, more: &[&str]) -> Value {
    let arguments = [&ROTATE[..], more].concat();
    json_of(&run(data, &arguments, ""))
}

fn until(is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(15));
        std::thread::sleep(Duration::from_millis(200));
    }
}
