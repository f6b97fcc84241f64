//! Forgetting devices that stand for the resident's ID on a site.

use base64ct::{Base64UrlUnpadded, Encoding};

use super::{DoneReply, ForgetRequest, OpenCard};
use crate::{error::Error, state::Authority};

/// Forgets the device of this name, or all of them.
pub(super) async fn forget(
    authority: &Authority,
    card: &OpenCard,
    request: ForgetRequest,
) -> Result<DoneReply, Error> {
    let mut name = [0; 32];
    let named = match &request.device {
        None => None,
        Some(text) => {
            let decoded = Base64UrlUnpadded::decode(text, &mut name);
            let is_whole = decoded.is_ok_and(|bytes| bytes.len() == 32);
            if !is_whole {
                return Err(Error::MalformedRequest("not a device of the card"));
            }
            Some(&name)
        }
    };
    let store = &authority.store;
    let changed = store
        .forget_devices(card.resident, named, authority.now())
        .await?;
    Ok(DoneReply { changed })
}
