//! The policy on a reference photograph: its own rules, for tickets of kind portrait only.
//!
//! The authority vouches for the photograph by having issued the import key; nothing here says that a person
//! was in front of a camera. A payload with more than the embedding of one photograph (keyframes, movement, a
//! passcode, a device) is a live capture in the wrong place and is refused.

use nod_protocol::challenge::Mode;

use super::{Check, Evidence, Rule, judged, keyframes};

/// All of it must hold.
const CHECKS: [(Check, Rule); 6] = [
    (Check::OneCapturePerLiveSet, |c| {
        c.one_capture_per_live_set()
    }),
    (Check::EmbeddingSizes, |c| {
        c.each_capture(keyframes::have_sizes_of)
    }),
    (Check::PortraitWithoutKeyframes, |c| {
        c.each_capture(|capture, _| capture.keyframes.is_empty())
    }),
    (Check::PortraitWithoutMovement, |c| {
        c.evidence.challenge.mode == Mode::Still && c.evidence.payload.track.is_none()
    }),
    // The rule holds whether or not the caller has taken the passcode out to look at it.
    (Check::PortraitWithoutPasscode, |c| {
        c.evidence.payload.passcode.is_none() && !c.evidence.second_factor_is_good
    }),
    (Check::PortraitWithoutDevice, |c| {
        c.evidence.payload.assertion.is_none()
    }),
];

/// Runs every portrait check and returns those that failed. Empty means the photograph is accepted.
pub fn failed_portrait_checks(evidence: &Evidence<'_>) -> Vec<Check> {
    judged(&CHECKS, evidence).failed
}

#[cfg(test)]
mod tests {
    use nod_protocol::{
        challenge::Challenge,
        ids::{ClaimedId, ModelSetId, Nonce, Passcode},
        payload::{Assertion, Embedding, Payload, SetCapture, Track},
    };

    use super::*;
    use crate::{
        judge::{crops::Crops, failed_checks},
        model_sets::ModelSet,
    };

    fn assertion() -> Assertion {
        Assertion {
            credential: vec![1],
            authenticator_data: vec![2; 37],
            client_data: vec![3],
            signature: vec![4; 8],
        }
    }

    fn capture(id: &str) -> SetCapture {
        SetCapture {
            model_set: ModelSetId::parse(id).unwrap(),
            fused: Embedding::normalised(vec![1.0; 8]).unwrap(),
            keyframes: vec![],
            crops: vec![],
        }
    }

    fn portrait() -> Payload {
        Payload {
            claim: ClaimedId::parse("11010519491231002X").unwrap().into(),
            passcode: None,
            captures: vec![capture("open-1")],
            track: None,
            assertion: None,
        }
    }

    fn judged_by(
        rules: fn(&Evidence<'_>) -> Vec<Check>,
        mode: Mode,
        change: impl FnOnce(&mut Payload),
    ) -> Vec<Check> {
        let mut payload = portrait();
        change(&mut payload);
        let id = ModelSetId::parse("open-1").unwrap();
        let challenge = Challenge {
            nonce: Nonce::from_bytes([1; 32]),
            mode,
            steps: vec![],
        };
        rules(&Evidence {
            second_factor_is_good: payload.passcode.is_some(),
            payload: &payload,
            challenge: &challenge,
            seconds: 1,
            sets: &[ModelSet::new(id, 8, 0.5, 0.6)],
            recent: None,
            crops: Crops::Unasked,
        })
    }

    fn judged(change: impl FnOnce(&mut Payload)) -> Vec<Check> {
        judged_by(failed_portrait_checks, Mode::Still, change)
    }

    #[test]
    fn one_embedding_for_each_live_set_is_accepted() {
        assert_eq!(judged(|_| {}), []);
    }

    #[test]
    fn whatever_belongs_to_a_live_capture_is_refused() {
        let keyframe = Embedding::normalised(vec![1.0; 8]).unwrap();
        assert_eq!(
            judged(|p| p.captures[0].keyframes.push(keyframe)),
            [Check::PortraitWithoutKeyframes]
        );
        assert_eq!(
            judged(|p| p.passcode = Passcode::parse("94730528").ok()),
            [Check::PortraitWithoutPasscode]
        );
        let track = Track {
            landmark_model: "any".into(),
            frames: vec![],
        };
        assert_eq!(
            judged(|p| p.track = Some(track)),
            [Check::PortraitWithoutMovement]
        );
        assert_eq!(
            judged_by(failed_portrait_checks, Mode::Move, |_| {}),
            [Check::PortraitWithoutMovement]
        );
        assert_eq!(
            judged(|p| p.assertion = Some(assertion())),
            [Check::PortraitWithoutDevice]
        );
    }

    #[test]
    fn sets_and_sizes_are_those_of_the_live_sets() {
        assert_eq!(
            judged(|p| p.captures.push(capture("other-1"))),
            [Check::OneCapturePerLiveSet]
        );
        assert!(judged(|p| p.captures.clear()).contains(&Check::OneCapturePerLiveSet));
        let short = Embedding::normalised(vec![1.0; 4]).unwrap();
        assert_eq!(
            judged(|p| p.captures[0].fused = short),
            [Check::EmbeddingSizes]
        );
    }

    #[test]
    fn a_portrait_never_passes_for_a_live_capture() {
        assert_eq!(
            judged_by(failed_checks, Mode::Still, |_| {}),
            [Check::StillNeedsSecondFactor, Check::EnoughKeyframes]
        );
        // Not even with a passcode beside it.
        assert_eq!(
            judged_by(failed_checks, Mode::Still, |p| {
                p.passcode = Passcode::parse("94730528").ok();
            }),
            [Check::EnoughKeyframes]
        );
    }
}
