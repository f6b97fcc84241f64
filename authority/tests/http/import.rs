//! Portrait tickets: only with an import key, for one portrait of one person, once; and never in the place of a
//! live capture, nor the other way round.

use axum::http::StatusCode;
use nod_authority::{store::ImportKey, vault::TokenKind};
use nod_protocol::{
    http::{PortraitTicketReply, SessionReply},
    ids::{ClaimedId, Level, Passcode, TicketId, TicketKind},
    payload::{Assertion, Payload, SetCapture},
};
use serde_json::{Value, json};

use crate::{
    harness::{Harness, ISSUER, Reply},
    people::{ANN, BOB, Person},
};

const KEY: &str = "ik_planted-import-key";

fn assertion() -> Assertion {
    Assertion {
        credential: vec![1],
        authenticator_data: vec![2; 37],
        client_data: vec![3],
        signature: vec![4; 8],
    }
}

#[tokio::test]
async fn a_portrait_is_enrolled_once_at_level_light_and_says_what_it_is() {
    let h = with_key().await;
    let code = ticket(&h, &ANN, "t-ann").await;
    let session = h.open_to_enrol(&code).await;
    let bound = session.ticket.as_ref().unwrap();
    assert_eq!(bound.kind, TicketKind::Portrait);
    assert_eq!((bound.level, session.level), (Level::Light, Level::Light));
    assert_eq!(bound.issuer, "registry-import");
    let reply: Value = h.submit(&session, &portrait(&ANN)).await.json();
    assert_eq!(reply, json!({"enrolled": true, "level": "light"}));
    assert_eq!(
        sources(&h).await,
        ["capture", "portrait"],
        "the decoy and Ann"
    );

    // The ticket is used up, and another one for the same name is not given.
    assert_eq!(open(&h, &code).await.problem(), "enrol.ticket_spent");
    assert_eq!(
        ask(&h, Some(KEY), &ANN, "t-ann").await.problem(),
        "enrol.ticket_spent"
    );
}

#[tokio::test]
async fn without_a_key_in_use_there_is_no_ticket() {
    let h = with_key().await;
    for key in [
        None,
        Some("ik_other"),
        Some(""),
        Some("sk_planted-court-secret"),
    ] {
        let refused = ask(&h, key, &ANN, "t1").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{key:?}");
        assert_eq!(refused.problem(), "config.bad_import_key");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
    let code = ticket(&h, &ANN, "t2").await;
    let session = h.open_to_enrol(&code).await;
    let store = &h.authority.store;
    assert!(
        store
            .revoke_import_key("i1", h.authority.now())
            .await
            .unwrap()
    );
    assert!(
        !store
            .revoke_import_key("i1", h.authority.now())
            .await
            .unwrap()
    );
    assert_eq!(
        ask(&h, Some(KEY), &ANN, "t3").await.status,
        StatusCode::UNAUTHORIZED
    );
    // What the key got before is worth nothing either, not even in a session that was open.
    assert_eq!(open(&h, &code).await.problem(), "enrol.ticket_unknown");
    assert_eq!(
        h.submit(&session, &portrait(&ANN)).await.problem(),
        "enrol.ticket_unknown"
    );
    let keys = store.import_keys().await.unwrap();
    assert!(keys.len() == 1 && keys[0].revoked_at.is_some());
}

#[tokio::test]
async fn an_import_key_opens_nothing_else() {
    let h = with_key().await;
    let session = json!({"action": "efile-submit"});
    let refused = h.post_with("/v1/sessions", Some(KEY), &session).await;
    assert_eq!(refused.problem(), "config.bad_session");
    let check = json!({"secret": KEY, "response": "x"});
    let refused: Value = h.post("/v1/siteverify", &check).await.json();
    assert_eq!(refused["success"], false);
}

#[tokio::test]
async fn a_ticket_lasts_a_quarter_of_an_hour_and_is_for_one_id() {
    let h = with_key().await;
    let code = ticket(&h, &ANN, "t-ann").await;
    let session = h.open_to_enrol(&code).await;
    assert_eq!(
        h.submit(&session, &portrait(&BOB)).await.problem(),
        "enrol.ticket_mismatch"
    );
    h.wait(15 * 60);
    assert_eq!(open(&h, &code).await.problem(), "enrol.ticket_unknown");
    assert_eq!(sources(&h).await, ["capture"], "only the decoy");
}

#[tokio::test]
async fn a_portrait_on_a_live_ticket_is_refused() {
    let h = with_key().await;
    for level in [Level::Light, Level::Full] {
        let code = h.ticket(&ANN, level).await;
        let mut with_passcode = portrait(&ANN);
        with_passcode.passcode = Passcode::parse(ANN.passcode).ok();
        for payload in [portrait(&ANN), with_passcode] {
            let session = h.open_to_enrol(&code).await;
            assert_eq!(
                h.submit(&session, &payload).await.problem(),
                "enrol.quality"
            );
        }
        h.wait(1);
    }
    assert_eq!(sources(&h).await, ["capture"], "only the decoy");
}

#[tokio::test]
async fn a_live_capture_on_a_portrait_ticket_is_refused_and_the_ticket_stays_good() {
    let h = with_key().await;
    let code = ticket(&h, &ANN, "t-ann").await;
    type Change = (&'static str, fn(&mut Payload));
    let changes: [Change; 5] = [
        ("all of it", |p| *p = ANN.payload(10)),
        ("keyframes", |p| {
            p.captures[0].keyframes = ANN.capture(10).keyframes
        }),
        ("passcode", |p| {
            p.passcode = Passcode::parse(ANN.passcode).ok()
        }),
        ("device key", |p| p.assertion = Some(assertion())),
        ("two sets", |p| p.captures.push(one(&ANN))),
    ];
    for (name, change) in changes {
        let mut payload = portrait(&ANN);
        change(&mut payload);
        let session = h.open_to_enrol(&code).await;
        assert_eq!(
            h.submit(&session, &payload).await.problem(),
            "enrol.quality",
            "{name}"
        );
    }
    let session = h.open_to_enrol(&code).await;
    assert_eq!(
        h.submit(&session, &portrait(&ANN)).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_kind_is_bound_into_the_seal() {
    let h = with_key().await;
    let portrait_code = ticket(&h, &ANN, "t-ann").await;
    let live_code = h.ticket(&BOB, Level::Light).await;
    for (code, lie, payload) in [
        (portrait_code, TicketKind::Live, portrait(&ANN)),
        (live_code, TicketKind::Portrait, BOB.payload(10)),
    ] {
        let mut session: SessionReply = h.open_to_enrol(&code).await;
        session.ticket.as_mut().unwrap().kind = lie;
        assert_eq!(
            h.submit(&session, &payload).await.problem(),
            "seal.open_failed"
        );
    }
}

#[tokio::test]
async fn who_is_enrolled_is_never_replaced() {
    let h = with_key().await;
    h.enrol(&ANN, Level::Full).await;
    let session = h.open_to_enrol(&ticket(&h, &ANN, "t-ann").await).await;
    let mut other_face = portrait(&BOB);
    other_face.claim = portrait(&ANN).claim;
    assert_eq!(
        h.submit(&session, &other_face).await.problem(),
        "enrol.exists"
    );
    assert_eq!(h.verify_at_court(&ANN.payload(40)).await["yes"], true);
    assert_eq!(sources(&h).await, ["capture", "capture"]);

    // Nor is a portrait by a live capture: that takes an operator.
    let session = h.open_to_enrol(&ticket(&h, &BOB, "t-bob").await).await;
    assert_eq!(
        h.submit(&session, &portrait(&BOB)).await.status,
        StatusCode::OK
    );
    let session = h.open_to_enrol(&h.ticket(&BOB, Level::Full).await).await;
    assert_eq!(
        h.submit(&session, &BOB.payload(10)).await.problem(),
        "enrol.exists"
    );
}

/// Nobody chose a passcode for an imported person, so no guess at one is right.
#[tokio::test]
async fn an_imported_person_is_not_confirmed_without_movement_or_passcode() {
    let h = with_key().await;
    let session = h.open_to_enrol(&ticket(&h, &ANN, "t-ann").await).await;
    h.submit(&session, &portrait(&ANN)).await;
    assert_eq!(h.verify_at_court(&ANN.payload(40)).await["yes"], false);
    let mut without = ANN.payload(50);
    without.passcode = None;
    assert_eq!(h.verify_at_court(&without).await["yes"], false);
}

async fn with_key() -> Harness {
    let h = Harness::start().await;
    give_key(&h).await;
    h
}

/// Imports somebody's photograph.
pub(crate) async fn import(h: &Harness, person: &Person) {
    give_key(h).await;
    let code = ticket(h, person, "t-imported").await;
    let session = h.open_to_enrol(&code).await;
    let reply = h.submit(&session, &portrait(person)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
}

async fn give_key(h: &Harness) {
    let key = ImportKey {
        id: "i1".into(),
        issuer: "registry-import".into(),
        created_at: h.authority.now(),
        revoked_at: None,
    };
    let store = &h.authority.store;
    let hash = store.vault().token_hash(TokenKind::ImportKey, KEY);
    store.add_import_key(&key, &hash).await.unwrap();
}

async fn ask(h: &Harness, key: Option<&str>, person: &Person, id: &str) -> Reply {
    let id = TicketId::parse(id).unwrap();
    let claimed_id = ClaimedId::parse(person.id).unwrap();
    let hash = nod_protocol::ids::Nonce::from_bytes(claimed_id.hash_for_ticket(&id));
    let request = json!({"id": id, "claimed_id_hash": hash});
    h.post_with("/v1/tickets", key, &request).await
}

async fn ticket(h: &Harness, person: &Person, id: &str) -> String {
    let reply: PortraitTicketReply = ask(h, Some(KEY), person, id).await.json();
    assert_eq!(reply.expires_in, 15 * 60);
    reply.code
}

async fn open(h: &Harness, code: &str) -> Reply {
    let request =
        json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol", "ticket": code});
    h.post("/v1/sessions", &request).await
}

fn one(person: &Person) -> SetCapture {
    SetCapture {
        keyframes: vec![],
        ..person.capture(10)
    }
}

/// What an importer seals.
fn portrait(person: &Person) -> Payload {
    Payload {
        passcode: None,
        captures: vec![one(person)],
        ..person.payload(10)
    }
}

/// What all stored templates were made of, in alphabetical order.
async fn sources(h: &Harness) -> Vec<String> {
    let query = "SELECT source FROM templates ORDER BY source";
    let rows: Vec<(String,)> = h.past_the_store().await.rows(query).await;
    rows.into_iter().map(|(source,)| source).collect()
}
