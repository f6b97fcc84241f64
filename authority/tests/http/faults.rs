//! A database that is away: a clear answer, and recovery without help.

use axum::http::StatusCode;
use nod_protocol::ids::Level;
use serde_json::{Value, json};

use crate::{
    harness::{COURT, Harness},
    people::ANN,
};

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
    assert_eq!(readiness["database"], "unavailable");
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
