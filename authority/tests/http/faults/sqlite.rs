//! SQLite's file on a disk that takes no more: by a limit on the size of files, as a quota sets it, and on a file system that is
//! full.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    harness::is_postgres,
    process::{ORIGIN, add_court, init, server::Client},
};

/// `nod-authority serve`, started by a shell that does something before.
fn serve(data: &Path, before: &str) -> (Child, Client) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let script = format!("{before}; exec \"$0\" serve --data \"$1\"");
    let mut child = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_nod-authority")])
        .arg(data)
        .env("NOD_AUTHORITY_LISTEN", &address)
        .stderr(Stdio::null())
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

fn readiness(client: &Client) -> (u16, Value) {
    let (status, body) = client.exchange("GET", "/readyz", "", b"");
    let body: Value = serde_json::from_slice(&body).unwrap();
    (status, body["database"].clone())
}

fn open(client: &Client) -> (u16, Value) {
    let open = json!({"sitekey": "pk_court", "origin": ORIGIN}).to_string();
    let (status, body) =
        client.exchange("POST", "/v1/sessions", "application/json", open.as_bytes());
    (status, serde_json::from_slice(&body).unwrap())
}

fn is_busy(reply: &(u16, Value)) {
    assert_eq!((reply.0, &reply.1["code"]), (503, &json!("net.busy")));
}

/// What was failing works, and readiness says so after its ten seconds.
fn recovers(client: &Client) {
    assert_eq!(open(client).0, 200);
    let began = Instant::now();
    while readiness(client) != (200, json!("ok")) {
        assert!(began.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn files_that_may_not_grow_are_told_of_until_they_may() {
    if is_postgres() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    add_court(&data);
    // The signal that would end a program at the limit is ignored: the write fails instead.
    let (mut child, client) = serve(&data, "trap '' XFSZ");
    let id = child.id().to_string();
    let limit = |bytes: &str| {
        let soft = format!("--fsize={bytes}:unlimited");
        let set = Command::new("prlimit").args(["--pid", &id, &soft]).status();
        assert!(set.unwrap().success());
    };
    assert_eq!(open(&client).0, 200);
    limit("4096");
    for _ in 0..3 {
        is_busy(&open(&client));
    }
    assert_eq!(
        readiness(&client),
        (503, json!("files cannot be read or written"))
    );
    limit("unlimited");
    recovers(&client);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_full_file_system_is_told_of_until_there_is_space() {
    if is_postgres() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let small = dir.path().join("small");
    std::fs::create_dir(&small).unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    add_court(&data);
    // A file system of three megabytes, seen by this process alone, with the data directory in it.
    let mount = format!(
        "mount -t tmpfs -o size=3m none '{small}' && cp -a '{data}' '{small}/data' && \
         mkfifo '{dir}/full' '{dir}/free' && \
         {{ ( : <'{dir}/full'; dd if=/dev/zero of='{small}/filler' bs=4096 2>'{dir}/dd'; \
              : >'{dir}/full'; : <'{dir}/free'; rm '{small}/filler'; : >'{dir}/free' ) & }}",
        small = small.display(),
        data = data.display(),
        dir = dir.path().display(),
    );
    let alone = ["--user", "--map-root-user", "--mount"];
    let may = Command::new("unshare").args(alone).arg("true").status();
    if !may.is_ok_and(|status| status.success()) {
        // Some systems forbid it to everybody but root; the limit on files above is there in any case.
        return;
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let script = format!("{mount} && exec \"$0\" serve --data \"$1\"");
    let mut child = Command::new("unshare")
        .args(alone)
        .args(["sh", "-c", &script, env!("CARGO_BIN_EXE_nod-authority")])
        .arg(small.join("data"))
        .env("NOD_AUTHORITY_LISTEN", &address)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while std::net::TcpStream::connect(&address).is_err() {
        assert!(began.elapsed() < Duration::from_secs(60));
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        std::thread::sleep(Duration::from_millis(50));
    }
    let client = Client::of(address);
    assert_eq!(open(&client).0, 200);
    // Tell the one who fills it, and wait until it is full.
    let tell = |name: &str| {
        std::fs::write(dir.path().join(name), b"").unwrap();
        std::fs::read(dir.path().join(name)).unwrap();
    };
    tell("full");
    // Space that the write-ahead log has already may be written again first.
    let began = Instant::now();
    let full = loop {
        let reply = open(&client);
        if reply.0 != 200 {
            break reply;
        }
        assert!(began.elapsed() < Duration::from_secs(60));
    };
    is_busy(&full);
    assert_eq!(readiness(&client), (503, json!("full")));
    tell("free");
    recovers(&client);
    child.kill().unwrap();
    child.wait().unwrap();
}
