//! Drawing the challenge: once per session, when the camera is ready and a face is in place.

use nod_protocol::{
    challenge::{Challenge, Mode},
    http::{ChallengeReply, ChallengeRequest},
    ids::{Nonce, SessionId},
};

use crate::{
    error::Error,
    session::must_be,
    state::Authority,
    store::{Session, State},
};

/// Seconds from the challenge to the sealed body, by the authority's clock.
pub const LIFETIME: u64 = 60;

/// Draws the challenge of a session and starts its last minute.
pub async fn draw(
    authority: &Authority,
    id: &SessionId,
    request: ChallengeRequest,
) -> Result<ChallengeReply, Error> {
    let now = authority.now();
    let session = authority
        .store
        .session(id)
        .await?
        .ok_or(Error::SessionUnknown)?;
    must_be(&session, State::Open, now)?;
    may_use(authority, &session, request.mode).await?;
    let challenge = Challenge {
        nonce: Nonce::random()?,
        mode: request.mode,
        steps: vec![],
    };
    let expires_at = now + LIFETIME;
    if !authority
        .store
        .challenge_session(id, &challenge, expires_at, now)
        .await?
    {
        // Another request for the same session was faster.
        return Err(Error::SessionSpent);
    }
    Ok(ChallengeReply {
        challenge,
        expires_in: LIFETIME,
    })
}

/// Whether the site lets residents choose this mode and the authority can judge it.
async fn may_use(authority: &Authority, session: &Session, mode: Mode) -> Result<(), Error> {
    match mode {
        Mode::Move => Err(Error::NotSupported("movement challenges")),
        Mode::Still if authority.site(&session.site_key).await?.still => Ok(()),
        Mode::Still => Err(Error::NotRegisteredFor("still capture")),
    }
}
