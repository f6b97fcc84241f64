//! The answer: a compact JWS (RFC 7515), ES256, `typ: nod-answer+jwt`.
//!
//! Everything a relying party learns is in [`Claims`]; there is no score, no name, no ID number, and
//! nothing that tells one kind of no from another.

use std::collections::BTreeMap;

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::{
    Signature, SigningKey, VerifyingKey,
    signature::{Signer, Verifier},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    context::SessionContext,
    ids::{Action, Bind, KeyId, Level, Origin, Question, RpNonce, SiteKey},
    key_config::generate_signing_key,
    random::{self, RandomnessUnavailable},
};

/// The JWS `typ` of an answer; a token of another type is never one.
pub const TYPE: &str = "nod-answer+jwt";

/// An answer is good for at most this many seconds.
pub const LIFETIME: u64 = 300;

/// Clocks of two machines may differ by this many seconds.
pub const LEEWAY: u64 = 60;

/// The content of an answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The authority.
    pub iss: String,
    /// The relying party it was made for.
    pub aud: SiteKey,
    /// Seconds since 1970.
    pub iat: u64,
    /// At most [`LIFETIME`] after `iat`.
    pub exp: u64,
    /// Unique; keep it until `exp` and refuse it the second time.
    pub jti: String,
    /// The relying party's own one-time value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rp_nonce: Option<RpNonce>,
    /// What the answer signs for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind: Option<Bind>,
    /// The origin of the page that asked.
    pub origin: Origin,
    /// What the resident confirmed.
    pub action: Action,
    /// The answer.
    pub yes: bool,
    /// The level that was asked for and, with a yes, reached.
    pub acr: Level,
    /// Methods (RFC 8176): `face`, and `pin` where a passcode was part of it. Empty with a no.
    pub amr: Vec<String>,
    /// Pairwise pseudonym: the same resident at the same site, and only there. Absent with a no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Answers to the questions of the session. Absent with a no.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub answers: BTreeMap<Question, bool>,
    /// Made by a development authority for a test key, about nobody. Absent in real answers.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub test: bool,
}

impl Claims {
    /// The claims that follow from the session; `now` in seconds since 1970.
    pub fn new(
        issuer: &str,
        context: &SessionContext,
        yes: bool,
        acr: Level,
        now: u64,
    ) -> Result<Self, RandomnessUnavailable> {
        Ok(Self {
            iss: issuer.to_owned(),
            aud: context.site_key.clone(),
            iat: now,
            exp: now + LIFETIME,
            jti: Base64UrlUnpadded::encode_string(&random::bytes::<16>()?),
            rp_nonce: context.rp_nonce.clone(),
            bind: context.bind.clone(),
            origin: context.origin.clone(),
            action: context.action.clone(),
            yes,
            acr,
            amr: vec![],
            sub: None,
            answers: BTreeMap::new(),
            test: false,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JoseHeader {
    alg: String,
    typ: String,
    kid: KeyId,
}

/// The authority's answer key.
pub struct AnswerKey {
    id: KeyId,
    key: SigningKey,
}

/// The public half, as published in the JWKS.
#[derive(Clone, Debug)]
pub struct AnswerVerifyingKey {
    id: KeyId,
    key: VerifyingKey,
}

/// What a relying party holds an answer against before it looks at `yes`.
pub struct Expected<'a> {
    /// The authority it trusts.
    pub issuer: &'a str,
    /// Its own site key.
    pub audience: &'a SiteKey,
    /// Seconds since 1970.
    pub now: u64,
}

/// Why a token is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not a compact JWS with the header and claims of an answer.
    #[error("not an answer token")]
    Malformed,
    /// The signature is not by this key.
    #[error("the answer's signature is wrong")]
    Signature,
    /// For another site or by another authority.
    #[error("the answer is for another site or by another authority")]
    NotForUs,
    /// Past `exp`, or from the future, by more than [`LEEWAY`].
    #[error("the answer's time is over")]
    Expired,
}

/// One entry of the JWKS (RFC 7517).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Jwk {
    /// `EC`.
    pub kty: String,
    /// `P-256`.
    pub crv: String,
    /// Affine x, base64url.
    pub x: String,
    /// Affine y, base64url.
    pub y: String,
    /// Names the key.
    pub kid: KeyId,
    /// `ES256`.
    pub alg: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
}

impl AnswerKey {
    /// A fresh key. The id is 1 to 32 characters of base64url.
    pub fn generate(id: &str) -> Result<Self, GenerateError> {
        Ok(Self {
            id: KeyId::parse(id)?,
            key: generate_signing_key()?,
        })
    }

    /// A key from its stored private scalar (32 bytes, big-endian).
    pub fn from_private_bytes(id: KeyId, bytes: &[u8]) -> Option<Self> {
        SigningKey::from_slice(bytes)
            .ok()
            .map(|key| Self { id, key })
    }

    /// The private scalar, for the key file only.
    pub fn private_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.key.to_bytes().to_vec())
    }

    /// The half to publish.
    pub fn verifying_key(&self) -> AnswerVerifyingKey {
        AnswerVerifyingKey {
            id: self.id.clone(),
            key: *self.key.verifying_key(),
        }
    }

    /// Signs: `base64url(header).base64url(claims).base64url(r‖s)` (RFC 7515 §7.1, RFC 7518 §3.4).
    pub fn sign(&self, claims: &Claims) -> String {
        let signed = to_sign(&self.id, claims);
        let signature: Signature = self.key.sign(signed.as_bytes());
        with_signature(signed, &signature.to_bytes().into())
    }
}

/// What the key with this id signs of an answer, where it is not an [`AnswerKey`] of this process: ES256 over these bytes.
pub fn to_sign(id: &KeyId, claims: &Claims) -> String {
    let header = JoseHeader {
        alg: "ES256".into(),
        typ: TYPE.into(),
        kid: id.clone(),
    };
    // Neither has a map with keys other than text or a number that JSON lacks: these cannot fail, and an empty part would
    // only make a token that nobody accepts.
    let header = serde_json::to_vec(&header).unwrap_or_default();
    let claims = serde_json::to_vec(claims).unwrap_or_default();
    format!(
        "{}.{}",
        Base64UrlUnpadded::encode_string(&header),
        Base64UrlUnpadded::encode_string(&claims)
    )
}

/// The answer of [`to_sign`] and its signature, r‖s.
pub fn with_signature(signed: String, signature: &[u8; 64]) -> String {
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(signature))
}

/// Why no answer key was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// The id is not valid.
    #[error(transparent)]
    Id(#[from] crate::ids::BadId),
    /// No random numbers.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
}

impl AnswerVerifyingKey {
    /// A key from its point (SEC 1 §2.3.3), where its private half is not an [`AnswerKey`] of this process.
    pub fn from_sec1_bytes(id: KeyId, point: &[u8]) -> Option<Self> {
        let key = VerifyingKey::from_sec1_bytes(point).ok()?;
        Some(Self { id, key })
    }

    /// The key's entry in the JWKS.
    pub fn to_jwk(&self) -> Jwk {
        let point = self.key.to_sec1_point(false);
        // Uncompressed: 0x04, x, y (SEC 1 §2.3.3).
        let (x, y) = point.as_bytes()[1..].split_at(32);
        Jwk {
            kty: "EC".into(),
            crv: "P-256".into(),
            x: Base64UrlUnpadded::encode_string(x),
            y: Base64UrlUnpadded::encode_string(y),
            kid: self.id.clone(),
            alg: "ES256".into(),
            usage: "sig".into(),
        }
    }

    /// The key's id.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The id that a token names, before anything about it is checked.
    pub fn id_of(token: &str) -> Option<KeyId> {
        let (header, _) = token.split_once('.')?;
        let header = Base64UrlUnpadded::decode_vec(header).ok()?;
        serde_json::from_slice::<JoseHeader>(&header)
            .ok()
            .map(|header| header.kid)
    }

    /// Checks signature, type, algorithm, issuer, audience and time, and returns the claims.
    ///
    /// The caller still holds `origin`, `action`, `rp_nonce` and `jti` against its own records. A test answer is none.
    pub fn verify(&self, token: &str, expected: &Expected<'_>) -> Result<Claims, AnswerError> {
        let claims = self.verify_any(token, expected)?;
        if claims.test {
            return Err(AnswerError::NotForUs);
        }
        Ok(claims)
    }

    /// The same for a test answer, and for nothing else.
    pub fn verify_test(&self, token: &str, expected: &Expected<'_>) -> Result<Claims, AnswerError> {
        let claims = self.verify_any(token, expected)?;
        if !claims.test {
            return Err(AnswerError::NotForUs);
        }
        Ok(claims)
    }

    fn verify_any(&self, token: &str, expected: &Expected<'_>) -> Result<Claims, AnswerError> {
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(AnswerError::Malformed);
        };
        let decode = |part| Base64UrlUnpadded::decode_vec(part).map_err(|_| AnswerError::Malformed);
        let jose: JoseHeader =
            serde_json::from_slice(&decode(header)?).map_err(|_| AnswerError::Malformed)?;
        if jose.alg != "ES256" || jose.typ != TYPE || jose.kid != self.id {
            return Err(AnswerError::Malformed);
        }
        let signature = decode(signature)?;
        let signed = &token[..header.len() + 1 + payload.len()];
        self.check_signature(signed.as_bytes(), &signature)?;
        let claims: Claims =
            serde_json::from_slice(&decode(payload)?).map_err(|_| AnswerError::Malformed)?;
        if claims.iss != expected.issuer || claims.aud != *expected.audience {
            return Err(AnswerError::NotForUs);
        }
        let is_over = expected.now >= claims.exp.saturating_add(LEEWAY);
        let is_early = claims.iat > expected.now.saturating_add(LEEWAY);
        let is_too_long = claims.exp > claims.iat.saturating_add(LIFETIME);
        if is_over || is_early || is_too_long {
            return Err(AnswerError::Expired);
        }
        Ok(claims)
    }

    /// ES256 (RFC 7518 §3.4): r and s, 32 bytes each.
    fn check_signature(&self, signed: &[u8], signature: &[u8]) -> Result<(), AnswerError> {
        let signature = Signature::from_slice(signature).map_err(|_| AnswerError::Malformed)?;
        self.key
            .verify(signed, &signature)
            .map_err(|_| AnswerError::Signature)
    }
}

#[cfg(test)]
#[path = "answer/tests.rs"]
mod tests;

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "answer/wycheproof.rs"]
mod wycheproof;
