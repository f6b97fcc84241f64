//! The steps put together for one model set: frame → look (face, points, quality, hint) → aligned crop →
//! embedding.

use std::collections::HashMap;

use nod_protocol::codes::Code;
use nod_protocol::payload::Embedding;
use thiserror::Error;

use crate::detect::{Detector, DetectorKind, Face, FivePoints};
use crate::embed::{EmbedError, Embedder};
use crate::follow;
use crate::geometry::{Point, Rect};
use crate::image::{Crop, Frame};
use crate::landmarks::{LandmarkNet, Landmarks};
use crate::manifest::{Manifest, ManifestError, PointSource};
use crate::model::{ModelError, Net};
use crate::quality::{self, Quality};

/// Networks by name, loaded and waiting to be put together.
#[derive(Default)]
pub struct Models(HashMap<String, Net>);

impl Models {
    /// Checks the file against the manifest's hash and prepares it.
    pub fn load(
        &mut self,
        manifest: &Manifest,
        name: &str,
        plan: &[u8],
    ) -> Result<(), PipelineError> {
        let file = manifest.model(name)?;
        let net = Net::load(name, plan, &file.sha256, file.input.clone())?;
        self.0.insert(name.to_owned(), net);
        Ok(())
    }

    fn get(&self, name: &str) -> Result<Net, ModelError> {
        self.0
            .get(name)
            .cloned()
            .ok_or_else(|| ModelError::Missing {
                name: name.to_owned(),
            })
    }
}

/// A model set, ready to look at frames.
pub struct Pipeline {
    detector: Detector,
    landmarks: LandmarkNet,
    embedder: Embedder,
    points: PointSource,
    landmark_model: String,
}

/// What one frame shows.
pub struct Look {
    /// The face that counts, if there is one.
    pub seen: Option<Seen>,
    /// What to change first; nothing when the frame is good.
    pub hint: Option<Code>,
}

/// The face that counts.
pub struct Seen {
    /// As detected.
    pub face: Face,
    /// For the liveness track, and for alignment in sets whose detector gives no points.
    pub landmarks: Landmarks,
    /// The points that this set aligns by, as far as one look tells.
    pub points: FivePoints,
    /// How good the frame is.
    pub quality: Quality,
    /// Whether the face was followed from the look before, and not detected.
    pub followed: bool,
}

impl Pipeline {
    /// Puts the named set together from loaded models.
    pub fn assemble(
        manifest: &Manifest,
        set_id: &str,
        models: &Models,
    ) -> Result<Self, PipelineError> {
        let set = manifest.set(set_id)?;
        let kind = DetectorKind::of(&set.detector)?;
        Ok(Self {
            detector: Detector::new(models.get(&set.detector.name)?, kind),
            landmarks: LandmarkNet::new(models.get(&set.landmarks.name)?, set.crop),
            embedder: Embedder::new(models.get(&set.embedder.name)?, &set.embedding),
            points: set.embedding.points,
            landmark_model: format!(
                "{} {} {}",
                set.landmarks.name, set.crop.enlarge, set.crop.shift_down
            ),
        })
    }

    /// Names the landmark net and the crop it looks at: what is measured of landmarks belongs to both.
    pub fn landmark_model(&self) -> &str {
        &self.landmark_model
    }

    /// Finds and judges the face that counts.
    pub fn look(&self, frame: &Frame<'_>) -> Result<Look, PipelineError> {
        let faces = self.detector.detect(frame)?;
        let Some(main) = quality::main_face(frame, &faces) else {
            return Ok(Look {
                seen: None,
                hint: Some(quality::hint_without_face(frame)),
            });
        };
        let landmarks = self.landmarks.place(frame, main)?;
        let quality = quality::measure(frame, &faces, main, &landmarks);
        Ok(self.seen(main.clone(), landmarks, quality, false))
    }

    /// The same for the face that the look before has seen, without a detection where it can be followed ([`crate::follow`]).
    /// Whether anybody else is there is as it was.
    pub fn follow(&self, frame: &Frame<'_>, last: &Seen) -> Result<Look, PipelineError> {
        let Some((face, landmarks)) = follow::place(&self.landmarks, frame, last)? else {
            return self.look(frame);
        };
        let alone = quality::measure(frame, &[], &face, &landmarks);
        let quality = Quality {
            company: last.quality.company,
            ..alone
        };
        Ok(self.seen(face, landmarks, quality, true))
    }

    fn seen(&self, face: Face, landmarks: Landmarks, quality: Quality, followed: bool) -> Look {
        let points = match (self.points, face.points) {
            (PointSource::Detector | PointSource::Consensus, Some(points)) => points,
            _ => landmarks.five(),
        };
        Look {
            hint: quality.hint(),
            seen: Some(Seen {
                face,
                landmarks,
                points,
                quality,
                followed,
            }),
        }
    }

    /// The aligned crop of a seen face: what is kept of a frame until it is embedded.
    pub fn align(&self, frame: &Frame<'_>, seen: &Seen) -> Result<Crop, PipelineError> {
        let points = match self.points {
            PointSource::Consensus => self.consensus(frame, seen)?,
            PointSource::Detector | PointSource::Landmarks68 => seen.points,
        };
        Ok(self
            .embedder
            .align(frame, &points)
            .map_err(EmbedError::from)?)
    }

    /// Three opinions on the five points, averaged: their errors have little to do with each other. Only for
    /// frames that are embedded, because the second opinion costs a detection.
    fn consensus(&self, frame: &Frame<'_>, seen: &Seen) -> Result<FivePoints, PipelineError> {
        let mirrored = self.detector.detect_mirrored(frame)?;
        let same = |face: &&Face| face.bounds.overlap(&seen.face.bounds) > SAME_FACE;
        let second = mirrored.iter().filter(same).find_map(|face| face.points);
        let opinions = [Some(seen.points), second, Some(seen.landmarks.five())];
        Ok(mean(opinions.iter().flatten()).unwrap_or(seen.points))
    }

    /// Pixels of an aligned crop from left to right, and from top to bottom.
    pub fn crop_side(&self) -> usize {
        self.embedder.side()
    }

    /// The landmarks of a seen face once more, with nothing but its aligned crop, in the frame's coordinates. Whether they
    /// agree ([`Landmarks::residual`]) says whether the crop is of the face that the landmarks are of.
    ///
    /// `bounds` is the detected face. Nothing when bounds or landmarks span no face.
    pub fn place_again(
        &self,
        aligned: &Crop,
        bounds: &Rect,
        landmarks: &Landmarks,
    ) -> Result<Option<Landmarks>, PipelineError> {
        let template = self.embedder.template();
        Ok(self
            .landmarks
            .place_again(aligned, template, bounds, landmarks)?)
    }

    /// The embedding of an aligned crop.
    pub fn embed(&self, aligned: &Crop) -> Result<Embedding, PipelineError> {
        Ok(self.embedder.embed(aligned)?)
    }
}

/// Intersection over union from which two detections are one face.
const SAME_FACE: f32 = 0.5;

fn mean<'a>(opinions: impl Iterator<Item = &'a FivePoints>) -> Option<FivePoints> {
    let mut count = 0.0;
    let mut sums = FivePoints::default();
    for points in opinions {
        count += 1.0;
        for (sum, point) in sums.iter_mut().zip(points) {
            *sum = Point::new(sum.x + point.x, sum.y + point.y);
        }
    }
    (count > 0.0).then(|| sums.map(|sum| Point::new(sum.x / count, sum.y / count)))
}

/// Why a frame could not be worked on. Never a matter of what the frame shows: that is a hint.
#[derive(Debug, Error)]
pub enum PipelineError {
    /// The manifest does not have what was asked for.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A network is missing, wrong or broken.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// No embedding came out.
    #[error(transparent)]
    Embed(#[from] EmbedError),
}
