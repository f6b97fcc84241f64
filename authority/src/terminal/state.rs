//! How far an enrolment has come: for the operator who opened it, and for the phone that waits.

use super::{
    Outcome, decide,
    messages::{Decision, Stage, StateReply, WaitingReply},
};
use crate::{
    clock::UnixSeconds,
    error::Error,
    state::Authority,
    store::{Operator, TerminalEnrolment},
    vault::TokenKind,
};

/// For the operator's page, which asks every other second.
pub(super) async fn of_enrolment(
    authority: &Authority,
    operator: &Operator,
    id: &str,
) -> Result<StateReply, Error> {
    let enrolment = decide::own(authority, operator, id).await?;
    let now = authority.now();
    Ok(StateReply {
        state: stage(&enrolment, now),
        portrait: enrolment.portrait,
        expires_in: enrolment.expires_at.saturating_sub(now),
    })
}

/// For the phone: whether it is enrolled, and nothing of why not.
pub(super) async fn of_phone(
    authority: &Authority,
    bearer: Option<&str>,
) -> Result<WaitingReply, Error> {
    let given = bearer.filter(|token| token.starts_with(super::hold::WAITING));
    let given = given.ok_or(Error::SessionUnknown)?;
    let store = &authority.store;
    let waiting = store.vault().token_hash(TokenKind::Waiting, given);
    let found = store.at_terminal_by_phone(&waiting).await?;
    let enrolment = found.ok_or(Error::SessionUnknown)?;
    let state = match enrolment.outcome {
        Some(outcome) => outcome.into(),
        None if authority.now() >= enrolment.expires_at => Decision::Expired,
        None => Decision::Waiting,
    };
    Ok(WaitingReply { state })
}

fn stage(enrolment: &TerminalEnrolment, now: UnixSeconds) -> Stage {
    match enrolment.outcome {
        Some(Outcome::Issued) => Stage::Issued,
        Some(Outcome::Refused) => Stage::Refused,
        None if now >= enrolment.expires_at => Stage::Expired,
        None if enrolment.portrait.is_some() => Stage::Held,
        None if enrolment.phone_is_confirmed => Stage::Phone,
        None => Stage::Open,
    }
}
