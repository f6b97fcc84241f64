//! The seal holds for exactly one key, header, session and challenge.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::{
    context::TicketContext,
    envelope::tests::header,
    ids::{
        Action, Bind, KeyId, Level, ModelSetId, Nonce, Origin, Purpose, Question, RpNonce,
        SessionId, SiteKey, TicketId, TicketKind,
    },
    payload::Payload,
};

fn payload() -> Payload {
    Payload {
        claim: crate::ids::ClaimedId::parse("11010519491231002X")
            .unwrap()
            .into(),
        passcode: None,
        captures: vec![crate::payload::SetCapture {
            model_set: ModelSetId::parse("open-1").unwrap(),
            fused: crate::payload::Embedding::normalised(vec![0.5; 256]).unwrap(),
            keyframes: vec![],
            crops: vec![],
        }],
        track: None,
        assertion: None,
    }
}

fn context() -> SessionContext {
    SessionContext {
        purpose: Purpose::Enrol,
        site_key: SiteKey::parse("pk_court").unwrap(),
        origin: Origin::parse("https://court.example.gov").unwrap(),
        action: Action::parse("efile-submit").unwrap(),
        level: Level::Full,
        ask: vec![Question::parse("age_over_18").unwrap()],
        rp_nonce: Some(RpNonce::parse("n-1").unwrap()),
        session_nonce: Nonce::from_bytes([1; 32]),
        bind: Some(Bind::parse("sha256-abc").unwrap()),
        challenge: [2; 32],
        consent_version: "1".into(),
        ticket: Some(TicketContext {
            id: TicketId::parse("t1").unwrap(),
            claimed_id_hash: [3; 32],
            level: Level::Full,
            consent_version: "1".into(),
            issuer: "terminal-7".into(),
            kind: TicketKind::Live,
        }),
    }
}

#[test]
fn opens_for_the_session_it_was_made_for() {
    let key = SealKeyPair::generate().unwrap();
    let envelope = seal(&key.public_key(), header(), &context(), &payload()).unwrap();
    let opened = open(
        &key,
        &Envelope::decode(&envelope.encode()).unwrap(),
        &context(),
    )
    .unwrap();
    assert!(opened.claim.id() == payload().claim.id());
}

#[test]
fn each_field_of_the_context_alone_closes_it() {
    let key = SealKeyPair::generate().unwrap();
    let envelope = seal(&key.public_key(), header(), &context(), &payload()).unwrap();
    type Change = (&'static str, fn(&mut SessionContext));
    let changes: [Change; 21] = [
        ("purpose", |c| c.purpose = Purpose::Verify),
        ("site_key", |c| {
            c.site_key = SiteKey::parse("pk_hotel").unwrap()
        }),
        ("origin", |c| {
            c.origin = Origin::parse("https://evil.example").unwrap()
        }),
        ("action", |c| c.action = Action::parse("efile-pay").unwrap()),
        ("level", |c| c.level = Level::Light),
        ("ask removed", |c| c.ask.clear()),
        ("ask changed", |c| {
            c.ask[0] = Question::parse("age_over_21").unwrap()
        }),
        ("rp_nonce", |c| {
            c.rp_nonce = Some(RpNonce::parse("n-2").unwrap())
        }),
        ("rp_nonce removed", |c| c.rp_nonce = None),
        ("session_nonce", |c| {
            c.session_nonce = Nonce::from_bytes([9; 32])
        }),
        ("bind", |c| {
            c.bind = Some(Bind::parse("sha256-abd").unwrap())
        }),
        ("bind removed", |c| c.bind = None),
        ("challenge", |c| c.challenge[31] ^= 1),
        ("consent_version", |c| c.consent_version = "2".into()),
        ("ticket removed", |c| c.ticket = None),
        ("ticket id", |c| {
            c.ticket.as_mut().unwrap().id = TicketId::parse("t2").unwrap()
        }),
        ("ticket hash", |c| {
            c.ticket.as_mut().unwrap().claimed_id_hash[0] ^= 1
        }),
        ("ticket level", |c| {
            c.ticket.as_mut().unwrap().level = Level::Light
        }),
        ("ticket consent", |c| {
            c.ticket.as_mut().unwrap().consent_version = "2".into()
        }),
        ("ticket issuer", |c| {
            c.ticket.as_mut().unwrap().issuer = "terminal-8".into()
        }),
        ("ticket kind", |c| {
            c.ticket.as_mut().unwrap().kind = TicketKind::Portrait
        }),
    ];
    for (name, change) in changes {
        let mut other = context();
        change(&mut other);
        assert!(open(&key, &envelope, &other).is_err(), "{name}");
    }
}

#[test]
fn each_field_of_the_header_alone_closes_it() {
    let key = SealKeyPair::generate().unwrap();
    let envelope = seal(&key.public_key(), header(), &context(), &payload()).unwrap();
    type Change = (&'static str, fn(&mut Header));
    let changes: [Change; 5] = [
        ("version", |h| h.version = 2),
        ("session", |h| {
            h.session = SessionId::parse("s_BAAAAAAAAAAAAAAAAAAAAA").unwrap()
        }),
        ("key", |h| h.key = KeyId::parse("k2").unwrap()),
        ("model_set", |h| {
            h.model_set = ModelSetId::parse("everywhere-1").unwrap()
        }),
        ("build", |h| h.build[0] ^= 1),
    ];
    for (name, change) in changes {
        let mut other = envelope.clone();
        change(&mut other.header);
        assert!(open(&key, &other, &context()).is_err(), "{name}");
    }
}

#[test]
fn wrong_key_changed_ciphertext_and_changed_encapsulated_key_close_it() {
    let key = SealKeyPair::generate().unwrap();
    let envelope = seal(&key.public_key(), header(), &context(), &payload()).unwrap();
    assert!(open(&SealKeyPair::generate().unwrap(), &envelope, &context()).is_err());
    for index in [0, 500, envelope.ciphertext.len() - 1] {
        let mut other = envelope.clone();
        other.ciphertext[index] ^= 1;
        assert!(open(&key, &other, &context()).is_err());
    }
    let mut other = envelope.clone();
    other.encapsulated_key[64] ^= 1;
    assert!(open(&key, &other, &context()).is_err());
    let mut short = envelope;
    short.ciphertext.truncate(15);
    assert!(open(&key, &short, &context()).is_err());
}

#[test]
fn private_keys_go_to_a_file_and_back() {
    let key = SealKeyPair::generate().unwrap();
    let back = SealKeyPair::from_private_bytes(&key.private_bytes()).unwrap();
    assert_eq!(back.public_key(), key.public_key());
    assert!(SealKeyPair::from_private_bytes(&[0; 32]).is_err());
    assert!(SealPublicKey::from_bytes(&[4; 65]).is_err());
}
