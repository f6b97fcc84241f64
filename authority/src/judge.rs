//! The authority's policy on a capture: pure functions over what the widget measured.
//!
//! Client-side verdicts are worth nothing (whoever drives the interface writes them), so the widget
//! sends measurements and this file decides. Every check has a name; the log keeps the names of failed
//! checks, never a value. A new check is a function and a line in [`CHECKS`]. Reference photographs have rules
//! of their own ([`failed_portrait_checks`]); no payload passes both.

mod portrait;

use nod_protocol::{
    challenge::Mode,
    ids::Level,
    payload::{Payload, SetCapture},
};

use crate::{
    compare::{Comparison, same_person},
    model_sets::ModelSet,
};

pub use portrait::failed_portrait_checks;

/// Keyframes that a capture needs per model set.
pub const MIN_KEYFRAMES: usize = 3;

/// What the judge looks at.
pub struct Evidence<'a> {
    /// The opened payload.
    pub payload: &'a Payload,
    /// The challenge's mode, as the authority stored it.
    pub mode: Mode,
    /// Whether the passcode in the payload is the resident's; for enrolment, whether it may become it.
    pub passcode_is_good: bool,
    /// The live model sets.
    pub sets: &'a [ModelSet],
}

/// The checks by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// A capture without movement counts only with a second factor.
    StillNeedsPasscode,
    /// Movement challenges are not judged by this version, so they are never passed.
    MovementNotJudged,
    /// One capture for each live set, and none for any other.
    OneCapturePerLiveSet,
    /// Every embedding has its set's size.
    EmbeddingSizes,
    /// At least [`MIN_KEYFRAMES`] keyframes in each set.
    EnoughKeyframes,
    /// A camera has noise: keyframes that agree to the last bit come from one frozen picture.
    KeyframesDiffer,
    /// All keyframes are one person.
    KeyframesOnePerson,
    /// The fused embedding is that person too.
    FusedIsThatPerson,
    /// A portrait is one picture.
    PortraitWithoutKeyframes,
    /// A portrait does not move, nor answer a challenge to.
    PortraitWithoutMovement,
    /// Nobody is there to choose a passcode.
    PortraitWithoutPasscode,
    /// Nobody is there to bind a device.
    PortraitWithoutDevice,
}

type Rule = fn(&Evidence<'_>) -> bool;

/// The policy on a live capture: all of it must hold.
const CHECKS: [(Check, Rule); 8] = [
    (Check::StillNeedsPasscode, |e| {
        e.mode != Mode::Still || e.passcode_is_good
    }),
    (Check::MovementNotJudged, |e| e.mode != Mode::Move),
    (Check::OneCapturePerLiveSet, one_capture_per_live_set),
    (Check::EmbeddingSizes, |e| each_capture(e, has_sizes_of)),
    (Check::EnoughKeyframes, |e| {
        each_capture(e, |c, _| c.keyframes.len() >= MIN_KEYFRAMES)
    }),
    (Check::KeyframesDiffer, |e| {
        each_capture(e, |c, _| keyframes_differ(c))
    }),
    (Check::KeyframesOnePerson, |e| {
        each_capture(e, keyframes_are_one_person)
    }),
    (Check::FusedIsThatPerson, |e| {
        each_capture(e, fused_is_that_person)
    }),
];

/// Runs every check of a live capture, whatever the others say (the same work for every capture), and
/// returns those that failed. Empty means the capture is accepted.
///
/// Finite numbers and unit norm need no check here: [`nod_protocol::payload::Embedding`] cannot be
/// made of anything else.
pub fn failed_checks(evidence: &Evidence<'_>) -> Vec<Check> {
    failed_of(&CHECKS, evidence)
}

fn failed_of(checks: &[(Check, Rule)], evidence: &Evidence<'_>) -> Vec<Check> {
    checks
        .iter()
        .filter(|(_, holds)| !holds(evidence))
        .map(|(check, _)| *check)
        .collect()
}

impl Check {
    /// The name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::StillNeedsPasscode => "still_needs_passcode",
            Self::MovementNotJudged => "movement_not_judged",
            Self::OneCapturePerLiveSet => "one_capture_per_live_set",
            Self::EmbeddingSizes => "embedding_sizes",
            Self::EnoughKeyframes => "enough_keyframes",
            Self::KeyframesDiffer => "keyframes_differ",
            Self::KeyframesOnePerson => "keyframes_one_person",
            Self::FusedIsThatPerson => "fused_is_that_person",
            Self::PortraitWithoutKeyframes => "portrait_without_keyframes",
            Self::PortraitWithoutMovement => "portrait_without_movement",
            Self::PortraitWithoutPasscode => "portrait_without_passcode",
            Self::PortraitWithoutDevice => "portrait_without_device",
        }
    }
}

/// Names joined for a log line.
pub fn names(checks: &[Check]) -> String {
    checks
        .iter()
        .map(|check| check.name())
        .collect::<Vec<_>>()
        .join(",")
}

fn one_capture_per_live_set(evidence: &Evidence<'_>) -> bool {
    let captures = &evidence.payload.captures;
    captures.len() == evidence.sets.len()
        && evidence
            .sets
            .iter()
            .all(|set| evidence.payload.capture(&set.id).is_some())
}

/// Whether a rule holds for the capture of every live set; a missing capture fails it.
fn each_capture(evidence: &Evidence<'_>, holds: fn(&SetCapture, &ModelSet) -> bool) -> bool {
    evidence.sets.iter().all(|set| {
        evidence
            .payload
            .capture(&set.id)
            .is_some_and(|capture| holds(capture, set))
    })
}

fn has_sizes_of(capture: &SetCapture, set: &ModelSet) -> bool {
    capture
        .keyframes
        .iter()
        .chain([&capture.fused])
        .all(|embedding| embedding.values().len() == set.dimensions)
}

/// No two keyframes are bit-for-bit the same.
fn keyframes_differ(capture: &SetCapture) -> bool {
    pairs(&capture.keyframes).all(|(a, b)| a.values() != b.values())
}

/// The measure of "one person" within a capture is the one between captures: the set's threshold.
fn keyframes_are_one_person(capture: &SetCapture, set: &ModelSet) -> bool {
    pairs(&capture.keyframes)
        .all(|(a, b)| same_person(a, b, set, Level::Full) == Ok(Comparison::Same))
}

fn fused_is_that_person(capture: &SetCapture, set: &ModelSet) -> bool {
    capture.keyframes.iter().all(|keyframe| {
        same_person(&capture.fused, keyframe, set, Level::Full) == Ok(Comparison::Same)
    })
}

fn pairs<T>(items: &[T]) -> impl Iterator<Item = (&T, &T)> {
    items
        .iter()
        .enumerate()
        .flat_map(|(i, a)| items.iter().skip(i + 1).map(move |b| (a, b)))
}

#[cfg(test)]
mod tests {
    use nod_protocol::{
        ids::{ClaimedId, ModelSetId, Passcode},
        payload::Embedding,
    };

    use super::*;

    /// A unit vector near the first axis; `jitter` stands for the noise of a camera.
    fn face(axis: usize, jitter: f32) -> Embedding {
        let mut values = vec![0.01; 8];
        values[axis] = 1.0;
        values[7] += jitter;
        Embedding::normalised(values).unwrap()
    }

    fn capture(id: &str) -> SetCapture {
        SetCapture {
            model_set: ModelSetId::parse(id).unwrap(),
            fused: face(0, 0.0),
            keyframes: vec![face(0, 0.01), face(0, 0.02), face(0, -0.03)],
        }
    }

    fn payload() -> Payload {
        Payload {
            claimed_id: ClaimedId::parse("11010519491231002X").unwrap(),
            passcode: Some(Passcode::parse("94730528").unwrap()),
            captures: vec![capture("open-1")],
            track: None,
            device: None,
        }
    }

    fn judged(change: impl FnOnce(&mut Payload)) -> Vec<Check> {
        let mut payload = payload();
        change(&mut payload);
        judged_as(&payload, Mode::Still, true)
    }

    fn judged_as(payload: &Payload, mode: Mode, passcode_is_good: bool) -> Vec<Check> {
        let sets = [ModelSet::new(
            ModelSetId::parse("open-1").unwrap(),
            8,
            0.5,
            0.6,
        )];
        failed_checks(&Evidence {
            payload,
            mode,
            passcode_is_good,
            sets: &sets,
        })
    }

    #[test]
    fn a_plain_still_capture_is_accepted() {
        assert_eq!(judged(|_| {}), []);
    }

    #[test]
    fn still_without_the_right_passcode_is_refused_and_movement_too() {
        assert_eq!(
            judged_as(&payload(), Mode::Still, false),
            [Check::StillNeedsPasscode]
        );
        assert_eq!(
            judged_as(&payload(), Mode::Move, true),
            [Check::MovementNotJudged]
        );
    }

    #[test]
    fn captures_must_be_those_of_the_live_sets() {
        let missing = judged(|p| p.captures[0].model_set = ModelSetId::parse("other-1").unwrap());
        assert!(missing.contains(&Check::OneCapturePerLiveSet));
        assert!(missing.contains(&Check::EnoughKeyframes));
        assert_eq!(
            judged(|p| p.captures.push(capture("other-1"))),
            [Check::OneCapturePerLiveSet]
        );
        assert_eq!(
            judged(|p| p.captures.push(capture("open-1"))),
            [Check::OneCapturePerLiveSet]
        );
    }

    #[test]
    fn sizes_and_numbers_of_keyframes_count() {
        let short = || Embedding::normalised(vec![1.0; 4]).unwrap();
        assert!(judged(|p| p.captures[0].fused = short()).contains(&Check::EmbeddingSizes));
        assert!(judged(|p| p.captures[0].keyframes[1] = short()).contains(&Check::EmbeddingSizes));
        assert_eq!(
            judged(|p| p.captures[0].keyframes.truncate(2)),
            [Check::EnoughKeyframes]
        );
    }

    #[test]
    fn a_frozen_picture_has_no_noise() {
        assert_eq!(
            judged(|p| p.captures[0].keyframes = vec![face(0, 0.1), face(0, 0.1), face(0, 0.1)]),
            [Check::KeyframesDiffer]
        );
        assert_eq!(
            judged(|p| p.captures[0].keyframes.push(face(0, 0.01))),
            [Check::KeyframesDiffer],
            "one repeated keyframe is enough"
        );
    }

    #[test]
    fn a_face_swapped_halfway_is_two_people() {
        let swapped = judged(|p| p.captures[0].keyframes[2] = face(3, 0.0));
        assert_eq!(
            swapped,
            [Check::KeyframesOnePerson, Check::FusedIsThatPerson]
        );
        let spliced = judged(|p| p.captures[0].fused = face(3, 0.0));
        assert_eq!(spliced, [Check::FusedIsThatPerson]);
    }

    #[test]
    fn names_are_unique() {
        let all: Vec<&str> = CHECKS.iter().map(|(check, _)| check.name()).collect();
        let mut unique = all.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), all.len());
    }
}
