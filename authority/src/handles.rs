//! Claim handles: who is claimed, where a kiosk's camera was shown what the resident's card made up (docs/kiosk.md).
//!
//! A handle is made on an opened card, travels through the kiosk inside the seal, and stands for the resident once: the first
//! verification that names it spends it, whatever comes of it, so that one which was found or filmed gives one try. It
//! takes the place of typing and of nothing else: face, movement and passcode are asked for as ever.

use nod_protocol::ids::{ClaimHandle, ClaimedId};

use crate::{clock::UnixSeconds, error::Error, open::Opened, state::Authority};

/// The number that a handle stands for; one that nobody is enrolled under, where it is unknown, named before or too old, or the
/// site is no kiosk: all that follows is the same work. What differs is one row that changes, and tells who sent the handle whether
/// it still stood for somebody.
///
/// A handle has its time until the challenge is drawn: nobody is hurried while they move.
pub async fn owner(
    authority: &Authority,
    handle: &ClaimHandle,
    opened: &Opened,
    now: UnixSeconds,
) -> Result<ClaimedId, Error> {
    let store = &authority.store;
    let lookup = store.vault().handle_lookup(handle);
    let owner = store.spend_handle(lookup, opened.challenged, now).await?;
    match owner.filter(|_| opened.site.kiosk) {
        Some(id) => Ok(id),
        None => ClaimedId::parse(&store.vault().nobody(&lookup))
            .map_err(|_| Error::Internal("nobody's ID is none")),
    }
}
