//! The movement challenge over HTTP: drawn, followed, judged, and enough without a passcode.

use nod_protocol::{
    challenge::{Challenge, Mode},
    http::{ChallengeReply, SessionReply},
    ids::Level,
    payload::Payload,
};
use serde_json::{Value, json};

use crate::{
    film::{Thing, film, head, picture},
    harness::{HOTEL, Harness},
    people::{ANN, BOB, Person},
};

pub(crate) async fn draw(h: &Harness, session: &SessionReply) -> Challenge {
    let path = format!("/v1/sessions/{}/challenge", session.session);
    let reply: ChallengeReply = h.post(&path, &json!({"mode": "move"})).await.json();
    reply.challenge
}

/// A person's face before the camera as the thing that moves; no passcode.
pub(crate) fn capture(person: &Person, thing: Thing, challenge: &Challenge) -> Payload {
    Payload {
        passcode: None,
        track: Some(film(thing, &challenge.steps)),
        ..person.payload(40)
    }
}

/// How long the film took, in whole seconds: what the authority's clock must have seen.
pub(crate) fn seconds(payload: &Payload) -> u64 {
    let last = payload.track.as_ref().and_then(|track| track.frames.last());
    last.map_or(0, |frame| u64::from(frame.millis) / 1000)
}

async fn verified(h: &Harness, session: &SessionReply, person: &Person, thing: Thing) -> Value {
    let challenge = draw(h, session).await;
    let payload = capture(person, thing, &challenge);
    h.wait(seconds(&payload));
    h.post_sealed("/v1/verify", h.seal(session, &challenge, &payload).await)
        .await
        .claims()
}

#[tokio::test]
async fn a_head_that_follows_the_challenge_is_enough_for_light_without_a_passcode() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let answers = [
        (&ANN, head as Thing, true),
        (&ANN, picture as Thing, false),
        (&BOB, head as Thing, false),
    ];
    for (person, thing, yes) in answers {
        let claims = verified(&h, &h.open_at_court().await, person, thing).await;
        assert_eq!(claims["yes"], yes);
        let amr = if yes { json!(["face"]) } else { json!([]) };
        assert_eq!(claims["amr"], amr);
    }
}

#[tokio::test]
async fn full_still_needs_the_passcode() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let request = json!({"sitekey": "pk_hotel", "origin": HOTEL});
    let session: SessionReply = h.post("/v1/sessions", &request).await.json();
    assert_eq!(verified(&h, &session, &ANN, head).await["yes"], false);
    let session: SessionReply = h.post("/v1/sessions", &request).await.json();
    let challenge = draw(&h, &session).await;
    let payload = Payload {
        passcode: ANN.payload(1).passcode,
        ..capture(&ANN, head, &challenge)
    };
    h.wait(seconds(&payload));
    let body = h.seal(&session, &challenge, &payload).await;
    let claims = h.post_sealed("/v1/verify", body).await.claims();
    assert_eq!(claims["yes"], true);
}

#[tokio::test]
async fn a_film_for_another_challenge_or_sent_too_soon_is_a_no() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let session = h.open_at_court().await;
    let challenge = draw(&h, &session).await;
    let mut others = challenge.clone();
    others.steps.rotate_left(1);
    let wrong_order = capture(&ANN, head, &others);
    h.wait(seconds(&wrong_order));
    let body = h.seal(&session, &challenge, &wrong_order).await;
    let claims = h.post_sealed("/v1/verify", body).await.claims();
    assert_eq!(claims["yes"], false, "an earlier film");

    let session = h.open_at_court().await;
    let challenge = draw(&h, &session).await;
    h.wait(2);
    let body = h
        .seal(&session, &challenge, &capture(&ANN, head, &challenge))
        .await;
    let claims = h.post_sealed("/v1/verify", body).await.claims();
    assert_eq!(claims["yes"], false, "computed and not filmed");
}

#[tokio::test]
async fn challenges_are_fresh_and_drawn_once() {
    let h = Harness::start().await;
    let (one, other) = (h.open_at_court().await, h.open_at_court().await);
    let (first, second) = (draw(&h, &one).await, draw(&h, &other).await);
    assert_eq!(first.mode, Mode::Move);
    assert!(first.steps.len() >= 4);
    assert_ne!(first.hash(), second.hash());
    let path = format!("/v1/sessions/{}/challenge", one.session);
    let again = h.post(&path, &json!({"mode": "move"})).await;
    assert_eq!(again.problem(), "session.spent");
}
