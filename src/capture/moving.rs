//! Capturing while the resident follows a movement challenge: a track of every frame, keyframes where the head is in
//! the middle.

use nod_protocol::challenge::{Challenge, LONGEST_GAP_MILLIS};
use nod_protocol::payload::BadEmbedding;

use super::{Captured, Glance, Keyframe, SPACING_MILLIS, by_set};
use crate::detect::Face;
use crate::landmarks::Landmarks;
use crate::liveness::{Cue, Full, Guide, Noticed, Recorder};

/// Keyframes before the first movement; after each movement comes one more.
const AT_REST: usize = 2;

/// Milliseconds without a face, a little less than the authority allows.
const LONGEST_GAP: u64 = LONGEST_GAP_MILLIS as u64 - 100;

/// Following a challenge.
pub struct Moving {
    challenge: Challenge,
    guide: Guide,
    recorder: Recorder,
    taken: Vec<Keyframe>,
    last_taken: Option<u64>,
    /// Keyframes are of frames that are in the track, so that both can be held against each other.
    evidence: bool,
}

/// Where [`Moving`] leads.
pub enum MovedOn {
    /// More movements to come.
    Moving(Moving),
    /// All made.
    Captured(Captured),
}

impl Moving {
    /// `landmark_model` names the net and the crop that the track's landmarks come from; with `evidence`, keyframes
    /// are of the track's frames only.
    pub(super) fn begin(challenge: Challenge, landmark_model: String, evidence: bool) -> Self {
        Self {
            guide: Guide::new(challenge.steps.clone()),
            recorder: Recorder::new(landmark_model),
            challenge,
            taken: Vec::new(),
            last_taken: None,
            evidence,
        }
    }

    /// The instruction that stands.
    pub fn cue(&self) -> Cue {
        self.guide.cue()
    }

    /// Part of the steps made, 0 to 1.
    pub fn progress(&self) -> f32 {
        self.guide.made() as f32 / self.guide.steps().max(1) as f32
    }

    /// Whether a good frame of the head in the middle would be made a keyframe.
    pub fn wants_keyframe(&self) -> bool {
        self.guide.cue() == Cue::Straight && self.lacks_keyframes()
    }

    /// Takes note of a frame with a face. `embed` makes it a keyframe, if it becomes one; its crop is dated here.
    ///
    /// Fails with [`Full`] when the resident has taken longer than a sealed body has room for.
    pub fn observe<E>(
        &mut self,
        glance: Glance,
        face: &Face,
        landmarks: &Landmarks,
        embed: impl FnOnce() -> Result<Keyframe, E>,
    ) -> Result<Result<(), E>, Full> {
        let Glance { at, good, score } = glance;
        if self.recorder.gap(at) > LONGEST_GAP {
            // Nobody would judge a track with this hole: the resident looked away, or the device was busy.
            self.guide = Guide::new(self.challenge.steps.clone());
            self.begin_again();
        }
        let recorded = self.recorder.record(at, face, landmarks, score)?;
        let may_show = recorded.is_some() || !self.evidence;
        let may_go_on = !self.lacks_keyframes();
        match self.guide.observe(at, landmarks, may_go_on) {
            Noticed::Unrest => self.begin_again(),
            Noticed::Middle if good && may_show && self.lacks_keyframes() && self.is_time(at) => {
                match embed() {
                    Ok(mut keyframe) => {
                        if let Some(crop) = &mut keyframe.crop {
                            crop.millis = recorded;
                        }
                        self.taken.push(keyframe);
                    }
                    Err(error) => return Ok(Err(error)),
                }
                self.last_taken = Some(at);
            }
            Noticed::Middle | Noticed::Nothing => {}
        }
        Ok(Ok(()))
    }

    /// Moves on when all movements are made.
    ///
    /// Fails when the keyframes cannot be fused because they have nothing in common; the capture is lost then.
    pub fn advance(self) -> Result<MovedOn, BadEmbedding> {
        if !self.guide.is_done() {
            return Ok(MovedOn::Moving(self));
        }
        Ok(MovedOn::Captured(Captured {
            challenge: self.challenge,
            sets: by_set(self.taken)?,
            track: Some(self.recorder.into_track()),
        }))
    }

    fn lacks_keyframes(&self) -> bool {
        self.taken.len() < AT_REST + self.guide.made()
    }

    fn is_time(&self, at: u64) -> bool {
        self.last_taken
            .is_none_or(|last| at >= last.saturating_add(SPACING_MILLIS))
    }

    /// The track begins with the head at rest; what was taken before belongs to no track.
    fn begin_again(&mut self) {
        self.recorder.begin_again();
        self.taken.clear();
    }
}

#[cfg(test)]
#[path = "moving/tests.rs"]
mod tests;
