//! Clocks that jump, and clocks of several processes that differ.

use axum::http::StatusCode;
use nod_protocol::ids::Level;
use serde_json::{Value, json};

use crate::{
    harness::{COURT_SECRET, Harness, NOW, is_postgres},
    people::ANN,
};

async fn checked(h: &Harness, token: &str) -> Value {
    let request = json!({"secret": COURT_SECRET, "response": token});
    h.post("/v1/siteverify", &request).await.json()
}

#[tokio::test]
async fn a_clock_that_was_ahead_for_a_while_brings_no_used_answer_back() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let session = h.open_at_court().await;
    let token = h.submit(&session, &ANN.payload(40)).await.token();
    assert_eq!(checked(&h, &token).await["success"], true);
    // Half an hour ahead, long enough for housekeeping, and right again.
    h.set_clock(NOW + 1_800);
    h.authority
        .store
        .forget_expired(h.authority.now())
        .await
        .unwrap();
    h.set_clock(NOW + 1);
    let again = checked(&h, &token).await;
    assert_eq!(again["error_codes"], json!(["answer.already_used"]));
}

#[tokio::test]
async fn a_jump_ends_attempts_under_way_and_nothing_else() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    for jump in [NOW + 3_600, NOW - 3_600] {
        h.set_clock(NOW);
        let session = h.open_at_court().await;
        let challenge = h.challenge(&session).await;
        let body = h.seal(&session, &challenge, &ANN.payload(40)).await;
        h.set_clock(jump);
        let reply = h.post_sealed("/v1/verify", body.clone()).await;
        match jump > NOW {
            true => assert_eq!(reply.problem(), "session.expired"),
            // Holding still is not timed; a movement that took no time would be a no (`movement.rs`).
            false => assert_eq!(reply.claims()["yes"], true),
        }
        let fresh = h.verify_at_court(&ANN.payload(50 + (jump % 7) * 10)).await;
        assert_eq!(fresh["yes"], true, "by the new time all is well");
    }
    // Back by an hour, the first answer lies in the future: it is good again when its time comes.
    h.set_clock(NOW);
    let session = h.open_at_court().await;
    let token = h.submit(&session, &ANN.payload(130)).await.token();
    h.set_clock(NOW - 3_600);
    assert_eq!(checked(&h, &token).await["success"], false);
    h.set_clock(NOW + 1);
    assert_eq!(checked(&h, &token).await["success"], true);
}

#[tokio::test]
async fn a_process_whose_clock_is_not_the_databases_is_not_ready() {
    let h = Harness::start().await;
    let system = nod_authority::clock::Clock::now(&nod_authority::clock::SystemClock);
    let ahead = h.authority.store.clock_ahead(system + 90).await.unwrap();
    match is_postgres() {
        true => assert!((88..=92).contains(&ahead.unwrap()), "{ahead:?}"),
        false => assert_eq!(ahead, None, "SQLite goes by its process's"),
    }
    for (ahead, status, said) in [
        (90, StatusCode::SERVICE_UNAVAILABLE, "not the database's"),
        (-3, StatusCode::SERVICE_UNAVAILABLE, "not the database's"),
        (1, StatusCode::OK, "ok"),
    ] {
        h.authority.database.saw_clock(ahead);
        let reply = h.get("/readyz").await;
        assert_eq!(reply.status, status);
        let readiness: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(readiness["clock"], said);
    }
}
