//! Freezing: from now on every verification in the resident's name is an ordinary no, by the same work as any other, until the
//! resident opens the card again and lifts it. The card itself stays open to them.

use super::{DoneReply, OpenCard};
use crate::{error::Error, state::Authority};

pub(super) async fn set(
    authority: &Authority,
    card: &OpenCard,
    is_frozen: bool,
) -> Result<DoneReply, Error> {
    let now = authority.now();
    let changed = authority
        .store
        .set_frozen(card.resident, is_frozen, now)
        .await?;
    Ok(DoneReply {
        changed: usize::from(changed),
    })
}
