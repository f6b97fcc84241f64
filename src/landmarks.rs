//! Face box → 68 landmarks (iBUG 300-W order) with face-api's landmark net.

use serde::Deserialize;

use crate::detect::{Face, FivePoints};
use crate::geometry::{Point, Rect};
use crate::image::Frame;
use crate::model::{ModelError, Net};
use crate::resample::resample;

/// How many points the net places.
pub const COUNT: usize = 68;

/// 68 landmarks in frame coordinates. Jaw 0–16, brows 17–26, nose 27–35, the eye on the image's left 36–41, the
/// eye on its right 42–47, mouth 48–67.
pub struct Landmarks([Point; COUNT]);

/// Points from elsewhere, in the same order.
impl From<[Point; COUNT]> for Landmarks {
    fn from(points: [Point; COUNT]) -> Self {
        Self(points)
    }
}

impl Landmarks {
    /// All points, in the order above.
    pub fn points(&self) -> &[Point; COUNT] {
        &self.0
    }

    /// The five points for alignment: eye centres, nose tip, mouth corners.
    pub fn five(&self) -> FivePoints {
        let p = &self.0;
        [mean(&p[36..42]), mean(&p[42..48]), p[30], p[48], p[54]]
    }
}

/// How a detector's box becomes the crop that the landmark net looks at. Boxes of different detectors cover
/// different parts of a head, so this belongs to the detector.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct CropRule {
    /// The box is enlarged by this factor about its centre.
    pub enlarge: f32,
    /// Then moved down by this part of its (original) height.
    pub shift_down: f32,
}

/// The loaded landmark net.
pub struct LandmarkNet {
    net: Net,
    rule: CropRule,
}

impl LandmarkNet {
    /// `rule` is the crop for the detector that this net works behind.
    pub fn new(net: Net, rule: CropRule) -> Self {
        Self { net, rule }
    }

    /// Places the landmarks of a detected face.
    ///
    /// The net puts points on anything it is shown: on a box without a face they mean nothing.
    pub fn place(&self, frame: &Frame<'_>, face: &Face) -> Result<Landmarks, ModelError> {
        let kept = self.rule.apply(&face.bounds);
        // The net was trained on boxes padded with black to a square, not on squares of the picture.
        let side = kept.width.max(kept.height);
        let square = Rect::around(kept.centre(), side, side);
        let (width, height) = self.net.input_size();
        let outputs = self
            .net
            .run(&resample(frame, &square, Some(&kept), width, height))?;
        let [output] = outputs.as_slice() else {
            return Err(self.net.unexpected_output());
        };
        let mut points = [Point::default(); COUNT];
        if output.values().len() != 2 * COUNT {
            return Err(self.net.unexpected_output());
        }
        for (point, xy) in points.iter_mut().zip(output.values().chunks_exact(2)) {
            *point = Point::new(square.x + xy[0] * side, square.y + xy[1] * side);
        }
        if !points.iter().all(|p| p.is_finite()) {
            return Err(self.net.unexpected_output());
        }
        Ok(Landmarks(points))
    }
}

impl CropRule {
    fn apply(&self, bounds: &Rect) -> Rect {
        let centre = bounds.centre();
        let lower = Point::new(centre.x, centre.y + self.shift_down * bounds.height);
        Rect::around(
            lower,
            bounds.width * self.enlarge,
            bounds.height * self.enlarge,
        )
    }
}

fn mean(points: &[Point]) -> Point {
    let n = points.len() as f32;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), p| (x + p.x, y + p.y));
    Point::new(x / n, y / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crop_is_enlarged_about_its_centre_and_moved_down() {
        let rule = CropRule {
            enlarge: 1.1,
            shift_down: 0.08,
        };
        let crop = rule.apply(&Rect {
            x: 100.0,
            y: 200.0,
            width: 50.0,
            height: 100.0,
        });
        assert!((crop.x - 97.5).abs() < 1e-3 && (crop.width - 55.0).abs() < 1e-3);
        assert!((crop.y - 203.0).abs() < 1e-3 && (crop.height - 110.0).abs() < 1e-3);
    }

    #[test]
    fn the_five_points_are_taken_from_the_right_places() {
        let mut points = [Point::default(); COUNT];
        for (i, point) in points.iter_mut().enumerate() {
            *point = Point::new(i as f32, 2.0 * i as f32);
        }
        let five = Landmarks(points).five();
        let expected = [38.5, 44.5, 30.0, 48.0, 54.0];
        for (point, x) in five.iter().zip(expected) {
            assert_eq!(*point, Point::new(x, 2.0 * x));
        }
    }
}
