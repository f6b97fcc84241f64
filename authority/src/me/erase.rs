//! Erasing: everything that is held about the resident goes, the card with it. Running processes forget a member of the cohort
//! within seconds.

use std::time::Duration;

use super::{EraseReply, EraseRequest, OpenCard, messages::traces};
use crate::{error::Error, state::Authority};

/// How long the reply waits until the database's files are cleared; after that it goes on by itself.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn erase(
    authority: &Authority,
    card: &OpenCard,
    request: EraseRequest,
) -> Result<EraseReply, Error> {
    if request.confirm != "erase" {
        return Err(Error::MalformedRequest("the word that confirms is erase"));
    }
    let record = card.record(authority).await?;
    let now = authority.now();
    let rows = authority.store.erase_rows(&record.claimed_id, now).await?;
    let rows = rows.ok_or(Error::CardClosed)?;
    let store = authority.store.clone();
    let clearing = tokio::spawn(async move {
        let cleared = store.clear_after(rows).await;
        cleared
            .inspect_err(|error| tracing::warn!(%error, "the files of an erasure are not cleared"))
    });
    let left = match tokio::time::timeout(PATIENCE, clearing).await {
        Ok(Ok(Ok(left))) => traces(left),
        // The rows are gone all the same.
        _ => "later",
    };
    Ok(EraseReply {
        erased: true,
        traces: left,
    })
}
