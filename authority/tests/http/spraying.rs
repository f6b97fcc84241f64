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
