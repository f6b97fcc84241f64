//! A database that is away, locked, full or slow, a clock that jumps, a log that cannot be written: a clear answer, nothing
//! lost, and recovery without help.

mod clock;
mod logs;
mod postgres;
mod sqlite;

use std::sync::Arc;

use axum::http::StatusCode;
use nod_protocol::ids::Level;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    film::head,
    harness::{COURT, Harness, Reply},
    movement::{capture, draw, seconds},
    people::ANN,
};

/// A session by the frame: the first thing that is written.
async fn open(h: &Harness) -> Reply {
    let request = json!({"sitekey": "pk_court", "origin": COURT});
    h.post("/v1/sessions", &request).await
}

/// What the database could not do is answered so, whatever it was.
fn is_busy(reply: &Reply) {
    assert_eq!(reply.problem(), "net.busy", "{}", reply.text());
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.header("retry-after"), "2");
}

/// Readiness, and what it says of the database.
async fn readiness(h: &Harness) -> (StatusCode, Value) {
    let reply = h.get("/readyz").await;
    let readiness: Value = serde_json::from_slice(&reply.body).unwrap();
    (reply.status, readiness["database"].clone())
}

#[tokio::test]
async fn a_locked_database_is_busy_and_recovers_by_itself() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let request = json!({"sitekey": "pk_court", "origin": COURT});

    let mut other = h.past_the_store().await;
    other.lock().await;
    let busy = h.post("/v1/sessions", &request).await;
    assert_eq!(busy.problem(), "net.busy");
    assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(busy.header("retry-after"), "2");

    other.unlock().await;
    assert_eq!(
        h.post("/v1/sessions", &request).await.status,
        StatusCode::OK
    );
    assert_eq!(h.verify_at_court(&ANN.payload(40)).await["yes"], true);
}

#[tokio::test]
async fn readiness_says_that_the_database_is_gone() {
    let h = Harness::start().await;
    h.authority.store.close().await;
    let reply = h.get("/readyz").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    let readiness: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(readiness["database"], "unreachable");
    assert_eq!(h.get("/healthz").await.status, StatusCode::OK);
    let session = h
        .post(
            "/v1/sessions",
            &json!({"sitekey": "pk_court", "origin": COURT}),
        )
        .await;
    assert_eq!(session.problem(), "net.busy");
}

#[tokio::test]
async fn housekeeping_keeps_what_is_still_needed() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let session = h.open_at_court().await;
    let store = &h.authority.store;
    h.wait(1800 + 3600);
    store.forget_expired(h.authority.now()).await.unwrap();
    assert!(
        store.session(&session.session).await.unwrap().is_some(),
        "late requests are told why"
    );
    h.wait(1);
    store.forget_expired(h.authority.now()).await.unwrap();
    assert!(store.session(&session.session).await.unwrap().is_none());
    assert_eq!(
        h.verify_at_court(&ANN.payload(40)).await["yes"],
        true,
        "residents stay"
    );
}

#[tokio::test]
async fn as_many_as_like_wait_for_a_lock_and_all_are_told_within_seconds() {
    let h = Arc::new(Harness::start().await);
    let mut other = h.past_the_store().await;
    other.lock().await;
    let began = std::time::Instant::now();
    let mut all = JoinSet::new();
    for _ in 0..300 {
        let h = h.clone();
        all.spawn(async move { open(&h).await });
    }
    let replies = all.join_all().await;
    // Each would wait three seconds, one after the other.
    assert!(began.elapsed().as_secs() < 15, "{:?}", began.elapsed());
    replies.iter().for_each(is_busy);
    let metrics = h.metrics().await;
    let counted = metrics
        .lines()
        .filter(|line| line.starts_with("nod_database_troubles_total"));
    let counted: u64 = counted
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(counted, 300, "{metrics}");
    other.unlock().await;
    assert_eq!(open(&h).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_is_not_spent_by_a_change_that_was_taken_back() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let session = h.open_at_court().await;
    let challenge = h.challenge(&session).await;
    let body = h.seal(&session, &challenge, &ANN.payload(40)).await;
    let mut other = h.past_the_store().await;
    other.lock().await;
    is_busy(&h.post_sealed("/v1/verify", body.clone()).await);
    other.unlock().await;
    let again = h.post_sealed("/v1/verify", body).await;
    assert_eq!(again.claims()["yes"], true);
}

#[tokio::test]
async fn there_is_no_yes_for_a_capture_that_could_not_be_remembered() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let mut other = h.past_the_store().await;
    other.refuse("recent_captures", "NEW.number > 0").await;
    let session = h.open_at_court().await;
    let challenge = draw(&h, &session).await;
    let payload = capture(&ANN, head, &challenge);
    h.wait(seconds(&payload));
    let body = h.seal(&session, &challenge, &payload).await;
    is_busy(&h.post_sealed("/v1/verify", body).await);
}
