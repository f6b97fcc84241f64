//! What the authenticator says and signs (§6.1): for whom, whether somebody was there, a counter, and a new key.
//!
//! ```text
//! rpIdHash 32 | flags 1 | signCount 4 | aaguid 16, length 2, credential id, COSE key (with a new key) | extensions (if said)
//! ```

use minicbor::{Decoder, data::Type};
use subtle::ConstantTimeEq;

use super::{NewKey, Refused, RelyingParty, attested};

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;

/// What counts of authenticator data whose user was there and was verified.
pub(super) struct AuthenticatorData {
    pub(super) counter: u32,
    pub(super) backup_eligible: bool,
    /// With a registration only.
    pub(super) new_key: Option<NewKey>,
}

/// Checks what every ceremony has in common (§7.1 steps 14 to 18, §7.2 steps 16 to 19).
pub(super) fn check_authenticator_data(
    bytes: &[u8],
    party: &RelyingParty,
) -> Result<AuthenticatorData, Refused> {
    let malformed = Refused::AuthenticatorData;
    let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(malformed)?;
    let (&flags, rest) = rest.split_first().ok_or(malformed)?;
    let (counter, mut rest) = rest.split_first_chunk::<4>().ok_or(malformed)?;
    let has = |flag| flags & flag != 0;
    if !bool::from(rp_id_hash.ct_eq(&party.id_hash)) {
        return Err(Refused::RpId);
    }
    if !has(USER_PRESENT) {
        return Err(Refused::UserPresence);
    }
    if !has(USER_VERIFIED) {
        return Err(Refused::UserVerification);
    }
    if has(BACKED_UP) && !has(BACKUP_ELIGIBLE) {
        return Err(Refused::Backup);
    }
    let new_key = match has(ATTESTED) {
        true => {
            let (key, after) = attested::read(rest, has(BACKUP_ELIGIBLE))?;
            rest = after;
            Some(key)
        }
        false => None,
    };
    // None is asked for; what an authenticator says all the same is one map, and counts for nothing.
    if has(EXTENSIONS) {
        rest = after_a_map(rest)?;
    }
    if !rest.is_empty() {
        return Err(malformed);
    }
    Ok(AuthenticatorData {
        counter: u32::from_be_bytes(*counter),
        backup_eligible: has(BACKUP_ELIGIBLE),
        new_key,
    })
}

fn after_a_map(bytes: &[u8]) -> Result<&[u8], Refused> {
    let mut d = Decoder::new(bytes);
    if !matches!(d.datatype(), Ok(Type::Map)) {
        return Err(Refused::AuthenticatorData);
    }
    d.skip().map_err(|_| Refused::AuthenticatorData)?;
    bytes.get(d.position()..).ok_or(Refused::AuthenticatorData)
}
