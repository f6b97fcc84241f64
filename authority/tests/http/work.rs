//! The work of an answer depends on what was asked for and what was sent, and on nobody's being enrolled: an Argon2id, the
//! one step that a clock could see from outside, is counted.

use nod_protocol::{
    challenge::Challenge,
    http::SessionReply,
    ids::{Level, Passcode},
    payload::Payload,
};
use serde_json::json;

use crate::{
    harness::{COURT, Harness},
    people::{ANN, BOB, Person},
    recent::{FIRST, asked, capture, verified},
};

/// How often a passcode was checked so far.
async fn checks(h: &Harness) -> u64 {
    let metrics = h.metrics().await;
    let lines = metrics.lines();
    let lines = lines.filter(|line| line.starts_with("nod_passcode_checks_total{"));
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

/// A face under a claimed ID, each its own person's or not, with or without a passcode.
fn shown(
    face: &Person,
    claimed: &Person,
    passcode: Option<&str>,
    challenge: &Challenge,
) -> Payload {
    Payload {
        captures: capture(face, 3, challenge).captures,
        passcode: passcode.map(|digits| Passcode::parse(digits).unwrap()),
        ..capture(claimed, 3, challenge)
    }
}

#[tokio::test]
async fn where_no_passcode_is_asked_for_none_is_checked_for_anybody() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let challenge = asked(FIRST);
    let cases = [
        ("the resident", &ANN, &ANN, true),
        ("another face", &BOB, &ANN, false),
        ("not enrolled", &BOB, &BOB, false),
    ];
    for (name, face, claimed, yes) in cases {
        let payload = shown(face, claimed, None, &challenge);
        assert_eq!(verified(&h, &challenge, &payload).await, yes, "{name}");
    }
    // Locked: five failures, then the resident's own face.
    for _ in 0..5 {
        let payload = shown(&BOB, &ANN, None, &challenge);
        assert_eq!(verified(&h, &challenge, &payload).await, false);
    }
    let own = capture(&ANN, 4, &challenge);
    assert_eq!(verified(&h, &challenge, &own).await, false, "locked");
    assert_eq!(checks(&h).await, 0);
}

#[tokio::test]
async fn where_a_passcode_was_sent_one_is_checked_whoever_it_is() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let challenge = asked(FIRST);
    let cases = [
        ("right", &ANN, &ANN, ANN.passcode),
        ("wrong", &ANN, &ANN, BOB.passcode),
        ("another face", &BOB, &ANN, ANN.passcode),
        ("not enrolled", &BOB, &BOB, BOB.passcode),
    ];
    for (before, (name, face, claimed, passcode)) in (0..).zip(cases) {
        let payload = shown(face, claimed, Some(passcode), &challenge);
        verified(&h, &challenge, &payload).await;
        assert_eq!(checks(&h).await, before + 1, "{name}");
    }
}

#[tokio::test]
async fn where_a_passcode_is_asked_for_one_is_checked_even_if_none_was_sent() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let without = |person: &Person, shot| Payload {
        passcode: None,
        ..person.payload(shot)
    };
    // Held still, at level light.
    for (before, person) in (0..).zip([&ANN, &BOB]) {
        assert_eq!(h.verify_at_court(&without(person, 40)).await["yes"], false);
        assert_eq!(checks(&h).await, before + 1);
    }
    // At level full, however it is captured.
    let request = json!({"sitekey": "pk_court", "origin": COURT, "level": "full"});
    for (before, person) in (2..).zip([&ANN, &BOB]) {
        let session: SessionReply = h.post("/v1/sessions", &request).await.json();
        let claims = h.submit(&session, &without(person, 50)).await.claims();
        assert_eq!(claims["yes"], false);
        assert_eq!(checks(&h).await, before + 1);
    }
}

/// How often attempts were counted, in the limits by claimed ID and by face.
async fn tries(h: &Harness) -> [i64; 2] {
    let mut database = h.past_the_store().await;
    let mut sum = async |table| {
        // A sum of big integers is a numeric in PostgreSQL.
        let query = format!("SELECT CAST(COALESCE(SUM(tries), 0) AS BIGINT) FROM {table}");
        database.rows::<(i64,)>(&query).await[0].0
    };
    [sum("attempts").await, sum("sprayed").await]
}

/// SQLite leaves a row alone that would be written as it is, and does not wait for the disk: whoever is stopped would be answered
/// sooner than others.
#[tokio::test]
async fn an_attempt_that_is_stopped_or_repeated_changes_what_any_other_changes() {
    let h = Harness::start().await;
    let challenge = asked(FIRST);
    for tried in 1..=8 {
        let payload = shown(&BOB, &ANN, None, &challenge);
        assert_eq!(verified(&h, &challenge, &payload).await, false);
        // The face is kept once, and counted there from then on; from the sixth attempt on the claimed ID is locked.
        assert_eq!(tries(&h).await, [tried, tried - 1]);
    }
}
