//! Published sealing keys and pinned points: whoever serves the widget's requests can answer anything.

use nod_protocol::{
    http::KeysReply,
    key_config::{RootKey, RootPublicKey, SignedKeyConfig},
    seal::{SUITE, SealKeyPair, SealPublicKey},
};

use crate::samples::{NOW, kid};

/// The first byte says what the rest is: a list of keys as JSON, a pinned root as text, or a point.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some((what, rest)) = data.split_first() else {
        return false;
    };
    match what % 3 {
        0 => list(rest),
        1 => std::str::from_utf8(rest).is_ok_and(pinned),
        _ => point(rest),
    }
}

/// Nothing is chosen but what the root signed, in its time.
fn list(json: &[u8]) -> bool {
    let Ok(reply) = serde_json::from_slice::<KeysReply>(json) else {
        return false;
    };
    let root = root().public_key();
    let genuine = all_signed();
    for config in &reply.keys {
        let is_ours = genuine.contains(config);
        assert!(root.check(config, NOW).is_err() || is_ours, "a forged key");
    }
    for now in [NOW, 0, 150, u64::MAX] {
        let Ok(chosen) = root.choose(&reply.keys, now) else {
            continue;
        };
        let mut ours = genuine.iter().filter(|config| config.kid == chosen.kid);
        assert!(
            ours.any(|ours| (ours.not_before..ours.not_after).contains(&now)),
            "not now"
        );
    }
    root.choose(&reply.keys, NOW).is_ok()
}

/// One point, one text.
fn pinned(text: &str) -> bool {
    let Some(key) = RootPublicKey::from_base64url(text) else {
        return false;
    };
    assert!(key.to_base64url() == text, "a second text of one point");
    true
}

/// An uncompressed point, and no other form of one.
fn point(bytes: &[u8]) -> bool {
    let Ok(key) = SealPublicKey::from_bytes(bytes) else {
        return false;
    };
    assert!(
        key.as_bytes().as_slice() == bytes,
        "a second form of one point"
    );
    assert!(bytes.first() == Some(&4), "not uncompressed");
    true
}

#[expect(clippy::expect_used, reason = "a constant")]
pub(crate) fn root() -> RootKey {
    RootKey::from_private_bytes(&[11; 32]).expect("a scalar")
}

#[expect(clippy::expect_used, reason = "a constant")]
fn seal_key() -> SealPublicKey {
    let pair = SealKeyPair::from_private_bytes(&[13; 32]);
    pair.expect("a scalar").public_key()
}

/// The key of now. Signatures are deterministic (RFC 6979).
pub(crate) fn signed() -> SignedKeyConfig {
    root().sign(kid("k1"), &seal_key(), NOW - 100, NOW + 100)
}

fn all_signed() -> &'static [SignedKeyConfig] {
    static ALL: std::sync::OnceLock<Vec<SignedKeyConfig>> = std::sync::OnceLock::new();
    ALL.get_or_init(|| vec![signed(), root().sign(kid("old"), &seal_key(), 100, 200)])
}

pub(crate) const WORDS: &[&str] = &[
    "\"kid\":",
    "\"suite\":",
    "\"public_key\":",
    "\"not_before\":",
    "\"not_after\":",
    "\"signature\":",
    "\"keys\":",
    "k1",
    "old",
    SUITE,
    "1800000100",
    "18446744073709551615",
];

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let list = |keys: &[SignedKeyConfig]| {
        let reply = KeysReply {
            keys: keys.to_vec(),
        };
        [vec![0], serde_json::to_vec(&reply).unwrap_or_default()].concat()
    };
    let mut unsigned = signed();
    unsigned.not_after = u64::MAX;
    let [now, old] = [signed(), all_signed()[1].clone()];
    let text = root().public_key().to_base64url();
    vec![
        list(std::slice::from_ref(&now)),
        list(&[old.clone(), now]),
        list(&[unsigned, old]),
        list(&[]),
        [&[1], text.as_bytes()].concat(),
        [&[2], seal_key().as_bytes().as_slice()].concat(),
        // Compressed, and at infinity.
        [&[2, 2], &seal_key().as_bytes()[1..33]].concat(),
        vec![2, 0],
        vec![1, b'A', b'A'],
    ]
}
