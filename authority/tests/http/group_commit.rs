//! Changes that come at the same time share a transaction on SQLite; on either database each of them ends as if it had its own.

use nod_authority::store::Attempts;
use nod_protocol::http::SessionReply;
use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{COURT, Harness};

const NONE: Attempts = Attempts {
    failures: 0,
    not_before: 0,
};
const ONE: Attempts = Attempts {
    failures: 1,
    not_before: 0,
};

#[tokio::test]
async fn of_many_at_once_that_exclude_each_other_one_comes_through() {
    let h = Harness::start().await;
    let request = json!({"sitekey": "pk_court", "origin": COURT});
    let session: SessionReply = h.post("/v1/sessions", &request).await.json();
    h.challenge(&session).await;
    let (mut spends, mut swaps) = (JoinSet::new(), JoinSet::new());
    for _ in 0..40 {
        let (store, now) = (h.authority.store.clone(), h.authority.now());
        let id = session.session.clone();
        spends.spawn(async move { store.spend_session(&id, now).await.unwrap() });
        let store = h.authority.store.clone();
        swaps.spawn(async move { store.record_attempt(&[9; 32], NONE, ONE).await.unwrap() });
    }
    for all in [spends, swaps] {
        let won = all.join_all().await.into_iter().filter(|won| *won);
        assert_eq!(won.count(), 1);
    }
}

#[tokio::test]
async fn what_is_acknowledged_is_in_the_database_for_everybody() {
    let h = Harness::start().await;
    let mut other = h.past_the_store().await;
    let mut swaps = JoinSet::new();
    for number in 0..100 {
        let store = h.authority.store.clone();
        swaps.spawn(async move {
            let done = store.record_attempt(&[number; 32], NONE, ONE).await;
            (number, done.unwrap())
        });
    }
    while let Some(swapped) = swaps.join_next().await {
        let (number, done) = swapped.unwrap();
        let subject = other.blob(&[number; 32]);
        let query = format!("SELECT failures FROM attempts WHERE subject = {subject}");
        let rows: Vec<(i64,)> = other.rows(&query).await;
        assert_eq!((done, rows), (true, vec![(1,)]), "{number}");
    }
}

#[tokio::test]
async fn one_that_fails_takes_no_other_with_it() {
    let h = Harness::start().await;
    let mut other = h.past_the_store().await;
    other.refuse("attempts", "NEW.failures = 77").await;
    let mut swaps = JoinSet::new();
    for number in 0..30 {
        let store = h.authority.store.clone();
        let next = Attempts {
            failures: if number % 10 == 7 { 77 } else { 1 },
            ..NONE
        };
        swaps.spawn(async move {
            let done = store.record_attempt(&[number; 32], NONE, next).await;
            (number, done.is_ok())
        });
    }
    for (number, is_done) in swaps.join_all().await {
        assert_eq!(is_done, number % 10 != 7, "{number}");
        let seen = h.authority.store.attempts(&[number; 32]).await.unwrap();
        assert_eq!(seen.failures, u32::from(is_done), "{number}");
    }
}
