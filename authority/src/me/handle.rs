//! What a resident shows to a kiosk's camera in place of their ID number (docs/kiosk.md).

use nod_protocol::{ids::ClaimHandle, random};
use zeroize::Zeroizing;

use super::{HandleReply, HandleStateReply, OpenCard};
use crate::{error::Error, qr, state::Authority, store::HANDLE_LIFETIME};

/// Makes up a handle, which ends the one before. Whatever level the card was opened at: a handle says who is claimed, as a
/// typed number does, and the site's level decides what proves it.
pub(super) async fn make(authority: &Authority, card: &OpenCard) -> Result<HandleReply, Error> {
    let bytes = Zeroizing::new(random::bytes::<16>()?);
    let handle = ClaimHandle::from_bytes(bytes.as_slice())
        .map_err(|_| Error::Internal("a handle has 16 bytes"))?;
    let (store, now) = (&authority.store, authority.now());
    let lookup = store.vault().handle_lookup(&handle);
    if !store.add_handle(lookup, card.resident, now).await? {
        return Err(Error::CardClosed);
    }
    let text = handle.text();
    Ok(HandleReply {
        qr: qr::draw_coarse(&text)
            .map_err(|_| Error::Internal("a handle is too long for a picture"))?,
        handle: (*text).clone(),
        expires_in: HANDLE_LIFETIME,
    })
}

/// Whether it is of use still.
pub(super) async fn state(
    authority: &Authority,
    card: &OpenCard,
) -> Result<HandleStateReply, Error> {
    let is_live = authority
        .store
        .has_handle(card.resident, authority.now())
        .await?;
    Ok(HandleStateReply { live: is_live })
}
