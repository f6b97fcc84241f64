//! The answer token: a relying party takes it from its page, which is anybody's.

use std::collections::BTreeMap;

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::{
    answer::{AnswerKey, AnswerVerifyingKey, Claims, Expected, LEEWAY, LIFETIME, TYPE},
    ids::{Action, Level, Origin},
};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::Value;

use crate::samples::{ISSUER, NOW, kid, site};

/// The private scalar of the one key.
const KEY: [u8; 32] = [7; 32];
const KID: &str = "a1";

/// The first byte says whether the rest is a token as it is, or header and claims (a line each) that the right key signs.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some((how, rest)) = data.split_first() else {
        return false;
    };
    if how % 2 == 0 {
        std::str::from_utf8(rest).is_ok_and(unsigned)
    } else {
        signed(rest)
    }
}

/// No token is accepted but those that the key signed.
fn unsigned(token: &str) -> bool {
    // Of any text, without a panic.
    let named = AnswerVerifyingKey::id_of(token);
    let verified = verifying_key().verify(token, &expected_of(&site()));
    let tested = verifying_key().verify_test(token, &expected_of(&site()));
    assert!(verified.is_ok() == (token == genuine()), "a forged token");
    assert!(
        tested.is_ok() == (token == test_token()),
        "a forged test token"
    );
    if verified.is_ok() {
        assert!(named.is_some_and(|named| named.as_str() == KID));
    }
    verified.is_ok()
}

/// Of what is signed, only that which is an answer: this algorithm, type and key, for this site, now, and no test.
fn signed(data: &[u8]) -> bool {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (header, claims) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let Some(token) = token_of(header, claims) else {
        return false;
    };
    let Ok(found) = verifying_key().verify(&token, &expected_of(&site())) else {
        return false;
    };
    let value = |json: &[u8]| serde_json::from_slice::<Value>(json).unwrap_or_default();
    let header = value(header);
    let members = header.as_object().map_or(0, serde_json::Map::len);
    assert!(header["alg"] == "ES256" && header["typ"] == TYPE && header["kid"] == KID);
    assert!(members == 3, "a header with more in it");
    let claims = value(claims);
    assert!(claims["iss"] == ISSUER && claims["aud"] == "pk_court");
    assert!(claims["yes"] == Value::Bool(found.yes), "another answer");
    assert!(!found.test && claims["test"] != Value::Bool(true), "a test");
    assert!(NOW < found.exp.saturating_add(LEEWAY), "over");
    assert!(found.iat <= NOW + LEEWAY, "of the future");
    assert!(found.exp <= found.iat.saturating_add(LIFETIME), "too long");
    let again = verifying_key().verify_test(&token, &expected_of(&site()));
    assert!(again.is_err(), "both an answer and a test");
    true
}

fn expected_of(audience: &nod_protocol::ids::SiteKey) -> Expected<'_> {
    Expected {
        issuer: ISSUER,
        audience,
        now: NOW,
    }
}

fn token_of(header: &[u8], claims: &[u8]) -> Option<String> {
    let key = SigningKey::from_slice(&KEY).ok()?;
    let signed = format!(
        "{}.{}",
        Base64UrlUnpadded::encode_string(header),
        Base64UrlUnpadded::encode_string(claims)
    );
    let signature: Signature = key.sign(signed.as_bytes());
    Some(format!(
        "{signed}.{}",
        Base64UrlUnpadded::encode_string(&signature.to_bytes())
    ))
}

pub(crate) fn verifying_key() -> AnswerVerifyingKey {
    key(KID).verifying_key()
}

#[expect(clippy::expect_used, reason = "a constant")]
fn key(id: &str) -> AnswerKey {
    AnswerKey::from_private_bytes(kid(id), &KEY).expect("a scalar")
}

#[expect(clippy::expect_used, reason = "constants")]
pub(crate) fn claims() -> Claims {
    Claims {
        iss: ISSUER.into(),
        aud: site(),
        iat: NOW,
        exp: NOW + LIFETIME,
        jti: "AAAAAAAAAAAAAAAAAAAAAA".into(),
        rp_nonce: None,
        bind: None,
        origin: Origin::parse("https://court.example.gov").expect("an origin"),
        action: Action::parse("efile-submit").expect("an action"),
        yes: true,
        acr: Level::Full,
        amr: vec!["face".into(), "pin".into()],
        sub: Some("c3ViamVjdA".into()),
        answers: BTreeMap::new(),
        test: false,
    }
}

/// The one token that is an answer. Signatures are deterministic (RFC 6979).
pub(crate) fn genuine() -> String {
    static TOKEN: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    TOKEN.get_or_init(|| key(KID).sign(&claims())).clone()
}

fn test_token() -> String {
    static TOKEN: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let made = || {
        key(KID).sign(&Claims {
            test: true,
            ..claims()
        })
    };
    TOKEN.get_or_init(made).clone()
}

pub(crate) const WORDS: &[&str] = &[
    "\"alg\":\"none\"",
    "\"alg\":\"HS256\"",
    "\"alg\":\"ES256\"",
    "\"typ\":\"JWT\"",
    "\"typ\":\"nod-answer+jwt\"",
    "\"kid\":\"a1\"",
    "\"crit\":[]",
    "\"iss\":",
    "\"aud\":",
    "\"iat\":",
    "\"exp\":",
    "\"yes\":true",
    "\"yes\":false",
    "\"test\":true",
    "\"answers\":{\"age_over_18\":true}",
    "\"amr\":[]",
    "\"sub\":",
    "18446744073709551615",
    "null",
    "eyJhbGciOiJub25lIn0",
    ".",
];

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let as_it_is = |token: &str| [&[0], token.as_bytes()].concat();
    let parts: Vec<String> = genuine().split('.').map(str::to_owned).collect();
    let base64 = |json: &str| Base64UrlUnpadded::encode_string(json.as_bytes());
    let none = base64(r#"{"alg":"none","typ":"nod-answer+jwt","kid":"a1"}"#);
    let mut seeds = vec![
        as_it_is(&genuine()),
        as_it_is(&test_token()),
        as_it_is(&key("a2").sign(&claims())),
        as_it_is(&format!("{none}.{}.", parts[1])),
        as_it_is(&format!("{none}.{}.{}", parts[1], parts[2])),
        as_it_is(&format!("{}.{}", genuine(), parts[2])),
    ];
    let json = serde_json::to_string(&claims()).unwrap_or_default();
    let mut to_sign = |header: &str, claims: &str| {
        seeds.push([&[1], header.as_bytes(), b"\n", claims.as_bytes()].concat());
    };
    let right = r#"{"alg":"ES256","typ":"nod-answer+jwt","kid":"a1"}"#;
    to_sign(right, &json);
    to_sign(
        right,
        &json.replace("\"yes\":true", "\"test\":true,\"yes\":true"),
    );
    to_sign(right, &json.replace("18000003", "19000003"));
    to_sign(right, &json.replace("pk_court", "pk_hotel"));
    to_sign(&right.replace("ES256", "none"), &json);
    to_sign(&right.replace("a1", "a2"), &json);
    to_sign(&right.replace("nod-answer+jwt", "JWT"), &json);
    to_sign(right, "{}");
    seeds
}
