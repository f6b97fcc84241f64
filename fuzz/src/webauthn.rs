//! What a browser and an authenticator say of a device key: whoever drives the interface says anything.
//!
//! The first byte says which part of an example of the specification (WebAuthn Level 3, §16.4 and §16.3) the rest stands for.

use nod_authority::webauthn::{
    ExpectedAssertion, NewKey, PublicKey, RelyingParty, check_assertion, check_registration,
};
use nod_protocol::{
    ids::Origin,
    payload::{Assertion, CREDENTIAL_ID},
};
use serde_json::Value;

pub(crate) const WORDS: &[&str] = &[
    "webauthn.create",
    "webauthn.get",
    "\"type\":",
    "\"challenge\":",
    "\"origin\":",
    "\"crossOrigin\":true",
    "\"topOrigin\":",
    "https://example.org",
    "https://example.com",
    "fmt",
    "attStmt",
    "authData",
    "none",
];
/// RP `example.org`: a frame of another origin uses the key.
const POINT_X: &str = "22200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d";
const POINT_Y: &str = "cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e";
const CHALLENGE: &str = "876aa517ba83fdee65fcffdbca4c84eeae5d54f8041a1fc85c991e5bbb273137";
const DATA: &str = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000";
const CLIENT_DATA: &str = "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a226832716c463771445f65356c5f505f62796b7945377135645650674547685f49584a6b655737736e4d5463222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a2039327063545644304162792d713464746d6a36656667227d";
const SIGNATURE: &str = "3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf";
/// The same key made at top level, by the same challenge.
const ATTESTATION: &str = "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54500000000883f4f6014f19c09d87aa38123be48d000206e1050c0d2ca2f07c755cb2c66a74c64fa43065c18f938354d9915db2bd5ce57a501020326200121582022200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d225820cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e";
const CREATED: &str = "{\"type\":\"webauthn.create\",\"challenge\":\"h2qlF7qD_e5l_P_bykyE7q5dVPgEGh_IXJkeW7snMTc\",\
                       \"origin\":\"https://example.org\",\"crossOrigin\":false}";

/// What counts is whole, said by the right page, and signed.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some((part, rest)) = data.split_first() else {
        return false;
    };
    match part % 5 {
        0 => registered(CREATED.as_bytes(), rest).is_some_and(|key| check_key(&key)),
        1 => registered(rest, &hex(ATTESTATION)).is_some_and(|key| {
            check_client_data(rest);
            check_key(&key)
        }),
        2 => used(hex(CLIENT_DATA), rest.to_vec(), hex(SIGNATURE)).is_some_and(|counter| {
            assert!(
                counter == 0 && rest == hex(DATA),
                "a signature for other data"
            );
            true
        }),
        3 => used(rest.to_vec(), hex(DATA), hex(SIGNATURE)).is_some_and(|_| {
            assert!(rest == hex(CLIENT_DATA), "a signature for other data");
            true
        }),
        _ => used(hex(CLIENT_DATA), hex(DATA), rest.to_vec()).is_some(),
    }
}

fn registered(client_data: &[u8], attestation: &[u8]) -> Option<NewKey> {
    check_registration(client_data, attestation, &challenge(), &party()).ok()
}

fn used(client_data: Vec<u8>, authenticator_data: Vec<u8>, signature: Vec<u8>) -> Option<u32> {
    let assertion = Assertion {
        credential: vec![1],
        authenticator_data,
        client_data,
        signature,
    };
    let mut point = vec![4];
    point.extend(hex(POINT_X));
    point.extend(hex(POINT_Y));
    let expected = ExpectedAssertion {
        party: &party(),
        challenge: challenge(),
        top_origins: &["https://example.com"],
        key: PublicKey::from_bytes(point.try_into().ok()?).ok()?,
        backup_eligible: false,
    };
    check_assertion(&assertion, &expected).ok()
}

fn check_key(key: &NewKey) -> bool {
    assert!(CREDENTIAL_ID.contains(&key.id.len()), "an id of no length");
    assert!(
        PublicKey::from_bytes(*key.key.as_bytes()).is_ok(),
        "no point"
    );
    true
}

/// Read a second way: as JSON of any kind.
fn check_client_data(bytes: &[u8]) {
    let said: Value = serde_json::from_slice(bytes).unwrap_or_default();
    assert!(said["type"] == "webauthn.create", "another ceremony");
    assert!(said["origin"] == "https://example.org", "another page");
    assert!(said["crossOrigin"] != true, "in a frame");
    assert!(said["topOrigin"].is_null(), "within a page");
}

#[expect(clippy::expect_used, reason = "a constant")]
fn party() -> RelyingParty {
    let origin = Origin::parse("https://example.org");
    RelyingParty::of(&origin.expect("an origin"))
}

#[expect(clippy::expect_used, reason = "a constant")]
fn challenge() -> [u8; 32] {
    hex(CHALLENGE).try_into().expect("32 bytes")
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or(0) as u8;
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| pair.iter().fold(0, |byte, d| byte << 4 | digit(d)))
        .collect()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let parts = [
        hex(ATTESTATION),
        CREATED.as_bytes().to_vec(),
        hex(DATA),
        hex(CLIENT_DATA),
        hex(SIGNATURE),
    ];
    let seed = |(part, bytes): (u8, &Vec<u8>)| [&[part][..], bytes].concat();
    (0..).zip(&parts).map(seed).collect()
}
