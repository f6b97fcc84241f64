//! Who asked, and what else happened: a page at a time.

use super::{OpenCard, ReceiptsReply, messages::ReceiptsQuery};
use crate::{error::Error, state::Authority, store::Note};

/// Receipts and alerts on one page.
pub(super) const PAGE: usize = 20;

pub(super) async fn receipts(
    authority: &Authority,
    card: &OpenCard,
    query: ReceiptsQuery,
) -> Result<ReceiptsReply, Error> {
    let is_wanted = match query.kind.as_deref() {
        None => |_: &Note| true,
        Some("answer") => |note: &Note| matches!(note, Note::Answer(_)),
        Some("alert") => |note: &Note| matches!(note, Note::Alert { .. }),
        Some(_) => return Err(Error::MalformedRequest("kind is answer or alert")),
    };
    let mut notes = authority.store.receipts(card.resident).await?;
    notes.retain(|noted| is_wanted(&noted.note));
    let total = notes.len();
    let page: Vec<_> = notes.into_iter().skip(query.from).take(PAGE).collect();
    let seen = query.from.saturating_add(page.len());
    Ok(ReceiptsReply {
        receipts: page,
        total,
        next: (seen < total).then_some(seen),
    })
}
