//! Told to stop while requests are under way: they are answered, nobody new is let in, and the process ends in time.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use nod_protocol::{envelope::MEDIA_TYPE, key_config::RootPublicKey};
use serde_json::json;

use super::{
    ISSUER, ORIGIN, add_court, init, new_ticket,
    server::{Client, Server},
};
use crate::people::ANN;

#[test]
fn requests_under_way_are_answered_and_new_ones_are_not_let_in() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    add_court(&data);
    let code = new_ticket(&data);
    let mut server = Server::start(&data, &[]);
    let root = std::fs::read_to_string(data.join("root.pub")).unwrap();
    let root = RootPublicKey::from_base64url(root.trim()).unwrap();
    let open = json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol", "ticket": code});
    server.capture(&root, &open, "/v1/enrol", &ANN.payload(10));

    // Half of each body is there when the process is told to stop.
    let court = json!({"sitekey": "pk_court", "origin": ORIGIN});
    let begun: Vec<_> = [100, 110, 120, 130]
        .into_iter()
        .map(|shot| {
            let body = server.sealed(&root, &court, &ANN.payload(shot));
            let mut stream = server.begin("POST", "/v1/verify", MEDIA_TYPE, body.len());
            let (first, rest) = body.split_at(body.len() / 2);
            stream.write_all(first).unwrap();
            (stream, rest.to_vec())
        })
        .collect();
    // It is with a handler, not in the queue of the socket: an answer to a later one says so.
    server.get("/healthz");
    server.begin_to_stop();
    let told = Instant::now();
    while server.listens() {
        assert!(
            told.elapsed() < Duration::from_secs(5),
            "still lets people in"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    for (mut stream, rest) in begun {
        stream.write_all(&rest).unwrap();
        let (status, reply) = Client::finish(stream);
        let text = String::from_utf8_lossy(&reply);
        assert!(status == 200 && text.contains("token"), "{status} {text}");
    }
    let logs = server.ended();
    assert!(logs.contains("\"stopped\"") && !logs.contains("still under way"));
    assert!(told.elapsed() < Duration::from_secs(10));
}

#[test]
fn who_never_ends_keeps_the_process_for_as_long_as_the_settings_say() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    let mut server = Server::start(&data, &[("NOD_AUTHORITY_SHUTDOWN_SECONDS", "2")]);
    let mut stream = server.begin("POST", "/v1/verify", MEDIA_TYPE, 1000);
    stream.write_all(b"half").unwrap();
    server.get("/healthz");
    server.begin_to_stop();
    let told = Instant::now();
    let logs = server.ended();
    assert!(logs.contains("still under way after 2 s"), "{logs}");
    let took = told.elapsed();
    assert!(
        took > Duration::from_secs(1) && took < Duration::from_secs(8),
        "{took:?}"
    );
}
