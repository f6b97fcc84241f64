//! Opening an enrolment: a ticket for one person, as a picture for their phone.

use nod_protocol::{
    context::TicketContext,
    ids::{ClaimedId, Level, TicketId, TicketKind},
};
use zeroize::Zeroizing;

use super::{
    EnrolmentId,
    messages::{DoneReply, OpenReply, OpenRequest, RevokeRequest},
};
use crate::{
    error::Error,
    metrics::Counter,
    qr,
    state::Authority,
    store::{Operator, Standing, Ticket},
    token,
    vault::TokenKind,
};

/// Seconds from the picture to the capture: the contract's limit for any ticket.
pub(super) const LIFETIME: u64 = 15 * 60;

/// Opens an enrolment at level full for the ID number of the document that the operator has in hand.
pub(super) async fn open(
    authority: &Authority,
    operator: &Operator,
    request: OpenRequest,
) -> Result<OpenReply, Error> {
    let now = authority.now();
    let claimed_id = claimed_id(request.claimed_id)?;
    let store = &authority.store;
    let standing = store.standing(&claimed_id).await?;
    if matches!(standing, Standing::Enrolled(_)) {
        return Err(Error::AlreadyEnrolled);
    }
    let id = TicketId::parse(&token::fresh::<9>("t")?)
        .map_err(|_| Error::Internal("a ticket's name"))?;
    let ticket = Ticket {
        context: TicketContext {
            claimed_id_hash: claimed_id.hash_for_ticket(&id),
            id,
            level: Level::Full,
            consent_version: authority.config.consent_version.clone(),
            issuer: operator.name.clone(),
            kind: TicketKind::Live,
        },
        expires_at: now + LIFETIME,
        spent: false,
        at_terminal: true,
    };
    let code = token::fresh::<16>("")?;
    let hash = store.vault().token_hash(TokenKind::TicketCode, &code);
    if !store.add_ticket(&ticket, &hash, None, now).await? {
        return Err(Error::TicketSpent);
    }
    // Behind the ticket, which nobody has yet: one without an enrolment at a terminal would enrol at once.
    let enrolment = EnrolmentId::random()?;
    store
        .open_at_terminal(
            &enrolment,
            &operator.id,
            (&ticket.context, ticket.expires_at),
            &claimed_id,
        )
        .await?;
    authority.metrics.count(Counter::Enrolments, "opened");
    let link = format!("{}/enrol#{}", authority.config.issuer, *code);
    let qr = qr::draw(&link).map_err(|_| Error::Internal("the link is too long for a picture"))?;
    Ok(OpenReply {
        enrolment: enrolment.as_str().to_owned(),
        portrait: matches!(standing, Standing::Portrait(_)),
        link,
        qr,
        expires_in: LIFETIME,
    })
}

/// Ends the credential of somebody whose phone is lost, or who asks for it: they have shown their document. After it they can
/// enrol again.
pub(super) async fn revoke(
    authority: &Authority,
    operator: &Operator,
    request: RevokeRequest,
) -> Result<DoneReply, Error> {
    let claimed_id = claimed_id(request.claimed_id)?;
    let store = &authority.store;
    let changed = match store.standing(&claimed_id).await? {
        Standing::Enrolled(resident) => {
            store
                .revoke_at_terminal(resident, &operator.id, authority.now())
                .await?
        }
        // A photograph that was imported is no credential of a lost phone.
        Standing::Portrait(_) | Standing::Unknown => false,
    };
    Ok(DoneReply { changed })
}

fn claimed_id(typed: String) -> Result<ClaimedId, Error> {
    let typed = Zeroizing::new(typed);
    ClaimedId::parse(typed.trim()).map_err(|_| Error::MalformedRequest("claimed_id"))
}
