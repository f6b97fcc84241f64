//! A sealed body, as it went over the wire, sent again for another session.

use anyhow::{Context, Result, ensure};
use nod_protocol::context::SessionContext;
use nod_protocol::envelope::{Header, VERSION};
use nod_protocol::ids::{Action, KeyId, Level, Nonce, Origin, Purpose, SessionId, SiteKey};
use nod_protocol::seal::{SealKeyPair, open, seal};

use super::attempt::{Workshop, challenge};
use crate::random::Random;

/// Whether a genuine session's body opens for a later session of the same site, action and level.
///
/// The replay is given everything that an attacker chooses: the header names the later session. What differs is what
/// the authority stored itself: the session's nonce and challenge.
pub(super) fn replay_opens(workshop: &Workshop, random: &mut Random) -> Result<bool> {
    let earlier = challenge(random);
    let hash = earlier.hash();
    let session = workshop.session(&earlier, random)?;
    let attempt = workshop.attempt(earlier, session.film, session.keyframes, random)?;
    let key = SealKeyPair::generate()?;
    let header = |session| -> Result<Header> {
        Ok(Header {
            version: VERSION,
            session,
            key: KeyId::parse("bench")?,
            model_set: workshop.set.id.clone(),
            build: [0; 32],
        })
    };
    let first = context(hash)?;
    let mut body = seal(
        &key.public_key(),
        header(SessionId::random()?)?,
        &first,
        &attempt.payload,
    )?;
    ensure!(
        open(&key, &body, &first).is_ok(),
        "a genuine body does not open"
    );
    let later = context(challenge(random).hash())?;
    let as_it_was = open(&key, &body, &later).is_ok();
    body.header = header(SessionId::random()?)?;
    Ok(as_it_was || open(&key, &body, &later).is_ok())
}

fn context(challenge: [u8; 32]) -> Result<SessionContext> {
    Ok(SessionContext {
        purpose: Purpose::Verify,
        site_key: SiteKey::parse("pk_court")?,
        origin: Origin::parse("https://court.example.gov").context("origin")?,
        action: Action::parse("efile-submit")?,
        level: Level::Full,
        ask: vec![],
        rp_nonce: None,
        session_nonce: Nonce::random()?,
        bind: None,
        challenge,
        consent_version: "1".into(),
        ticket: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_opens_for_its_own_session_and_no_other() {
        let workshop = Workshop::open("open-1").unwrap();
        // That it opens for its own is ensured inside.
        assert!(!replay_opens(&workshop, &mut Random::seeded(1)).unwrap());
    }
}
