//! Opening a session: by the frame, by a site's back end, or by the frame for a back end's session.
//!
//! A session lives 30 minutes until its challenge is drawn (nobody is hurried before the camera), then
//! a minute, and takes one sealed body.

use nod_protocol::{
    http::{
        FrameSessionRequest, SessionReply, SiteSessionReply, SiteSessionRequest, SiteView,
        TicketReply,
    },
    ids::{Action, Level, Nonce, Purpose, Question, SessionId},
};

use crate::{
    clock::UnixSeconds,
    error::Error,
    evidence, expected,
    metrics::Counter,
    state::{Authority, CARD, ENROL},
    store::{Session, Site, State, Ticket},
    test_keys, traffic,
    traffic::Caller,
    vault::TokenKind,
};

/// Seconds from opening to the challenge.
pub const LIFETIME: u64 = 30 * 60;

/// Opens a session for the frame, or lets it take one that the site's back end minted.
pub async fn open_for_frame(
    authority: &Authority,
    request: FrameSessionRequest,
) -> Result<SessionReply, Error> {
    let now = authority.now();
    let test = test_keys::site(
        authority,
        &request.sitekey,
        Some(&request.origin),
        request.action.as_ref(),
    )?;
    let site = match test {
        Some(site) => site,
        None => authority.site(&request.sitekey).await?,
    };
    // The frame learnt the origin from the browser. A script outside a browser can claim any, so this
    // protects residents' browsers and proves nothing about the caller.
    if !site.origins.contains(&request.origin) {
        return Err(Error::OriginNotRegistered);
    }
    let is_own = site.site_key == authority.own_site.site_key;
    if request.purpose == Purpose::Enrol && !is_own {
        return Err(Error::NotRegisteredFor("purpose"));
    }
    // Before a minted session is taken and before anything is captured.
    evidence::must_be_there_for(authority, &site).await?;
    match (&request.session, request.purpose) {
        (Some(handle), Purpose::Verify) => {
            let handle = handle.clone();
            claim(authority, &site, &handle, &request, now).await
        }
        (None, Purpose::Verify) => open_to_verify(authority, &site, request, now).await,
        (_, Purpose::Enrol) => open_to_enrol(authority, &site, request, now).await,
    }
}

/// Mints a session whose terms the site's back end fixes.
pub async fn mint_for_site(
    authority: &Authority,
    caller: Caller,
    secret: &str,
    request: SiteSessionRequest,
) -> Result<SiteSessionReply, Error> {
    let now = authority.now();
    let site = match test_keys::site_of_back_end(authority, secret, &request.action)? {
        Some(site) => site,
        None => match authority.site_by_secret(secret).await? {
            Some(site) => site,
            None => {
                // Whoever does not know a secret is known by nothing but the address.
                traffic::by_address(authority, caller).await?;
                return Err(Error::UnknownSecret);
            }
        },
    };
    let action = registered_action(&site, Some(request.action))?;
    only_registered_questions(&site, &request.ask)?;
    let expected_sub = match (request.expected_sub, request.claimed_id) {
        (Some(_), Some(_)) => {
            return Err(Error::MalformedRequest("expected_sub or claimed_id"));
        }
        (expected_sub, None) => expected_sub,
        (None, Some(claim)) => Some(expected::sub_of(authority, &site, &claim, now).await?),
    };
    let session = Session {
        ask: request.ask,
        rp_nonce: request.rp_nonce,
        bind: request.bind,
        expected_sub,
        state: State::Minted,
        ..blank(
            authority,
            &site,
            action,
            at_least_floor(&site, request.level),
            now,
        )?
    };
    traffic::session_for(authority, &site).await?;
    authority.store.add_session(&session).await?;
    authority.metrics.count(Counter::Sessions, "site");
    Ok(SiteSessionReply {
        session: session.id,
        expires_in: LIFETIME,
    })
}

/// The frame takes a minted session: same site, and the page's origin is now bound to it. Taking it
/// again before the challenge (a reloaded page) gives the same session to the same origin.
async fn claim(
    authority: &Authority,
    site: &Site,
    handle: &SessionId,
    request: &FrameSessionRequest,
    now: UnixSeconds,
) -> Result<SessionReply, Error> {
    authority
        .store
        .claim_session(handle, &request.origin, now)
        .await?;
    let session = authority
        .store
        .session(handle)
        .await?
        .ok_or(Error::SessionUnknown)?;
    let belongs_here = session.site_key == site.site_key
        && session.purpose == Purpose::Verify
        && session.origin.as_ref() == Some(&request.origin);
    if !belongs_here {
        return Err(Error::SessionUnknown);
    }
    must_be(&session, State::Open, now)?;
    authority.metrics.count(Counter::Sessions, "claimed");
    Ok(reply(authority, site, session, None, now))
}

async fn open_to_verify(
    authority: &Authority,
    site: &Site,
    request: FrameSessionRequest,
    now: UnixSeconds,
) -> Result<SessionReply, Error> {
    if request.ticket.is_some() {
        return Err(Error::MalformedRequest("a ticket is for enrolment"));
    }
    let action = registered_action(site, request.action)?;
    own_pages_take_turns(authority, site, &action, CARD)?;
    only_registered_questions(site, &request.ask)?;
    let session = Session {
        origin: Some(request.origin),
        ask: request.ask,
        rp_nonce: request.rp_nonce,
        bind: request.bind,
        ..blank(
            authority,
            site,
            action,
            at_least_floor(site, request.level),
            now,
        )?
    };
    traffic::session_for(authority, site).await?;
    authority.store.add_session(&session).await?;
    authority.metrics.count(Counter::Sessions, "frame");
    Ok(reply(authority, site, session, None, now))
}

async fn open_to_enrol(
    authority: &Authority,
    site: &Site,
    request: FrameSessionRequest,
    now: UnixSeconds,
) -> Result<SessionReply, Error> {
    let code = request.ticket.as_deref().ok_or(Error::TicketUnknown)?;
    let hash = authority
        .store
        .vault()
        .token_hash(TokenKind::TicketCode, code);
    let ticket = authority
        .store
        .ticket_by_code(&hash)
        .await?
        .ok_or(Error::TicketUnknown)?;
    usable_ticket(authority, &ticket, now)?;
    let action = registered_action(site, request.action)?;
    own_pages_take_turns(authority, site, &action, ENROL)?;
    only_registered_questions(site, &request.ask)?;
    let session = Session {
        purpose: Purpose::Enrol,
        origin: Some(request.origin),
        ticket_id: Some(ticket.context.id.clone()),
        ..blank(authority, site, action, ticket.context.level, now)?
    };
    traffic::session_for(authority, site).await?;
    authority.store.add_session(&session).await?;
    authority.metrics.count(Counter::Sessions, "enrol");
    Ok(reply(authority, site, session, Some(ticket), now))
}

/// Whether a ticket lets its holder enrol now.
pub fn usable_ticket(
    authority: &Authority,
    ticket: &Ticket,
    now: UnixSeconds,
) -> Result<(), Error> {
    if ticket.spent {
        Err(Error::TicketSpent)
    } else if now >= ticket.expires_at
        // A consent text that changed since: the holder would accept another one than the ticket says.
        || ticket.context.consent_version != authority.config.consent_version
    {
        Err(Error::TicketUnknown)
    } else {
        Ok(())
    }
}

/// Whether a session is where a request needs it, and if not, why.
pub fn must_be(session: &Session, state: State, now: UnixSeconds) -> Result<(), Error> {
    match session.state {
        State::Spent => Err(Error::SessionSpent),
        _ if now >= session.expires_at => Err(Error::SessionExpired),
        current if current == state => Ok(()),
        // The challenge is drawn once; asking for another is using the session again.
        State::Challenged => Err(Error::SessionSpent),
        State::Minted | State::Open => Err(Error::SessionUnknown),
    }
}

fn registered_action(site: &Site, asked: Option<Action>) -> Result<Action, Error> {
    let first = || site.actions.first().map(|(action, _)| action.clone());
    asked
        .or_else(first)
        .filter(|action| site.purpose_text(action).is_some())
        .ok_or(Error::NotRegisteredFor("action"))
}

/// On the authority's own pages one action is for enrolling, and the other for verifying.
fn own_pages_take_turns(
    authority: &Authority,
    site: &Site,
    action: &Action,
    turn: &str,
) -> Result<(), Error> {
    if site.site_key != authority.own_site.site_key || action.as_str() == turn {
        Ok(())
    } else {
        Err(Error::NotRegisteredFor("action"))
    }
}

/// Each once: an answer has one boolean for each.
fn only_registered_questions(site: &Site, ask: &[Question]) -> Result<(), Error> {
    for (number, question) in ask.iter().enumerate() {
        if !site.ask.contains(question) {
            return Err(Error::NotRegisteredFor("question"));
        }
        if ask.iter().take(number).any(|other| other == question) {
            return Err(Error::MalformedRequest("a question is asked twice"));
        }
    }
    Ok(())
}

/// Attributes only ask: the registration sets the floor.
fn at_least_floor(site: &Site, asked: Option<Level>) -> Level {
    asked.unwrap_or(site.level).max(site.level)
}

/// A fresh, open session to verify, without what only some requests set.
fn blank(
    authority: &Authority,
    site: &Site,
    action: Action,
    level: Level,
    now: UnixSeconds,
) -> Result<Session, Error> {
    Ok(Session {
        id: SessionId::random()?,
        purpose: Purpose::Verify,
        site_key: site.site_key.clone(),
        origin: None,
        action,
        level,
        ask: vec![],
        rp_nonce: None,
        bind: None,
        expected_sub: None,
        session_nonce: Nonce::random()?,
        consent_version: consent_version(authority, site),
        ticket_id: None,
        handoff: None,
        state: State::Open,
        challenge: None,
        expires_at: now + LIFETIME,
    })
}

/// Where pictures leave the device, and where there is no pseudonym, the resident accepts another text, so it has another version; the seal and the
/// record of the session say which.
fn consent_version(authority: &Authority, site: &Site) -> String {
    let version = &authority.config.consent_version;
    let crops = if site.evidence { "+crops" } else { "" };
    let kiosk = if site.kiosk { "+kiosk" } else { "" };
    format!("{version}{crops}{kiosk}")
}

/// What people may read of a site and one of its actions.
pub fn site_view(site: &Site, action: &Action) -> SiteView {
    SiteView {
        name: site.name.clone(),
        purpose_text: site.purpose_text(action).unwrap_or_default().to_owned(),
        alternative: site.alternative.clone(),
        still: site.still,
        evidence: site.evidence,
        remember: !site.kiosk,
        kiosk: site.kiosk,
    }
}

fn reply(
    authority: &Authority,
    site: &Site,
    session: Session,
    ticket: Option<Ticket>,
    now: UnixSeconds,
) -> SessionReply {
    SessionReply {
        expires_in: session.expires_at.saturating_sub(now),
        purpose: session.purpose,
        sitekey: session.site_key,
        // Both callers have just bound the origin.
        origin: session
            .origin
            .unwrap_or_else(|| authority.config.issuer.clone()),
        site: site_view(site, &session.action),
        session: session.id,
        session_nonce: session.session_nonce,
        action: session.action,
        level: session.level,
        ask: session.ask,
        rp_nonce: session.rp_nonce,
        bind: session.bind,
        consent_version: session.consent_version,
        ticket: ticket.map(|ticket| TicketReply {
            id: ticket.context.id,
            claimed_id_hash: Nonce::from_bytes(ticket.context.claimed_id_hash),
            level: ticket.context.level,
            consent_version: ticket.context.consent_version,
            issuer: ticket.context.issuer,
            kind: ticket.context.kind,
            at_terminal: ticket.at_terminal,
        }),
        model_sets: authority.sets.ids(authority.now()),
    }
}
