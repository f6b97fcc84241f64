//! Frame → faces: the detector of a model set, with the frame letterboxed into its input and the results
//! brought back into the frame.

pub mod tiny_face;
pub mod yunet;

use crate::geometry::{Point, Rect};
use crate::image::{Crop, Frame};
use crate::manifest::{ManifestError, ModelFile};
use crate::model::{ModelError, Net};
use crate::resample::resample;

/// The five points that alignment works with, in frame coordinates, always in this order: the eye on the left
/// of the image, the eye on its right, nose tip, mouth corner on the left, mouth corner on the right.
pub type FivePoints = [Point; 5];

/// A face found in a frame.
#[derive(Clone)]
pub struct Face {
    /// Forehead to chin, in frame pixels; may reach over the frame's edge.
    pub bounds: Rect,
    /// How sure the detector is, 0 to 1.
    pub score: f32,
    /// From detectors that place them.
    pub points: Option<FivePoints>,
}

/// How a detector's raw outputs become faces in the coordinates of its input square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetectorKind {
    /// YuNet: anchor-free, with five points.
    YuNet,
    /// The tiny face detector of face-api: five anchors a cell, no points.
    TinyFace,
}

/// A loaded face detector.
pub struct Detector {
    net: Net,
    kind: DetectorKind,
}

impl DetectorKind {
    /// The kind that the manifest names.
    pub fn of(file: &ModelFile) -> Result<Self, ManifestError> {
        match file.kind.as_str() {
            "yunet" => Ok(Self::YuNet),
            "tiny-face" => Ok(Self::TinyFace),
            other => Err(ManifestError::UnknownDetector(other.to_owned())),
        }
    }

    /// The least certain face reported, 0 to 1. YuNet's is its publisher's. The tiny detector's publisher
    /// says 0.5, which misses 4 % of the faces of LFW's View 1; 0.3 misses 0.7 %.
    fn min_score(self) -> f32 {
        match self {
            Self::YuNet => 0.6,
            Self::TinyFace => 0.3,
        }
    }

    /// Of two boxes that overlap by more (intersection over union), only the more certain one is a face.
    fn max_overlap(self) -> f32 {
        match self {
            Self::YuNet => 0.45,
            Self::TinyFace => 0.4,
        }
    }
}

impl Detector {
    /// A detector whose network is of the given kind.
    pub fn new(net: Net, kind: DetectorKind) -> Self {
        Self { net, kind }
    }

    /// All faces in the frame, the most certain first.
    pub fn detect(&self, frame: &Frame<'_>) -> Result<Vec<Face>, ModelError> {
        let (width, height) = self.net.input_size();
        let letterbox = Letterbox::new(frame, width.min(height));
        let input = resample(frame, &letterbox.region, None, width, height);
        let mut faces = self.find(&input)?;
        faces.iter_mut().for_each(|face| letterbox.undo(face));
        Ok(faces)
    }

    /// The same faces as the detector sees them in the mirrored frame, in the frame's own coordinates and
    /// order of points: a second opinion whose errors to the left and right are opposite.
    pub fn detect_mirrored(&self, frame: &Frame<'_>) -> Result<Vec<Face>, ModelError> {
        let (width, height) = self.net.input_size();
        let letterbox = Letterbox::new(frame, width.min(height));
        let input = resample(frame, &letterbox.region, None, width, height);
        // The part of the input that the frame covers: it is mirrored where it is, at the top left.
        let covered = (frame.width() as f32 / letterbox.scale).round();
        let mut faces = self.find(&input.mirrored(covered as usize))?;
        for face in &mut faces {
            face.mirror(covered);
            letterbox.undo(face);
        }
        Ok(faces)
    }

    /// Faces in the coordinates of the network's input.
    fn find(&self, input: &Crop) -> Result<Vec<Face>, ModelError> {
        let (width, height) = self.net.input_size();
        let outputs = self.net.run(input)?;
        let least = self.kind.min_score();
        let found = match self.kind {
            DetectorKind::YuNet => yunet::decode(&outputs, width, height, least),
            DetectorKind::TinyFace => tiny_face::decode(&outputs, width, least),
        }
        .ok_or_else(|| self.net.unexpected_output())?;
        Ok(suppress(found, self.kind.max_overlap()))
    }
}

impl Face {
    /// From a mirrored picture of this width to the picture itself. Points lie on pixel centres, of which the
    /// first is 0 and the last `width − 1`; the edges of the box lie between pixels.
    fn mirror(&mut self, width: f32) {
        self.bounds.x = width - self.bounds.right();
        if let Some(points) = &mut self.points {
            let [left_eye, right_eye, nose, left_mouth, right_mouth] =
                points.map(|p| Point::new(width - 1.0 - p.x, p.y));
            *points = [right_eye, left_eye, nose, right_mouth, left_mouth];
        }
    }
}

/// The frame reduced into the top left of a square, the rest of the square black.
///
/// A frame that is smaller than the input is not enlarged: that adds no information, and both detectors were
/// measured to miss fewer faces and to place points better without it.
struct Letterbox {
    /// The square in frame coordinates: as long as the frame's longer side, and at least as the input's.
    region: Rect,
    /// Frame pixels for each pixel of the network's input.
    scale: f32,
}

impl Letterbox {
    fn new(frame: &Frame<'_>, input_side: usize) -> Self {
        let side = (frame.width().max(frame.height()) as f32).max(input_side as f32);
        let region = Rect {
            x: 0.0,
            y: 0.0,
            width: side,
            height: side,
        };
        Self {
            region,
            scale: side / input_side as f32,
        }
    }

    fn undo(&self, face: &mut Face) {
        let s = self.scale;
        let b = face.bounds;
        face.bounds = Rect {
            x: b.x * s,
            y: b.y * s,
            width: b.width * s,
            height: b.height * s,
        };
        for point in face.points.iter_mut().flatten() {
            *point = Point::new(point.x * s, point.y * s);
        }
    }
}

/// Non-maximum suppression: keeps the most certain face of every heap of overlapping ones.
fn suppress(mut found: Vec<Face>, max_overlap: f32) -> Vec<Face> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Face> = Vec::new();
    for face in found {
        if kept
            .iter()
            .all(|k| k.bounds.overlap(&face.bounds) <= max_overlap)
        {
            kept.push(face);
        }
    }
    kept
}

/// Faces whose numbers are not finite, or whose box has no area, are no faces.
fn is_sound(face: &Face) -> bool {
    face.bounds.is_proper()
        && face.score.is_finite()
        && face.points.iter().flatten().all(|p| p.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: f32, score: f32) -> Face {
        Face {
            bounds: Rect {
                x,
                y: 0.0,
                width: 10.0,
                height: 10.0,
            },
            score,
            points: None,
        }
    }

    #[test]
    fn suppression_keeps_the_strongest_of_each_heap() {
        let kept = suppress(
            vec![
                face(0.0, 0.7),
                face(1.0, 0.9),
                face(2.0, 0.8),
                face(30.0, 0.65),
            ],
            0.4,
        );
        let scores: Vec<f32> = kept.iter().map(|f| f.score).collect();
        assert_eq!(scores, [0.9, 0.65]);
    }

    #[test]
    fn letterbox_there_and_back_is_the_identity() {
        let bytes = vec![0; 641 * 333 * 4];
        for (width, height) in [(641, 333), (333, 641)] {
            let frame = Frame::new(width, height, &bytes).unwrap();
            let letterbox = Letterbox::new(&frame, 320);
            let there = 320.0 / 641.0;
            let mut face = Face {
                bounds: Rect {
                    x: 50.0 * there,
                    y: 60.0 * there,
                    width: 70.0 * there,
                    height: 80.0 * there,
                },
                score: 1.0,
                points: Some([Point::new(55.0 * there, 65.0 * there); 5]),
            };
            letterbox.undo(&mut face);
            assert!((face.bounds.x - 50.0).abs() < 1e-3);
            assert!((face.bounds.bottom() - 140.0).abs() < 1e-3);
            assert!(face.points.unwrap()[4].distance(Point::new(55.0, 65.0)) < 1e-3);
        }
    }

    #[test]
    fn mirrored_twice_is_the_same_face_with_the_eyes_in_order() {
        let mut seen = face(50.0, 0.9);
        seen.points = Some([
            Point::new(52.0, 3.0),
            Point::new(58.0, 3.0),
            Point::new(55.0, 5.0),
            Point::new(53.0, 8.0),
            Point::new(57.0, 8.0),
        ]);
        let mut mirrored = seen.clone();
        mirrored.mirror(320.0);
        assert_eq!(mirrored.bounds.x, 260.0);
        let points = mirrored.points.unwrap();
        assert_eq!(points[0], Point::new(261.0, 3.0));
        assert!(points[0].x < points[1].x && points[3].x < points[4].x);
        mirrored.mirror(320.0);
        assert_eq!(mirrored.points, seen.points);
        assert_eq!(mirrored.bounds, seen.bounds);
    }

    #[test]
    fn a_small_frame_is_not_enlarged() {
        let bytes = vec![0; 100 * 50 * 4];
        let frame = Frame::new(100, 50, &bytes).unwrap();
        assert_eq!(Letterbox::new(&frame, 320).scale, 1.0);
    }

    #[test]
    fn broken_numbers_are_no_face() {
        assert!(is_sound(&face(0.0, 0.5)));
        assert!(!is_sound(&face(f32::NAN, 0.5)));
        let mut bent = face(0.0, 0.5);
        bent.points = Some([Point::new(f32::INFINITY, 0.0); 5]);
        assert!(!is_sound(&bent));
    }
}
