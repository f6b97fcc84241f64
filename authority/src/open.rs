//! From a request body to an opened payload: find session and key, rebuild the context, open.
//!
//! The header says which session and key to look for and is believed in nothing else: what the seal is
//! bound to comes from the authority's own record.

use std::sync::Arc;

use nod_protocol::{
    challenge::Challenge, context::SessionContext, envelope::Envelope, ids::Purpose,
    payload::Payload,
};

use crate::{
    challenge::LIFETIME,
    clock::UnixSeconds,
    error::Error,
    keys::KeyRing,
    session::{must_be, usable_ticket},
    state::Authority,
    store::{Session, Site, State, Ticket},
};

/// A payload that was sealed for exactly this session, page, action and challenge. Its session is
/// spent: whatever becomes of it, it does not come back.
pub struct Opened {
    /// The session as stored.
    pub session: Session,
    /// The site as registered now.
    pub site: Site,
    /// What the seal was bound to.
    pub context: SessionContext,
    /// The challenge.
    pub challenge: Challenge,
    /// When it was drawn.
    pub challenged: UnixSeconds,
    /// Seconds from drawing it to the beginning of this request: how long a line takes to carry the body is no measure of
    /// how long somebody moved.
    pub seconds: u64,
    /// What was sealed.
    pub payload: Payload,
    /// Whether an operator of a terminal has to confirm the enrolment.
    pub at_terminal: bool,
    /// The keys that this request goes by.
    pub keys: Arc<KeyRing>,
}

/// Opens a sealed body for one purpose; `arrived` is when its request began.
pub async fn open(
    authority: &Authority,
    purpose: Purpose,
    body: &[u8],
    arrived: UnixSeconds,
    now: UnixSeconds,
) -> Result<Opened, Error> {
    let envelope = Envelope::decode(body)?;
    let header = &envelope.header;
    let session = authority
        .store
        .session(&header.session)
        .await?
        .ok_or(Error::SessionUnknown)?;
    if session.purpose != purpose {
        return Err(Error::SessionUnknown);
    }
    must_be(&session, State::Challenged, now)?;
    if !authority.sets.contains(&header.model_set, now) {
        return Err(Error::ModelSetNotLive);
    }
    let keys = authority.keys.snapshot();
    let key = keys.sealing(&header.key, now).ok_or(Error::UnknownKey)?;
    // Registered sites only: a test key has nothing to open.
    let site = authority.site(&session.site_key).await?;
    let ticket = ticket_of(authority, &session, now).await?;
    let at_terminal = ticket.as_ref().is_some_and(|ticket| ticket.at_terminal);
    let (context, challenge) = context_of(&session, ticket)?;
    let challenged = session.expires_at.saturating_sub(LIFETIME);
    let seconds = arrived.saturating_sub(challenged);
    // Spent before the seal is tried: one body per session, also for two at the same moment, and no
    // second guess after a failure.
    if !authority.store.spend_session(&session.id, now).await? {
        return Err(Error::SessionSpent);
    }
    let payload = key
        .open(&envelope, &context)
        .map_err(|_| Error::OpenFailed)?;
    Ok(Opened {
        session,
        site,
        context,
        challenge,
        challenged,
        seconds,
        payload,
        at_terminal,
        keys,
    })
}

/// The ticket of an enrolment session, if it still lets its holder enrol.
async fn ticket_of(
    authority: &Authority,
    session: &Session,
    now: UnixSeconds,
) -> Result<Option<Ticket>, Error> {
    let Some(id) = &session.ticket_id else {
        return Ok(None);
    };
    let ticket = authority
        .store
        .ticket(id)
        .await?
        .ok_or(Error::TicketUnknown)?;
    usable_ticket(authority, &ticket, now)?;
    Ok(Some(ticket))
}

/// What the widget had to bind its seal to. A challenged session has an origin and a challenge; one
/// without is nobody's.
pub(crate) fn context_of(
    session: &Session,
    ticket: Option<Ticket>,
) -> Result<(SessionContext, Challenge), Error> {
    let (Some(origin), Some(challenge)) = (&session.origin, &session.challenge) else {
        return Err(Error::SessionUnknown);
    };
    let context = SessionContext {
        purpose: session.purpose,
        site_key: session.site_key.clone(),
        origin: origin.clone(),
        action: session.action.clone(),
        level: session.level,
        ask: session.ask.clone(),
        rp_nonce: session.rp_nonce.clone(),
        session_nonce: session.session_nonce,
        bind: session.bind.clone(),
        challenge: challenge.hash(),
        consent_version: session.consent_version.clone(),
        ticket: ticket.map(|ticket| ticket.context),
    };
    Ok((context, challenge.clone()))
}
