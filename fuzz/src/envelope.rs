//! The sealed body as it arrives: anybody can send one.

use nod_protocol::{
    envelope::{Envelope, MAX_EVIDENCE_BODY, VERSION},
    ids::{KeyId, ModelSetId, SessionId},
};

use crate::samples::{header, kid, set};

/// What is an envelope has one encoding, and its names are valid ones.
pub(crate) fn run(data: &[u8]) -> bool {
    let Ok(envelope) = Envelope::decode(data) else {
        return false;
    };
    assert!(envelope.encode() == data, "a second encoding");
    assert!(data.len() <= MAX_EVIDENCE_BODY, "over the limit");
    let header = &envelope.header;
    assert!(header.version == VERSION, "an unknown version");
    assert!(SessionId::parse(header.session.as_str()).is_ok());
    assert!(KeyId::parse(header.key.as_str()).is_ok());
    assert!(ModelSetId::parse(header.model_set.as_str()).is_ok());
    true
}

pub(crate) const WORDS: &[&str] = &[
    "\u{1}v",
    "bct",
    "cenc",
    "ckid",
    "ebuild",
    "gsession",
    "imodel_set",
    "s_",
    "open-1",
];

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let of_length = |length: usize| Envelope {
        header: header(),
        encapsulated_key: [4; 65],
        ciphertext: (0..length).map(|at| at as u8).collect(),
    };
    // Lengths at which the head of a CBOR text grows, and a real one's.
    let mut seeds: Vec<Vec<u8>> = [16, 0, 23, 24, 255, 256, 600]
        .map(|length| of_length(length).encode())
        .into();
    let mut other = of_length(1);
    other.header.key = kid("an-answer-key_of-2026");
    other.header.model_set = set("everywhere-1");
    seeds.push(other.encode());
    other.header.version = 2;
    seeds.push(other.encode());
    seeds
}
