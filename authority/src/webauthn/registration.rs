//! A new key (§7.1).
//!
//! ```text
//! attestation object = { "fmt": tstr, "attStmt": map, "authData": bstr }
//! ```

use minicbor::{Decoder, data::Type};

use super::{
    NewKey, Refused, RelyingParty,
    authenticator_data::check_authenticator_data,
    client_data::{Ceremony, check_client_data},
};

/// Checks what a browser made of a registration's options.
///
/// Steps 1 to 4 are the page's. Steps 21 to 24 are about attestation, which was not asked for: whatever is said is taken as none,
/// also where a browser passes on what an authenticator says of itself. Steps 26 and 27 (a credential that is known
/// already, and storing it) are the store's.
pub fn check_registration(
    client_data: &[u8],
    attestation: &[u8],
    challenge: &[u8; 32],
    party: &RelyingParty,
) -> Result<NewKey, Refused> {
    check_client_data(client_data, Ceremony::Create, challenge, party)?;
    let authenticator_data = authenticator_data_of(attestation)?;
    let checked = check_authenticator_data(authenticator_data, party)?;
    let new_key = checked.new_key.ok_or(Refused::AuthenticatorData)?;
    Ok(NewKey {
        counter: checked.counter,
        ..new_key
    })
}

/// Step 13.
fn authenticator_data_of(attestation: &[u8]) -> Result<&[u8], Refused> {
    read(attestation).ok_or(Refused::Attestation)
}

/// Three fields, in any order: not every browser sorts them. `None` if it is anything else.
fn read(attestation: &[u8]) -> Option<&[u8]> {
    let mut d = Decoder::new(attestation);
    let fields = d.map().ok()??;
    let (mut format, mut statement, mut data) = (None, None, None);
    for _ in 0..fields {
        match d.str().ok()? {
            "fmt" if format.is_none() => format = Some(d.str().ok()?),
            "attStmt" if statement.is_none() && d.datatype().ok()? == Type::Map => {
                statement = Some(d.skip().ok()?);
            }
            "authData" if data.is_none() => data = Some(d.bytes().ok()?),
            _ => return None,
        }
    }
    let is_whole = format.is_some() && statement.is_some() && d.position() == attestation.len();
    data.filter(|_| is_whole)
}
