//! The seal: HPKE (RFC 9180) in base mode with one pinned suite. With the files of its folder the only one that knows `hpke`.
//!
//! DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM: the mandatory-to-implement curve of browsers'
//! own cryptography, so that anybody can write an independent client.

mod claim;
pub(crate) mod oblivious;

pub use claim::{open_claim, seal_claim};
use hpke::{
    Deserializable, Kem as _, OpModeR, OpModeS, Serializable, aead::AesGcm128, kdf::HkdfSha256,
    kem::DhP256HkdfSha256, rand_core::UnwrapErr,
};
use zeroize::Zeroizing;

use crate::{
    context::SessionContext,
    envelope::{Envelope, Header},
    payload::Payload,
    random::{self, RandomnessUnavailable},
};

type Kem = DhP256HkdfSha256;
type Kdf = HkdfSha256;
type Aead = AesGcm128;

/// Name of the suite in key configs.
pub const SUITE: &str = "DHKEM-P256-HKDF-SHA256/HKDF-SHA256/AES-128-GCM";

/// The authority's sealing key: opens what was sealed to its public half.
pub struct SealKeyPair {
    private: <Kem as hpke::Kem>::PrivateKey,
    public: SealPublicKey,
}

/// The public half, as published in a key config: an uncompressed P-256 point, 65 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SealPublicKey([u8; 65]);

/// Not a valid P-256 key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid P-256 key")]
pub struct BadKey;

/// Why nothing was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No random numbers.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The public key is not a point on the curve.
    #[error("the sealing key is not valid")]
    Key,
}

/// The body does not open for this key, header and session. There is deliberately one error for all
/// of it: which part was wrong helps only an attacker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed body does not open for this session")]
pub struct OpenError;

impl SealKeyPair {
    /// A fresh key pair.
    pub fn generate() -> Result<Self, RandomnessUnavailable> {
        let ikm = Zeroizing::new(random::bytes::<32>()?);
        let (private, public) = Kem::derive_keypair(ikm.as_slice());
        Ok(Self {
            private,
            public: SealPublicKey(public.to_bytes().into()),
        })
    }

    /// A key pair from its stored private scalar (32 bytes, big-endian).
    pub fn from_private_bytes(bytes: &[u8]) -> Result<Self, BadKey> {
        let private = <Kem as hpke::Kem>::PrivateKey::from_bytes(bytes).map_err(|_| BadKey)?;
        let public = Kem::sk_to_pk(&private).to_bytes().into();
        Ok(Self {
            private,
            public: SealPublicKey(public),
        })
    }

    /// The private scalar, for the key file only.
    pub fn private_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.private.to_bytes().to_vec())
    }

    /// The half to publish.
    pub fn public_key(&self) -> SealPublicKey {
        self.public
    }
}

impl SealPublicKey {
    /// Checks that the bytes are an uncompressed point on the curve.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadKey> {
        let key = <Kem as hpke::Kem>::PublicKey::from_bytes(bytes).map_err(|_| BadKey)?;
        Ok(Self(key.to_bytes().into()))
    }

    /// The uncompressed point.
    pub fn as_bytes(&self) -> &[u8; 65] {
        &self.0
    }
}

/// Seals a payload for one session: RFC 9180 §6.1 `SealBase(pkR, info, aad, pt)`.
///
/// `info` names protocol, version and purpose; `aad` is [`SessionContext::aad`].
pub fn seal(
    key: &SealPublicKey,
    header: Header,
    context: &SessionContext,
    payload: &Payload,
) -> Result<Envelope, SealError> {
    let aad = context.aad(&header);
    let (encapsulated_key, ciphertext) = seal_bytes(key, context.info(), &aad, &payload.encode())?;
    Ok(Envelope {
        header,
        encapsulated_key,
        ciphertext,
    })
}

/// Opens a sealed body: RFC 9180 §6.1 `OpenBase(enc, skR, info, aad, ct)`.
///
/// `context` comes from the authority's own record of the session.
pub fn open(
    key: &SealKeyPair,
    envelope: &Envelope,
    context: &SessionContext,
) -> Result<Payload, OpenError> {
    let aad = context.aad(&envelope.header);
    let plaintext = open_bytes(
        key,
        &envelope.encapsulated_key,
        context.info(),
        &aad,
        &envelope.ciphertext,
    )?;
    // Whoever reaches this line holds a valid seal: a payload that is none is that client's defect,
    // and the one code keeps it from becoming an oracle.
    Payload::decode(&plaintext).map_err(|_| OpenError)
}

fn seal_bytes(
    key: &SealPublicKey,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<([u8; 65], Vec<u8>), SealError> {
    // `UnwrapErr` panics where the source fails; asking it first turns that into an error.
    random::bytes::<32>()?;
    let recipient =
        <Kem as hpke::Kem>::PublicKey::from_bytes(&key.0).map_err(|_| SealError::Key)?;
    let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<Aead, Kdf, Kem>(
        &OpModeS::Base,
        &recipient,
        info,
        plaintext,
        aad,
        &mut UnwrapErr(getrandom::SysRng),
    )
    .map_err(|_| SealError::Key)?;
    Ok((encapsulated.to_bytes().into(), ciphertext))
}

fn open_bytes(
    key: &SealKeyPair,
    encapsulated_key: &[u8],
    info: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let encapsulated =
        <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated_key).map_err(|_| OpenError)?;
    hpke::single_shot_open::<Aead, Kdf, Kem>(
        &OpModeR::Base,
        &key.private,
        &encapsulated,
        info,
        ciphertext,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| OpenError)
}

#[cfg(test)]
#[path = "seal/tests.rs"]
mod tests;

#[cfg(test)]
#[path = "seal/vectors.rs"]
mod vectors;

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "seal/wycheproof.rs"]
mod wycheproof;
