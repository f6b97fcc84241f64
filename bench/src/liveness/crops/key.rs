//! A keyframe with its evidence, and how it is measured.

use anyhow::{Context, Result};
use nod::geometry::{Point, Rect};
use nod::image::{Crop, Frame};
use nod::landmarks::{COUNT, Landmarks};
use nod::pipeline::{Pipeline, Seen};
use nod_protocol::payload::{Embedding, EvidenceCrop, TrackFrame};

/// A keyframe as the widget keeps it.
pub(super) struct Key {
    pub(super) crop: EvidenceCrop,
    pub(super) embedding: Embedding,
    /// The track's frame that it was cut from.
    pub(super) frame: TrackFrame,
}

impl Key {
    /// What the widget keeps of a frame for a site that asks for evidence.
    pub(super) fn of(
        pipeline: &Pipeline,
        frame: &Frame<'_>,
        seen: &Seen,
        millis: f64,
    ) -> Result<Self> {
        let crop = pipeline.align(frame, seen)?.rounded();
        let millis = millis.round() as u32;
        let (bounds, points) = (&seen.face.bounds, seen.landmarks.points());
        Ok(Self {
            embedding: pipeline.embed(&crop)?,
            crop: EvidenceCrop {
                millis: Some(millis),
                side: u16::try_from(crop.width())?,
                rgb: crop.to_rgb8().to_vec(),
            },
            frame: TrackFrame {
                millis,
                face: [bounds.x, bounds.y, bounds.width, bounds.height],
                points: points.iter().flat_map(|p| [p.x, p.y]).collect(),
                quality: seen.quality.score(),
            },
        })
    }
}

/// How far a crop's landmarks are from a frame's, as the examiner measures it.
pub(super) fn residual(
    pipeline: &Pipeline,
    crop: &EvidenceCrop,
    frame: &TrackFrame,
) -> Result<f32> {
    let (pairs, _) = frame.points.as_chunks::<2>();
    let points: [[f32; 2]; COUNT] = pairs.try_into().context("too few landmarks")?;
    let landmarks = Landmarks::from(points.map(|[x, y]| Point::new(x, y)));
    let [x, y, width, height] = frame.face;
    let face = Rect {
        x,
        y,
        width,
        height,
    };
    let again = pipeline.place_again(&picture_of(crop)?, &face, &landmarks)?;
    again
        .and_then(|again| again.residual(&landmarks))
        .context("the landmarks span no face")
}

/// A crop as the networks take it.
pub(super) fn picture_of(crop: &EvidenceCrop) -> Result<Crop> {
    let side = u32::from(crop.side);
    Ok(Crop::from_rgb8(side, side, &crop.rgb)?)
}
