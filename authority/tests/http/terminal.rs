//! Enrolment at an authorised terminal: an operator, a confirmed number, a capture that waits, and a decision. Nobody is enrolled
//! before it, and nothing is kept of who is not.

mod desk;
mod secrecy;
mod shifts;

use axum::http::StatusCode;
use nod_authority::store::Alert;
use nod_protocol::{
    ids::{ClaimedId, Level},
    payload::Payload,
};
use serde_json::{Value, json};

use self::desk::Desk;
use crate::{
    card,
    harness::Harness,
    import::import,
    people::{ANN, BOB, Person},
};

/// A made-up number of a range that is given to nobody (Ofcom, drama use).
const NUMBER: &str = "+44 7700 900123";

const OFFICE: &str = "https://office.example.gov";

/// Whether a site of level full gets a yes, with the passcode.
async fn is_confirmed(h: &Harness, payload: &Payload) -> bool {
    let request = json!({"sitekey": "pk_office", "origin": OFFICE, "action": "efile-submit"});
    let session = h.post("/v1/sessions", &request).await.json();
    h.submit(&session, payload).await.claims()["yes"] == json!(true)
}

async fn is_enrolled(h: &Harness, person: &Person) -> bool {
    let claimed_id = ClaimedId::parse(person.id).unwrap();
    let store = &h.authority.store;
    store.enrolled(&claimed_id).await.unwrap().is_some()
}

#[tokio::test]
async fn who_is_enrolled_at_a_terminal_is_enrolled_once_the_operator_has_confirmed_and_not_before()
{
    let desk = Desk::open().await;
    let h = &desk.h;
    let enrolment = desk.enrolment(&ANN).await;
    assert_eq!(enrolment.portrait, json!(false));
    assert_eq!(desk.state(&enrolment.id).await["state"], "open");
    let session = h.open_to_enrol(&enrolment.ticket).await;
    assert!(session.ticket.as_ref().unwrap().at_terminal);
    assert_eq!(session.level, Level::Full);
    desk.confirm_number(&session, NUMBER).await;
    assert_eq!(desk.state(&enrolment.id).await["state"], "phone");

    let reply: Value = h.submit(&session, &ANN.payload(10)).await.json();
    assert_eq!(
        (&reply["enrolled"], &reply["level"]),
        (&json!(false), &json!("full"))
    );
    let waiting = reply["waiting"].as_str().unwrap();
    assert_eq!(
        h.get_with("/v1/enrol", waiting).await.json::<Value>(),
        json!({"state": "waiting"})
    );
    let told = desk.state(&enrolment.id).await;
    assert_eq!(
        (&told["state"], &told["portrait"]),
        (&json!("held"), &json!("none"))
    );
    assert!(!is_enrolled(h, &ANN).await);

    let issue = json!({"document_checked": false});
    assert_eq!(
        desk.issue(&enrolment.id, &issue).await.problem(),
        "config.bad_session"
    );
    let issue = json!({"document_checked": true});
    assert_eq!(
        desk.issue(&enrolment.id, &issue).await.json::<Value>(),
        json!({"changed": true})
    );
    assert_eq!(
        desk.issue(&enrolment.id, &issue).await.problem(),
        "terminal.nothing"
    );
    assert_eq!(
        h.get_with("/v1/enrol", waiting).await.json::<Value>(),
        json!({"state": "issued"})
    );
    assert_eq!(desk.state(&enrolment.id).await["state"], "issued");

    assert!(is_confirmed(h, &ANN.payload(40)).await);
    let opened = card::opened(h, &ANN, 50).await;
    let held: Value = h.get_with("/v1/me", &opened).await.json();
    assert_eq!(
        (&held["level"], &held["issuer"]),
        (&json!("full"), &json!("Town hall, window 3"))
    );
    let export = h
        .post_with("/v1/me/export", Some(&opened), &json!({}))
        .await;
    assert_eq!(export.json::<Value>()["phone"], "+447700900123");
}

#[tokio::test]
async fn without_a_confirmed_number_nobody_gets_as_far_as_the_operator() {
    let desk = Desk::open().await;
    let h = &desk.h;
    let enrolment = desk.enrolment(&ANN).await;
    let session = h.open_to_enrol(&enrolment.ticket).await;
    for typed in ["", "0770 900123", "+44 77", "a phone"] {
        let refused = desk.ask_for_code(&session, typed).await;
        assert_eq!(refused.problem(), "enrol.number", "{typed}");
    }
    // None was sent, so none is right.
    assert_eq!(
        desk.type_code(&session, "000000").await.problem(),
        "enrol.code_spent"
    );
    let refused = h.submit(&session, &ANN.payload(10)).await;
    assert_eq!(refused.problem(), "enrol.phone");
    assert_eq!(desk.state(&enrolment.id).await["state"], "open");
    // The ticket is not spent by that.
    let session = h.open_to_enrol(&enrolment.ticket).await;
    desk.confirm_number(&session, NUMBER).await;
    let reply = h.submit(&session, &ANN.payload(20)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
}

#[tokio::test]
async fn a_code_can_be_typed_three_times_for_five_minutes_and_there_are_three_of_them() {
    let desk = Desk::open().await;
    let h = &desk.h;
    let enrolment = desk.enrolment(&ANN).await;
    let session = h.open_to_enrol(&enrolment.ticket).await;
    let sent: Value = desk.ask_for_code(&session, NUMBER).await.json();
    assert_eq!(sent, json!({"expires_in": 300, "left": 2}));
    let first = desk.last_code();
    let wrong = if first == "123456" {
        "654321"
    } else {
        "123456"
    };
    for _ in 0..3 {
        assert_eq!(
            desk.type_code(&session, wrong).await.problem(),
            "enrol.wrong_code"
        );
    }
    assert_eq!(
        desk.type_code(&session, &first).await.problem(),
        "enrol.code_spent"
    );

    assert_eq!(
        desk.ask_for_code(&session, NUMBER).await.status,
        StatusCode::OK
    );
    let second = desk.last_code();
    h.wait(300);
    assert_eq!(
        desk.type_code(&session, &second).await.problem(),
        "enrol.code_spent"
    );

    assert_eq!(
        desk.ask_for_code(&session, NUMBER).await.status,
        StatusCode::OK
    );
    assert_eq!(
        desk.ask_for_code(&session, NUMBER).await.problem(),
        "enrol.no_more_codes"
    );
    let third = desk.last_code();
    assert_eq!(
        desk.type_code(&session, &third).await.json::<Value>(),
        json!({"changed": true})
    );
    // Once more, after a reply that was lost.
    assert_eq!(
        desk.type_code(&session, &third).await.json::<Value>(),
        json!({"changed": false})
    );
}

#[tokio::test]
async fn numbers_are_asked_for_by_terminals_alone() {
    let desk = Desk::open().await;
    let h = &desk.h;
    let code = h.ticket(&ANN, Level::Full).await;
    for session in [h.open_to_enrol(&code).await, h.open_at_court().await] {
        assert_eq!(
            desk.ask_for_code(&session, NUMBER).await.problem(),
            "session.unknown"
        );
        assert_eq!(
            desk.type_code(&session, "123456").await.problem(),
            "session.unknown"
        );
    }
    assert_eq!(desk.messages(), "");
}

#[tokio::test]
async fn a_message_that_does_not_go_out_is_an_error_and_another_can_be_asked_for() {
    let desk = Desk::open().await;
    let enrolment = desk.enrolment(&ANN).await;
    let session = desk.h.open_to_enrol(&enrolment.ticket).await;
    desk.break_sender();
    let failed = desk.ask_for_code(&session, NUMBER).await;
    assert_eq!(
        (failed.problem().as_str(), failed.status.as_u16()),
        ("enrol.not_sent", 503)
    );
    assert!(!failed.header("retry-after").is_empty());
    desk.mend_sender();
    desk.confirm_number(&session, NUMBER).await;
}

#[tokio::test]
async fn who_is_refused_is_not_enrolled() {
    let desk = Desk::open().await;
    let h = &desk.h;
    let (enrolment, waiting) = desk.held(&ANN, &ANN).await;
    assert_eq!(
        desk.refuse(&enrolment).await.json::<Value>(),
        json!({"changed": true})
    );
    assert_eq!(
        desk.refuse(&enrolment).await.json::<Value>(),
        json!({"changed": false})
    );
    assert_eq!(
        h.get_with("/v1/enrol", &waiting).await.json::<Value>(),
        json!({"state": "refused"})
    );
    let issue = json!({"document_checked": true});
    assert_eq!(
        desk.issue(&enrolment, &issue).await.problem(),
        "terminal.nothing"
    );
    assert!(!is_enrolled(h, &ANN).await);
    // And can come again.
    let (enrolment, _) = desk.held(&ANN, &ANN).await;
    assert_eq!(desk.issue(&enrolment, &issue).await.status, StatusCode::OK);

    // Also before the phone has come that far: the ticket is worth nothing any more.
    let enrolment = desk.enrolment(&BOB).await;
    desk.refuse(&enrolment.id).await;
    let request = json!({"sitekey": "pk_self", "origin": crate::harness::ISSUER, "purpose": "enrol", "ticket": enrolment.ticket});
    assert_eq!(
        h.post("/v1/sessions", &request).await.problem(),
        "enrol.ticket_spent"
    );
}

#[tokio::test]
async fn nobody_decides_about_a_capture_that_is_older_than_a_quarter_of_an_hour() {
    let desk = Desk::open().await;
    let h = &desk.h;
    let (enrolment, waiting) = desk.held(&ANN, &ANN).await;
    h.wait(15 * 60);
    assert_eq!(desk.state(&enrolment).await["state"], "expired");
    let issue = json!({"document_checked": true});
    assert_eq!(
        desk.issue(&enrolment, &issue).await.problem(),
        "terminal.nothing"
    );
    assert_eq!(
        h.get_with("/v1/enrol", &waiting).await.json::<Value>(),
        json!({"state": "expired"})
    );
    assert!(!is_enrolled(h, &ANN).await);
}

#[tokio::test]
async fn the_face_of_the_imported_photograph_makes_way_for_the_living_one() {
    let desk = Desk::open().await;
    let h = &desk.h;
    import(h, &ANN).await;
    let enrolment = desk.enrolment(&ANN).await;
    assert_eq!(enrolment.portrait, json!(true));
    let (enrolment, _) = desk.held_for(enrolment, &ANN, &ANN).await;
    assert_eq!(desk.state(&enrolment).await["portrait"], "same");
    let issue = json!({"document_checked": true});
    assert_eq!(desk.issue(&enrolment, &issue).await.status, StatusCode::OK);
    assert!(is_confirmed(h, &ANN.payload(40)).await);
    let card = card::opened(h, &ANN, 50).await;
    let held: Value = h.get_with("/v1/me", &card).await.json();
    assert_eq!(held["level"], "full");
    assert_eq!(held["templates"][0]["source"], "capture");
    assert_eq!(held["templates"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn another_face_than_the_photographs_goes_to_the_operator() {
    let desk = Desk::open().await;
    let h = &desk.h;
    import(h, &ANN).await;
    // Bob before the operator, with Ann's number.
    let (enrolment, _) = desk.held(&ANN, &BOB).await;
    assert_eq!(desk.state(&enrolment).await["portrait"], "differs");
    let issue = json!({"document_checked": true});
    assert_eq!(
        desk.issue(&enrolment, &issue).await.problem(),
        "terminal.portrait"
    );
    assert!(
        !is_confirmed(
            h,
            &Payload {
                captures: BOB.payload(30).captures,
                ..ANN.payload(30)
            }
        )
        .await
    );
    // Only in so many words, and it stays in the log.
    let issue = json!({"document_checked": true, "despite_portrait": true});
    assert_eq!(desk.issue(&enrolment, &issue).await.status, StatusCode::OK);
    let log = desk.log().await;
    let names: Vec<&str> = log.iter().map(|event| event.as_str()).collect();
    assert!(
        names.contains(&"portrait_overruled") && names.contains(&"enrolment_issued"),
        "{names:?}"
    );
}

#[tokio::test]
async fn a_lost_phone_is_an_end_and_another_beginning() {
    let desk = Desk::open().await;
    let h = &desk.h;
    let (enrolment, _) = desk.held(&ANN, &ANN).await;
    let issue = json!({"document_checked": true});
    desk.issue(&enrolment, &issue).await;
    h.wait(1);
    let opened = desk.open_for(ANN.id).await;
    assert_eq!(opened.problem(), "enrol.exists");

    let of = json!({"claimed_id": ANN.id});
    let ended: Value = desk.post("/v1/terminal/revoke", &of).await.json();
    assert_eq!(ended, json!({"changed": true}));
    let again: Value = desk.post("/v1/terminal/revoke", &of).await.json();
    assert_eq!(again, json!({"changed": false}));
    assert!(!is_confirmed(h, &ANN.payload(60)).await);

    h.wait(1);
    let (enrolment, _) = desk.held(&ANN, &ANN).await;
    assert_eq!(desk.issue(&enrolment, &issue).await.status, StatusCode::OK);
    assert!(is_confirmed(h, &ANN.payload(70)).await);
    let opened = card::opened(h, &ANN, 80).await;
    let alerts = card::alerts(h, &opened).await;
    assert_eq!(
        alerts,
        [Alert::Enrolled, Alert::RevokedByOperator, Alert::Enrolled]
    );
}
