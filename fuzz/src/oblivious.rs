//! What comes through a relay, or from one: lists of gateway keys, sealed requests and replies, and the messages inside.

use std::sync::OnceLock;

use nod_protocol::{
    bhttp::{Field, MAX_FIELDS, MAX_TEXT, Request, Response},
    ohttp::{self, STEP},
    seal::SealKeyPair,
};

/// The first byte says what the rest is.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some((what, rest)) = data.split_first() else {
        return false;
    };
    match what % 5 {
        0 => request(rest),
        1 => response(rest),
        2 => keys(rest),
        3 => sealed_request(rest),
        _ => sealed_response(rest),
    }
}

/// Written again it reads the same, at any padding, and is within the limits.
fn request(message: &[u8]) -> bool {
    let Ok(read) = Request::decode(message) else {
        return false;
    };
    for step in [0, 1, 64, STEP] {
        let written = read.encode(step);
        assert!(written.len() % step.max(1) == 0, "not padded");
        assert!(
            Request::decode(&written) == Ok(read.clone()),
            "another message"
        );
    }
    fields(&read.fields);
    for text in [&read.method, &read.scheme, &read.authority, &read.path] {
        assert!(text.len() <= MAX_TEXT, "too long");
        assert!(
            text.bytes().all(|byte| byte.is_ascii_graphic()),
            "not visible"
        );
    }
    assert!(read.content.len() < message.len(), "more than there was");
    true
}

fn response(message: &[u8]) -> bool {
    let Ok(read) = Response::decode(message) else {
        return false;
    };
    assert!((200..600).contains(&read.status), "no final status");
    for step in [0, 1, 64, STEP] {
        let written = read.encode(step);
        assert!(
            Response::decode(&written) == Ok(read.clone()),
            "another message"
        );
    }
    fields(&read.fields);
    true
}

/// Nothing that HTTP/1.1 could read as the end of a line or of a name.
fn fields(fields: &[Field]) {
    assert!(fields.len() <= MAX_FIELDS, "too many");
    for Field { name, value } in fields {
        let is_name =
            |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && byte != b':';
        assert!(!name.is_empty() && name.bytes().all(is_name), "not a name");
        let ends = |byte: &u8| matches!(byte, 0 | b'\r' | b'\n');
        assert!(!value.iter().any(ends), "not a value");
    }
}

/// What is taken of a list reads the same when it is written again.
fn keys(list: &[u8]) -> bool {
    let Ok(read) = ohttp::decode_keys(list) else {
        return false;
    };
    let points: Vec<_> = read.iter().map(|key| key.public_key).collect();
    let again = ohttp::decode_keys(&ohttp::encode_keys(&points)).unwrap_or_default();
    assert!(
        again.iter().map(|key| key.public_key).eq(points),
        "other keys"
    );
    !read.is_empty()
}

/// Only what was sealed opens. Its key identifier is the one that it names.
fn sealed_request(message: &[u8]) -> bool {
    let named = ohttp::key_id_of(message);
    let Ok((opened, _)) = ohttp::decapsulate(&gateway(), message) else {
        return false;
    };
    assert!(
        named == Ok(ohttp::key_id(&gateway().public_key())),
        "another key"
    );
    assert!(message == genuine(), "a forged request");
    assert!(opened.as_slice() == b"a planted request", "another request");
    true
}

/// No reply opens that the gateway has not sealed for this very request.
fn sealed_response(message: &[u8]) -> bool {
    let sent = ohttp::encapsulate(&gateway().public_key(), b"a planted request");
    let Ok((_, pending)) = sent else {
        return false;
    };
    assert!(pending.decapsulate(message).is_err(), "a forged reply");
    false
}

#[expect(clippy::expect_used, reason = "a constant")]
fn gateway() -> SealKeyPair {
    SealKeyPair::from_private_bytes(&[13; 32]).expect("a scalar")
}

/// Made once, with another implementation (`@hpke/core`): every sealing draws a key of its own.
const GENUINE: &str = "6d00100001000104152f3ae06a7667268799c30af6ca8e55e7d817b6e510582c6cd6c7fdc088988e54562ca590488278d72d96290e6ee79be90d495f94eeb679472c295e58b63f1e636b822d2e0d86a95f6f118387ee0d88a782d4648e23544983354daba76d3be86c";

fn genuine() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let digits = GENUINE.as_bytes().chunks_exact(2);
        let bytes =
            digits.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        bytes.collect()
    })
}

pub(crate) const WORDS: &[&str] = &[
    "POST",
    "https",
    "id.example.gov",
    "/v1/sessions",
    "content-type",
    "application/json",
    "authorization",
    "@\u{c8}",
];

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let field = |name: &str, value: &str| Field {
        name: name.into(),
        value: value.into(),
    };
    let post = Request {
        method: "POST".into(),
        scheme: "https".into(),
        authority: "id.example.gov".into(),
        path: "/v1/sessions".into(),
        fields: vec![
            field("content-type", "application/json"),
            field("authorization", "Bearer hd_1"),
        ],
        content: b"{}".to_vec(),
    };
    let answered = Response {
        status: 429,
        fields: vec![field("retry-after", "2")],
        content: vec![7; 70],
    };
    let ours = gateway().public_key();
    let other_kem = [0, 11, 1, 0, 0x20, 1, 2, 3, 4, 5, 6, 7, 8];
    // Two informational responses, chunks and a trailer, in the indeterminate form.
    let chunks =
        b"\x03\x40\x66\x00\x40\x67\x01a\x01b\x00\x40\xc8\x00\x05Hello\x01!\x00\x01t\x01v\x00\x00";
    let indeterminate = b"\x02\x03GET\x05https\x00\x01/\x01a\x01b\x00\x03xyz\x00\x00";
    let as_ = |what: u8, bytes: &[u8]| [&[what], bytes].concat();
    vec![
        as_(0, &post.encode(1)),
        as_(0, &post.encode(256)),
        as_(0, indeterminate),
        as_(0, b"\0\x03GET\x05https\x0bexample.com\x01/"),
        as_(1, &answered.encode(1)),
        as_(1, chunks),
        as_(1, b"\x01\x40\xc8"),
        as_(2, &ohttp::encode_keys(&[ours])),
        as_(
            2,
            &[other_kem.as_slice(), &ohttp::encode_keys(&[ours, ours])].concat(),
        ),
        as_(3, genuine()),
        as_(3, &genuine()[..genuine().len() - 1]),
        as_(4, &[9; 64]),
    ]
}
