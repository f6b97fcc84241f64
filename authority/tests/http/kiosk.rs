//! Kiosks: a handle that stands for a resident once and for a minute, and names that last for a group.

use nod_protocol::{
    http::SessionReply,
    ids::{ClaimHandle, ClaimedId, Level, SiteKey},
    payload::{Claim, Payload},
};
use serde_json::{Value, json};

use crate::{
    card::{act, opened},
    harness::{Harness, site},
    people::{ANN, BOB, Person},
};

const DESK: &str = "https://desk.example";

/// An authority with a kiosk at level light, where Ann and Bob are enrolled.
async fn with_kiosk() -> Harness {
    let h = Harness::start().await;
    let mut desk = site("pk_desk", DESK, Level::Light, true);
    desk.kiosk = true;
    h.register(desk, "sk_planted-desk").await;
    h.enrol(&ANN, Level::Full).await;
    h.enrol(&BOB, Level::Light).await;
    h
}

async fn make(h: &Harness, card: &str) -> ClaimHandle {
    let reply = h.post_with("/v1/me/handle", Some(card), &json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("cache-control"), "no-store");
    let told: Value = reply.json();
    assert_eq!(
        (&told["expires_in"], &told["qr"]["side"]),
        (&json!(60), &json!(25))
    );
    ClaimHandle::parse(told["handle"].as_str().unwrap()).unwrap()
}

async fn is_live(h: &Harness, card: &str) -> bool {
    let told: Value = h.get_with("/v1/me/handle", card).await.json();
    told["live"].as_bool().unwrap()
}

/// Who shows a handle, before this face.
fn shown(handle: &ClaimHandle, person: &Person, shot: u64) -> Payload {
    Payload {
        claim: Claim::Handle(ClaimHandle::from_bytes(handle.expose()).unwrap()),
        ..person.payload(shot)
    }
}

async fn session(h: &Harness, bind: Option<&str>) -> SessionReply {
    let request =
        json!({"sitekey": "pk_desk", "origin": DESK, "action": "efile-submit", "bind": bind});
    h.post("/v1/sessions", &request).await.json()
}

async fn is_yes(h: &Harness, payload: &Payload) -> bool {
    let session = session(h, None).await;
    h.submit(&session, payload).await.claims()["yes"] == json!(true)
}

#[tokio::test]
async fn a_handle_stands_for_who_made_it_once() {
    let h = with_kiosk().await;
    let card = opened(&h, &ANN, 40).await;
    assert!(!is_live(&h, &card).await);
    let handle = make(&h, &card).await;
    assert!(is_live(&h, &card).await);
    let session = session(&h, None).await;
    assert!(session.site.kiosk && !session.site.remember);
    assert_eq!(session.consent_version, "2+kiosk");
    let claims = h.submit(&session, &shown(&handle, &ANN, 50)).await.claims();
    assert_eq!(
        (&claims["yes"], &claims["sub"]),
        (&json!(true), &Value::Null)
    );
    assert!(!is_live(&h, &card).await);
    assert!(
        !is_yes(&h, &shown(&handle, &ANN, 60)).await,
        "a second time"
    );
    // Whoever types is as welcome.
    assert!(is_yes(&h, &ANN.payload(70)).await);
}

#[tokio::test]
async fn whoever_names_it_spends_it_and_proves_nothing_by_it() {
    let h = with_kiosk().await;
    let card = opened(&h, &ANN, 40).await;
    let handle = make(&h, &card).await;
    assert!(!is_yes(&h, &shown(&handle, &BOB, 50)).await, "another face");
    assert!(!is_live(&h, &card).await);
    assert!(
        !is_yes(&h, &shown(&handle, &ANN, 60)).await,
        "found: one try"
    );
    // Level full asks for the passcode as ever.
    let request =
        json!({"sitekey": "pk_desk", "origin": DESK, "action": "efile-submit", "level": "full"});
    for (passcode, yes) in [(None, false), (ANN.payload(70).passcode, true)] {
        let handle = make(&h, &card).await;
        let full: SessionReply = h.post("/v1/sessions", &request).await.json();
        let payload = Payload {
            passcode,
            ..shown(&handle, &ANN, 70)
        };
        let claims = h.submit(&full, &payload).await.claims();
        assert_eq!(claims["yes"], json!(yes));
    }
}

#[tokio::test]
async fn two_processes_let_one_of_two_pass() {
    let h = with_kiosk().await;
    let other = h.another().await;
    let card = opened(&h, &ANN, 40).await;
    let handle = make(&h, &card).await;
    assert!(
        is_yes(&other, &shown(&handle, &ANN, 50)).await,
        "made by the first, shown to the second"
    );
    let handle = make(&other, &card).await;
    let (one, two) = (session(&h, None).await, session(&other, None).await);
    let (first, second) = (shown(&handle, &ANN, 60), shown(&handle, &ANN, 70));
    let (one, two) = tokio::join!(h.submit(&one, &first), other.submit(&two, &second));
    let yes = [one, two].map(|reply| reply.claims()["yes"] == json!(true));
    assert_eq!(yes.iter().filter(|yes| **yes).count(), 1);
}

#[tokio::test]
async fn it_is_nobodys_elsewhere_and_spent_there_too() {
    let h = with_kiosk().await;
    let card = opened(&h, &ANN, 40).await;
    let handle = make(&h, &card).await;
    let at_court = h.verify_at_court(&shown(&handle, &ANN, 50)).await;
    assert_eq!(at_court["yes"], false, "no kiosk");
    assert!(!is_yes(&h, &shown(&handle, &ANN, 60)).await);
    h.wait(1);
    let code = h.ticket(&ANN, Level::Full).await;
    let enrolling = h.open_to_enrol(&code).await;
    let reply = h.submit(&enrolling, &shown(&handle, &ANN, 70)).await;
    assert_eq!(reply.problem(), "enrol.ticket_mismatch");
}

#[tokio::test]
async fn its_minute_ends_with_the_challenge_and_a_new_one_ends_it() {
    let h = with_kiosk().await;
    let card = opened(&h, &ANN, 40).await;
    let handle = make(&h, &card).await;
    h.wait(59);
    assert!(is_live(&h, &card).await);
    let begun = session(&h, None).await;
    let challenge = h.challenge(&begun).await;
    // As long as the challenge takes, nobody is hurried; housekeeping leaves it that long.
    h.wait(55);
    h.authority
        .store
        .forget_expired(h.authority.now())
        .await
        .unwrap();
    let body = h.seal(&begun, &challenge, &shown(&handle, &ANN, 50)).await;
    assert_eq!(
        h.post_sealed("/v1/verify", body).await.claims()["yes"],
        true
    );

    let handle = make(&h, &card).await;
    h.wait(60);
    assert!(!is_live(&h, &card).await);
    assert!(!is_yes(&h, &shown(&handle, &ANN, 60)).await, "too old");

    let (before, after) = (make(&h, &card).await, make(&h, &card).await);
    assert!(!is_yes(&h, &shown(&before, &ANN, 70)).await);
    assert!(is_live(&h, &card).await, "the other is no part of it");
    assert!(is_yes(&h, &shown(&after, &ANN, 80)).await);
    h.wait(300);
    let store = &h.authority.store;
    store.forget_expired(h.authority.now()).await.unwrap();
    assert_eq!(rows(&h).await, 0);
}

/// Handles in the database, of anybody.
async fn rows(h: &Harness) -> i64 {
    let mut past = h.past_the_store().await;
    let counted: Vec<(i64,)> = past.rows("SELECT COUNT(*) FROM claim_handles").await;
    counted[0].0
}

#[tokio::test]
async fn it_goes_with_the_enrolment_the_resident_and_an_older_database() {
    let h = with_kiosk().await;
    let card = opened(&h, &ANN, 40).await;
    let handle = make(&h, &card).await;
    assert_eq!(act(&h, &card, "freeze").await, 1);
    assert!(!is_yes(&h, &shown(&handle, &ANN, 50)).await, "frozen");
    assert_eq!(act(&h, &card, "unfreeze").await, 1);

    let handle = make(&h, &card).await;
    let store = &h.authority.store;
    store
        .end_what_was_under_way(h.authority.now())
        .await
        .unwrap();
    assert_eq!(rows(&h).await, 0, "a restored database");
    assert!(!is_yes(&h, &shown(&handle, &ANN, 60)).await);

    // What was signed before the restoring opens nothing for a while.
    h.wait(600);
    let card = opened(&h, &ANN, 70).await;
    make(&h, &card).await;
    assert_eq!(act(&h, &card, "revoke").await, 1);
    assert_eq!(rows(&h).await, 0, "revoked");

    let request = json!({"sitekey": "pk_self", "origin": crate::harness::ISSUER, "action": "card", "level": "light"});
    let own: SessionReply = h.post("/v1/sessions", &request).await.json();
    let token = h.submit(&own, &BOB.payload(40)).await.token();
    let told: Value = h
        .post("/v1/me/open", &json!({"response": token}))
        .await
        .json();
    let bobs = told["card"].as_str().unwrap();
    let handle = make(&h, bobs).await;
    let bob = ClaimedId::parse(BOB.id).unwrap();
    store.erase(&bob, h.authority.now()).await.unwrap();
    assert_eq!(rows(&h).await, 0, "erased");
    assert!(!is_yes(&h, &shown(&handle, &BOB, 50)).await);
    let reply = h.post_with("/v1/me/handle", Some(bobs), &json!({})).await;
    assert_eq!(reply.problem(), "session.expired");
}

#[tokio::test]
async fn strangers_use_up_nothing_of_who_holds_it() {
    let h = with_kiosk().await;
    let card = opened(&h, &ANN, 40).await;
    for shot in 0..6 {
        let stranger = Payload {
            captures: BOB.payload(100 + 10 * shot).captures,
            passcode: None,
            ..ANN.payload(40)
        };
        assert!(!is_yes(&h, &stranger).await);
        let made_up = ClaimHandle::from_bytes(&[7; 16]).unwrap();
        assert!(!is_yes(&h, &shown(&made_up, &ANN, 200 + 10 * shot)).await);
    }
    assert!(
        !is_yes(&h, &ANN.payload(50)).await,
        "typed, the number waits"
    );
    let handle = make(&h, &card).await;
    assert!(is_yes(&h, &shown(&handle, &ANN, 60)).await);
    // Handles that were shown and failed count together, however many are made.
    for shot in 0..5 {
        let handle = make(&h, &card).await;
        assert!(!is_yes(&h, &shown(&handle, &BOB, 300 + 10 * shot)).await);
    }
    let handle = make(&h, &card).await;
    assert!(!is_yes(&h, &shown(&handle, &ANN, 70)).await);
    let ann = ClaimedId::parse(ANN.id).unwrap();
    h.authority
        .store
        .unlock(&ann, h.authority.now())
        .await
        .unwrap();
    let handle = make(&h, &card).await;
    assert!(
        is_yes(&h, &shown(&handle, &ANN, 80)).await,
        "an operator has helped"
    );
}

#[tokio::test]
async fn names_last_for_a_group_and_a_day() {
    let h = with_kiosk().await;
    let mut shot = 100;
    let mut sub = async |person: &Person, bind: Option<&str>| {
        shot += 10;
        let session = session(&h, bind).await;
        let claims = h.submit(&session, &person.payload(shot)).await.claims();
        assert_eq!(claims["yes"], true);
        claims["sub"].as_str().map(str::to_owned)
    };
    assert_eq!(
        sub(&ANN, None).await,
        None,
        "nobody is named without a group"
    );
    let ann = sub(&ANN, Some("g1")).await.unwrap();
    assert_eq!(
        sub(&ANN, Some("g1")).await,
        Some(ann.clone()),
        "the same person"
    );
    let bob = sub(&BOB, Some("g1")).await.unwrap();
    assert_ne!(ann, bob, "another person");
    let elsewhere = sub(&ANN, Some("g2")).await.unwrap();
    assert_ne!(ann, elsewhere, "another group");
    h.wait(24 * 3600);
    let next_day = sub(&ANN, Some("g1")).await.unwrap();
    assert_ne!(ann, next_day, "the same group, another day");
    // None of them is the pseudonym that a site which is no kiosk would have.
    let keys = h.authority.keys.snapshot();
    let store = &h.authority.store;
    let id = ClaimedId::parse(ANN.id).unwrap();
    let resident = store.enrolled(&id).await.unwrap().unwrap();
    let desk = SiteKey::parse("pk_desk").unwrap();
    let lasting = nod_authority::answer::pseudonym(&keys, &desk, resident);
    assert!(![ann, bob, elsewhere, next_day].contains(&lasting));
}

#[tokio::test]
async fn a_back_end_may_expect_somebody_of_the_group_again() {
    let h = with_kiosk().await;
    let verify = async |expected: Option<&str>, person: &Person, shot| {
        let terms = json!({"action": "efile-submit", "bind": "g1", "expected_sub": expected});
        let minted: Value = h
            .post_with("/v1/sessions", Some("sk_planted-desk"), &terms)
            .await
            .json();
        let taken = json!({"sitekey": "pk_desk", "origin": DESK, "session": minted["session"]});
        let session: SessionReply = h.post("/v1/sessions", &taken).await.json();
        h.submit(&session, &person.payload(shot)).await.claims()
    };
    let first = verify(None, &ANN, 40).await;
    let ann = first["sub"].as_str();
    assert_eq!(verify(ann, &ANN, 50).await["yes"], true);
    assert_eq!(verify(ann, &BOB, 60).await["yes"], false);
}
