//! No capture counts twice: an old one in a new seal is a no, what is remembered of it lies encrypted, and goes with its
//! owner.

use nod_authority::{
    recent::{CaptureDigest, Recent},
    store::{KEPT, ResidentId},
};
use nod_protocol::{
    challenge::{Challenge, Mode, Movement, Step},
    ids::{ClaimedId, Level, Nonce},
    payload::{Embedding, Payload},
};
use serde_json::Value;

use crate::{
    film::{film_number, head},
    harness::{Harness, is_postgres},
    people::{ANN, BOB, Person},
    secrecy::database_bytes,
};

/// One order of movements, each with a time of its own; a fresh nonce every time.
pub(crate) fn asked(millis: [u32; 4]) -> Challenge {
    let movements = [
        Movement::TurnRight,
        Movement::LookUp,
        Movement::TurnLeft,
        Movement::LookDown,
    ];
    let steps = movements.into_iter().zip(millis);
    Challenge {
        nonce: Nonce::random().unwrap(),
        mode: Mode::Move,
        steps: steps
            .map(|(movement, millis)| Step { movement, millis })
            .collect(),
    }
}

pub(crate) const FIRST: [u32; 4] = [2_000, 2_300, 2_000, 2_100];
const LATER: [u32; 4] = [2_500, 2_000, 2_400, 2_000];

/// A person who follows the challenge, with the noise of this number.
pub(crate) fn capture(person: &Person, number: u64, challenge: &Challenge) -> Payload {
    Payload {
        passcode: None,
        track: Some(film_number(number, head, &challenge.steps)),
        ..person.payload(40 * number)
    }
}

/// Verifies at the court, with the luck that the authority has drawn this challenge.
pub(crate) async fn verified(h: &Harness, challenge: &Challenge, payload: &Payload) -> Value {
    let session = h.open_at_court().await;
    let (store, now) = (&h.authority.store, h.authority.now());
    let id = &session.session;
    let drawn = store.challenge_session(id, challenge, now + 60, now).await;
    assert!(drawn.unwrap());
    let last = payload.track.as_ref().and_then(|track| track.frames.last());
    h.wait(last.map_or(0, |frame| u64::from(frame.millis) / 1000));
    let body = h.seal(&session, challenge, payload).await;
    h.post_sealed("/v1/verify", body).await.claims()["yes"].clone()
}

/// The embedding with a little noise: a cosine of about 0.99995 to it.
fn nearly(embedding: &Embedding) -> Embedding {
    let values = embedding.values().iter().enumerate();
    let noisy = values.map(|(at, value)| value + if at % 3 == 0 { 0.001 } else { -0.0004 });
    Embedding::normalised(noisy.collect()).unwrap()
}

#[tokio::test]
async fn an_old_capture_in_a_new_seal_is_a_no() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let first = asked(FIRST);
    assert_eq!(verified(&h, &first, &capture(&ANN, 1, &first)).await, true);

    // Another session, the same movements, and an attacker who has the capture in the clear.
    let again = asked(FIRST);
    assert_eq!(verified(&h, &again, &capture(&ANN, 1, &again)).await, false);
    let mut noisy = capture(&ANN, 1, &again);
    for capture in &mut noisy.captures {
        capture.fused = nearly(&capture.fused);
        capture.keyframes = capture.keyframes.iter().map(nearly).collect();
    }
    for frame in noisy.track.iter_mut().flat_map(|track| &mut track.frames) {
        frame.millis += frame.millis / 60;
        for (at, point) in frame.points.iter_mut().enumerate() {
            *point += if at % 7 < 3 { 0.3 } else { -0.2 };
        }
    }
    assert_eq!(verified(&h, &again, &noisy).await, false, "with noise");

    let old_track = Payload {
        captures: ANN.payload(200).captures,
        ..capture(&ANN, 1, &again)
    };
    assert_eq!(verified(&h, &again, &old_track).await, false, "the track");
    let later = asked(LATER);
    let mut old_embedding = capture(&ANN, 2, &later);
    old_embedding.captures[0].keyframes[2] = nearly(&ANN.look(41));
    assert_eq!(
        verified(&h, &later, &old_embedding).await,
        false,
        "one embedding"
    );
    let metrics = h.metrics().await;
    for check in ["movement_is_new", "embeddings_are_new"] {
        assert!(metrics.contains(check), "{check}");
    }

    // What a resident does who comes back: the same movements once more.
    assert_eq!(verified(&h, &later, &capture(&ANN, 2, &later)).await, true);
    assert_eq!(verified(&h, &later, &capture(&ANN, 2, &later)).await, false);
}

#[tokio::test]
async fn what_was_answered_with_no_is_not_remembered_and_other_people_are_not_held_against_it() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    h.enrol(&BOB, Level::Full).await;
    let first = asked(FIRST);
    let stranger = Payload {
        captures: BOB.payload(40).captures,
        ..capture(&ANN, 1, &first)
    };
    assert_eq!(verified(&h, &first, &stranger).await, false);
    assert_eq!(verified(&h, &first, &capture(&ANN, 1, &first)).await, true);
    // The very track of another resident: sketches of two people cannot be compared, and need not be.
    assert_eq!(verified(&h, &first, &capture(&BOB, 1, &first)).await, true);
}

#[tokio::test]
async fn digests_lie_encrypted_and_go_with_their_owner() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let first = asked(FIRST);
    assert_eq!(verified(&h, &first, &capture(&ANN, 1, &first)).await, true);

    let store = &h.authority.store;
    let digest = store
        .recent_captures(resident(&h, &ANN).await)
        .await
        .unwrap()
        .captures;
    let clear = digest[0].to_bytes();
    let mut database = h.past_the_store().await;
    let query = "SELECT digest FROM recent_captures WHERE resident_id =
                     (SELECT id FROM residents WHERE ticket_id <> 'decoy')";
    let rows: Vec<(Vec<u8>,)> = database.rows(query).await;
    let [(sealed,)] = rows.as_slice() else {
        panic!("{} captures", rows.len())
    };
    let raw = database_bytes(&h);
    assert!(found(&raw, sealed) > 0, "the scan can find things");
    assert_eq!(found(&raw, &clear), 0);

    let id = ClaimedId::parse(ANN.id).unwrap();
    store.erase(&id, h.authority.now()).await.unwrap();
    assert_eq!(database.rows::<(Vec<u8>,)>(query).await.len(), 0);
    // PostgreSQL has no way to overwrite deleted rows at once (`Traces::UntilReused`).
    if !is_postgres() {
        assert_eq!(found(&database_bytes(&h), sealed), 0);
    }
}

#[tokio::test]
async fn the_last_fifty_are_kept_and_everybody_is_held_against_fifty() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let store = &h.authority.store;
    let (ann, decoy) = (resident(&h, &ANN).await, resident(&h, &BOB).await);
    let kept = KEPT as usize;
    for who in [ann, decoy] {
        let recent = store.recent_captures(who).await.unwrap();
        assert_eq!(recent.captures.len(), kept);
    }
    let digest = |number: u8| CaptureDigest::of_nothing(8, || Ok::<_, ()>([number; 256])).unwrap();
    let firsts = |recent: Recent| -> Vec<Vec<u8>> {
        let captures = recent.captures.iter();
        captures.map(|kept| kept.to_bytes()[..9].to_vec()).collect()
    };
    let of_nobody = firsts(store.recent_captures(decoy).await.unwrap());
    for number in 1..=53 {
        store.remember_capture(ann, &digest(number)).await.unwrap();
        if number == 7 {
            // Her own seven, and as many of the decoy's as are missing.
            let some = firsts(store.recent_captures(ann).await.unwrap());
            let own = |at: usize| {
                some[at][1..]
                    .iter()
                    .all(|byte| usize::from(*byte) == 7 - at)
            };
            assert!((0..7).all(own));
            assert_eq!(some[7..], of_nobody[..kept - 7]);
        }
    }
    let recent = store.recent_captures(ann).await.unwrap();
    let numbers = recent.captures.iter().map(|kept| kept.to_bytes()[1]);
    assert_eq!(
        numbers.collect::<Vec<_>>(),
        (4..=53).rev().collect::<Vec<_>>()
    );
}

/// The internal name of whoever is enrolled under the ID; the decoy's, if nobody is.
async fn resident(h: &Harness, person: &Person) -> ResidentId {
    let id = ClaimedId::parse(person.id).unwrap();
    h.authority.store.resident(&id).await.unwrap().id
}

/// How many parts of 16 bytes of a value are in the files: a long value may go on in another page.
fn found(raw: &[u8], value: &[u8]) -> usize {
    let windows: std::collections::HashSet<&[u8]> = raw.windows(16).collect();
    let parts = value.chunks_exact(16);
    parts.filter(|part| windows.contains(part)).count()
}
