//! The camera of an attempt.

use nod::attempt::{Attempt, Progress};
use nod::failure::Failure;

use crate::support::Picture;

/// A camera that shows a picture, each frame a little brighter or darker than the one before.
pub(crate) struct Camera {
    pub(crate) frames: Vec<Picture>,
    pub(crate) at: u64,
}

impl Camera {
    pub(crate) fn showing(picture: &Picture) -> Self {
        let frames = [-2.0, 0.0, 2.0].map(|d| picture.map(|v| v + d)).into();
        Self { frames, at: 1000 }
    }

    pub(crate) fn look(&mut self, attempt: &mut Attempt) -> Result<Progress, Failure> {
        let frame = &self.frames[self.at as usize / 125 % self.frames.len()];
        self.at += 125;
        attempt.look(&frame.frame(), self.at)
    }

    /// Looks until the phase is reached; panics when it takes unreasonably many frames.
    pub(crate) fn until(&mut self, attempt: &mut Attempt, phase: &str) {
        for _ in 0..12 {
            if self.look(attempt).unwrap().phase == phase {
                return;
            }
        }
        panic!("never {phase}");
    }
}
