//! What a link, a code and each side's secret are good for, how long and how often.

use axum::http::StatusCode;
use nod_protocol::ids::Level;
use serde_json::json;

use super::{claim, handed_on, handle, join, offer, open, state, try_code, try_open, wrong};
use crate::{
    harness::{Harness, Reply},
    people::ANN,
};

#[tokio::test]
async fn a_wrong_code_is_refused_and_the_third_ends_it_for_both() {
    let h = Harness::start().await;
    let session = h.open_at_court().await;
    let offer = offer(&h, &session.session).await;
    let opened = open(&h, &offer).await;
    for tries in 1..=3 {
        let reply = try_code(&h, &opened.phone, &wrong(&offer.code)).await;
        let code = if tries < 3 {
            "handoff.wrong_code"
        } else {
            "handoff.refused"
        };
        assert_eq!(reply.problem(), code, "{tries}");
    }
    // The right one comes too late.
    let late = try_code(&h, &opened.phone, &offer.code).await;
    assert_eq!(late.problem(), "handoff.refused");
    let ended = json!({"state": "ended", "code": "handoff.refused"});
    assert_eq!(state(&h, &offer.desk).await, ended);
    // The desk still has its session, and may go on by itself or offer it again.
    super::offer(&h, &session.session).await;
    let reply = h.submit(&session, &ANN.payload(40)).await;
    assert_eq!(reply.claims()["yes"], false);
}

#[tokio::test]
async fn codes_typed_at_the_same_moment_are_counted_each() {
    let h = Harness::start().await;
    let session = h.open_at_court().await;
    let offer = offer(&h, &session.session).await;
    let opened = open(&h, &offer).await;
    let wrong = wrong(&offer.code);
    let once = || try_code(&h, &opened.phone, &wrong);
    let replies = tokio::join!(once(), once(), once(), once(), once(), once());
    let replies: [Reply; 6] = replies.into();
    let compared = |reply: &&Reply| reply.status == StatusCode::FORBIDDEN;
    assert!(replies.iter().filter(compared).count() >= 3);
    let last = try_code(&h, &opened.phone, &offer.code).await;
    assert_eq!(last.problem(), "handoff.refused");
    assert!(
        h.metrics()
            .await
            .contains("nod_handoffs_total{step=\"wrong_code\"} 3\n")
    );
}

#[tokio::test]
async fn a_link_opens_once() {
    let h = Harness::start().await;
    let offer = offer(&h, &h.open_at_court().await.session).await;
    let opened = open(&h, &offer).await;
    assert_eq!(try_open(&h, &offer).await.problem(), "handoff.spent");
    // Whoever opened it first is not disturbed.
    let joined = join(&h, &opened.phone, &offer.code).await;
    assert_eq!(try_open(&h, &offer).await.problem(), "handoff.spent");
    let again = try_code(&h, &opened.phone, &offer.code).await;
    assert_eq!(again.problem(), "handoff.spent");
    claim(&h, &joined).await;
}

#[tokio::test]
async fn link_and_code_have_five_minutes() {
    let h = Harness::start().await;
    let unopened = offer(&h, &h.open_at_court().await.session).await;
    let slow = offer(&h, &h.open_at_court().await.session).await;
    h.wait(299);
    let opened = open(&h, &slow).await;
    assert_eq!(opened.expires_in, 1);
    h.wait(1);
    assert_eq!(try_open(&h, &unopened).await.problem(), "handoff.expired");
    let late = try_code(&h, &opened.phone, &slow.code).await;
    assert_eq!(late.problem(), "handoff.expired");
    let over = json!({"state": "ended", "code": "handoff.expired"});
    for key in [&unopened.desk, &slow.desk, &opened.phone] {
        assert_eq!(state(&h, key).await, over);
    }
}

#[tokio::test]
async fn a_phone_that_falls_asleep_leaves_the_desk_with_a_clear_end() {
    let h = Harness::start().await;
    let (offer, _, phone) = handed_on(&h).await;
    h.wait(600);
    assert_eq!(state(&h, &offer.desk).await["state"], "joined");
    h.challenge(&phone).await;
    h.wait(89);
    assert_eq!(state(&h, &offer.desk).await["state"], "joined");
    h.wait(1);
    let over = json!({"state": "ended", "code": "handoff.expired"});
    assert_eq!(state(&h, &offer.desk).await, over);
}

#[tokio::test]
async fn a_session_that_was_not_handed_on_is_nobody_elses() {
    let h = Harness::start().await;
    let session = h.open_at_court().await;
    let offer = offer(&h, &session.session).await;
    let opened = open(&h, &offer).await;
    // Before the code the phone has no session, and no name of one.
    let text = h.get_with("/v1/handoff", &opened.phone).await.text();
    assert!(!text.contains("s_"), "{text}");
    // The handle, the phone's and the desk's secret are each good for one thing.
    let handle = handle(&offer).to_owned();
    for key in [handle.as_str(), "hp_AAAAAAAAAAAAAAAAAAAAAA", ""] {
        assert_eq!(
            h.get_with("/v1/handoff", key).await.problem(),
            "handoff.unknown"
        );
        assert_eq!(
            try_code(&h, key, &offer.code).await.problem(),
            "handoff.unknown"
        );
    }
    assert_eq!(h.get("/v1/handoff").await.problem(), "handoff.unknown");
    let by_desk = try_code(&h, &offer.desk, &offer.code).await;
    assert_eq!(by_desk.problem(), "handoff.spent");
    for key in [&offer.desk, &opened.phone] {
        let reply = h.post("/v1/handoff/open", &json!({"handle": key})).await;
        assert_eq!(reply.problem(), "handoff.unknown");
    }
}

#[tokio::test]
async fn a_session_is_offered_a_few_times_and_the_last_offer_counts() {
    let h = Harness::start().await;
    let session = h.open_at_court().await.session;
    let first = offer(&h, &session).await;
    let opened = open(&h, &first).await;
    let second = offer(&h, &session).await;
    assert_eq!(
        try_code(&h, &opened.phone, &first.code).await.problem(),
        "handoff.ended"
    );
    for _ in 0..3 {
        offer(&h, &session).await;
    }
    let reply = h.post("/v1/handoff", &json!({"session": session})).await;
    assert_eq!(reply.problem(), "limit.device");
    assert_eq!(try_open(&h, &second).await.problem(), "handoff.ended");
}

#[tokio::test]
async fn what_cannot_be_offered_is_refused() {
    let h = Harness::start().await;
    let code = h.ticket(&ANN, Level::Light).await;
    let enrolment = h.open_to_enrol(&code).await.session;
    let nobodys = "s_AAAAAAAAAAAAAAAAAAAAAA".to_owned();
    for session in [enrolment.to_string(), nobodys] {
        let reply = h.post("/v1/handoff", &json!({"session": session})).await;
        assert_eq!(reply.problem(), "session.unknown");
    }
    let spent = h.open_at_court().await;
    h.submit(&spent, &ANN.payload(40)).await;
    let reply = h
        .post("/v1/handoff", &json!({"session": spent.session}))
        .await;
    assert_eq!(reply.problem(), "session.spent");
    let late = h.open_at_court().await;
    h.wait(1800);
    let reply = h
        .post("/v1/handoff", &json!({"session": late.session}))
        .await;
    assert_eq!(reply.problem(), "session.expired");
}
