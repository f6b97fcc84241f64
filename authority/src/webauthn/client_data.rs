//! What the browser says of a ceremony (§5.8.1): which one, for which challenge, on whose page, within whose.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Refused, RelyingParty};

/// Which ceremony.
#[derive(Clone, Copy)]
pub(super) enum Ceremony<'a> {
    /// At top level alone.
    Create,
    /// Also in a frame, within pages of these origins.
    Get { top_origins: &'a [&'a str] },
}

/// The fields that count; browsers may add others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: Option<bool>,
    #[serde(default)]
    top_origin: Option<String>,
}

/// Checks client data; returns their hash, which is signed.
pub(super) fn check_client_data(
    json: &[u8],
    ceremony: Ceremony<'_>,
    challenge: &[u8; 32],
    party: &RelyingParty,
) -> Result<[u8; 32], Refused> {
    // §7.1 steps 5 and 6, §7.2 steps 9 and 10.
    let data: ClientData = serde_json::from_slice(json).map_err(|_| Refused::ClientData)?;
    // Step 7; step 11.
    let kind = match ceremony {
        Ceremony::Create => "webauthn.create",
        Ceremony::Get { .. } => "webauthn.get",
    };
    if data.kind != kind {
        return Err(Refused::Type);
    }
    // Step 8; step 12.
    let wanted = Base64UrlUnpadded::encode_string(challenge);
    if !bool::from(wanted.as_bytes().ct_eq(data.challenge.as_bytes())) {
        return Err(Refused::Challenge);
    }
    // Step 9; step 13.
    if data.origin != party.origin {
        return Err(Refused::Origin);
    }
    // Steps 10 and 11; steps 14 and 15. A browser that knows no `topOrigin` says that there is one: the session says which.
    let is_within = data.cross_origin == Some(true) || data.top_origin.is_some();
    let may_be_within = match (ceremony, data.top_origin.as_deref()) {
        (Ceremony::Create, _) => false,
        (Ceremony::Get { top_origins }, None) => !top_origins.is_empty(),
        (Ceremony::Get { top_origins }, Some(top)) => top_origins.contains(&top),
    };
    if is_within && !may_be_within {
        return Err(Refused::TopOrigin);
    }
    // Step 12; step 20.
    Ok(Sha256::digest(json).into())
}
