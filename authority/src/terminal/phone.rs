//! The resident's mobile number, confirmed by a code that is sent there (NIST SP 800-63B §3.1.3: out of band, six digits, good for minutes).
//!
//! Whoever asks holds the session of a terminal's ticket: nobody can have messages sent to numbers without an operator who opened an
//! enrolment, and for each there are three.

use nod_protocol::ids::{Purpose, SessionId};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    PhoneNumber,
    messages::{CodeRequest, DoneReply, PhoneReply, PhoneRequest},
};
use crate::{
    challenge::below,
    error::Error,
    metrics::Counter,
    session::must_be,
    state::Authority,
    store::{State, TerminalEnrolment},
};

/// Seconds that a code is good for.
const LIFETIME: u64 = 5 * 60;
/// Codes that one enrolment may have sent.
const CODES: u32 = 3;
/// How often one code may be typed.
const TRIES: u32 = 3;
/// Digits of a code.
const DIGITS: usize = 6;

/// Sends a code to a number. The message does not name the authority's pages: whoever gets it by mistake can do nothing with it.
pub(super) async fn ask(authority: &Authority, request: PhoneRequest) -> Result<PhoneReply, Error> {
    let now = authority.now();
    let typed = Zeroizing::new(request.number);
    let number = PhoneNumber::parse(&typed).ok_or(Error::NoPhoneNumber)?;
    let enrolment = of_session(authority, &request.session).await?;
    let sender = authority
        .sender
        .as_ref()
        .ok_or(Error::Internal("a terminal without a sender"))?;
    let code = format!("{:0width$}", below(1_000_000)?, width = DIGITS);
    let code = Zeroizing::new(code);
    let store = &authority.store;
    let hash = store.vault().phone_code(enrolment.id.as_str(), &code);
    let kept = store
        .send_code(&enrolment.id, &number, (&hash, now + LIFETIME), CODES, now)
        .await?;
    if !kept {
        return Err(Error::NoMoreCodes);
    }
    let text = Zeroizing::new(format!(
        "{}: your code is {}. Type it yourself and tell nobody.",
        authority.config.name, *code
    ));
    let sent = sender.send(&number, &text).await;
    let counted = if sent.is_ok() { "sent" } else { "not_sent" };
    authority.metrics.count(Counter::PhoneCodes, counted);
    sent?;
    Ok(PhoneReply {
        expires_in: LIFETIME,
        left: CODES.saturating_sub(enrolment.codes + 1),
    })
}

/// Looks at the code that came.
pub(super) async fn confirm(
    authority: &Authority,
    request: CodeRequest,
) -> Result<DoneReply, Error> {
    let now = authority.now();
    let typed = Zeroizing::new(request.code);
    let enrolment = of_session(authority, &request.session).await?;
    if enrolment.phone_is_confirmed {
        return Ok(DoneReply { changed: false });
    }
    let store = &authority.store;
    // Counted before it is looked at: however many come at the same moment, no more than these are compared.
    if !store.count_typed_code(&enrolment.id, TRIES, now).await? {
        return Err(Error::CodeSpent);
    }
    let Some((expected, _)) = enrolment.code else {
        return Err(Error::CodeSpent);
    };
    let given = store
        .vault()
        .phone_code(enrolment.id.as_str(), typed.trim());
    if !bool::from(given.ct_eq(&expected)) {
        authority.metrics.count(Counter::PhoneCodes, "wrong");
        return Err(Error::WrongCode);
    }
    let changed = store.confirm_phone(&enrolment.id, &expected, now).await?;
    authority.metrics.count(Counter::PhoneCodes, "right");
    Ok(DoneReply { changed })
}

/// The enrolment that an open session belongs to.
async fn of_session(authority: &Authority, id: &SessionId) -> Result<TerminalEnrolment, Error> {
    let store = &authority.store;
    let session = store.session(id).await?.ok_or(Error::SessionUnknown)?;
    must_be(&session, State::Open, authority.now())?;
    let ticket = match (session.purpose, session.ticket_id) {
        (Purpose::Enrol, Some(ticket)) => ticket,
        _ => return Err(Error::SessionUnknown),
    };
    let found = store.at_terminal_by_ticket(&ticket).await?;
    found
        .filter(|enrolment| enrolment.outcome.is_none())
        .ok_or(Error::SessionUnknown)
}
