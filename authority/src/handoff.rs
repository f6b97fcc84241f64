//! Continuing on a phone: offer → open → join, then the ordinary journey on the phone, and the answer to the desk.
//!
//! The session changes hands by changing its name: the desk's is spent in the transaction that makes the phone's, so that one
//! of the two can finish, and only one. What the answer is bound to (page, action, the site's one-time value) stays. Whoever
//! has the link has nothing without the code, and the code cannot be tried often (docs/handoff.md, SECURITY.md).

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::{
    answer,
    codes::Code,
    handoff::{
        CODE_DIGITS, EndRequest, HandoffState, JoinReply, JoinRequest, OfferReply, OfferRequest,
        OpenReply, OpenRequest, Reason, StateReply,
    },
    http::VerifyReply,
    ids::{Nonce, Origin, Purpose, SessionId},
    random::{self, RandomnessUnavailable},
};
use subtle::ConstantTimeEq;

use crate::{
    case::CaseNumber,
    challenge::below,
    clock::UnixSeconds,
    error::Error,
    metrics::Counter,
    qr,
    session::{must_be, site_view},
    state::Authority,
    store::{Handoff, HandoffId, NewHandoff, Session, Side, State},
    vault::TokenKind,
};

/// Seconds from the offer until the code must have been typed.
pub const LIFETIME: u64 = 5 * 60;
/// Codes that may be typed; the last wrong one ends the hand-off.
pub const TRIES: u32 = 3;
/// How often one session may be offered: a resident who begins again, and no machine that guesses.
const OFFERS: u32 = 5;
/// Seconds after the phone's session that its answer may still be on its way.
const GRACE: u64 = 30;

/// In front of each side's secret, so that a request says whose it is.
const DESK: &str = "hd_";
const PHONE: &str = "hp_";

/// The desk offers its session, and is told link and code.
pub async fn offer(authority: &Authority, request: OfferRequest) -> Result<OfferReply, Error> {
    let now = authority.now();
    let host = host_of_link(authority, request.relay.as_ref())?;
    let (handle, desk) = (secret("")?, secret(DESK)?);
    let code = format!("{:0width$}", below(1_000_000)?, width = CODE_DIGITS);
    let vault = authority.store.vault();
    let id = HandoffId(vault.token_hash(TokenKind::HandoffLink, &handle));
    let new = NewHandoff {
        id,
        code: vault.handoff_code(&id.0, &code),
        desk: vault.token_hash(TokenKind::HandoffSecret, &desk),
        offered: request.session.clone(),
        expires_at: now + LIFETIME,
    };
    if !authority.store.offer_handoff(new, OFFERS, now).await? {
        return Err(not_offered(authority, &request.session, now).await);
    }
    authority.metrics.count(Counter::Handoffs, "offered");
    let link = format!("{host}/handoff#{handle}");
    let qr = qr::draw(&link).map_err(|_| Error::Internal("the link is too long for a picture"))?;
    Ok(OfferReply {
        desk,
        link,
        qr,
        code,
        expires_in: LIFETIME,
    })
}

/// Where the phone is led: to the authority, or to the relay that the desk came through, if the operator knows it. A link to
/// any other place would be a link that whoever names it could have phones opened at.
fn host_of_link<'a>(
    authority: &'a Authority,
    relay: Option<&'a Origin>,
) -> Result<&'a Origin, Error> {
    match relay {
        None => Ok(&authority.config.issuer),
        Some(relay) if authority.config.relays.contains(relay) => Ok(relay),
        Some(_) => Err(Error::NotRegisteredFor("relay")),
    }
}

/// A phone opens the link, once, and is told who asks.
pub async fn open(authority: &Authority, request: OpenRequest) -> Result<OpenReply, Error> {
    let now = authority.now();
    let store = &authority.store;
    let hash = |kind, text: &str| store.vault().token_hash(kind, text);
    let id = HandoffId(hash(TokenKind::HandoffLink, &request.handle));
    let phone = secret(PHONE)?;
    let opened = store
        .open_handoff(id, hash(TokenKind::HandoffSecret, &phone), now)
        .await?;
    let handoff = store.handoff(id).await?.ok_or(Error::HandoffUnknown)?;
    if !opened {
        return Err(refusal(&handoff, now));
    }
    let session = offered_session(authority, &handoff).await?;
    let site = authority.site(&session.site_key).await?;
    authority.metrics.count(Counter::Handoffs, "opened");
    Ok(OpenReply {
        phone,
        site: site_view(&site, &session.action),
        origin: session.origin.ok_or(Error::SessionUnknown)?,
        expires_in: handoff.expires_at.saturating_sub(now),
    })
}

/// The phone types the code; with the right one it has the session, and the desk has it no more.
pub async fn join(
    authority: &Authority,
    key: Option<&str>,
    request: JoinRequest,
) -> Result<JoinReply, Error> {
    let now = authority.now();
    let store = &authority.store;
    let (side, handoff) = of_key(authority, key).await?;
    // Counted before it is looked at: however many come at the same moment, no more than these are compared.
    if side != Side::Phone || !store.count_try(handoff.id, TRIES, now).await? {
        return Err(refusal(&handoff, now));
    }
    let typed = store.vault().handoff_code(&handoff.id.0, &request.code);
    if !bool::from(typed.ct_eq(&handoff.code)) {
        return Err(wrong_code(authority, handoff.id).await?);
    }
    let session = SessionId::random()?;
    let nonce = Nonce::random()?;
    if !store.join_handoff(handoff.id, &session, nonce, now).await? {
        // The desk has drawn its challenge meanwhile, or one of the two is over.
        let offered = offered_session(authority, &handoff).await?;
        must_be(&offered, State::Open, now)?;
        return Err(refusal(&handoff, now));
    }
    let joined = store
        .session(&session)
        .await?
        .ok_or(Error::SessionUnknown)?;
    authority.metrics.count(Counter::Handoffs, "joined");
    Ok(JoinReply {
        session,
        sitekey: joined.site_key,
        origin: joined.origin.ok_or(Error::SessionUnknown)?,
    })
}

/// What either side is told while it waits. The answer is for the desk alone.
pub async fn state(authority: &Authority, key: Option<&str>) -> Result<StateReply, Error> {
    let (side, handoff) = of_key(authority, key).await?;
    Ok(told(side, handoff, authority.now()))
}

/// Either side ends the hand-off. What is over stays as it is.
pub async fn end(
    authority: &Authority,
    key: Option<&str>,
    request: EndRequest,
) -> Result<StateReply, Error> {
    let (side, handoff) = of_key(authority, key).await?;
    let why = match (side, request.reason) {
        (Side::Desk, _) => Code::HandoffEnded,
        (Side::Phone, Reason::Cancelled) => Code::UserCancelled,
        (Side::Phone, Reason::Alternative) => Code::UserAlternative,
        (Side::Phone, Reason::Failed) => Code::HandoffFailed,
    };
    if authority.store.end_handoff(handoff.id, why).await? {
        authority.metrics.count(Counter::Handoffs, "ended");
    }
    state(authority, key).await
}

/// Where the answer of a session goes: to whoever sealed the capture, or to the desk that offered the session.
pub async fn deliver(
    authority: &Authority,
    session: &Session,
    token: String,
    case: Option<CaseNumber>,
    now: UnixSeconds,
) -> Result<VerifyReply, Error> {
    let Some(id) = session.handoff else {
        return Ok(VerifyReply {
            token: Some(token),
            case: case.map(|number| number.to_string()),
        });
    };
    let store = &authority.store;
    let until = now + answer::LIFETIME;
    if !store
        .answer_handoff(id, &token, case.as_ref(), until)
        .await?
    {
        return Err(Error::HandoffEnded);
    }
    authority.metrics.count(Counter::Handoffs, "answered");
    // The same for every answer: the phone is not told which it is.
    Ok(VerifyReply {
        token: None,
        case: None,
    })
}

fn told(side: Side, handoff: Handoff, now: UnixSeconds) -> StateReply {
    let mut reply = StateReply {
        state: handoff.state,
        code: handoff.ending,
        token: None,
        case: None,
    };
    if is_over(&handoff, now) {
        reply.state = HandoffState::Ended;
        reply.code = Some(Code::HandoffExpired);
    } else if side == Side::Desk {
        reply.token = handoff.token;
        reply.case = handoff.case.map(|number| number.to_string());
    }
    reply
}

/// Whether its time is over, by itself.
fn is_over(handoff: &Handoff, now: UnixSeconds) -> bool {
    match (handoff.state, handoff.session) {
        (HandoffState::Ended, _) => false,
        (HandoffState::Joined, Some((_, until))) => now >= until + GRACE,
        // The phone's session is long gone.
        (HandoffState::Joined, None) => true,
        (HandoffState::Waiting | HandoffState::Opened | HandoffState::Answered, _) => {
            now >= handoff.expires_at
        }
    }
}

/// Why a hand-off is not to be opened or joined.
fn refusal(handoff: &Handoff, now: UnixSeconds) -> Error {
    match (handoff.state, handoff.ending) {
        (HandoffState::Ended, Some(Code::HandoffRefused)) => Error::HandoffRefused,
        (HandoffState::Ended, _) => Error::HandoffEnded,
        _ if is_over(handoff, now) => Error::HandoffExpired,
        _ => Error::HandoffSpent,
    }
}

/// The last wrong one ends the hand-off for both.
async fn wrong_code(authority: &Authority, id: HandoffId) -> Result<Error, Error> {
    authority.metrics.count(Counter::Handoffs, "wrong_code");
    let store = &authority.store;
    let tries = store.handoff(id).await?.map_or(TRIES, |now| now.tries);
    if tries < TRIES {
        return Ok(Error::HandoffWrongCode);
    }
    store.end_handoff(id, Code::HandoffRefused).await?;
    Ok(Error::HandoffRefused)
}

/// Why a session could not be offered.
async fn not_offered(authority: &Authority, id: &SessionId, now: UnixSeconds) -> Error {
    let session = match authority.store.session(id).await {
        Ok(Some(session)) => session,
        Ok(None) => return Error::SessionUnknown,
        Err(error) => return error.into(),
    };
    let is_own = session.site_key == authority.own_site.site_key;
    if session.purpose != Purpose::Verify || session.handoff.is_some() || is_own {
        return Error::SessionUnknown;
    }
    match must_be(&session, State::Open, now) {
        Err(error) => error,
        Ok(()) => Error::TooManyHandoffs,
    }
}

async fn offered_session(authority: &Authority, handoff: &Handoff) -> Result<Session, Error> {
    let session = authority.store.session(&handoff.offered).await?;
    session.ok_or(Error::SessionUnknown)
}

/// Whose secret this is, and of which hand-off.
async fn of_key(authority: &Authority, key: Option<&str>) -> Result<(Side, Handoff), Error> {
    let key = key.ok_or(Error::HandoffUnknown)?;
    let side = if key.starts_with(DESK) {
        Side::Desk
    } else {
        Side::Phone
    };
    let store = &authority.store;
    let hash = store.vault().token_hash(TokenKind::HandoffSecret, key);
    let handoff = store.handoff_of(side, &hash).await?;
    Ok((side, handoff.ok_or(Error::HandoffUnknown)?))
}

/// 128 random bits behind a prefix.
fn secret(prefix: &str) -> Result<String, RandomnessUnavailable> {
    let bytes = random::bytes::<16>()?;
    Ok(format!(
        "{prefix}{}",
        Base64UrlUnpadded::encode_string(&bytes)
    ))
}
