//! Rules on evidence crops: there exactly where the site asks for them, and agreeing with what they are evidence of.
//!
//! The authority cannot look at pictures. What it asks nod-evidence is put together here, and so are the limits on what
//! comes back: with them, a sealed embedding is one of sealed pixels, and those are of the head that the track shows.

use nod_protocol::{
    challenge::{Challenge, Mode},
    evidence::{EvidenceMeasures, EvidenceRequest, Item},
    payload::{EvidenceCrop, Payload, Track, TrackFrame},
};

use crate::model_sets::ModelSet;

/// Cosine similarity of a keyframe's embedding and the one made again of its crop: the same network on the same eight
/// bits, once in a browser and once natively.
pub const LEAST_COSINE: f32 = 0.995;
/// Distance of a crop's landmarks from the track's of the same moment, root mean square, in eye distances.
pub const LARGEST_RESIDUAL: f32 = 0.05;

/// What became of a capture's crops.
#[derive(Clone, Copy)]
pub enum Crops {
    /// The site asks for none, so there must be none.
    Unasked,
    /// The site asks for them, and they are not all there, or not of the frames that they should be of.
    NotAsAsked,
    /// They are as asked, and nothing could be measured of them.
    Unmeasurable,
    /// What nod-evidence measured.
    Measured(EvidenceMeasures),
}

/// What nod-evidence is asked about a capture for a site that wants crops; `None` if they are not as asked: one for
/// each keyframe of the first live set and none for any other set, and after a movement challenge each from a frame of
/// the track, in order of time.
pub fn question<'a>(
    payload: &'a Payload,
    challenge: &Challenge,
    sets: &[ModelSet],
) -> Option<EvidenceRequest<'a>> {
    let first = payload.capture(&sets.first()?.id)?;
    let is_alone = payload
        .captures
        .iter()
        .all(|capture| capture.crops.is_empty() || capture.model_set == first.model_set);
    if first.crops.is_empty() || first.crops.len() != first.keyframes.len() || !is_alone {
        return None;
    }
    let track = match challenge.mode {
        Mode::Still => None,
        Mode::Move => Some(payload.track.as_ref()?),
    };
    let frames = match track {
        Some(track) => frames_of(&first.crops, track)?,
        None => no_frames_of(&first.crops)?,
    };
    let each = first.crops.iter().zip(&first.keyframes).zip(frames);
    Some(EvidenceRequest {
        model_set: &first.model_set,
        landmark_model: track.map(|track| track.landmark_model.as_str()),
        items: each
            .map(|((crop, keyframe), frame)| Item {
                crop,
                keyframe,
                frame,
            })
            .collect(),
    })
}

/// The frames that the crops say they are from; `None` if one is from no frame, or not later than the one before: one look
/// at a face is no evidence for two.
fn frames_of<'a>(crops: &[EvidenceCrop], track: &'a Track) -> Option<Vec<Option<&'a TrackFrame>>> {
    let mut before = None;
    let frame_of = |crop: &EvidenceCrop| {
        let millis = crop.millis.filter(|millis| Some(*millis) > before)?;
        before = Some(millis);
        let mut frames = track.frames.iter();
        frames.find(|frame| frame.millis == millis).map(Some)
    };
    crops.iter().map(frame_of).collect()
}

/// Crops of a still capture are of frames that nothing was recorded of; `None` if one says otherwise.
fn no_frames_of<'a>(crops: &[EvidenceCrop]) -> Option<Vec<Option<&'a TrackFrame>>> {
    let none = |crop: &EvidenceCrop| crop.millis.is_none().then_some(None);
    crops.iter().map(none).collect()
}

impl Crops {
    /// There where the site asks for them, and nowhere else.
    pub(super) fn are_as_asked(&self, payload: &Payload) -> bool {
        match self {
            Self::Unasked => payload.captures.iter().all(|c| c.crops.is_empty()),
            Self::NotAsAsked => false,
            Self::Unmeasurable | Self::Measured(_) => true,
        }
    }

    /// The embeddings were made of these pixels.
    pub(super) fn match_embeddings(&self) -> bool {
        self.measure(|measures| measures.least_cosine >= LEAST_COSINE)
    }

    /// The pixels are of the head that the track shows, at that moment; where nobody was asked to move, there is no track.
    pub(super) fn match_track(&self, mode: Mode) -> bool {
        self.measure(|measures| match (mode, measures.largest_residual) {
            (Mode::Still, _) => true,
            (Mode::Move, residual) => residual.is_some_and(|rms| rms <= LARGEST_RESIDUAL),
        })
    }

    /// Whether a rule on the measures holds; where none were asked for, it does, and where there are none, it does not.
    fn measure(&self, holds: impl Fn(&EvidenceMeasures) -> bool) -> bool {
        match self {
            Self::Unasked => true,
            Self::NotAsAsked | Self::Unmeasurable => false,
            Self::Measured(measures) => holds(measures),
        }
    }
}

#[cfg(test)]
#[path = "crops/tests.rs"]
mod tests;
