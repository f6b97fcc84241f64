//! Revoking: the credential ends here and now. Templates, passcode, digests of captures and devices are deleted; to enrol again
//! takes a ticket. Receipts stay, and so does who the resident is at their sites.

use super::{DoneReply, OpenCard};
use crate::{error::Error, state::Authority};

pub(super) async fn revoke(authority: &Authority, card: &OpenCard) -> Result<DoneReply, Error> {
    let now = authority.now();
    let changed = authority.store.revoke(card.resident, now).await?;
    Ok(DoneReply {
        changed: usize::from(changed),
    })
}
