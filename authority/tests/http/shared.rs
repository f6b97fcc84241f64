//! Several processes of one authority share the database and nothing else, and none of them can be played off against another.

use axum::http::StatusCode;
use nod_authority::{recent::CaptureDigest, store::Attempts};
use nod_protocol::{
    http::SiteverifyReply,
    ids::{ClaimedId, Level, SessionId},
    payload::Payload,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    handoff::{offer, open, state, try_code},
    harness::{COURT_SECRET, Harness},
    people::{ANN, BOB},
};

/// Two processes of one authority.
async fn two() -> (Harness, Harness) {
    let one = Harness::start().await;
    let other = one.another().await;
    (one, other)
}

fn wrong() -> Payload {
    Payload {
        captures: BOB.payload(40).captures,
        ..ANN.payload(40)
    }
}

#[tokio::test]
async fn each_call_of_a_verification_may_meet_another_process() {
    let (one, other) = two().await;
    let code = one.ticket(&ANN, Level::Full).await;
    let session = other.open_to_enrol(&code).await;
    let enrolled = one.submit(&session, &ANN.payload(10)).await;
    assert_eq!(enrolled.status, StatusCode::OK, "{}", enrolled.text());

    let session = one.open_at_court().await;
    let challenge = other.challenge(&session).await;
    let body = one.seal(&session, &challenge, &ANN.payload(40)).await;
    let answer = other.post_sealed("/v1/verify", body.clone()).await;
    assert_eq!(answer.claims()["yes"], true);
    for process in [&one, &other] {
        let again = process.post_sealed("/v1/verify", body.clone()).await;
        assert_eq!(again.problem(), "session.spent");
    }
}

#[tokio::test]
async fn a_body_that_is_sent_to_all_at_once_is_taken_by_one() {
    let (one, other) = two().await;
    one.enrol(&ANN, Level::Full).await;
    for shot in [40, 50, 60] {
        let session = one.open_at_court().await;
        let challenge = other.challenge(&session).await;
        let body = one.seal(&session, &challenge, &ANN.payload(shot)).await;
        let send = async |process: &Harness| process.post_sealed("/v1/verify", body.clone()).await;
        let replies = tokio::join!(send(&one), send(&other), send(&one), send(&other));
        let replies = [replies.0, replies.1, replies.2, replies.3];
        let (taken, refused): (Vec<_>, Vec<_>) = replies
            .into_iter()
            .partition(|reply| reply.status == StatusCode::OK);
        assert_eq!((taken.len(), refused.len()), (1, 3));
        assert_eq!(taken[0].claims()["yes"], true);
        assert!(
            refused
                .iter()
                .all(|reply| reply.problem() == "session.spent")
        );
    }
}

#[tokio::test]
async fn an_answer_is_checked_once_wherever() {
    let (one, other) = two().await;
    one.enrol(&ANN, Level::Full).await;
    let check = async |process: &Harness, token: &str| -> SiteverifyReply {
        let request = json!({"secret": COURT_SECRET, "response": token});
        process.post("/v1/siteverify", &request).await.json()
    };
    let session = one.open_at_court().await;
    let token = one.submit(&session, &ANN.payload(40)).await.token();
    assert!(check(&one, &token).await.success);
    let second = check(&other, &token).await;
    assert_eq!(second.error_codes, ["answer.already_used"]);

    for shot in [50, 60, 70] {
        let session = other.open_at_court().await;
        let token = other.submit(&session, &ANN.payload(shot)).await.token();
        let (a, b) = tokio::join!(check(&one, &token), check(&other, &token));
        assert!(a.success ^ b.success);
    }
}

#[tokio::test]
async fn failures_count_wherever_they_are_made() {
    let (one, other) = two().await;
    one.enrol(&ANN, Level::Full).await;
    for process in [&one, &other, &one, &other, &one] {
        assert_eq!(process.verify_at_court(&wrong()).await["yes"], false);
    }
    for process in [&one, &other] {
        let locked = process.verify_at_court(&ANN.payload(40)).await;
        assert_eq!(locked["yes"], false, "locked for 30 s");
    }
    one.wait(30);
    assert_eq!(other.verify_at_court(&ANN.payload(50)).await["yes"], true);
    let forgiven = one.verify_at_court(&ANN.payload(60)).await;
    assert_eq!(forgiven["yes"], true, "and so does a yes");
}

#[tokio::test]
async fn of_attempts_at_the_same_time_each_is_counted_or_refused() {
    let (one, other) = two().await;
    let subject = [9; 32];
    let mut failures = 0;
    for _ in 0..10 {
        let seen = one.authority.store.attempts(&subject).await.unwrap();
        let next = Attempts {
            failures: seen.failures + 1,
            ..seen
        };
        let mut swaps = JoinSet::new();
        for process in [&one, &other, &one, &other] {
            let store = process.authority.store.clone();
            swaps.spawn(async move { store.record_attempt(&subject, seen, next).await.unwrap() });
        }
        let won = swaps.join_all().await.into_iter().filter(|won| *won);
        assert_eq!(won.count(), 1);
        failures += 1;
        let seen = other.authority.store.attempts(&subject).await.unwrap();
        assert_eq!(seen.failures, failures);
    }
}

#[tokio::test]
async fn captures_at_the_same_time_are_all_remembered() {
    let (one, other) = two().await;
    one.enrol(&ANN, Level::Full).await;
    let id = ClaimedId::parse(ANN.id).unwrap();
    let ann = one.authority.store.resident(&id).await.unwrap().id;
    let mut captures = JoinSet::new();
    for number in 0..30 {
        let process = if number % 2 == 0 { &one } else { &other };
        let store = process.authority.store.clone();
        captures.spawn(async move {
            let digest = CaptureDigest::of_nothing(8, || Ok::<_, ()>([number; 256])).unwrap();
            store.remember_capture(ann, &digest).await.unwrap();
        });
    }
    captures.join_all().await;
    let recent = one.authority.store.recent_captures(ann).await.unwrap();
    let mut numbers: Vec<u8> = recent.captures[..30]
        .iter()
        .map(|kept| kept.to_bytes()[1])
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..30).collect::<Vec<u8>>());
}

#[tokio::test]
async fn nobody_is_enrolled_twice() {
    let (one, other) = two().await;
    let first = one.ticket(&ANN, Level::Full).await;
    one.wait(1);
    let second = one.ticket(&ANN, Level::Full).await;
    let (a, b) = (
        one.open_to_enrol(&first).await,
        other.open_to_enrol(&second).await,
    );
    let (left, right) = (ANN.payload(10), ANN.payload(20));
    let (a, b) = tokio::join!(one.submit(&a, &left), other.submit(&b, &right));
    let (enrolled, refused) = if a.status == StatusCode::OK {
        (a, b)
    } else {
        (b, a)
    };
    assert_eq!(enrolled.json::<Value>()["enrolled"], true);
    assert_eq!(refused.problem(), "enrol.exists");
}

#[tokio::test]
async fn of_hand_offs_at_the_same_time_one_is_left() {
    let (one, other) = two().await;
    for _ in 0..5 {
        let session = one.open_at_court().await.session;
        let (a, b) = tokio::join!(offer(&one, &session), offer(&other, &session));
        let states = [state(&other, &a.desk).await, state(&one, &b.desk).await];
        let waiting = states.iter().filter(|state| state["state"] == "waiting");
        assert_eq!(waiting.count(), 1, "{states:?}");
    }
}

#[tokio::test]
async fn of_phones_that_join_at_the_same_time_one_does() {
    let (one, other) = two().await;
    for _ in 0..5 {
        let session = one.open_at_court().await;
        let offered = offer(&one, &session.session).await;
        let opened = open(&other, &offered).await;
        let (a, b) = tokio::join!(
            try_code(&one, &opened.phone, &offered.code),
            try_code(&other, &opened.phone, &offered.code)
        );
        let joined = [&a, &b]
            .into_iter()
            .filter(|reply| reply.status == StatusCode::OK);
        assert_eq!(joined.count(), 1, "{} {}", a.text(), b.text());
        assert_eq!(copies(&one, &session.session).await, 1);
    }
}

/// How many sessions of phones an offered one has become.
async fn copies(h: &Harness, offered: &SessionId) -> usize {
    let query = format!(
        "SELECT s.session_nonce FROM sessions AS s JOIN handoffs AS h ON h.id = s.handoff
         WHERE h.offered = '{offered}'"
    );
    let copies: Vec<(Vec<u8>,)> = h.past_the_store().await.rows(&query).await;
    copies.len()
}
