//! Drawing the challenge: once per session, when the camera is ready and a face is in place.

use nod_protocol::{
    challenge::{Challenge, Mode, Movement, Step},
    http::{ChallengeReply, ChallengeRequest},
    ids::{Nonce, SessionId},
    random::{self, RandomnessUnavailable},
};

use crate::{
    error::Error,
    evidence,
    session::must_be,
    state::Authority,
    store::{Site, State},
    test_keys,
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
    let test = test_keys::site(authority, &session.site_key, None, Some(&session.action))?;
    let site = match test {
        Some(site) => site,
        None => authority.site(&session.site_key).await?,
    };
    may_use(&site, request.mode)?;
    // Half an hour may have gone by since the session was opened: better now than after the capture.
    evidence::must_be_there_for(authority, &site).await?;
    let challenge = Challenge {
        nonce: Nonce::random()?,
        mode: request.mode,
        steps: match request.mode {
            Mode::Still => vec![],
            Mode::Move => steps()?,
        },
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

/// Whether the site lets residents choose this mode.
fn may_use(site: &Site, mode: Mode) -> Result<(), Error> {
    match mode {
        Mode::Move => Ok(()),
        Mode::Still if site.still => Ok(()),
        Mode::Still => Err(Error::NotRegisteredFor("still capture")),
    }
}

/// Milliseconds that an instruction stands at least.
const SHORTEST: u32 = 1_600;
const LONGEST: u32 = 2_600;

/// Left, right, up and down in random order, in half of all challenges with coming closer somewhere among them, each
/// for a random time: 144 orders. Both directions of both axes, because parallax is judged on both.
fn steps() -> Result<Vec<Step>, RandomnessUnavailable> {
    let mut movements = vec![
        Movement::TurnLeft,
        Movement::TurnRight,
        Movement::LookUp,
        Movement::LookDown,
    ];
    if below(2)? == 1 {
        movements.push(Movement::ComeCloser);
    }
    // Fisher and Yates, from the end.
    for last in (1..movements.len() as u32).rev() {
        movements.swap(last as usize, below(last + 1)? as usize);
    }
    let timed = movements.into_iter().map(|movement| {
        let millis = SHORTEST + below(LONGEST - SHORTEST + 1)?;
        Ok(Step { movement, millis })
    });
    timed.collect()
}

/// A uniform number below `count`: what would favour the smaller ones is drawn again.
pub fn below(count: u32) -> Result<u32, RandomnessUnavailable> {
    let fair = u32::MAX - u32::MAX % count;
    loop {
        let drawn = u32::from_le_bytes(random::bytes()?);
        if drawn < fair {
            return Ok(drawn % count);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_challenge_turns_both_ways_on_both_axes_in_any_order() {
        let mut orders = HashSet::new();
        for _ in 0..4_000 {
            let steps = steps().unwrap();
            let mut names: Vec<_> = steps.iter().map(|step| step.movement.as_str()).collect();
            assert!(
                steps
                    .iter()
                    .all(|s| (SHORTEST..=LONGEST).contains(&s.millis))
            );
            orders.insert(names.clone());
            names.sort_unstable();
            let closer: &[&str] = if steps.len() == 5 {
                &["come_closer"]
            } else {
                &[]
            };
            let others = ["look_down", "look_up", "turn_left", "turn_right"];
            assert_eq!(names, [closer, &others].concat());
        }
        // 24 orders of four and 120 of five. That one of 120 is missing after about 2,000 draws: 1 in 100,000.
        assert_eq!(orders.len(), 24 + 120);
    }

    #[test]
    fn below_is_uniform() {
        let mut counts = [0_u32; 3];
        for _ in 0..30_000 {
            counts[below(3).unwrap() as usize] += 1;
        }
        // Six standard deviations of 82.
        assert!(
            counts.iter().all(|count| count.abs_diff(10_000) < 500),
            "{counts:?}"
        );
    }
}
