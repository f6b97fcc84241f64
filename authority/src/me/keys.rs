//! Device keys of an opened card: binding another one, removing one or all.

use base64ct::{Base64UrlUnpadded, Encoding};

use super::{DoneReply, ForgetKeysRequest, KeyEntry, OpenCard};
use crate::{
    credentials::{self, RegisterReply, RegisterRequest, RegistrationReply},
    error::Error,
    state::Authority,
};

/// What the browser needs to make one.
pub(super) async fn options(
    authority: &Authority,
    card: &OpenCard,
) -> Result<RegistrationReply, Error> {
    credentials::allow(authority, card.resident).await
}

/// Binds what it made.
pub(super) async fn register(
    authority: &Authority,
    card: &OpenCard,
    request: RegisterRequest,
) -> Result<RegisterReply, Error> {
    credentials::register(authority, request, Some(card.resident)).await
}

/// Removes the key of this name, or all of them.
pub(super) async fn forget(
    authority: &Authority,
    card: &OpenCard,
    request: ForgetKeysRequest,
) -> Result<DoneReply, Error> {
    let mut name = [0; 32];
    let named = match &request.key {
        None => None,
        Some(text) => {
            let decoded = Base64UrlUnpadded::decode(text, &mut name);
            if !decoded.is_ok_and(|bytes| bytes.len() == 32) {
                return Err(Error::MalformedRequest("not a key of the card"));
            }
            Some(&name)
        }
    };
    let store = &authority.store;
    let changed = store
        .forget_credentials(card.resident, named, authority.now())
        .await?;
    Ok(DoneReply { changed })
}

/// As the overview lists them.
pub(super) async fn entries(
    authority: &Authority,
    card: &OpenCard,
) -> Result<Vec<KeyEntry>, Error> {
    let keys = authority.store.credentials_of(card.resident).await?;
    let entries = keys.into_iter().map(|key| KeyEntry {
        key: Base64UrlUnpadded::encode_string(&key.name),
        since: key.created_at,
        used_on: key.used_on,
    });
    Ok(entries.collect())
}
