//! Whom a site's back end expects, where it says so by an ID number that it already holds: sealed to the authority, opened
//! here, and kept as the pseudonym that the resident has at that site.

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::http::SealedClaim;

use crate::{answer, clock::UnixSeconds, error::Error, state::Authority, store::Site};

/// The pseudonym that an answer must be about.
///
/// Of an ID that nobody is enrolled under it is the decoy's, which no yes is ever about: the same work and the same reply, so
/// that a site cannot ask who is enrolled.
pub async fn sub_of(
    authority: &Authority,
    site: &Site,
    claim: &SealedClaim,
    now: UnixSeconds,
) -> Result<String, Error> {
    let keys = authority.keys.snapshot();
    let key = keys.sealing(&claim.kid, now).ok_or(Error::UnknownKey)?;
    let sealed = Base64UrlUnpadded::decode_vec(&claim.sealed)
        .map_err(|_| Error::MalformedRequest("claimed_id is not base64url"))?;
    let claimed_id = key
        .open_claim(&site.site_key, &sealed)
        .map_err(|_| Error::OpenFailed)?;
    let resident = authority.store.resident(&claimed_id).await?;
    Ok(answer::pseudonym(&keys, &site.site_key, resident.id))
}
