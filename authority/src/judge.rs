//! The authority's policy on a capture: pure functions over what the widget measured.
//!
//! Client-side verdicts are worth nothing (whoever drives the interface writes them), so the widget
//! sends measurements and this file decides. Every check has a name; the log keeps the names of failed
//! checks, never a value. A new check is a function and a line in [`CHECKS`]. Reference photographs have rules
//! of their own ([`failed_portrait_checks`]); no payload passes both.

pub mod crops;
mod keyframes;
pub mod movement;
mod portrait;
mod recent;

use nod_protocol::{
    challenge::{Challenge, Mode},
    payload::{Payload, SetCapture},
};

use self::{
    crops::Crops,
    movement::{Measures, Unreadable, measure},
    recent::Sketched,
};
use crate::{
    model_sets::ModelSet,
    recent::{CaptureDigest, Recent},
};

pub use keyframes::MIN_KEYFRAMES;
pub use portrait::failed_portrait_checks;
pub use recent::digest;

/// What the judge looks at.
pub struct Evidence<'a> {
    /// The opened payload.
    pub payload: &'a Payload,
    /// The challenge, as the authority stored it.
    pub challenge: &'a Challenge,
    /// Seconds from drawing the challenge to the beginning of the request that brings the body, by the authority's clock.
    pub seconds: u64,
    /// Whether the passcode in the payload is the resident's, or a device key of theirs has signed; for enrolment, whether the
    /// passcode may become theirs.
    pub second_factor_is_good: bool,
    /// The live model sets.
    pub sets: &'a [ModelSet],
    /// What was accepted lately of whom the payload claims to be. `None` where there is nothing to hold against: at an
    /// enrolment, and of a still capture, which has no track and counts with its second factor.
    pub recent: Option<&'a Recent>,
    /// What became of the crops, where the site asks for them.
    pub crops: Crops,
}

/// The evidence with what was measured of it.
struct Case<'a> {
    evidence: &'a Evidence<'a>,
    /// Of the track, if there is one.
    movement: Option<Result<Measures, Unreadable>>,
    /// Sketches of the capture, if there is anything to hold it against.
    sketched: Option<Sketched>,
}

/// What the judge found.
pub struct Verdict {
    /// Which checks failed. Empty means the capture is accepted.
    pub failed: Vec<Check>,
    /// What to remember of the capture, should it be answered with yes; `None` if it was not to be held against recent ones,
    /// or has nothing to be known by.
    pub digest: Option<CaptureDigest>,
}

/// The checks by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// A capture without movement counts only with a second factor.
    StillNeedsSecondFactor,
    /// A still capture has no track, and nothing else has none that can be measured.
    TrackReadable,
    /// The track is of a landmark net that the thresholds were measured with.
    LandmarksKnown,
    /// A frame follows the other as a camera's do.
    FramesOfCamera,
    /// The track is as long as the authority waited.
    TrackTookItsTime,
    /// The head was still before the first movement.
    RestFirst,
    /// The movements of the challenge, all of them, in order, and no others.
    StepsInOrder,
    /// No movement came before its instruction.
    StepsInTime,
    /// A flat picture has no parallax.
    HeadHasDepth,
    /// A rolled picture is foreshortened too much for its parallax.
    HeadForeshortens,
    /// No jump between two films or faces.
    HeadMovesSmoothly,
    /// Landmarks of a camera's pictures are never exactly still.
    LandmarksTremble,
    /// A film that begins again.
    NothingRepeats,
    /// The track is none of the resident's recent ones in a new seal.
    MovementIsNew,
    /// One capture for each live set, and none for any other.
    OneCapturePerLiveSet,
    /// Every embedding has its set's size.
    EmbeddingSizes,
    /// At least [`MIN_KEYFRAMES`] keyframes in each set.
    EnoughKeyframes,
    /// A camera has noise: keyframes that agree to the last bit come from one frozen picture.
    KeyframesDiffer,
    /// No embedding is one of the resident's recent ones.
    EmbeddingsAreNew,
    /// All keyframes are one person.
    KeyframesOnePerson,
    /// The fused embedding is that person too.
    FusedIsThatPerson,
    /// Crops where the site asks for them, of frames of the track, and no crops elsewhere.
    EvidenceAsAsked,
    /// The embeddings were made of the crops.
    CropsMatchEmbeddings,
    /// The crops show the head of the track.
    CropsMatchTrack,
    /// A portrait is one picture.
    PortraitWithoutKeyframes,
    /// A portrait does not move, nor answer a challenge to.
    PortraitWithoutMovement,
    /// Nobody is there to choose a passcode.
    PortraitWithoutPasscode,
    /// Nobody is there with a device.
    PortraitWithoutDevice,
}

type Rule = fn(&Case<'_>) -> bool;

/// The policy on a live capture: all of it must hold.
#[rustfmt::skip]
const CHECKS: [(Check, Rule); 24] = [
    (Check::StillNeedsSecondFactor, |c| c.evidence.challenge.mode != Mode::Still || c.evidence.second_factor_is_good),
    (Check::TrackReadable, |c| c.has_the_track_of_its_mode()),
    (Check::LandmarksKnown, |c| c.moves(Measures::are_of_a_known_net)),
    (Check::FramesOfCamera, |c| c.moves(Measures::are_of_a_camera)),
    (Check::TrackTookItsTime, |c| c.moves(|m| m.took(c.evidence.seconds))),
    (Check::RestFirst, |c| c.moves(Measures::begin_at_rest)),
    (Check::StepsInOrder, |c| c.moves(|m| m.follow(c.evidence.challenge))),
    (Check::StepsInTime, |c| c.moves(|m| m.wait_for(c.evidence.challenge))),
    (Check::HeadHasDepth, |c| c.moves(Measures::have_depth)),
    (Check::HeadForeshortens, |c| c.moves(Measures::foreshorten_as_a_head)),
    (Check::HeadMovesSmoothly, |c| c.moves(Measures::move_like_a_head)),
    (Check::LandmarksTremble, |c| c.moves(Measures::tremble_as_landmarks_do)),
    (Check::NothingRepeats, |c| c.moves(Measures::hardly_repeat)),
    (Check::MovementIsNew, |c| c.moves(|_| c.is_new(Sketched::moves_anew))),
    (Check::OneCapturePerLiveSet, |c| c.one_capture_per_live_set()),
    (Check::EmbeddingSizes, |c| c.each_capture(keyframes::have_sizes_of)),
    (Check::EnoughKeyframes, |c| c.each_capture(|capture, _| keyframes::are_enough(capture))),
    (Check::KeyframesDiffer, |c| c.each_capture(|capture, _| keyframes::differ(capture))),
    (Check::EmbeddingsAreNew, |c| c.is_new(|s, recent| s.has_new_embeddings(c.evidence.payload, recent, c.evidence.sets))),
    (Check::KeyframesOnePerson, |c| c.each_capture(keyframes::are_one_person)),
    (Check::FusedIsThatPerson, |c| c.each_capture(keyframes::fuse_to_that_person)),
    (Check::EvidenceAsAsked, |c| c.evidence.crops.are_as_asked(c.evidence.payload)),
    (Check::CropsMatchEmbeddings, |c| c.evidence.crops.match_embeddings()),
    (Check::CropsMatchTrack, |c| c.evidence.crops.match_track(c.evidence.challenge.mode)),
];

/// Runs every check of a live capture, whatever the others say.
///
/// Finite numbers and unit norm need no check here: [`nod_protocol::payload::Embedding`] cannot be
/// made of anything else.
pub fn judge(evidence: &Evidence<'_>) -> Verdict {
    judged(&CHECKS, evidence)
}

/// The checks of a live capture that failed. Empty means the capture is accepted.
pub fn failed_checks(evidence: &Evidence<'_>) -> Vec<Check> {
    judge(evidence).failed
}

fn judged(checks: &[(Check, Rule)], evidence: &Evidence<'_>) -> Verdict {
    let movement = evidence.payload.track.as_ref().map(measure);
    let measures = movement
        .as_ref()
        .and_then(|measures| measures.as_ref().ok());
    let sketched = evidence
        .recent
        .map(|recent| Sketched::of(evidence.payload, measures, &recent.sketcher));
    let case = Case {
        evidence,
        movement,
        sketched,
    };
    let failed = checks.iter().filter(|(_, holds)| !holds(&case));
    Verdict {
        failed: failed.map(|(check, _)| *check).collect(),
        digest: case.sketched.and_then(Sketched::into_digest),
    }
}

impl Case<'_> {
    fn has_the_track_of_its_mode(&self) -> bool {
        match self.evidence.challenge.mode {
            Mode::Still => self.movement.is_none(),
            Mode::Move => matches!(self.movement, Some(Ok(_))),
        }
    }

    /// Whether a rule of movement holds; where nothing was asked for, it does, and where nothing could be measured, it
    /// does not.
    fn moves(&self, holds: impl Fn(&Measures) -> bool) -> bool {
        match (self.evidence.challenge.mode, &self.movement) {
            (Mode::Still, _) => true,
            (Mode::Move, Some(Ok(measures))) => holds(measures),
            (Mode::Move, _) => false,
        }
    }

    /// Whether a rule against recent captures holds; where there is nothing to hold against, it does.
    fn is_new(&self, holds: impl Fn(&Sketched, &Recent) -> bool) -> bool {
        match (&self.sketched, self.evidence.recent) {
            (Some(sketched), Some(recent)) => holds(sketched, recent),
            _ => true,
        }
    }

    fn one_capture_per_live_set(&self) -> bool {
        let Evidence { payload, sets, .. } = self.evidence;
        payload.captures.len() == sets.len()
            && sets.iter().all(|set| payload.capture(&set.id).is_some())
    }

    /// Whether a rule holds for the capture of every live set; a missing capture fails it.
    fn each_capture(&self, holds: fn(&SetCapture, &ModelSet) -> bool) -> bool {
        let Evidence { payload, sets, .. } = self.evidence;
        sets.iter().all(|set| {
            let capture = payload.capture(&set.id);
            capture.is_some_and(|capture| holds(capture, set))
        })
    }
}

impl Check {
    /// The name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::StillNeedsSecondFactor => "still_needs_second_factor",
            Self::TrackReadable => "track_readable",
            Self::LandmarksKnown => "landmarks_known",
            Self::FramesOfCamera => "frames_of_camera",
            Self::TrackTookItsTime => "track_took_its_time",
            Self::RestFirst => "rest_first",
            Self::StepsInOrder => "steps_in_order",
            Self::StepsInTime => "steps_in_time",
            Self::HeadHasDepth => "head_has_depth",
            Self::HeadForeshortens => "head_foreshortens",
            Self::HeadMovesSmoothly => "head_moves_smoothly",
            Self::LandmarksTremble => "landmarks_tremble",
            Self::NothingRepeats => "nothing_repeats",
            Self::MovementIsNew => "movement_is_new",
            Self::OneCapturePerLiveSet => "one_capture_per_live_set",
            Self::EmbeddingSizes => "embedding_sizes",
            Self::EnoughKeyframes => "enough_keyframes",
            Self::KeyframesDiffer => "keyframes_differ",
            Self::EmbeddingsAreNew => "embeddings_are_new",
            Self::KeyframesOnePerson => "keyframes_one_person",
            Self::FusedIsThatPerson => "fused_is_that_person",
            Self::EvidenceAsAsked => "evidence_as_asked",
            Self::CropsMatchEmbeddings => "crops_match_embeddings",
            Self::CropsMatchTrack => "crops_match_track",
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

#[cfg(test)]
#[path = "judge/tests.rs"]
mod tests;
