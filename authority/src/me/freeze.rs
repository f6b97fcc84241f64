//! Freezing: from now on every verification in the resident's name is an ordinary no, by the same work as any other, until the
//! resident opens the card again and lifts it. The card itself stays open to them; for who cannot open it any more an operator
//! lifts it (`nod-authority resident unfreeze`), which is another entry in the log and another alert.

use super::{DoneReply, OpenCard};
use crate::{error::Error, state::Authority, store::Unfreezing};

pub(super) async fn set(
    authority: &Authority,
    card: &OpenCard,
    is_frozen: bool,
) -> Result<DoneReply, Error> {
    let (store, now) = (&authority.store, authority.now());
    let changed = match is_frozen {
        true => store.freeze(card.resident, now).await?,
        false => {
            let by = Unfreezing::Resident;
            store.unfreeze(card.resident, by, now).await?
        }
    };
    Ok(DoneReply {
        changed: usize::from(changed),
    })
}
