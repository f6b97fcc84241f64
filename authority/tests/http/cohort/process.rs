//! The running process follows what commands change in the database beside it.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use nod_authority::{config::Config, keys, state::open_store};
use serde_json::Value;

use super::town;
use crate::process::{init, run, server::Server};

#[tokio::test]
async fn a_running_server_takes_up_a_draw_and_forgets_the_erased() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    settle_town(&data).await;
    let mut server = Server::start(&data, &[]);
    assert_eq!(cohort(&mut server)["mode"], "tightened raw threshold");
    assert_eq!(cohort(&mut server)["version"], Value::Null);

    assert!(run(&data, &["cohort", "draw"], "").status.success());
    wait_until(&mut server, |c| {
        c["mode"] == "normalised" && c["size"] == 501
    });
    wait_until(&mut server, |c| c["statistics_stored"] == true);

    let erased = run(&data, &["resident", "erase", "--id", "-"], &town::id(3));
    assert!(erased.status.success());
    wait_until(&mut server, |c| {
        c["mode"] == "normalised" && c["size"] == 500
    });

    let logs = server.stop();
    assert!(logs.contains("\"mode\":\"normalised\""), "{logs}");
    assert!(!logs.contains(&town::id(3)));
}

async fn settle_town(data: &Path) {
    let vault = Arc::new(keys::vault(data, 0).unwrap());
    let config = Config::load(&data.join("config.toml"), std::iter::empty()).unwrap();
    let store = open_store(&config, data, vault, false).await.unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    town::settle(&store, 0..501, now.as_secs()).await;
    store.close().await;
}

fn cohort(server: &mut Server) -> Value {
    let mut readiness: Value = serde_json::from_slice(&server.get("/readyz")).unwrap();
    readiness["cohort"][0].take()
}

fn wait_until(server: &mut Server, holds: impl Fn(&Value) -> bool) {
    let started = Instant::now();
    loop {
        let cohort = cohort(server);
        if holds(&cohort) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{cohort}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
