//! The seam: the two things that are done with private keys, and all that the rest of the authority knows of them.
//!
//! Today both are done with keys that this process holds in memory. A module that keeps them elsewhere (PKCS#11, a cloud's key
//! service) implements these two traits; what it must be able to do, and what stands in its way, is in docs/keys.md.

use nod_protocol::{
    answer::{AnswerKey, AnswerVerifyingKey, Claims},
    context::SessionContext,
    envelope::Envelope,
    ids::{ClaimedId, SiteKey},
    ohttp::{self, Answering, RequestError},
    payload::Payload,
    seal::{self, OpenError, SealKeyPair, SealPublicKey},
};
use zeroize::Zeroizing;

/// The private half of a sealing key. Needs ECDH on P-256: the KEM of the seal is DHKEM(P-256, HKDF-SHA256), and all that
/// comes after its one multiplication (RFC 9180 §4.1 `Decap`, §5.1 key schedule, AES-128-GCM) needs no private key.
pub trait OpenSeals: Send + Sync {
    /// The half that configs publish.
    fn public_key(&self) -> SealPublicKey;

    /// Opens what was sealed to it; one error for whatever is wrong.
    fn open(&self, envelope: &Envelope, context: &SessionContext) -> Result<Payload, OpenError>;

    /// Opens a claimed ID that a site's back end sealed.
    fn open_claim(&self, site: &SiteKey, sealed: &[u8]) -> Result<ClaimedId, OpenError>;

    /// Opens a request that came through a relay.
    fn open_oblivious(
        &self,
        message: &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, Answering), RequestError>;
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

    fn open_oblivious(
        &self,
        message: &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, Answering), RequestError> {
        ohttp::decapsulate(self, message)
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

#[cfg(test)]
mod tests {
    use nod_protocol::{
        answer::{Expected, to_sign, with_signature},
        ids::{Action, KeyId, Level, Origin, SiteKey},
    };
    use p256::ecdsa::{Signature, SigningKey, signature::Signer};

    use super::*;

    /// Signs with the curve's own crate, as a module would: it gets bytes and gives r‖s.
    struct Elsewhere(KeyId, SigningKey);

    impl SignAnswers for Elsewhere {
        fn verifying_key(&self) -> AnswerVerifyingKey {
            let point = self.1.verifying_key().to_sec1_point(false);
            AnswerVerifyingKey::from_sec1_bytes(self.0.clone(), point.as_bytes()).unwrap()
        }

        fn sign(&self, claims: &Claims) -> Option<String> {
            let signed = to_sign(&self.0, claims);
            let signature: Signature = self.1.sign(signed.as_bytes());
            Some(with_signature(signed, &signature.to_bytes().into()))
        }
    }

    #[test]
    fn an_answer_key_may_be_anything_that_makes_es256_signatures() {
        let kid = KeyId::parse("a-elsewhere").unwrap();
        let key = Elsewhere(kid, SigningKey::from_slice(&[5; 32]).unwrap());
        let site = SiteKey::parse("pk_court").unwrap();
        let claims = Claims {
            iss: "https://id.example.gov".into(),
            aud: site.clone(),
            iat: 1_800_000_000,
            exp: 1_800_000_300,
            jti: "once".into(),
            rp_nonce: None,
            bind: None,
            origin: Origin::parse("https://court.example.gov").unwrap(),
            action: Action::parse("efile-submit").unwrap(),
            yes: true,
            acr: Level::Light,
            amr: vec!["face".into()],
            sub: None,
            answers: Default::default(),
            test: false,
        };
        let token = key.sign(&claims).unwrap();
        let expected = Expected {
            issuer: "https://id.example.gov",
            audience: &site,
            now: 1_800_000_010,
        };
        assert_eq!(key.verifying_key().verify(&token, &expected), Ok(claims));
    }
}
