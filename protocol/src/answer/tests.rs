#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::{
    challenge::{Challenge, Mode},
    ids::{Nonce, Purpose},
};

const ISSUER: &str = "https://id.example.gov";
const NOW: u64 = 1_800_000_000;

fn claims() -> Claims {
    let context = SessionContext {
        purpose: Purpose::Verify,
        site_key: SiteKey::parse("pk_court").unwrap(),
        origin: Origin::parse("https://court.example.gov").unwrap(),
        action: Action::parse("efile-submit").unwrap(),
        level: Level::Full,
        ask: vec![],
        rp_nonce: Some(RpNonce::parse("n-1").unwrap()),
        session_nonce: Nonce::from_bytes([1; 32]),
        bind: None,
        challenge: Challenge {
            nonce: Nonce::from_bytes([2; 32]),
            mode: Mode::Still,
            steps: vec![],
        }
        .hash(),
        consent_version: "1".into(),
        ticket: None,
    };
    Claims::new(ISSUER, &context, true, Level::Full, NOW).unwrap()
}

fn expected(site: &SiteKey, now: u64) -> Expected<'_> {
    Expected {
        issuer: ISSUER,
        audience: site,
        now,
    }
}

#[test]
fn a_signed_answer_checks_and_says_what_was_signed() {
    let key = AnswerKey::generate("a1").unwrap();
    let site = SiteKey::parse("pk_court").unwrap();
    let token = key.sign(&claims());
    let checked = key
        .verifying_key()
        .verify(&token, &expected(&site, NOW + 10))
        .unwrap();
    assert!(checked.yes && checked.acr == Level::Full);
    assert_eq!(checked.rp_nonce.as_ref().map(RpNonce::as_str), Some("n-1"));
    assert_eq!(AnswerVerifyingKey::id_of(&token).unwrap().as_str(), "a1");
}

#[test]
fn a_test_answer_is_no_answer_and_an_answer_no_test() {
    let key = AnswerKey::generate("a1").unwrap();
    let court = SiteKey::parse("pk_court").unwrap();
    let test = Claims {
        test: true,
        ..claims()
    };
    // Everything but the claim is right: key, issuer, audience and time.
    let (test, real) = (key.sign(&test), key.sign(&claims()));
    let (key, expected) = (key.verifying_key(), expected(&court, NOW));
    assert_eq!(key.verify(&test, &expected), Err(AnswerError::NotForUs));
    assert!(key.verify_test(&test, &expected).unwrap().test);
    assert_eq!(
        key.verify_test(&real, &expected),
        Err(AnswerError::NotForUs)
    );
    let claims = serde_json::to_value(key.verify(&real, &expected).unwrap()).unwrap();
    assert!(claims.get("test").is_none());
}

#[test]
fn another_site_issuer_key_or_time_is_refused() {
    let key = AnswerKey::generate("a1").unwrap();
    let token = key.sign(&claims());
    let court = SiteKey::parse("pk_court").unwrap();
    let hotel = SiteKey::parse("pk_hotel").unwrap();
    let verify = |expected: &Expected<'_>| key.verifying_key().verify(&token, expected).err();
    assert_eq!(verify(&expected(&hotel, NOW)), Some(AnswerError::NotForUs));
    let other = Expected {
        issuer: "https://evil.example",
        audience: &court,
        now: NOW,
    };
    assert_eq!(verify(&other), Some(AnswerError::NotForUs));
    assert_eq!(verify(&expected(&court, NOW + LIFETIME + LEEWAY - 1)), None);
    assert_eq!(
        verify(&expected(&court, NOW + LIFETIME + LEEWAY)),
        Some(AnswerError::Expired)
    );
    assert_eq!(
        verify(&expected(&court, NOW - LEEWAY - 1)),
        Some(AnswerError::Expired)
    );
    let stranger = AnswerKey::generate("a1").unwrap().verifying_key();
    assert_eq!(
        stranger.verify(&token, &expected(&court, NOW)).err(),
        Some(AnswerError::Signature)
    );
}

#[test]
fn changed_parts_are_refused() {
    let key = AnswerKey::generate("a1").unwrap();
    let court = SiteKey::parse("pk_court").unwrap();
    let token = key.sign(&claims());
    for index in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(
            key.verifying_key()
                .verify(&changed, &expected(&court, NOW))
                .is_err(),
            "{index}"
        );
    }
    assert!(
        key.verifying_key()
            .verify("", &expected(&court, NOW))
            .is_err()
    );
    assert!(
        key.verifying_key()
            .verify("a.b", &expected(&court, NOW))
            .is_err()
    );
    assert!(
        key.verifying_key()
            .verify(&format!("{token}.x"), &expected(&court, NOW))
            .is_err()
    );
}

#[test]
fn unsigned_and_otherwise_typed_tokens_are_refused() {
    let key = AnswerKey::generate("a1").unwrap();
    let court = SiteKey::parse("pk_court").unwrap();
    let body = Base64UrlUnpadded::encode_string(&serde_json::to_vec(&claims()).unwrap());
    for header in [
        r#"{"alg":"none","typ":"nod-answer+jwt","kid":"a1"}"#,
        r#"{"alg":"HS256","typ":"nod-answer+jwt","kid":"a1"}"#,
        r#"{"alg":"ES256","typ":"JWT","kid":"a1"}"#,
    ] {
        let header = Base64UrlUnpadded::encode_string(header.as_bytes());
        let signature = key.sign(&claims()).rsplit('.').next().unwrap().to_owned();
        for token in [
            format!("{header}.{body}."),
            format!("{header}.{body}.{signature}"),
        ] {
            assert!(
                key.verifying_key()
                    .verify(&token, &expected(&court, NOW))
                    .is_err()
            );
        }
    }
}

#[test]
fn a_no_says_nothing_but_no() {
    let mut no = claims();
    no.yes = false;
    let value = serde_json::to_value(&no).unwrap();
    let names: Vec<_> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "acr", "action", "amr", "aud", "exp", "iat", "iss", "jti", "origin", "rp_nonce", "yes"
        ]
    );
    assert_eq!(value["amr"], serde_json::json!([]));
}
