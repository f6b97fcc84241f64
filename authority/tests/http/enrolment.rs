//! Enrolment: only with a ticket, only for its holder, only once, only with a good capture.

use axum::http::StatusCode;
use nod_protocol::{
    ids::{Level, Passcode, TicketId},
    payload::Payload,
};
use serde_json::{Value, json};

use crate::{
    harness::{Harness, ISSUER},
    people::{ANN, BOB},
};

#[tokio::test]
async fn a_ticket_holder_enrols_once() {
    let h = Harness::start().await;
    let code = h.ticket(&ANN, Level::Light).await;
    let session = h.open_to_enrol(&code).await;
    let reply: Value = h.submit(&session, &ANN.payload(10)).await.json();
    assert_eq!(
        (&reply["enrolled"], &reply["level"]),
        (&json!(true), &json!("light"))
    );
    let registration = reply["key_registration"].as_str().unwrap();
    assert!(registration.starts_with("kr_") && registration.len() == 46);

    let again = json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol",
                       "ticket": code});
    assert_eq!(
        h.post("/v1/sessions", &again).await.problem(),
        "enrol.ticket_spent"
    );
}

#[tokio::test]
async fn a_ticket_that_is_spent_or_runs_out_during_the_capture_does_not_enrol() {
    let h = Harness::start().await;
    let code = h.ticket(&ANN, Level::Light).await;
    let (first, second, third) = (
        h.open_to_enrol(&code).await,
        h.open_to_enrol(&code).await,
        h.open_to_enrol(&code).await,
    );
    let challenge = h.challenge(&second).await;
    let body = h.seal(&second, &challenge, &ANN.payload(20)).await;
    assert_eq!(
        h.submit(&first, &ANN.payload(10)).await.status,
        StatusCode::OK
    );
    assert_eq!(
        h.post_sealed("/v1/enrol", body).await.problem(),
        "enrol.ticket_spent"
    );
    assert_eq!(
        h.submit(&third, &ANN.payload(30)).await.problem(),
        "enrol.ticket_spent"
    );

    let code = h.ticket(&BOB, Level::Light).await;
    let session = h.open_to_enrol(&code).await;
    h.wait(15 * 60 - 30);
    let challenge = h.challenge(&session).await;
    let body = h.seal(&session, &challenge, &BOB.payload(20)).await;
    h.wait(30);
    assert_eq!(
        h.post_sealed("/v1/enrol", body).await.problem(),
        "enrol.ticket_unknown"
    );
}

#[tokio::test]
async fn another_persons_ticket_does_not_enrol_and_is_not_spent() {
    let h = Harness::start().await;
    let code = h.ticket(&ANN, Level::Light).await;
    let session = h.open_to_enrol(&code).await;
    let mut stolen = BOB.payload(10);
    stolen.passcode = Some(Passcode::parse(BOB.passcode).unwrap());
    assert_eq!(
        h.submit(&session, &stolen).await.problem(),
        "enrol.ticket_mismatch"
    );
    let session = h.open_to_enrol(&code).await;
    assert_eq!(
        h.submit(&session, &ANN.payload(10)).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn an_existing_template_is_never_replaced() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Light).await;
    let code = "planted-second-code";
    h.ticket_with(&ANN, Level::Full, TicketId::parse("second").unwrap(), code)
        .await;
    let session = h.open_to_enrol(code).await;
    let mut imposter = ANN.payload(10);
    imposter.captures = BOB.payload(10).captures;
    imposter.passcode = Some(Passcode::parse(BOB.passcode).unwrap());
    assert_eq!(
        h.submit(&session, &imposter).await.problem(),
        "enrol.exists"
    );
    assert_eq!(h.verify_at_court(&ANN.payload(40)).await["yes"], true);
    let mut bobs_face = BOB.payload(50);
    bobs_face.claim = ANN.payload(0).claim;
    assert_eq!(h.verify_at_court(&bobs_face).await["yes"], false);
    // The second ticket was not used up by the refusal.
    assert_eq!(h.open_to_enrol(code).await.level, Level::Full);
}

#[tokio::test]
async fn poor_captures_and_passcodes_are_refused_and_the_ticket_stays_good() {
    let h = Harness::start().await;
    let code = h.ticket(&ANN, Level::Full).await;
    type Spoil = (&'static str, fn(&mut Payload));
    let spoilt: [Spoil; 8] = [
        ("two keyframes", |p| p.captures[0].keyframes.truncate(2)),
        ("frozen", |p| {
            p.captures[0].keyframes = vec![ANN.look(1), ANN.look(1), ANN.look(1)]
        }),
        ("two people", |p| p.captures[0].keyframes[1] = BOB.look(1)),
        ("spliced", |p| p.captures[0].fused = BOB.look(1)),
        ("two sets", |p| p.captures.push(ANN.capture(5))),
        ("no passcode", |p| p.passcode = None),
        ("a run", |p| p.passcode = Passcode::parse("12345678").ok()),
        ("a date", |p| p.passcode = Passcode::parse("19491231").ok()),
    ];
    for (name, spoil) in spoilt {
        let mut payload = ANN.payload(10);
        spoil(&mut payload);
        let session = h.open_to_enrol(&code).await;
        assert_eq!(
            h.submit(&session, &payload).await.problem(),
            "enrol.quality",
            "{name}"
        );
    }
    let session = h.open_to_enrol(&code).await;
    assert_eq!(
        h.submit(&session, &ANN.payload(10)).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn of_two_enrolments_at_once_one_wins() {
    let h = Harness::start().await;
    let code = h.ticket(&ANN, Level::Light).await;
    let (one, other) = (h.open_to_enrol(&code).await, h.open_to_enrol(&code).await);
    let (one_payload, other_payload) = (ANN.payload(10), ANN.payload(20));
    let (a, b) = tokio::join!(
        h.submit(&one, &one_payload),
        h.submit(&other, &other_payload)
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}
