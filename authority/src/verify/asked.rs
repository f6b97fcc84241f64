//! The questions of a session, answered from the record of whoever is claimed.

use std::collections::BTreeMap;

use nod_protocol::ids::Question;

use crate::{
    clock::UnixSeconds,
    error::Error,
    open::Opened,
    questions::{self, Date},
    state::Authority,
    store::Resident,
};

/// One record is read, opened and asked, whoever it is and whatever comes of the attempt; none where nothing was asked, which
/// whoever opened the session knows.
pub(super) async fn answers(
    authority: &Authority,
    opened: &Opened,
    resident: &Resident,
    now: UnixSeconds,
) -> Result<BTreeMap<Question, bool>, Error> {
    let ask = &opened.session.ask;
    if ask.is_empty() {
        return Ok(BTreeMap::new());
    }
    let record = authority.store.attributes(resident.id).await?;
    let today = Date::of(now, authority.config.utc_offset);
    Ok(questions::answers(ask, &record, &today))
}
