//! Every no has a number, which tells nothing to who reads it and something to the operator.

use std::process::Output;

use nod_authority::case::{CaseNumber, KEPT, Stopped};
use nod_protocol::{
    ids::{ClaimedId, Level, Passcode},
    payload::Payload,
};
use serde_json::{Value, json};

use crate::{
    handoff::{handed_on, state},
    harness::{Harness, Reply},
    people::{ANN, BOB},
    process::run,
};

/// Somebody else's face, with the right passcode or without.
fn wrong_face(shot: u64) -> Payload {
    Payload {
        captures: BOB.payload(shot).captures,
        ..ANN.payload(shot)
    }
}

async fn answered(h: &Harness, payload: &Payload) -> Reply {
    let session = h.open_at_court().await;
    h.submit(&session, payload).await
}

/// The number of a no, after a look at everything else that came with it.
fn number(reply: &Reply) -> CaseNumber {
    let body: Value = reply.json();
    let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["case", "token"], "{body}");
    let claims = reply.claims();
    assert_eq!(claims["yes"], false);
    let text = body["case"].as_str().unwrap();
    assert!(!claims.to_string().contains(text) && claims.get("case").is_none());
    CaseNumber::parse(text).unwrap()
}

async fn stopped(h: &Harness, number: &CaseNumber) -> Stopped {
    let case = h.authority.store.case(number).await.unwrap().unwrap();
    assert_eq!(
        (case.site_key.as_str(), case.at),
        ("pk_court", h.authority.now())
    );
    case.stopped
}

fn operator(h: &Harness, arguments: &[&str]) -> Output {
    let done = run(&h.dir.path().join("data"), arguments, ANN.id);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    done
}

#[tokio::test]
async fn every_no_has_one_whatever_it_was_for() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let wrong_passcode = Payload {
        passcode: Some(Passcode::parse("60419374").unwrap()),
        ..ANN.payload(40)
    };
    let mut seen = Vec::new();
    for (payload, why) in [
        (wrong_face(40), "another face"),
        (BOB.payload(40), "not enrolled"),
        (
            wrong_passcode,
            "another passcode, so that a capture without movement fails",
        ),
    ] {
        let number = number(&answered(&h, &payload).await);
        assert_eq!(stopped(&h, &number).await, Stopped::Nowhere, "{why}");
        assert!(!seen.contains(&number.to_string()));
        seen.push(number.to_string());
    }
    let yes: Value = answered(&h, &ANN.payload(50)).await.json();
    assert_eq!(yes.as_object().unwrap().len(), 1, "{yes}");

    for shot in 1..=5 {
        number(&answered(&h, &wrong_face(100 * shot)).await);
    }
    let limited = number(&answered(&h, &ANN.payload(60)).await);
    assert_eq!(stopped(&h, &limited).await, Stopped::ByClaimedId);
}

#[tokio::test]
async fn a_face_that_was_stopped_is_a_case_as_well() {
    let h = Harness::start().await;
    let mut last = None;
    for attempt in 0..21 {
        let id = ClaimedId::parse(&format!("PLANTED-{attempt:05}")).unwrap();
        let payload = Payload {
            claim: id.into(),
            passcode: None,
            ..ANN.payload(40 + 10 * attempt)
        };
        last = Some(number(&answered(&h, &payload).await));
    }
    assert_eq!(stopped(&h, &last.unwrap()).await, Stopped::ByFace);
}

#[tokio::test]
async fn the_desk_has_the_number_and_the_phone_has_nothing() {
    let h = Harness::start().await;
    let (offer, opened, phone) = handed_on(&h).await;
    let reply = h.submit(&phone, &BOB.payload(40)).await;
    assert_eq!(reply.text(), "{}");
    assert_eq!(state(&h, &opened.phone).await, json!({"state": "answered"}));
    let told = state(&h, &offer.desk).await;
    let number = CaseNumber::parse(told["case"].as_str().unwrap()).unwrap();
    assert_eq!(stopped(&h, &number).await, Stopped::Nowhere);
}

#[tokio::test]
async fn an_operator_looks_it_up_and_resolves_it() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let first = number(&answered(&h, &wrong_face(10)).await).to_string();
    // Fifty in a row: nothing helps any more but an operator, or a device.
    for _ in 0..60 {
        answered(&h, &wrong_face(10)).await;
        h.wait(3600);
    }
    let locked = number(&answered(&h, &ANN.payload(60)).await).to_string();
    let json = |done: Output| -> Value { serde_json::from_slice(&done.stdout).unwrap() };
    let shown = json(operator(
        &h,
        &["case", "show", &locked, "--json", "--id", "-"],
    ));
    assert_eq!(shown["sitekey"], "pk_court");
    assert_eq!(shown["at"], h.authority.now());
    assert_eq!(shown["stopped_by"], "claimed_id");
    assert_eq!(
        (&shown["failures"], &shown["locked"]),
        (&json!(50), &json!(true))
    );
    assert_eq!(shown["is_about_id"], true);
    let spaced = format!("{} {}", &first[..6], &first[6..]);
    let in_words = operator(&h, &["case", "show", &spaced, "--id", BOB.id]).stdout;
    let in_words = String::from_utf8(in_words).unwrap();
    assert!(
        in_words.contains("pk_court") && in_words.contains("another ID"),
        "{in_words}"
    );
    assert!(!in_words.contains("PLANTED"), "{in_words}");

    operator(&h, &["case", "resolve", &locked]);
    assert_eq!(answered(&h, &ANN.payload(70)).await.claims()["yes"], true);
    let unknown = run(
        &h.dir.path().join("data"),
        &["case", "show", "000000000000"],
        "",
    );
    let said = String::from_utf8_lossy(&unknown.stderr);
    assert!(
        !unknown.status.success() && said.contains("thirty days"),
        "{said}"
    );
}

#[tokio::test]
async fn a_resident_can_be_told_of_attempts_that_were_not_theirs() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let began = h.authority.now();
    answered(&h, &wrong_face(10)).await;
    h.wait(60);
    answered(&h, &wrong_face(20)).await;
    assert_eq!(answered(&h, &ANN.payload(40)).await.claims()["yes"], true);
    let store = &h.authority.store;
    let ann = ClaimedId::parse(ANN.id).unwrap();
    // A yes forgets what counts, not what was.
    let failed = store.failed_attempts(&ann, began, 50).await.unwrap();
    let times: Vec<u64> = failed.iter().map(|failed| failed.at).collect();
    assert_eq!(times, [began + 60, began]);
    assert!(
        failed
            .iter()
            .all(|failed| failed.site_key.as_str() == "pk_court")
    );
    assert_eq!(
        store.failed_attempts(&ann, began, 1).await.unwrap().len(),
        1
    );
    assert_eq!(
        store
            .failed_attempts(&ann, began + 1, 50)
            .await
            .unwrap()
            .len(),
        1
    );

    let number = number(&answered(&h, &wrong_face(30)).await);
    store.erase(&ann, h.authority.now()).await.unwrap();
    assert!(store.case(&number).await.unwrap().is_none());
    assert!(
        store
            .failed_attempts(&ann, began, 50)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn cases_are_kept_for_thirty_days() {
    let h = Harness::start().await;
    let number = number(&answered(&h, &BOB.payload(40)).await);
    let store = &h.authority.store;
    for (wait, is_there) in [(KEPT, true), (1, false)] {
        h.wait(wait);
        store.forget_expired(h.authority.now()).await.unwrap();
        assert_eq!(store.case(&number).await.unwrap().is_some(), is_there);
    }
}
