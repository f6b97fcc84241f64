//! The operator decides: the document is that of the person present, or it is not.

use super::{
    EnrolmentId,
    messages::{DoneReply, IssueRequest},
};
use crate::{
    error::Error,
    metrics::Counter,
    state::Authority,
    store::{Issue, Operator, TerminalEnrolment},
};

/// Enrols whoever is held.
pub(super) async fn issue(
    authority: &Authority,
    operator: &Operator,
    id: &str,
    request: IssueRequest,
) -> Result<DoneReply, Error> {
    if !request.document_checked {
        return Err(Error::MalformedRequest("document_checked"));
    }
    let enrolment = own(authority, operator, id).await?;
    let issued = authority
        .store
        .issue(&enrolment, request.despite_portrait, authority.now())
        .await?;
    match issued {
        Issue::Issued(_) => {
            authority.metrics.count(Counter::Enrolments, "stored");
            Ok(DoneReply { changed: true })
        }
        Issue::NotHeld => Err(Error::NothingToDecide),
        Issue::PortraitDiffers => Err(Error::PortraitDiffers),
        Issue::Exists => Err(Error::AlreadyEnrolled),
    }
}

/// Ends it, whatever it has come to.
pub(super) async fn refuse(
    authority: &Authority,
    operator: &Operator,
    id: &str,
) -> Result<DoneReply, Error> {
    let enrolment = own(authority, operator, id).await?;
    let changed = authority.store.refuse(&enrolment, authority.now()).await?;
    if changed {
        authority.metrics.count(Counter::Enrolments, "refused");
    }
    Ok(DoneReply { changed })
}

/// An enrolment of this operator's; another's is none.
pub(super) async fn own(
    authority: &Authority,
    operator: &Operator,
    id: &str,
) -> Result<TerminalEnrolment, Error> {
    let id = EnrolmentId::parse(id).ok_or(Error::NothingToDecide)?;
    let found = authority.store.at_terminal(&id).await?;
    found
        .filter(|enrolment| enrolment.operator == operator.id)
        .ok_or(Error::NothingToDecide)
}
