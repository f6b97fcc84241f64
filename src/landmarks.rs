//! Face box → 68 landmarks (iBUG 300-W order) with face-api's landmark net.

use serde::Deserialize;

use crate::align::Template;
use crate::detect::{Face, FivePoints};
use crate::geometry::{Point, Rect};
use crate::image::{Crop, Frame};
use crate::model::{ModelError, Net};
use crate::put_back::put_back;
use crate::resample::resample;
use crate::similarity::Similarity;

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

    /// How far these are from others of the same face: the root mean square distance after the best turn, scale and shift,
    /// in the others' eye distances. Nothing when either span no face.
    pub fn residual(&self, others: &Self) -> Option<f32> {
        let fit = Similarity::fit(&self.0, &others.0)?;
        let [left, right, ..] = others.five();
        let squares = self.0.iter().zip(&others.0).map(|(p, q)| {
            let apart = fit.apply(p.x, p.y).distance(*q);
            apart * apart
        });
        let mean = squares.sum::<f32>() / COUNT as f32;
        let residual = mean.sqrt() / left.distance(right);
        residual.is_finite().then_some(residual)
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
        let (square, kept) = self.rule.square(&face.bounds);
        let (width, height) = self.net.input_size();
        self.run(
            &resample(frame, &square, Some(&kept), width, height),
            &square,
        )
    }

    /// Places the landmarks of a face again, with nothing but its aligned crop: `bounds` and `landmarks` say where the face
    /// was in the frame, and the result is in the frame's coordinates, too.
    ///
    /// Nothing when bounds or landmarks span no face.
    pub fn place_again(
        &self,
        aligned: &Crop,
        template: &Template,
        bounds: &Rect,
        landmarks: &Landmarks,
    ) -> Result<Option<Landmarks>, ModelError> {
        let (square, kept) = self.rule.square(bounds);
        if !square.is_proper() {
            return Ok(None);
        }
        let cut = put_back(
            aligned,
            template,
            landmarks,
            (&square, &kept),
            self.net.input_size(),
        );
        cut.map(|cut| self.run(&cut, &square)).transpose()
    }

    /// `square` is where the picture lies in the frame.
    fn run(&self, picture: &Crop, square: &Rect) -> Result<Landmarks, ModelError> {
        let outputs = self.net.run(picture)?;
        let [output] = outputs.as_slice() else {
            return Err(self.net.unexpected_output());
        };
        let mut points = [Point::default(); COUNT];
        if output.values().len() != 2 * COUNT {
            return Err(self.net.unexpected_output());
        }
        for (point, xy) in points.iter_mut().zip(output.values().chunks_exact(2)) {
            *point = Point::new(
                square.x + xy[0] * square.width,
                square.y + xy[1] * square.height,
            );
        }
        if !points.iter().all(|p| p.is_finite()) {
            return Err(self.net.unexpected_output());
        }
        Ok(Landmarks(points))
    }
}

impl CropRule {
    /// What the net sees, and the part of it that is not black: the net was trained on boxes padded with black to a square,
    /// not on squares of the picture.
    fn square(&self, bounds: &Rect) -> (Rect, Rect) {
        let kept = self.apply(bounds);
        let side = kept.width.max(kept.height);
        (Rect::around(kept.centre(), side, side), kept)
    }

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

    fn scattered() -> Landmarks {
        let points = std::array::from_fn(|i| {
            Point::new((i * 37 % 101) as f32, (i * 53 % 89) as f32 + i as f32)
        });
        Landmarks(points)
    }

    #[test]
    fn turned_scaled_and_shifted_landmarks_are_the_same_and_a_moved_one_is_not() {
        let these = scattered();
        let moved =
            |p: Point| Point::new(300.0 + 1.5 * p.x - 0.4 * p.y, 20.0 + 0.4 * p.x + 1.5 * p.y);
        let mut there = Landmarks(these.0.map(moved));
        assert!(these.residual(&there).unwrap() < 1e-4);
        let [left, right, ..] = there.five();
        let eyes = left.distance(right);
        // √(1 ÷ 68) of the way that one of them moved, nearly: the best similarity follows a little.
        there.0[8].x += eyes;
        let residual = these.residual(&there).unwrap();
        assert!((0.10..0.122).contains(&residual), "{residual}");
    }

    #[test]
    fn landmarks_that_span_nothing_have_no_residual() {
        let flat = Landmarks([Point::new(3.0, 4.0); COUNT]);
        assert!(flat.residual(&scattered()).is_none());
        assert!(scattered().residual(&flat).is_none());
        // Eyes that coincide are no unit.
        let mut blind = scattered();
        blind.0[36..48].fill(Point::new(1.0, 2.0));
        assert!(scattered().residual(&blind).is_none());
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
