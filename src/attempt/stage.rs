//! The stages of a capture behind one type, moved on frame by frame.

use nod_protocol::challenge::{Challenge, Mode};
use nod_protocol::codes::Code;
use nod_protocol::ids::ModelSetId;

use super::Progress;
use crate::capture::{
    Advanced, Asked, Captured, Capturing, Glance, MovedOn, Moving, Positioned, Positioning, Ready,
};
use crate::embed::EmbedError;
use crate::failure::Failure;
use crate::image::Frame;
use crate::liveness::Full;
use crate::pipeline::{Pipeline, PipelineError, Seen};

/// Where the capture stands; each variant's type allows only the moves that are right there.
pub(super) enum Stage {
    Positioning(Positioning),
    Ready(Ready),
    Asked(Asked),
    Capturing(Capturing),
    Moving(Moving),
    Captured(Captured),
}

impl Stage {
    /// Still or moving, as the challenge says.
    pub(super) fn begin(
        asked: Asked,
        challenge: Challenge,
        pipelines: &[(ModelSetId, Pipeline)],
    ) -> Self {
        let first = pipelines.first().map(|(_, pipeline)| pipeline);
        match (challenge.mode, first) {
            (Mode::Move, Some(pipeline)) => {
                let model = pipeline.landmark_model().to_owned();
                Self::Moving(asked.move_along(challenge, model))
            }
            _ => Self::Capturing(asked.begin(challenge)),
        }
    }

    /// Whether the next frame may become a keyframe, which every model set has to see.
    pub(super) fn takes_keyframes(&self) -> bool {
        match self {
            Self::Capturing(_) => true,
            Self::Moving(stage) => stage.wants_keyframe(),
            _ => false,
        }
    }

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
            Self::Moving(stage) => moved(stage, pipelines, frame, seen, glance),
            other => (other, None),
        }
    }

    pub(super) fn progress(&self) -> Progress {
        let (phase, progress, cue) = match self {
            Self::Positioning(_) => ("positioning", 0.0, None),
            Self::Ready(_) | Self::Asked(_) => ("ready", 0.0, None),
            Self::Capturing(stage) => ("capturing", stage.progress(), None),
            Self::Moving(stage) => ("capturing", stage.progress(), Some(stage.cue())),
            Self::Captured(_) => ("captured", 1.0, None),
        };
        Progress {
            phase,
            hint: None,
            progress,
            cue,
        }
    }
}

/// A frame of somebody who follows a movement challenge.
fn moved(
    mut stage: Moving,
    pipelines: &[(ModelSetId, Pipeline)],
    frame: &Frame<'_>,
    seen: &[Seen],
    glance: Glance,
) -> (Stage, Option<Failure>) {
    let Some(first) = seen.first() else {
        return (Stage::Moving(stage), None);
    };
    let embed = || {
        let each = pipelines.iter().zip(seen);
        each.map(|((_, pipeline), seen)| pipeline.embed(&pipeline.align(frame, seen)?))
            .collect()
    };
    match stage.observe(glance, &first.face, &first.landmarks, embed) {
        Ok(Ok(())) => {}
        // This face cannot be embedded; the next frame may do.
        Ok(Err(PipelineError::Embed(EmbedError::Align(_) | EmbedError::Embedding(_)))) => {}
        Ok(Err(error)) => return (Stage::Moving(stage), Some(error.into())),
        // The resident has taken longer than a track may be.
        Err(Full) => return (Stage::start(), Some(Code::SessionExpired.into())),
    }
    match stage.advance() {
        Ok(MovedOn::Moving(stage)) => (Stage::Moving(stage), None),
        Ok(MovedOn::Captured(stage)) => (Stage::Captured(stage), None),
        Err(error) => (Stage::start(), Some(error.into())),
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
