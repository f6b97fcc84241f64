//! Between the resident's capture and the operator's decision: sealed, and compared with the photograph that the authority has.

use nod_protocol::{
    context::TicketContext,
    http::EnrolReply,
    ids::{ClaimedId, Level},
};

use super::Portrait;
use crate::{
    clock::UnixSeconds,
    compare::{Comparison, Probe, compare},
    error::Error,
    metrics::Counter,
    state::Authority,
    store::{Held, Resident, Standing, TerminalEnrolment},
    token,
    vault::TokenKind,
};

/// Seconds that the operator has to decide.
const LIFETIME: u64 = 15 * 60;
/// In front of the secret that the phone waits with.
pub(super) const WAITING: &str = "ew_";

/// An accepted capture, about to be held.
pub struct Capture<'a> {
    /// Whose the ticket is.
    pub claimed_id: &'a ClaimedId,
    /// Argon2id hash of the new passcode.
    pub passcode: &'a str,
    /// One embedding for each live model set.
    pub templates: Vec<Probe>,
    /// Keyed hash of the secret that a device key may be bound with once they are enrolled.
    pub registration: Option<[u8; 32]>,
}

/// Keeps an accepted capture for the operator and gives the phone something to wait with.
pub async fn hold(
    authority: &Authority,
    enrolment: &TerminalEnrolment,
    ticket: &TicketContext,
    capture: Capture<'_>,
    now: UnixSeconds,
) -> Result<EnrolReply, Error> {
    let Capture {
        claimed_id,
        passcode,
        templates,
        registration,
    } = capture;
    if !enrolment.phone_is_confirmed {
        return Err(Error::PhoneNotConfirmed);
    }
    let portrait = match authority.store.standing(claimed_id).await? {
        Standing::Enrolled(_) => return Err(Error::AlreadyEnrolled),
        Standing::Unknown => Portrait::None,
        Standing::Portrait(_) => {
            let resident = authority.store.resident(claimed_id).await?;
            match shows_the_same(authority, &resident, &templates, now) {
                true => Portrait::Same,
                false => Portrait::Differs,
            }
        }
    };
    let secret = token::fresh::<16>(WAITING)?;
    let store = &authority.store;
    let held = Held {
        passcode,
        templates: &templates,
        registration,
        portrait,
        waiting: store.vault().token_hash(TokenKind::Waiting, &secret),
        expires_at: now + LIFETIME,
    };
    if !store.hold(&enrolment.id, ticket, &held, now).await? {
        return Err(Error::TicketSpent);
    }
    authority.metrics.count(Counter::Enrolments, "held");
    authority
        .metrics
        .count(Counter::Portraits, portrait.as_str());
    Ok(EnrolReply {
        enrolled: false,
        level: ticket.level,
        waiting: Some(secret.to_string()),
        key_registration: None,
    })
}

/// Whether the capture is of the person on the photograph: as a verification at level light would find.
fn shows_the_same(
    authority: &Authority,
    resident: &Resident,
    captured: &[Probe],
    now: UnixSeconds,
) -> bool {
    authority.sets.live(now).iter().any(|set| {
        let template = resident.templates.iter().find(|it| it.model_set == set.id);
        let probe = captured.iter().find(|it| it.model_set == set.id);
        let (Some(template), Some(probe)) = (template, probe) else {
            return false;
        };
        let live = authority.cohorts.of(&set.id);
        let scale = live.scale(resident.id, template);
        compare(probe, template, set, Level::Light, &scale) == Ok(Comparison::Same)
    })
}
