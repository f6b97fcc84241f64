//! A new key, as an authenticator tells of it (§6.5.2), and a known one, as it is stored.

use nod_protocol::{
    payload::CREDENTIAL_ID,
    random::{self, RandomnessUnavailable},
};
use p256::ecdsa::{SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::Refused;

/// What a COSE key of ES256 on P-256 consists of beside the two coordinates: kty EC2, alg ES256, crv P-256, x; y (RFC 9052 §7,
/// RFC 9053 §7.1.1). §6.5.1.1 asks for CTAP2's canonical CBOR and nothing beyond these, so that there is one form.
const BEFORE_X: [u8; 10] = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
const BEFORE_Y: [u8; 3] = [0x22, 0x58, 0x20];

/// The public half of a device key: a point of P-256, uncompressed (SEC 1 §2.3.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 65]);

/// No point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a point of P-256")]
pub struct BadKey;

/// A key that was just made. Not printable: it is somebody's.
pub struct NewKey {
    /// How the authenticator finds it again: 1 to 1023 bytes.
    pub id: Zeroizing<Vec<u8>>,
    /// Its public half.
    pub key: PublicKey,
    /// Whether it may be on several devices (a passkey that is synced).
    pub backup_eligible: bool,
    /// Signatures so far, where the authenticator counts them; else 0.
    pub counter: u32,
}

impl PublicKey {
    /// Refuses what is no point of the curve.
    pub fn from_bytes(bytes: [u8; 65]) -> Result<Self, BadKey> {
        let key = VerifyingKey::from_sec1_bytes(&bytes);
        key.map(|_| Self(bytes)).map_err(|_| BadKey)
    }

    /// The uncompressed point.
    pub fn as_bytes(&self) -> &[u8; 65] {
        &self.0
    }

    /// A key whose private half is dropped at once: nothing that is signed verifies with it.
    pub(super) fn of_nobody() -> Result<Self, RandomnessUnavailable> {
        // A few tries in a lifetime of the universe: nearly every 256-bit number is a private key.
        loop {
            let private = Zeroizing::new(random::bytes::<32>()?);
            if let Ok(private) = SigningKey::from_slice(private.as_slice()) {
                let point = private.verifying_key().to_sec1_point(false);
                if let Ok(bytes) = point.as_bytes().try_into() {
                    return Ok(Self(bytes));
                }
            }
        }
    }

    pub(super) fn verifying(&self) -> Result<VerifyingKey, Refused> {
        VerifyingKey::from_sec1_bytes(&self.0).map_err(|_| Refused::Key)
    }
}

/// Reads attested credential data; returns what stands after them. Which make of authenticator it is (`aaguid`) is not looked at:
/// without attestation nobody vouches for it.
pub(super) fn read(bytes: &[u8], backup_eligible: bool) -> Result<(NewKey, &[u8]), Refused> {
    let malformed = Refused::AuthenticatorData;
    let (_aaguid, rest) = bytes.split_first_chunk::<16>().ok_or(malformed)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(malformed)?;
    let length = usize::from(u16::from_be_bytes(*length));
    // §7.1 step 25.
    if !CREDENTIAL_ID.contains(&length) {
        return Err(malformed);
    }
    let (id, rest) = rest.split_at_checked(length).ok_or(malformed)?;
    let (key, rest) = cose_key(rest)?;
    let key = NewKey {
        id: Zeroizing::new(id.to_vec()),
        key,
        backup_eligible,
        counter: 0,
    };
    Ok((key, rest))
}

fn cose_key(bytes: &[u8]) -> Result<(PublicKey, &[u8]), Refused> {
    // §7.1 step 20: an algorithm that was asked for, which is this one.
    let rest = bytes.strip_prefix(&BEFORE_X).ok_or(Refused::Key)?;
    let (x, rest) = rest.split_first_chunk::<32>().ok_or(Refused::Key)?;
    let rest = rest.strip_prefix(&BEFORE_Y).ok_or(Refused::Key)?;
    let (y, rest) = rest.split_first_chunk::<32>().ok_or(Refused::Key)?;
    let mut point = [4; 65];
    let (_, coordinates) = point.split_at_mut(1);
    let (for_x, for_y) = coordinates.split_at_mut(32);
    for_x.copy_from_slice(x);
    for_y.copy_from_slice(y);
    let key = PublicKey::from_bytes(point).map_err(|_| Refused::Key)?;
    Ok((key, rest))
}
