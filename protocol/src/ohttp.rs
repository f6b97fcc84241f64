//! Oblivious HTTP (RFC 9458): a request that a relay carries and cannot read, and the response to it.
//!
//! The gateway's keys are the sealing keys of [`key_config`](crate::key_config): the widget has them signed by the root that
//! its build pins, so a relay cannot put its own in their place. The labels in HPKE's `info` keep the two uses of one key
//! apart: what is sealed for one does not open for the other. The suite is that of the seal.
//!
//! ```
//! use nod_protocol::{bhttp::{Request, Response}, ohttp, seal::SealKeyPair};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let gateway = SealKeyPair::generate()?;
//! # let request = Request { method: "GET".into(), scheme: "https".into(), authority: "id.example.gov".into(),
//! #     path: "/v1/keys".into(), fields: vec![], content: vec![] };
//! let (message, pending) = ohttp::encapsulate(&gateway.public_key(), &request.encode(ohttp::STEP))?;
//!
//! // The relay passes `message` on. The gateway opens it, answers, and the relay passes that back.
//! let (opened, answering) = ohttp::decapsulate(&gateway, &message)?;
//! assert!(Request::decode(&opened)? == request);
//! # let response = Response { status: 200, fields: vec![], content: vec![] };
//! let reply = answering.encapsulate(&response.encode(ohttp::STEP))?;
//!
//! assert!(Response::decode(&pending.decapsulate(&reply)?)? == response);
//! # Ok(())
//! # }
//! ```

mod keys;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use self::keys::{GatewayKey, KeysError, decode_keys, encode_keys};
use crate::{
    envelope::{ENCAPSULATED_KEY, MAX_EVIDENCE_BODY},
    random::{self, RandomnessUnavailable},
    seal::{
        OpenError, SealError, SealKeyPair, SealPublicKey,
        oblivious::{ResponseSecret, SECRET, open_request, seal_request},
    },
};

/// Media type of a list of key configurations (RFC 9458 §9.1).
pub const KEYS_TYPE: &str = "application/ohttp-keys";
/// Media type of an encapsulated request (§9.2).
pub const REQUEST_TYPE: &str = "message/ohttp-req";
/// Media type of an encapsulated response (§9.3).
pub const RESPONSE_TYPE: &str = "message/ohttp-res";
/// Type of the problem that a gateway reports where it has no such key (§5.3).
pub const KEY_PROBLEM: &str = "https://iana.org/assignments/http-problem-types#ohttp-key";

/// Requests and responses are padded to a multiple of this many bytes before they are sealed: whoever carries them sees the
/// same size of nearly all of them.
pub const STEP: usize = 4 * 1024;

/// Bytes of the largest encapsulated request: the largest sealed body, its fields, padding and this seal.
pub const MAX_REQUEST: usize = MAX_EVIDENCE_BODY + 3 * STEP;

/// DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM (RFC 9180 §7).
const KEM: u16 = 0x0010;
const KDF: u16 = 0x0001;
const AEAD: u16 = 0x0001;
/// Bytes of an encapsulated request before its encapsulated key.
const HEADER: usize = 7;
const INFO: &[u8] = b"message/bhttp request\0";

/// The client's side of a request that is on its way. It opens one response. Not printable; wiped.
pub struct PendingResponse(ResponseSecret);

/// The gateway's side of a request that it has opened. It seals one response. Not printable; wiped.
pub struct Answering(ResponseSecret);

/// Why a message is no request for this gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Shorter than any request, or over [`MAX_REQUEST`].
    #[error("not an encapsulated request")]
    Malformed,
    /// For a suite that this code does not have.
    #[error("an encapsulated request for an unknown suite")]
    UnknownSuite,
    /// For another key, or changed on its way: which of the two helps only an attacker.
    #[error("the encapsulated request does not open")]
    DoesNotOpen,
}

/// The identifier of a gateway key: one byte, derived, so that who has the key has its configuration. Two keys may share one
/// (RFC 9458 §3.1 makes it a hint, and the gateway tries each).
pub fn key_id(key: &SealPublicKey) -> u8 {
    let mut hash = Sha256::new();
    hash.update(b"nod ohttp key id");
    hash.update(key.as_bytes());
    hash.finalize()[0]
}

/// Seals a request for the gateway (§4.3).
pub fn encapsulate(
    key: &SealPublicKey,
    request: &[u8],
) -> Result<(Vec<u8>, PendingResponse), SealError> {
    let header = header(key_id(key));
    let (enc, ciphertext, secret) = seal_request(key, &info(&header), request)?;
    let message = [header.as_slice(), &enc, &ciphertext].concat();
    Ok((message, PendingResponse(secret)))
}

/// The key identifier that a request names, and whether it is a request at all.
pub fn key_id_of(message: &[u8]) -> Result<u8, RequestError> {
    let (header_, rest) = message
        .split_first_chunk::<HEADER>()
        .ok_or(RequestError::Malformed)?;
    if *header_ != header(header_[0]) {
        return Err(RequestError::UnknownSuite);
    }
    // The tag alone has 16 bytes.
    if rest.len() < ENCAPSULATED_KEY + SECRET || message.len() > MAX_REQUEST {
        return Err(RequestError::Malformed);
    }
    Ok(header_[0])
}

/// Opens a request with one of the gateway's keys (§4.3).
pub fn decapsulate(
    key: &SealKeyPair,
    message: &[u8],
) -> Result<(Zeroizing<Vec<u8>>, Answering), RequestError> {
    let info = info(&header(key_id_of(message)?));
    let split = message.split_at_checked(HEADER + ENCAPSULATED_KEY);
    let (head, ciphertext) = split.ok_or(RequestError::Malformed)?;
    let enc = head.get(HEADER..).ok_or(RequestError::Malformed)?;
    let opened = open_request(key, &info, enc, ciphertext);
    let (request, secret) = opened.map_err(|_| RequestError::DoesNotOpen)?;
    Ok((request, Answering(secret)))
}

impl Answering {
    /// Seals the response (§4.4).
    pub fn encapsulate(self, response: &[u8]) -> Result<Vec<u8>, RandomnessUnavailable> {
        let nonce = random::bytes::<SECRET>()?;
        // The cipher refuses only lengths that no memory has.
        self.0.seal(&nonce, response).ok_or(RandomnessUnavailable)
    }
}

impl PendingResponse {
    /// Opens the response (§4.4).
    pub fn decapsulate(self, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.0.open(message)
    }
}

/// `concat(encode(1, key_id), encode(2, kem_id), encode(2, kdf_id), encode(2, aead_id))`
fn header(key_id: u8) -> [u8; HEADER] {
    let [[k0, k1], [d0, d1], [a0, a1]] = [KEM, KDF, AEAD].map(u16::to_be_bytes);
    [key_id, k0, k1, d0, d1, a0, a1]
}

/// `concat(encode_str("message/bhttp request"), encode(1, 0), hdr)`
fn info(header: &[u8; HEADER]) -> Vec<u8> {
    [INFO, header.as_slice()].concat()
}

#[cfg(test)]
mod tests;
