//! What the resident should do now: rest, each step of the challenge until it has gone far enough, back to the middle.

use nod_protocol::challenge::{Movement, STILL_MILLIS, Step};
use nod_protocol::parallax::{Face, NEUTRAL, Pose, Reference};
use serde::Serialize;
use zeroize::Zeroizing;

use super::places;
use crate::landmarks::Landmarks;

/// A movement has gone far enough at these: about sines (14° and 8°), and a factor of size. The authority asks for
/// about three quarters of it.
const TURN: f64 = 0.25;
const LIFT: f64 = 0.14;
const CLOSER: f64 = 1.22;
/// Back in the middle below these.
const TURN_BACK: f64 = 0.10;
const LIFT_BACK: f64 = 0.07;
const CLOSER_BACK: f64 = 1.08;
/// At rest within these, in the frames that everything is measured against.
const TURN_AT_REST: f64 = 0.07;
/// Frames in a row: one set of misplaced landmarks is no movement.
const IN_A_ROW: u32 = 2;
/// Milliseconds of rest beyond the least, so that the authority's first frames are all of them at rest.
const REST_MILLIS: u64 = STILL_MILLIS as u64 + 200;

/// The instruction that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cue {
    /// Look straight ahead.
    Straight,
    /// Turn the head to one's own left.
    TurnLeft,
    /// Turn the head to one's own right.
    TurnRight,
    /// Raise the chin.
    LookUp,
    /// Lower the chin.
    LookDown,
    /// Move towards the camera.
    ComeCloser,
}

/// Follows a resident through the steps of a challenge.
pub struct Guide {
    steps: Vec<Step>,
    phase: Phase,
}

enum Phase {
    /// Resting; the frames so far.
    Rest {
        since: Option<u64>,
        faces: Zeroizing<Vec<Face>>,
    },
    /// A step, or the way back from it.
    Step {
        origin: Box<Origin>,
        index: usize,
        since: u64,
        is_back: bool,
        in_a_row: u32,
    },
    Done,
}

/// The head at rest.
struct Origin {
    reference: Reference,
    rest: Pose,
}

/// What a frame meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// Nothing to do about it.
    Nothing,
    /// The head was not at rest: what was recorded so far is no beginning.
    Unrest,
    /// The head is in the middle: a picture of it is worth a keyframe.
    Middle,
}

impl Guide {
    /// A guide through these steps.
    pub fn new(steps: Vec<Step>) -> Self {
        Self {
            steps,
            phase: Phase::rest(),
        }
    }

    /// The instruction that stands.
    pub fn cue(&self) -> Cue {
        match &self.phase {
            Phase::Step {
                index,
                is_back: false,
                ..
            } => self.steps.get(*index).map_or(Cue::Straight, cue),
            _ => Cue::Straight,
        }
    }

    /// Whether all steps were made.
    pub fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    /// Steps made so far.
    pub fn made(&self) -> usize {
        match &self.phase {
            Phase::Rest { .. } => 0,
            Phase::Step { index, is_back, .. } => index + usize::from(*is_back),
            Phase::Done => self.steps.len(),
        }
    }

    /// How many steps there are.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Takes note of a frame, taken at `at` (milliseconds, any origin).
    ///
    /// `may_go_on` says whether the middle between two steps may be left: the caller may want a picture of it first.
    pub fn observe(&mut self, at: u64, landmarks: &Landmarks, may_go_on: bool) -> Noticed {
        let face = places(landmarks);
        match std::mem::replace(&mut self.phase, Phase::Done) {
            Phase::Rest { since, faces } => self.rest(at, since.unwrap_or(at), faces, face),
            Phase::Step {
                origin,
                index,
                since,
                is_back,
                in_a_row,
            } => {
                let step = self.steps.get(index);
                let there = match (origin.pose(&face), step) {
                    (Some(pose), Some(step)) if !is_back => has_gone(&pose, step.movement),
                    (Some(pose), Some(_)) => is_middle(&pose),
                    _ => false,
                };
                let in_a_row = if there { in_a_row + 1 } else { 0 };
                let stands = step.map_or(0, |step| u64::from(step.millis));
                let is_over = is_back || at.saturating_sub(since) >= stands;
                let goes_on = in_a_row >= IN_A_ROW && is_over && (!is_back || may_go_on);
                self.phase = match (goes_on, is_back) {
                    (true, true) if index + 1 == self.steps.len() => Phase::Done,
                    (true, _) => Phase::Step {
                        origin,
                        index: index + usize::from(is_back),
                        since: at,
                        is_back: !is_back,
                        in_a_row: 0,
                    },
                    (false, _) => Phase::Step {
                        origin,
                        index,
                        since,
                        is_back,
                        in_a_row,
                    },
                };
                if is_back && there {
                    Noticed::Middle
                } else {
                    Noticed::Nothing
                }
            }
            Phase::Done => Noticed::Nothing,
        }
    }

    fn rest(
        &mut self,
        at: u64,
        since: u64,
        mut faces: Zeroizing<Vec<Face>>,
        face: Face,
    ) -> Noticed {
        faces.push(face);
        let is_long = faces.len() > NEUTRAL && at.saturating_sub(since) >= REST_MILLIS;
        let origin = faces.get(..NEUTRAL).and_then(Origin::of);
        let is_still = origin.as_ref().is_none_or(|origin| {
            faces.iter().all(|face| {
                let pose = origin.pose(face);
                pose.is_some_and(|p| p.turn.abs().max(p.lift.abs()) <= TURN_AT_REST)
            })
        });
        let has_no_face = faces.len() >= NEUTRAL && origin.is_none();
        if !is_still || has_no_face {
            self.phase = Phase::rest();
            return Noticed::Unrest;
        }
        self.phase = match origin {
            Some(_) if self.steps.is_empty() && is_long => Phase::Done,
            Some(origin) if is_long => Phase::Step {
                origin,
                index: 0,
                since: at,
                is_back: false,
                in_a_row: 0,
            },
            _ => Phase::Rest {
                since: Some(since),
                faces,
            },
        };
        Noticed::Middle
    }
}

impl Phase {
    fn rest() -> Self {
        Self::Rest {
            since: None,
            // Room up front: a growing Vec would leave unwiped copies behind.
            faces: Zeroizing::new(Vec::with_capacity(256)),
        }
    }
}

impl Origin {
    fn of(neutral: &[Face]) -> Option<Box<Self>> {
        let reference = Reference::of(neutral).ok()?;
        let mut rest = Pose {
            turn: 0.0,
            lift: 0.0,
            scale: 0.0,
            squeeze: 0.0,
        };
        for face in neutral {
            let pose = reference.pose(face).ok()?;
            rest.turn += pose.turn / neutral.len() as f64;
            rest.lift += pose.lift / neutral.len() as f64;
            rest.scale += pose.scale / neutral.len() as f64;
        }
        Some(Box::new(Self { reference, rest }))
    }

    /// Against the head at rest: scale 1 is its size then.
    fn pose(&self, face: &Face) -> Option<Pose> {
        let pose = self.reference.pose(face).ok()?;
        Some(Pose {
            turn: pose.turn - self.rest.turn,
            lift: pose.lift - self.rest.lift,
            scale: pose.scale / self.rest.scale,
            ..pose
        })
    }
}

fn has_gone(pose: &Pose, movement: Movement) -> bool {
    match movement {
        Movement::TurnLeft => pose.turn >= TURN,
        Movement::TurnRight => pose.turn <= -TURN,
        Movement::LookUp => pose.lift >= LIFT,
        Movement::LookDown => pose.lift <= -LIFT,
        Movement::ComeCloser => pose.scale >= CLOSER,
    }
}

fn is_middle(pose: &Pose) -> bool {
    pose.turn.abs() <= TURN_BACK && pose.lift.abs() <= LIFT_BACK && pose.scale <= CLOSER_BACK
}

fn cue(step: &Step) -> Cue {
    match step.movement {
        Movement::TurnLeft => Cue::TurnLeft,
        Movement::TurnRight => Cue::TurnRight,
        Movement::LookUp => Cue::LookUp,
        Movement::LookDown => Cue::LookDown,
        Movement::ComeCloser => Cue::ComeCloser,
    }
}

#[cfg(test)]
#[path = "guide/tests.rs"]
mod tests;
