//! Operators sign in with a secret of their own, and work with another that ends with their shift.

use nod_protocol::random;

use super::messages::{SignInReply, SignInRequest};
use crate::{
    error::Error,
    state::Authority,
    store::{Operator, SHIFT_IDLE},
    token,
    vault::TokenKind,
};

/// In front of an operator's secret.
const PREFIX: &str = "op_";
/// In front of the secret of a shift.
const SHIFT: &str = "os_";

/// Whether a request is something that the operator does, or that their page does by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Operator,
    Page,
}

/// Begins a shift. The secret has 160 random bits: there is nothing to guess, and so nothing to lock.
pub(super) async fn sign_in(
    authority: &Authority,
    request: SignInRequest,
) -> Result<SignInReply, Error> {
    let secret = zeroize::Zeroizing::new(request.secret);
    let shift = token::fresh::<{ SECRET_BYTES }>(SHIFT)?;
    let store = &authority.store;
    let hash = |kind, text: &str| store.vault().token_hash(kind, text);
    let begun = store
        .begin_shift(
            &hash(TokenKind::OperatorSecret, secret.trim()),
            &hash(TokenKind::Shift, &shift),
            authority.now(),
        )
        .await?;
    let operator = begun.ok_or(Error::NotSignedIn)?;
    Ok(SignInReply {
        shift: shift.to_string(),
        name: operator.name,
        idle: SHIFT_IDLE,
    })
}

/// Bytes of the secrets of operators and shifts.
pub(super) const SECRET_BYTES: usize = 20;

/// Who works with this secret.
pub(super) async fn operator(
    authority: &Authority,
    bearer: Option<&str>,
    by: By,
) -> Result<Operator, Error> {
    let given = bearer.filter(|token| token.starts_with(SHIFT));
    let given = given.ok_or(Error::NotSignedIn)?;
    let store = &authority.store;
    let shift = store.vault().token_hash(TokenKind::Shift, given);
    let found = store
        .operator_at_work(&shift, by == By::Operator, authority.now())
        .await?;
    found.ok_or(Error::NotSignedIn)
}

/// Ends the shift. Whoever is signed out already stays so.
pub(super) async fn sign_out(authority: &Authority, bearer: Option<&str>) -> Result<(), Error> {
    let Some(given) = bearer else {
        return Ok(());
    };
    let store = &authority.store;
    let shift = store.vault().token_hash(TokenKind::Shift, given);
    Ok(store.end_shift(&shift).await?)
}

/// An operator's secret, for the command line to print once.
pub fn new_secret() -> Result<zeroize::Zeroizing<String>, random::RandomnessUnavailable> {
    token::fresh::<{ SECRET_BYTES }>(PREFIX)
}
