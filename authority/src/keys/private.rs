//! The seam: the two things that are done with private keys, and all that the rest of the authority knows of them.
//!
//! Today both are done with keys that this process holds in memory. A module that keeps them elsewhere (PKCS#11, a cloud's key
//! service) implements these two traits; what it must be able to do, and what stands in its way, is in docs/keys.md.

use nod_protocol::{
    answer::{AnswerKey, AnswerVerifyingKey, Claims},
    context::SessionContext,
    envelope::Envelope,
    ids::{ClaimedId, SiteKey},
    payload::Payload,
    seal::{self, OpenError, SealKeyPair, SealPublicKey},
};

/// The private half of a sealing key. Needs ECDH on P-256: the KEM of the seal is DHKEM(P-256, HKDF-SHA256), and all that
/// comes after its one multiplication (RFC 9180 §4.1 `Decap`, §5.1 key schedule, AES-128-GCM) needs no private key.
pub trait OpenSeals: Send + Sync {
    /// The half that configs publish.
    fn public_key(&self) -> SealPublicKey;

    /// Opens what was sealed to it; one error for whatever is wrong.
    fn open(&self, envelope: &Envelope, context: &SessionContext) -> Result<Payload, OpenError>;

    /// Opens a claimed ID that a site's back end sealed.
    fn open_claim(&self, site: &SiteKey, sealed: &[u8]) -> Result<ClaimedId, OpenError>;
}

/// The private half of an answer key. Needs ECDSA on P-256 over SHA-256, as r‖s (ES256, RFC 7518 §3.4).
pub trait SignAnswers: Send + Sync {
    /// The half that the JWKS publishes.
    fn verifying_key(&self) -> AnswerVerifyingKey;

    /// Signs claims as a compact JWS; `None` where the key cannot be reached now.
    fn sign(&self, claims: &Claims) -> Option<String>;
}

impl OpenSeals for SealKeyPair {
    fn public_key(&self) -> SealPublicKey {
        Self::public_key(self)
    }

    fn open(&self, envelope: &Envelope, context: &SessionContext) -> Result<Payload, OpenError> {
        seal::open(self, envelope, context)
    }

    fn open_claim(&self, site: &SiteKey, sealed: &[u8]) -> Result<ClaimedId, OpenError> {
        seal::open_claim(self, site, sealed)
    }
}

impl SignAnswers for AnswerKey {
    fn verifying_key(&self) -> AnswerVerifyingKey {
        Self::verifying_key(self)
    }

    fn sign(&self, claims: &Claims) -> Option<String> {
        Some(Self::sign(self, claims))
    }
}
