//! A key that is used (§7.2).

use nod_protocol::payload::Assertion;
use p256::ecdsa::{Signature, signature::Verifier};
use sha2::{Digest, Sha256};

use super::{
    PublicKey, Refused, RelyingParty,
    authenticator_data::check_authenticator_data,
    client_data::{Ceremony, check_client_data},
};

/// What an assertion is held against.
pub struct ExpectedAssertion<'a> {
    /// Who asked.
    pub party: &'a RelyingParty,
    /// [`nod_protocol::payload::key_challenge`] of the session, as the authority stored it.
    pub challenge: [u8; 32],
    /// Origins of the pages that the frame may sit in; none where it is at top level.
    pub top_origins: &'a [&'a str],
    /// The key that is stored.
    pub key: PublicKey,
    /// What was said at its registration of its being on several devices.
    pub backup_eligible: bool,
}

/// Checks an assertion; returns the authenticator's counter.
///
/// Steps 1 to 4 are the frame's. Steps 5 and 6 (whose credential it is) are the store's, which looks for it among those of whoever
/// is claimed: `userHandle` would be a second, unsigned word on that and does not travel. Step 22 (the counter) is the store's too.
///
/// The signature is verified whatever else is wrong: the work does not tell.
pub fn check_assertion(
    assertion: &Assertion,
    expected: &ExpectedAssertion<'_>,
) -> Result<u32, Refused> {
    // Steps 20 and 21.
    let is_signed = verify(assertion, &expected.key);
    let ceremony = Ceremony::Get {
        top_origins: expected.top_origins,
    };
    let party = expected.party;
    check_client_data(&assertion.client_data, ceremony, &expected.challenge, party)?;
    let data = check_authenticator_data(&assertion.authenticator_data, party)?;
    // A key is made in a registration only (§6.1).
    if data.new_key.is_some() {
        return Err(Refused::AuthenticatorData);
    }
    // Step 19: what a key may be does not change.
    if data.backup_eligible != expected.backup_eligible {
        return Err(Refused::Backup);
    }
    is_signed.map(|()| data.counter)
}

pub(super) fn verify(assertion: &Assertion, key: &PublicKey) -> Result<(), Refused> {
    let signature = Signature::from_der(&assertion.signature).map_err(|_| Refused::Signature)?;
    let hash = Sha256::digest(&assertion.client_data);
    let signed = [assertion.authenticator_data.as_slice(), &hash].concat();
    let verified = key.verifying()?.verify(&signed, &signature);
    verified.map_err(|_| Refused::Signature)
}
