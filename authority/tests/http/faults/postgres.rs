//! A PostgreSQL server that is stopped, stands still, has no connection left or takes no changes: one of the test's own, so that
//! no other test meets it.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use nod_postgres::{Options, Server};
use nod_protocol::ids::Level;
use serde_json::json;
use tokio::task::JoinSet;

use super::{is_busy, open, readiness};
use crate::{
    harness::{Harness, Past, TestDatabase, is_postgres},
    people::ANN,
};

/// An authority on a server of its own; none where the tests run on SQLite.
async fn start(settings: &[&str]) -> Option<(Server, Harness)> {
    if !is_postgres() {
        return None;
    }
    let server = Server::start(Options {
        settings: settings.iter().map(|setting| (*setting).into()).collect(),
        ..Options::default()
    });
    let server = server.unwrap();
    let h = Harness::start_on(TestDatabase::At(server.url()), "").await;
    Some((server, h))
}

/// Works again within seconds, without help, and what was there is there.
async fn recovers(h: &Harness) {
    let began = Instant::now();
    while open(h).await.status != StatusCode::OK {
        assert!(began.elapsed() < Duration::from_secs(30));
    }
    while readiness(h).await != (StatusCode::OK, json!("ok")) {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(h.verify_at_court(&ANN.payload(40)).await["yes"], true);
}

#[tokio::test]
async fn a_server_that_is_stopped() {
    let Some((mut server, h)) = start(&[]).await else {
        return;
    };
    h.enrol(&ANN, Level::Full).await;
    server.stop().unwrap();
    for _ in 0..3 {
        let began = Instant::now();
        is_busy(&open(&h).await);
        assert!(began.elapsed() < Duration::from_secs(5));
    }
    let unreachable = (StatusCode::SERVICE_UNAVAILABLE, json!("unreachable"));
    assert_eq!(readiness(&h).await, unreachable);
    server.start_again().unwrap();
    recovers(&h).await;
}

#[tokio::test]
async fn a_server_that_is_killed_with_requests_under_way() {
    let Some((mut server, h)) = start(&[]).await else {
        return;
    };
    h.enrol(&ANN, Level::Full).await;
    let h = std::sync::Arc::new(h);
    let mut all = JoinSet::new();
    for _ in 0..20 {
        let h = h.clone();
        all.spawn(async move {
            for _ in 0..30 {
                let reply = open(&h).await;
                if reply.status != StatusCode::OK {
                    is_busy(&reply);
                    return;
                }
            }
        });
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.kill().unwrap();
    all.join_all().await;
    server.start_again().unwrap();
    recovers(&h).await;
}

#[tokio::test]
async fn a_server_that_stands_still() {
    let Some((server, h)) = start(&[]).await else {
        return;
    };
    h.enrol(&ANN, Level::Full).await;
    let h = std::sync::Arc::new(h);
    // More than there are connections, some of them in the middle of it.
    let mut all = JoinSet::new();
    for _ in 0..40 {
        let h = h.clone();
        all.spawn(async move {
            let began = Instant::now();
            loop {
                let reply = open(&h).await;
                if reply.status != StatusCode::OK {
                    is_busy(&reply);
                    return began.elapsed();
                }
            }
        });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.pause();
    for took in all.join_all().await {
        // Three seconds for a connection and ten for a statement, on a machine that may be busy; a request has thirty.
        assert!(took < Duration::from_secs(25), "{took:?}");
    }
    let slow = (StatusCode::SERVICE_UNAVAILABLE, json!("slow"));
    assert_eq!(readiness(&h).await, slow);
    server.resume();
    recovers(&h).await;
}

#[tokio::test]
async fn a_server_without_a_connection_left() {
    let Some((server, h)) =
        start(&["max_connections=30", "superuser_reserved_connections=1"]).await
    else {
        return;
    };
    h.enrol(&ANN, Level::Full).await;
    // Everybody else, as a user that has no claim to the last ones.
    let mut past = h.past_the_store().await;
    past.execute("CREATE ROLE crowd LOGIN").await;
    let crowd = server.url().replace("postgres@", "crowd@");
    let owner = server.url();
    past.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nod-authority'")
        .await;
    let mut all = Vec::new();
    while let Some(one) = Past::postgres(&crowd).await {
        all.push(one);
        assert!(all.len() < 40);
    }
    // And the reserved one.
    while let Some(one) = Past::postgres(&owner).await {
        all.push(one);
    }
    is_busy(&open(&h).await);
    let full = (
        StatusCode::SERVICE_UNAVAILABLE,
        json!("too many connections"),
    );
    assert_eq!(readiness(&h).await, full);
    drop(all);
    recovers(&h).await;
}

#[tokio::test]
async fn a_server_that_takes_no_changes() {
    let Some((_server, h)) = start(&[]).await else {
        return;
    };
    h.enrol(&ANN, Level::Full).await;
    let mut past = h.past_the_store().await;
    let set = async |past: &mut Past, to: &str| {
        past.execute(&format!(
            "ALTER SYSTEM SET default_transaction_read_only = {to}"
        ))
        .await;
        past.execute("SELECT pg_reload_conf()").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    set(&mut past, "on").await;
    is_busy(&open(&h).await);
    let read_only = (StatusCode::SERVICE_UNAVAILABLE, json!("read-only"));
    assert_eq!(readiness(&h).await, read_only);
    past.execute("SET default_transaction_read_only = off")
        .await;
    set(&mut past, "off").await;
    recovers(&h).await;
}

#[tokio::test]
async fn a_server_whose_disk_is_full() {
    let Some((_server, h)) = start(&[]).await else {
        return;
    };
    h.enrol(&ANN, Level::Full).await;
    let mut past = h.past_the_store().await;
    // The code of a full disk, raised by the server; a file system that is full needs privileges that a test does not have.
    past.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
         CREATE TRIGGER full_disk BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION full_disk()",
    )
    .await;
    is_busy(&open(&h).await);
    let full = (StatusCode::SERVICE_UNAVAILABLE, json!("full"));
    assert_eq!(readiness(&h).await, full);
    let metrics = h.metrics().await;
    assert!(metrics.contains("nod_database_up 0\n"), "{metrics}");
    let counted = "nod_database_troubles_total{trouble=\"full\"} 1\n";
    assert!(metrics.contains(counted), "{metrics}");
    past.execute("DROP TRIGGER full_disk ON sessions").await;
    recovers(&h).await;
}
