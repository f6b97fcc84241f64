//! A stolen database file reveals no face, ID, passcode, ticket or site secret.

use nod_protocol::{ids::Level, payload::Payload};
use serde_json::json;

use crate::{
    harness::{COURT_SECRET, HOTEL_SECRET, Harness},
    people::{ANN, BOB, Person},
};

#[tokio::test]
async fn the_raw_database_files_hold_nothing_about_a_person() {
    let h = Harness::start().await;
    let code = h.ticket(&ANN, Level::Full).await;
    let session = h.open_to_enrol(&code).await;
    h.submit(&session, &ANN.payload(10)).await;
    h.enrol(&BOB, Level::Light).await;
    h.verify_at_court(&ANN.payload(40)).await;
    h.verify_at_court(&Payload {
        captures: BOB.payload(40).captures,
        ..ANN.payload(40)
    })
    .await;
    let token = h
        .submit(&h.open_at_court().await, &ANN.payload(50))
        .await
        .token();
    h.post(
        "/v1/siteverify",
        &json!({"secret": COURT_SECRET, "response": token}),
    )
    .await;

    let raw = database_bytes(&h);
    // The scan can find things: this is in the file in the clear, and on purpose.
    assert!(contains(&raw, b"pk_court") && contains(&raw, b"terminal-7"));
    for secret in [COURT_SECRET, HOTEL_SECRET, &code, "argon2"] {
        assert!(!contains(&raw, secret.as_bytes()), "{secret}");
    }
    for person in [ANN, BOB] {
        for text in typed_by(&person) {
            assert!(!contains(&raw, text.as_bytes()), "{text}");
        }
        for shot in 10..54 {
            let embedding = person.look(shot);
            assert_no_part_of(&raw, &embedding.to_bytes());
        }
        for shot in [10, 40, 50] {
            assert_no_part_of(&raw, &person.capture(shot).fused.to_bytes());
        }
    }
}

/// Everything that a person typed, in the forms it could be stored in.
fn typed_by(person: &Person) -> Vec<String> {
    let normalised = person.payload(0).claim.id().unwrap().expose().to_owned();
    vec![
        person.id.to_owned(),
        normalised.to_lowercase(),
        normalised,
        person.passcode.to_owned(),
    ]
}

/// No four consecutive numbers of an embedding, at any alignment in the file.
fn assert_no_part_of(raw: &[u8], embedding: &[u8]) {
    for part in embedding.chunks_exact(16) {
        assert!(!contains(raw, part));
    }
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else {
        return true;
    };
    let mut rest = haystack;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        rest = &rest[at..];
        if rest.starts_with(needle) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// What the database has on the disk.
pub(crate) fn database_bytes(h: &Harness) -> Vec<u8> {
    h.database.bytes(&h.dir.path().join("data"))
}
