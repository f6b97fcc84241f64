//! The stages of a capture behind one type, moved on frame by frame.

use nod_protocol::ids::ModelSetId;

use super::Progress;
use crate::capture::{
    Advanced, Asked, Captured, Capturing, Glance, Positioned, Positioning, Ready,
};
use crate::embed::EmbedError;
use crate::failure::Failure;
use crate::image::Frame;
use crate::pipeline::{Pipeline, PipelineError, Seen};

/// Where the capture stands; each variant's type allows only the moves that are right there.
pub(super) enum Stage {
    Positioning(Positioning),
    Ready(Ready),
    Asked(Asked),
    Capturing(Capturing),
    Captured(Captured),
}

impl Stage {
    pub(super) fn start() -> Self {
        Self::Positioning(Positioning::default())
    }

    /// The next stage, and the failure that kept a good frame from counting.
    pub(super) fn observe(
        self,
        pipelines: &[(ModelSetId, Pipeline)],
        frame: &Frame<'_>,
        seen: &[Seen],
        glance: Glance,
    ) -> (Self, Option<Failure>) {
        match self {
            Self::Positioning(stage) => (stage.observe(glance).into(), None),
            Self::Ready(stage) => (stage.observe(glance).into(), None),
            Self::Capturing(mut stage) => {
                let align = || {
                    let each = pipelines.iter().zip(seen);
                    each.map(|((_, pipeline), seen)| pipeline.align(frame, seen))
                        .collect()
                };
                let embed = |crops: Vec<_>| {
                    let each = pipelines.iter().zip(&crops);
                    each.map(|((_, pipeline), crop)| pipeline.embed(crop))
                        .collect()
                };
                match stage.observe(glance, align, embed) {
                    Ok(()) => {}
                    // This face cannot be embedded; the next frame may do.
                    Err(PipelineError::Embed(EmbedError::Align(_) | EmbedError::Embedding(_))) => {}
                    Err(error) => return (Self::Capturing(stage), Some(error.into())),
                }
                match stage.advance() {
                    Ok(Advanced::Capturing(stage)) => (Self::Capturing(stage), None),
                    Ok(Advanced::Captured(stage)) => (Self::Captured(stage), None),
                    Err(error) => (Self::start(), Some(error.into())),
                }
            }
            other => (other, None),
        }
    }

    pub(super) fn progress(&self) -> Progress {
        let (phase, progress) = match self {
            Self::Positioning(_) => ("positioning", 0.0),
            Self::Ready(_) | Self::Asked(_) => ("ready", 0.0),
            Self::Capturing(stage) => ("capturing", stage.progress()),
            Self::Captured(_) => ("captured", 1.0),
        };
        Progress {
            phase,
            hint: None,
            progress,
        }
    }
}

impl From<Positioned> for Stage {
    fn from(positioned: Positioned) -> Self {
        match positioned {
            Positioned::Waiting(stage) => Self::Positioning(stage),
            Positioned::Ready(stage) => Self::Ready(stage),
        }
    }
}
