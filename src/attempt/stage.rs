//! The stages of a capture behind one type, moved on frame by frame.

use nod_protocol::challenge::{Challenge, Mode};
use nod_protocol::codes::Code;
use nod_protocol::ids::ModelSetId;
use nod_protocol::payload::EvidenceCrop;

use super::Progress;
use crate::capture::{
    Advanced, Asked, Captured, Capturing, Glance, Keyframe, MovedOn, Moving, Positioned,
    Positioning, Ready,
};
use crate::embed::EmbedError;
use crate::failure::Failure;
use crate::image::{Crop, Frame};
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
    /// Still or moving, as the challenge says; with `evidence`, crops are kept.
    pub(super) fn begin(
        asked: Asked,
        challenge: Challenge,
        pipelines: &[(ModelSetId, Pipeline)],
        evidence: bool,
    ) -> Self {
        let first = pipelines.first().map(|(_, pipeline)| pipeline);
        match (challenge.mode, first) {
            (Mode::Move, Some(pipeline)) => {
                let model = pipeline.landmark_model().to_owned();
                Self::Moving(asked.move_along(challenge, model, evidence))
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

    /// Whether a face may be followed in place of being detected: only while nothing that it shows is kept.
    pub(super) fn may_follow(&self) -> bool {
        matches!(self, Self::Positioning(_))
    }

    pub(super) fn start() -> Self {
        Self::Positioning(Positioning::default())
    }

    /// The next stage, and the failure that kept a good frame from counting. With `evidence`, keyframes keep what the
    /// first model set saw.
    pub(super) fn observe(
        self,
        pipelines: &[(ModelSetId, Pipeline)],
        frame: &Frame<'_>,
        seen: &[Seen],
        glance: Glance,
        evidence: bool,
    ) -> (Self, Option<Failure>) {
        match self {
            Self::Positioning(stage) => (stage.observe(glance).into(), None),
            Self::Ready(stage) => (stage.observe(glance).into(), None),
            Self::Capturing(mut stage) => {
                let align = || aligned(pipelines, frame, seen);
                let embed = |crops| embedded(pipelines, crops, evidence);
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
            Self::Moving(stage) => moved(stage, pipelines, frame, seen, glance, evidence),
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
    evidence: bool,
) -> (Stage, Option<Failure>) {
    let Some(first) = seen.first() else {
        return (Stage::Moving(stage), None);
    };
    let embed = || embedded(pipelines, aligned(pipelines, frame, seen)?, evidence);
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

/// What each model set's embedder is to see of a frame.
fn aligned(
    pipelines: &[(ModelSetId, Pipeline)],
    frame: &Frame<'_>,
    seen: &[Seen],
) -> Result<Vec<Crop>, PipelineError> {
    let each = pipelines.iter().zip(seen);
    each.map(|((_, pipeline), seen)| pipeline.align(frame, seen))
        .collect()
}

/// The crops of a frame as a keyframe.
fn embedded(
    pipelines: &[(ModelSetId, Pipeline)],
    mut crops: Vec<Crop>,
    evidence: bool,
) -> Result<Keyframe, PipelineError> {
    let mut kept = None;
    if let (true, Some(first)) = (evidence, crops.first_mut()) {
        // What is embedded is what travels, to the last bit: the authority has it embedded again.
        *first = first.rounded();
        kept = Some(EvidenceCrop {
            millis: None,
            side: first.width() as u16,
            rgb: std::mem::take(&mut *first.to_rgb8()),
        });
    }
    let each = pipelines.iter().zip(&crops);
    let embeddings = each.map(|((_, pipeline), crop)| pipeline.embed(crop));
    Ok(Keyframe {
        embeddings: embeddings.collect::<Result<_, _>>()?,
        crop: kept,
    })
}

impl From<Positioned> for Stage {
    fn from(positioned: Positioned) -> Self {
        match positioned {
            Positioned::Waiting(stage) => Self::Positioning(stage),
            Positioned::Ready(stage) => Self::Ready(stage),
        }
    }
}
