//! The authority's judge over one attempt: the only place that knows how it is called.

use nod_authority::judge::crops::Crops;
use nod_authority::judge::movement::measure;
use nod_authority::judge::{Check, Evidence, failed_checks};
use nod_authority::model_sets::ModelSet;

use super::attempt::Attempt;

/// Which checks the attempt fails; it passes when there are none. A movement challenge counts without a passcode. `crops` is
/// what was measured of its crops, where the site asks for them.
pub(super) fn failed(attempt: &Attempt, set: &ModelSet, crops: Crops) -> Vec<Check> {
    failed_checks(&Evidence {
        payload: &attempt.payload,
        challenge: &attempt.challenge,
        seconds: attempt.seconds,
        second_factor_is_good: false,
        sets: std::slice::from_ref(set),
        recent: attempt.recent.as_ref(),
        crops,
    })
}

/// Names of the columns of [`measures`].
pub(super) const COLUMNS: &str = "turn,turn_foreshortening,lift,lift_foreshortening,tremble,unrest,speed,frames_per_second,duration,seconds";

/// What the judge measured, for calibration: comma-separated; nothing of a track that cannot be measured.
pub(super) fn measures(attempt: &Attempt) -> Option<String> {
    let m = measure(attempt.payload.track.as_ref()?).ok()?;
    Some(format!(
        "{:.4},{:.4},{:.4},{:.4},{:.5},{:.4},{:.3},{:.2},{},{}",
        m.turn.parallax,
        m.turn.foreshortening,
        m.lift.parallax,
        m.lift.foreshortening,
        m.tremble,
        m.unrest,
        m.speed,
        m.frames_per_second,
        m.duration,
        attempt.seconds
    ))
}

#[cfg(test)]
mod tests {
    use super::super::attempt::{Workshop, challenge};
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_person_has_depth_and_what_is_missing_is_named() {
        let workshop = Workshop::open("open-1").unwrap();
        let mut random = Random::seeded(3);
        let challenge = challenge(&mut random);
        let session = workshop.session(&challenge, &mut random).unwrap();
        let mut attempt = workshop
            .attempt(challenge, session.film, session.keyframes, &mut random)
            .unwrap();
        let failed_names = |attempt: &Attempt| -> Vec<_> {
            let failed = failed(attempt, &workshop.set, Crops::Unasked);
            failed.into_iter().map(Check::name).collect()
        };
        assert!(!failed_names(&attempt).contains(&"head_has_depth"));
        let columns = COLUMNS.split(',').count();
        assert_eq!(measures(&attempt).unwrap().split(',').count(), columns);
        attempt.payload.track = None;
        assert!(failed_names(&attempt).contains(&"track_readable"));
        assert!(measures(&attempt).is_none());
    }
}
