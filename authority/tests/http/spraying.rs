//! One face on many claimed IDs is stopped, and whom it belongs to is not locked out by it.

use nod_protocol::{
    ids::{ClaimedId, Level},
    payload::Payload,
};

use crate::{
    harness::Harness,
    people::{ANN, BOB},
};

/// Ann's face under a made-up ID, as somebody who knows no passcode would try it.
fn tried(number: u64) -> Payload {
    Payload {
        claim: ClaimedId::parse(&format!("PLANTED-{number:05}"))
            .unwrap()
            .into(),
        passcode: None,
        ..ANN.payload(40 + 10 * number)
    }
}

async fn stopped(h: &Harness) -> Option<String> {
    let metrics = h.metrics().await;
    let mut lines = metrics.lines();
    let line = lines.find(|line| line.starts_with("nod_stopped_attempts_total{by=\"face\"}"))?;
    line.rsplit(' ').next().map(str::to_owned)
}

#[tokio::test]
async fn a_face_that_failed_on_twenty_ids_is_stopped_on_the_next() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    h.enrol(&BOB, Level::Full).await;
    for number in 0..20 {
        assert_eq!(h.verify_at_court(&tried(number)).await["yes"], false);
    }
    assert_eq!(stopped(&h).await, None, "twenty are free");
    for number in 20..25 {
        assert_eq!(h.verify_at_court(&tried(number)).await["yes"], false);
    }
    assert_eq!(stopped(&h).await.as_deref(), Some("5"));
    assert_eq!(
        h.verify_at_court(&tried(3)).await["yes"],
        false,
        "the same ID again is answered as before"
    );
    assert_eq!(stopped(&h).await.as_deref(), Some("5"));
    for (name, person) in [("whose face it was", ANN), ("anybody else", BOB)] {
        let claims = h.verify_at_court(&person.payload(400)).await;
        assert_eq!(claims["yes"], true, "{name}");
    }
}

/// Twenty different IDs are free, wherever they are tried.
#[tokio::test]
async fn a_face_is_counted_across_processes_and_restarts() {
    let one = Harness::start().await;
    let other = one.another().await;
    for number in 0..20 {
        let h = if number % 2 == 0 { &one } else { &other };
        assert_eq!(h.verify_at_court(&tried(number)).await["yes"], false);
    }
    assert_eq!((stopped(&one).await, stopped(&other).await), (None, None));
    one.verify_at_court(&tried(20)).await;
    other.verify_at_court(&tried(21)).await;
    let third = other.another().await;
    third.verify_at_court(&tried(22)).await;
    // A day's key follows the other at midnight, and the count goes on.
    third.wait(23 * 3600);
    third.verify_at_court(&tried(23)).await;
    for h in [&one, &other] {
        assert_eq!(stopped(h).await.as_deref(), Some("1"));
    }
    assert_eq!(stopped(&third).await.as_deref(), Some("2"));
    third.wait(3600);
    third.verify_at_court(&tried(24)).await;
    assert_eq!(stopped(&third).await.as_deref(), Some("2"), "a day is over");
}

#[tokio::test]
async fn what_one_process_forgave_another_forgets() {
    let one = Harness::start().await;
    let other = one.another().await;
    one.enrol(&ANN, Level::Full).await;
    let wrong = Payload {
        passcode: None,
        ..ANN.payload(40)
    };
    assert_eq!(one.verify_at_court(&wrong).await["yes"], false);
    let mut past = one.past_the_store().await;
    let rows = "SELECT COUNT(*) FROM sprayed";
    assert_eq!(past.rows::<(i64,)>(rows).await, [(1,)]);
    assert_eq!(other.verify_at_court(&ANN.payload(50)).await["yes"], true);
    assert_eq!(past.rows::<(i64,)>(rows).await, [(0,)]);
    let authority = &one.authority;
    let reloaded = authority.spraying.reload(&authority.store, authority.now());
    reloaded.await.unwrap();
    for number in 0..20 {
        one.verify_at_court(&tried(number)).await;
    }
    assert_eq!(
        stopped(&one).await,
        None,
        "none of them is the forgiven one"
    );
}

#[tokio::test]
async fn sketches_and_their_keys_are_gone_after_their_time() {
    let h = Harness::start().await;
    h.verify_at_court(&tried(1)).await;
    let mut past = h.past_the_store().await;
    let store = &h.authority.store;
    for (wait, rows, keys) in [(0, 1, 2), (24 * 3600, 0, 1), (24 * 3600, 0, 0)] {
        h.wait(wait);
        store.forget_expired(h.authority.now()).await.unwrap();
        let count = "SELECT COUNT(*) FROM sprayed";
        assert_eq!(past.rows::<(i64,)>(count).await, [(rows,)], "{wait}");
        let count = "SELECT COUNT(*) FROM spraying_keys";
        assert_eq!(past.rows::<(i64,)>(count).await, [(keys,)], "{wait}");
    }
}
