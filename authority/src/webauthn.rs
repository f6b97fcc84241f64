//! Device keys by WebAuthn (<https://www.w3.org/TR/webauthn-3/>, Level 3; the steps are those of its §7.1 and §7.2): what a browser
//! and an authenticator say is held against what this authority expects. Pure.
//!
//! ```text
//! registration:  client data ─┐                           assertion:  client data ────────┐
//!   attestation object ───────┴─► NewKey                    authenticator data, signature ─┴─► signature counter
//! ```
//!
//! ES256 alone, user presence and user verification always, the one origin and the one RP ID of the issuer. Attestation is not
//! asked for and not evaluated: a key says that it is the same one again, and not what keeps it (docs/device-keys.md).
//!
//! There are crates for this; docs/device-keys.md says why none is used. What is left to do with the curve, CBOR and JSON that are
//! here anyway are the steps below, and the specification's own examples test them.

mod assertion;
mod attested;
mod authenticator_data;
mod client_data;
mod registration;

use nod_protocol::{ids::Origin, random::RandomnessUnavailable};
use sha2::{Digest, Sha256};

pub use self::{
    assertion::{ExpectedAssertion, check_assertion},
    attested::{BadKey, NewKey, PublicKey},
    registration::check_registration,
};

/// Who asks for keys: the authority's own origin.
pub struct RelyingParty {
    /// The RP ID: the host of the origin.
    pub id: String,
    /// The origin that keys are made and used at.
    pub origin: String,
    id_hash: [u8; 32],
}

impl RelyingParty {
    /// Of an issuer. Browsers take no RP ID that is an address (§5.1.3, "effective domain"): there, nobody can have a key.
    pub fn of(issuer: &Origin) -> Self {
        let origin = issuer.as_str();
        let (_, place) = origin.split_once("://").unwrap_or(("", origin));
        let id = match place.rsplit_once(':') {
            Some((host, _)) if !place.ends_with(']') => host,
            _ => place,
        };
        Self {
            id: id.to_owned(),
            origin: origin.to_owned(),
            id_hash: Sha256::digest(id).into(),
        }
    }
}

/// What assertions are held against where there is nothing to hold them against.
pub fn decoys_key() -> Result<PublicKey, RandomnessUnavailable> {
    PublicKey::of_nobody()
}

/// Why a registration or an assertion does not count. For the log: whoever sent it is told that it does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not JSON with these fields.
    #[error("client data are not in their form")]
    ClientData,
    /// Made for the other ceremony.
    #[error("client data are of another type")]
    Type,
    /// Made for another registration or session.
    #[error("another challenge was signed")]
    Challenge,
    /// Made on another page.
    #[error("another origin asked")]
    Origin,
    /// Made within a page that the key is not to be used in.
    #[error("within a page of another origin")]
    TopOrigin,
    /// Not in the form of §6.1.
    #[error("authenticator data are not in their form")]
    AuthenticatorData,
    /// Made for another relying party.
    #[error("another RP ID was signed")]
    RpId,
    /// Nobody was there.
    #[error("no user presence")]
    UserPresence,
    /// The authenticator did not see whose it is.
    #[error("no user verification")]
    UserVerification,
    /// Flags about copies of the key that contradict each other, or what was said before.
    #[error("backup flags that cannot be")]
    Backup,
    /// Not in the form of §6.5.
    #[error("the attestation object is not in its form")]
    Attestation,
    /// No ES256 key on P-256, or a point that is not on the curve.
    #[error("not an ES256 key")]
    Key,
    /// The signature is not the key's over these data.
    #[error("the signature does not verify")]
    Signature,
}

#[cfg(test)]
pub(crate) mod fixture;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod vectors;
