//! Everything that is tried on the judge, by name: genuine people first, then the species of attacks.
//!
//! "Attack species" is ISO/IEC 30107-3's: attacks made in one way, counted by themselves, because a defence may stop all
//! of one and none of another.

use anyhow::Result;
use nod_authority::judge::Check;
use nod_authority::judge::crops::Crops;

use super::attempt::{Attempt, Workshop, challenge, movements};
use super::judge::{failed, measures};
use super::prints::{self, Handling};
use super::{replays, reused, sealed, tampered};
use crate::random::Random;

/// One kind of attempt.
pub(super) struct Species {
    /// As the report has it.
    pub(super) name: &'static str,
    /// What the judge is expected to do.
    pub(super) expected: Expected,
    /// Makes one attempt and has it judged.
    pub(super) attempt: fn(&Workshop, &mut Random) -> Result<Verdict>,
}

/// What the judge is expected to do with a species.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Expected {
    /// To accept all but this part.
    Accept(f64),
    /// To let no more than this part through.
    Refuse(f64),
    /// Nothing: the landmark track cannot tell. Reported all the same.
    Nothing,
}

/// What became of one attempt.
pub(super) struct Verdict {
    /// Names of the checks that it failed; accepted if there are none.
    pub(super) failed: Vec<&'static str>,
    /// What was measured of it, if anything could be.
    pub(super) measures: Option<String>,
}

/// People.
pub(super) const GENUINE: Species = Species {
    name: "genuine",
    expected: Expected::Accept(0.03),
    attempt: |workshop, random| {
        let challenge = challenge(random);
        let session = workshop.session(&challenge, random)?;
        let order = movements(&challenge);
        let mut attempt = workshop.attempt(challenge, session.film, session.keyframes, random)?;
        attempt.recent = Some(reused::earlier(workshop, session.person, order, random)?);
        Ok(judged(workshop, &attempt))
    },
};

macro_rules! species {
    ($name:literal, $expected:expr, $attempt:expr) => {
        Species {
            name: $name,
            expected: $expected,
            attempt: |workshop, random| Ok(judged(workshop, &$attempt(workshop, random)?)),
        }
    };
}

macro_rules! print {
    ($name:literal, $most:literal, $handling:ident) => {
        species!($name, Expected::Refuse($most), |workshop, random| {
            prints::attack(workshop, Handling::$handling, random)
        })
    };
}

/// Attacks.
pub(super) const ATTACKS: [Species; 24] = [
    print!("print, moved", 0.05, Moved),
    print!("print, tilted", 0.05, Tilted),
    print!("print, tilted too far", 0.05, OverTilted),
    print!("print, zoomed", 0.05, Zoomed),
    print!("print, bent (8 to 14 cm)", 0.05, Bent),
    print!("print, bending while turned", 0.05, Bending),
    print!("print, rolled (5 to 9 cm), turned too far", 0.10, Rolled),
    species!("frozen picture", Expected::Refuse(0.05), replays::frozen),
    species!("looped film", Expected::Refuse(0.05), replays::looped),
    species!(
        "film of a session, wrong order",
        Expected::Refuse(0.05),
        replays::wrong_order
    ),
    species!(
        "film of a session, right order by luck",
        Expected::Nothing,
        replays::right_order
    ),
    species!(
        "film cut to follow, live face swap",
        Expected::Nothing,
        replays::follows
    ),
    species!(
        "face swapped halfway",
        Expected::Refuse(0.05),
        tampered::swapped
    ),
    species!("naive splice", Expected::Refuse(0.05), tampered::spliced),
    species!(
        "informed splice",
        Expected::Nothing,
        tampered::spliced_with_knowledge
    ),
    species!("synthetic track", Expected::Nothing, tampered::synthetic),
    species!(
        "synthetic track without noise",
        Expected::Refuse(0.05),
        tampered::noiseless
    ),
    species!("times squeezed", Expected::Refuse(0.05), tampered::squeezed),
    species!(
        "times stretched",
        Expected::Refuse(0.05),
        tampered::stretched
    ),
    species!(
        "old track in a new seal",
        Expected::Refuse(0.05),
        reused::resealed
    ),
    species!(
        "old capture with noise added",
        Expected::Refuse(0.05),
        reused::with_noise
    ),
    species!(
        "old track, new embeddings",
        Expected::Refuse(0.05),
        reused::track_only
    ),
    species!(
        "new track, old embeddings",
        Expected::Refuse(0.05),
        reused::embeddings_only
    ),
    Species {
        name: "payload replay",
        expected: Expected::Refuse(0.0),
        attempt: |workshop, random| {
            let opens = sealed::replay_opens(workshop, random)?;
            let failed = if opens { vec![] } else { vec!["seal_opens"] };
            Ok(Verdict {
                failed,
                measures: None,
            })
        },
    },
];

/// Has an attempt judged, for a site that asks for no evidence.
pub(super) fn judged(workshop: &Workshop, attempt: &Attempt) -> Verdict {
    let failed = failed(attempt, &workshop.set, Crops::Unasked);
    Verdict {
        failed: failed.into_iter().map(Check::name).collect(),
        measures: measures(attempt),
    }
}
