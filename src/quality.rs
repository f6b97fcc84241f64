//! Is this frame good enough? Named measures of the face in it, and one hint: the most useful first.
//!
//! First version: number of faces, size, place, light, sharpness, pose. Every measure is a plain number with a
//! unit, so that a test can move it.

use nod_protocol::codes::Code;

use crate::detect::{Face, FivePoints};
use crate::geometry::{Point, Rect};
use crate::image::{Crop, Frame};
use crate::resample::resample;

/// What was measured about the face that counts.
pub struct Quality {
    /// Height of the face box in frame pixels.
    pub head_height: f32,
    /// Height of the face box as a part of the frame's height.
    pub head_share: f32,
    /// Distance of the face's centre from the frame's, as a part of the frame's width and height.
    pub offset: [f32; 2],
    /// How many of the frame's edges the face box touches, 0 to 4.
    pub edges: u8,
    /// 95th percentile of the luma in the face box, 0 to 255. The brightest parts and not the mean: the
    /// mean would call darker skin "too dark" in light that is fine.
    pub highlight: f32,
    /// Part of the face box that is over-exposed (luma 250 or more), 0 to 1.
    pub clipped: f32,
    /// Deviation of the Laplacian over the deviation of the luma, in the face box at 96×96; about 0.1
    /// (blurred) to 0.6 (crisp). A ratio, so that low contrast alone does not count as blur.
    pub sharpness: f32,
    /// Nose from the middle of the eyes along the line of the eyes, in eye distances; 0 is frontal, positive
    /// towards the right of the image, about 0.5 at 45°.
    pub yaw: f32,
    /// Nose on the way from eyes (0) to mouth (1); about 0.57 is frontal (0.45 with the points of the
    /// landmark net), less looks up, more looks down.
    pub pitch: f32,
    /// Slope of the line of the eyes, in degrees; positive is clockwise in the image.
    pub roll: f32,
    /// Another face at least a third as large is in the frame.
    pub company: bool,
}

/// The limits behind the hints.
mod limit {
    /// Pixels; below it the embedder sees mostly interpolation.
    pub(super) const HEAD_HEIGHT: f32 = 80.0;
    pub(super) const HEAD_SHARE: std::ops::RangeInclusive<f32> = 0.15..=0.97;
    /// Parts of the frame's width or height.
    pub(super) const OFFSET: f32 = 0.36;
    /// Luma.
    pub(super) const HIGHLIGHT: f32 = 70.0;
    /// Part of the face box.
    pub(super) const CLIPPED: f32 = 0.30;
    pub(super) const SHARPNESS: f32 = 0.08;
    /// Eye distances.
    pub(super) const YAW: f32 = 0.33;
    pub(super) const PITCH: std::ops::RangeInclusive<f32> = 0.28..=0.80;
    /// Degrees.
    pub(super) const ROLL: f32 = 25.0;
    /// A second face counts from this part of the main face's area.
    pub(super) const COMPANY: f32 = 0.33;
    /// 95th percentile of a whole frame's luma below which it is called dark rather than empty.
    pub(super) const DARK_FRAME: f32 = 40.0;
    /// Over-exposed part of a whole frame above which it is called bright rather than empty.
    pub(super) const BRIGHT_FRAME: f32 = 0.5;
}

/// Side of the square that light and sharpness are measured in.
const PATCH: usize = 96;

/// Of several faces the one that counts: large and central. `None` when there is none.
pub fn main_face<'f>(frame: &Frame<'_>, faces: &'f [Face]) -> Option<&'f Face> {
    let weight = |face: &Face| {
        let [x, y] = offset(frame, &face.bounds);
        face.bounds.area() * (1.0 - x.hypot(y)).max(0.05)
    };
    faces.iter().max_by(|a, b| weight(a).total_cmp(&weight(b)))
}

/// Measures `main` (one of `faces`) with its five points.
pub fn measure(frame: &Frame<'_>, faces: &[Face], main: &Face, points: &FivePoints) -> Quality {
    let bounds = &main.bounds;
    let patch = resample(frame, bounds, None, PATCH, PATCH);
    let luma = patch.luma();
    let company = faces
        .iter()
        .filter(|f| f.bounds != *bounds)
        .any(|f| f.bounds.area() >= limit::COMPANY * bounds.area());
    let pose = Pose::of(points);
    Quality {
        head_height: bounds.height,
        head_share: bounds.height / frame.height() as f32,
        offset: offset(frame, bounds),
        edges: touched_edges(frame, bounds),
        highlight: percentile_95(&luma),
        clipped: clipped(&luma),
        sharpness: sharpness(&luma, PATCH),
        yaw: pose.yaw,
        pitch: pose.pitch,
        roll: pose.roll,
        company,
    }
}

/// The hint for a frame in which no face was found.
pub fn hint_without_face(frame: &Frame<'_>) -> Code {
    let all = Rect {
        x: 0.0,
        y: 0.0,
        width: frame.width() as f32,
        height: frame.height() as f32,
    };
    let small: Crop = resample(frame, &all, None, 32, 32);
    let luma = small.luma();
    if percentile_95(&luma) < limit::DARK_FRAME {
        Code::HintTooDark
    } else if clipped(&luma) > limit::BRIGHT_FRAME {
        Code::HintTooBright
    } else {
        Code::HintNoFace
    }
}

impl Quality {
    /// What to change first, or nothing when the frame is good.
    ///
    /// Order: what must be settled before the next can be judged. Nobody can say whether a head is turned
    /// while it is cut off, nor whether it is sharp while it is dark.
    pub fn hint(&self) -> Option<Code> {
        let [x, y] = self.offset;
        if self.company {
            Some(Code::HintManyFaces)
        } else if self.edges >= 2 || self.head_share > *limit::HEAD_SHARE.end() {
            Some(Code::HintTooClose)
        } else if self.edges == 1 {
            Some(Code::HintOffCentre)
        } else if self.head_height < limit::HEAD_HEIGHT
            || self.head_share < *limit::HEAD_SHARE.start()
        {
            Some(Code::HintTooFar)
        } else if x > limit::OFFSET || y > limit::OFFSET {
            Some(Code::HintOffCentre)
        } else if self.highlight < limit::HIGHLIGHT {
            Some(Code::HintTooDark)
        } else if self.clipped > limit::CLIPPED {
            Some(Code::HintTooBright)
        } else if !self.is_frontal() {
            Some(Code::HintNotFrontal)
        } else if self.sharpness < limit::SHARPNESS {
            Some(Code::HintBlurred)
        } else {
            None
        }
    }

    /// One number to rank frames without a hint against each other, 0 (poor) to 1.
    pub fn score(&self) -> f32 {
        let frontal = 1.0 - (self.yaw.abs() / limit::YAW).min(1.0) * 0.5;
        let sharp = (self.sharpness / (4.0 * limit::SHARPNESS)).min(1.0);
        let sized = (self.head_height / (2.0 * limit::HEAD_HEIGHT)).min(1.0);
        let lit = 1.0 - (self.clipped / limit::CLIPPED).min(1.0) * 0.5;
        frontal * sharp * sized * lit
    }

    fn is_frontal(&self) -> bool {
        self.yaw.abs() <= limit::YAW
            && limit::PITCH.contains(&self.pitch)
            && self.roll.abs() <= limit::ROLL
    }
}

struct Pose {
    yaw: f32,
    pitch: f32,
    roll: f32,
}

impl Pose {
    fn of([left_eye, right_eye, nose, left_mouth, right_mouth]: &FivePoints) -> Self {
        let eyes = left_eye.midpoint(*right_eye);
        let mouth = left_mouth.midpoint(*right_mouth);
        let across = Point::new(right_eye.x - left_eye.x, right_eye.y - left_eye.y);
        let length = across.x.hypot(across.y).max(1e-6);
        let (ux, uy) = (across.x / length, across.y / length);
        let along = |p: Point| ((p.x - eyes.x) * ux + (p.y - eyes.y) * uy) / length;
        // Perpendicular to the eyes, towards the mouth.
        let below = |p: Point| (p.y - eyes.y) * ux - (p.x - eyes.x) * uy;
        Self {
            yaw: along(*nose),
            pitch: below(*nose) / below(mouth).max(1e-6),
            roll: across.y.atan2(across.x).to_degrees(),
        }
    }
}

fn offset(frame: &Frame<'_>, bounds: &Rect) -> [f32; 2] {
    let centre = bounds.centre();
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    [
        (centre.x / width - 0.5).abs(),
        (centre.y / height - 0.5).abs(),
    ]
}

fn touched_edges(frame: &Frame<'_>, bounds: &Rect) -> u8 {
    // Detectors clip a cut face's box near the edge, not exactly on it.
    let (across, down) = (bounds.width * 0.02, bounds.height * 0.02);
    [
        bounds.x < across,
        bounds.y < down,
        bounds.right() > frame.width() as f32 - across,
        bounds.bottom() > frame.height() as f32 - down,
    ]
    .into_iter()
    .map(u8::from)
    .sum()
}

/// Part of the pixels that are over-exposed.
fn clipped(luma: &[f32]) -> f32 {
    luma.iter().filter(|l| **l >= 250.0).count() as f32 / luma.len().max(1) as f32
}

fn percentile_95(luma: &[f32]) -> f32 {
    let mut sorted = luma.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted.get(sorted.len() * 95 / 100).copied().unwrap_or(0.0)
}

fn sharpness(luma: &[f32], side: usize) -> f32 {
    let at = |x: usize, y: usize| luma[y * side + x];
    let inner = 1..side - 1;
    let laplacian: Vec<f32> = inner
        .clone()
        .flat_map(|y| inner.clone().map(move |x| (x, y)))
        .map(|(x, y)| at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4.0 * at(x, y))
        .collect();
    deviation(&laplacian) / deviation(luma).max(1.0)
}

fn deviation(values: &[f32]) -> f32 {
    let n = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / n;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of a frontal face of 100 pixels eye distance.
    fn frontal() -> FivePoints {
        [
            (100.0, 100.0),
            (200.0, 100.0),
            (150.0, 157.0),
            (110.0, 200.0),
            (190.0, 200.0),
        ]
        .map(|(x, y)| Point::new(x, y))
    }

    #[test]
    fn pose_is_measured_along_the_eyes_whatever_the_roll() {
        let upright = Pose::of(&frontal());
        assert!(upright.yaw.abs() < 1e-6 && upright.roll.abs() < 1e-6);
        assert!((upright.pitch - 0.57).abs() < 1e-6);
        let (sin, cos) = 20f32.to_radians().sin_cos();
        let mut turned = frontal();
        turned[2].x += 30.0;
        let rolled = turned.map(|p| Point::new(cos * p.x - sin * p.y, sin * p.x + cos * p.y));
        let pose = Pose::of(&rolled);
        assert!((pose.yaw - 0.3).abs() < 1e-4, "{}", pose.yaw);
        assert!((pose.pitch - 0.57).abs() < 1e-4 && (pose.roll - 20.0).abs() < 1e-3);
    }

    #[test]
    fn the_largest_central_face_counts() {
        let bytes = vec![0; 400 * 300 * 4];
        let frame = Frame::new(400, 300, &bytes).unwrap();
        let face = |x, side| Face {
            bounds: Rect {
                x,
                y: 100.0,
                width: side,
                height: side,
            },
            score: 0.9,
            points: None,
        };
        let faces = [face(0.0, 105.0), face(150.0, 100.0), face(190.0, 20.0)];
        assert_eq!(main_face(&frame, &faces).unwrap().bounds.x, 150.0);
        assert!(main_face(&frame, &[]).is_none());
    }

    #[test]
    fn a_black_frame_is_dark_a_white_one_bright_and_a_grey_one_empty() {
        let (black, grey) = (vec![0; 64 * 48 * 4], vec![128; 64 * 48 * 4]);
        let hint = |bytes: &[u8]| hint_without_face(&Frame::new(64, 48, bytes).unwrap());
        assert_eq!(hint(&black), Code::HintTooDark);
        assert_eq!(hint(&grey), Code::HintNoFace);
        assert_eq!(hint(&[255; 64 * 48 * 4]), Code::HintTooBright);
    }
}
