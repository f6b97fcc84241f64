//! Log lines that cannot be written: no request waits for them, and the process does not end.

use std::{
    fs::OpenOptions,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::process::{ORIGIN, add_court, init, server::Client};

/// Where it listens is not in a log that nobody can read.
fn serve(data: &Path, stderr: Stdio) -> (Child, Client) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let mut child = Command::new(env!("CARGO_BIN_EXE_nod-authority"))
        .args(["serve", "--data"])
        .arg(data)
        .env("NOD_AUTHORITY_LISTEN", &address)
        .env("NOD_AUTHORITY_LOG", "trace")
        .stderr(stderr)
        .spawn()
        .unwrap();
    let began = Instant::now();
    while std::net::TcpStream::connect(&address).is_err() {
        assert!(began.elapsed() < Duration::from_secs(60));
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        std::thread::sleep(Duration::from_millis(50));
    }
    (child, Client::of(address))
}

fn stop(child: &mut Child) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &id]).status();
    assert!(sent.unwrap().success());
    assert!(child.wait().unwrap().success());
}

fn lost(client: &Client) -> u64 {
    let metrics = String::from_utf8(client.get("/metrics")).unwrap();
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix("nod_log_lines_lost "));
    line.unwrap().parse().unwrap()
}

#[test]
fn a_disk_that_is_full_of_logs_stops_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    add_court(&data);
    // Whatever is written to it fails as on a full disk (full(4)).
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (mut child, client) = serve(&data, full.into());
    let open = json!({"sitekey": "pk_court", "origin": ORIGIN});
    for _ in 0..20 {
        let session: Value = client.post("/v1/sessions", &open);
        assert!(session["session"].is_string());
    }
    assert!(lost(&client) > 20);
    stop(&mut child);
}

#[test]
fn a_reader_who_does_not_read_keeps_nobody_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    add_court(&data);
    let (mut child, client) = serve(&data, Stdio::piped());
    let open = json!({"sitekey": "pk_court", "origin": ORIGIN});
    // A pipe holds 64 KiB; at this level of detail that is little.
    let began = Instant::now();
    let mut sent = 0;
    while lost(&client) == 0 {
        client.post("/v1/sessions", &open);
        sent += 1;
        assert!(
            began.elapsed() < Duration::from_secs(300),
            "{sent} requests"
        );
    }
    let session: Value = client.post("/v1/sessions", &open);
    assert!(session["session"].is_string());
    stop(&mut child);
}
