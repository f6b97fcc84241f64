//! Five points → a crop in which eyes, nose and mouth lie where the embedder expects them.

use thiserror::Error;

use crate::detect::FivePoints;
use crate::geometry::Point;
use crate::image::{Crop, Frame};

/// Where the five points belong in the aligned crop, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Template(pub [Point; 5]);

/// Cuts a `side` × `side` crop out of the frame so that `points` fall on the template as well as rotation,
/// uniform scale and shift allow. Outside the frame is black.
pub fn align(
    frame: &Frame<'_>,
    points: &FivePoints,
    template: &Template,
    side: usize,
) -> Result<Crop, AlignError> {
    // From crop to frame, because each pixel of the crop asks where it comes from.
    let to_frame = Similarity::fit(points, &template.0)?.inverse();
    Ok(sample(frame, &to_frame, side))
}

/// Why a face cannot be aligned.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum AlignError {
    /// The points coincide or are not finite.
    #[error("the five points do not span a face")]
    Degenerate,
}

/// p ↦ (a·x − b·y + x₀, b·x + a·y + y₀): rotation, uniform scale, shift; never a reflection.
#[derive(Clone, Copy, Debug)]
struct Similarity {
    a: f32,
    b: f32,
    shift: Point,
}

/// Below this many crop pixels for each frame pixel, or its inverse, a "face" is an artefact.
const MIN_SCALE: f32 = 1e-3;

impl Similarity {
    /// Least squares from `from` to `to` (Umeyama, "Least-squares estimation of transformation parameters
    /// between two point patterns", 1991). In two dimensions and without reflections the solution is closed:
    /// with centred p and q, a = Σ p·q / Σ |p|², b = Σ p×q / Σ |p|².
    fn fit(from: &FivePoints, to: &FivePoints) -> Result<Self, AlignError> {
        let (centre, target) = (mean(from), mean(to));
        let (mut dot, mut cross, mut size) = (0.0, 0.0, 0.0);
        for (p, q) in from.iter().zip(to) {
            let (px, py) = (p.x - centre.x, p.y - centre.y);
            let (qx, qy) = (q.x - target.x, q.y - target.y);
            dot += px * qx + py * qy;
            cross += px * qy - py * qx;
            size += px * px + py * py;
        }
        let (a, b) = (dot / size, cross / size);
        let scale = a.hypot(b);
        if !(MIN_SCALE..1.0 / MIN_SCALE).contains(&scale) || !centre.is_finite() {
            return Err(AlignError::Degenerate);
        }
        let shift = Point::new(
            target.x - (a * centre.x - b * centre.y),
            target.y - (b * centre.x + a * centre.y),
        );
        Ok(Self { a, b, shift })
    }

    fn inverse(&self) -> Self {
        let square = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / square, -self.b / square);
        let (x, y) = (self.shift.x, self.shift.y);
        Self {
            a,
            b,
            shift: Point::new(b * y - a * x, -b * x - a * y),
        }
    }

    fn apply(&self, x: f32, y: f32) -> Point {
        Point::new(
            self.a * x - self.b * y + self.shift.x,
            self.b * x + self.a * y + self.shift.y,
        )
    }

    fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }
}

/// More samples than this for each pixel and axis bring nothing but work.
const MAX_SAMPLES: usize = 8;

/// Bilinear sampling; where the face is larger than the crop, each pixel is the mean of n × n samples so that
/// no source pixel is skipped. Crop pixel (i, j) has its centre at coordinates (i, j), as in the pictures that
/// the embedders were trained on.
fn sample(frame: &Frame<'_>, to_frame: &Similarity, side: usize) -> Crop {
    let n = ((to_frame.scale() - 0.05).ceil() as usize).clamp(1, MAX_SAMPLES);
    let weight = 1.0 / (n * n) as f32;
    let offset = |k: usize| (k as f32 + 0.5) / n as f32 - 0.5;
    let mut crop = Crop::black(side, side);
    for (index, pixel) in crop.rgb_mut().chunks_exact_mut(3).enumerate() {
        let (x, y) = ((index % side) as f32, (index / side) as f32);
        for (j, i) in (0..n).flat_map(|j| (0..n).map(move |i| (j, i))) {
            let from = to_frame.apply(x + offset(i), y + offset(j));
            for (sum, value) in pixel.iter_mut().zip(bilinear(frame, from)) {
                *sum += weight * value;
            }
        }
    }
    crop
}

fn bilinear(frame: &Frame<'_>, at: Point) -> [f32; 3] {
    let (left, top) = (at.x.floor(), at.y.floor());
    let (fx, fy) = (at.x - left, at.y - top);
    // A saturating cast: far outside stays outside, and `+ 1` below cannot overflow.
    let (x, y) = (left.clamp(-9.0, 1e6) as i32, top.clamp(-9.0, 1e6) as i32);
    let (nw, ne) = (frame.rgb(x, y), frame.rgb(x + 1, y));
    let (sw, se) = (frame.rgb(x, y + 1), frame.rgb(x + 1, y + 1));
    std::array::from_fn(|c| {
        let upper = nw[c] + (ne[c] - nw[c]) * fx;
        let lower = sw[c] + (se[c] - sw[c]) * fx;
        upper + (lower - upper) * fy
    })
}

fn mean(points: &FivePoints) -> Point {
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), p| (x + p.x, y + p.y));
    Point::new(x / 5.0, y / 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: Template = Template([
        Point::new(31.56, 46.16),
        Point::new(68.26, 45.98),
        Point::new(50.03, 64.05),
        Point::new(34.95, 82.47),
        Point::new(65.34, 82.32),
    ]);

    #[test]
    fn a_similarity_is_found_again() {
        let known = Similarity {
            a: 1.2,
            b: -0.7,
            shift: Point::new(40.0, -11.0),
        };
        let from = TEMPLATE.0;
        let to = from.map(|p| known.apply(p.x, p.y));
        let fitted = Similarity::fit(&from, &to).unwrap();
        assert!((fitted.a - 1.2).abs() < 1e-4 && (fitted.b + 0.7).abs() < 1e-4);
        let back = fitted.inverse();
        for (p, q) in from.iter().zip(to) {
            assert!(back.apply(q.x, q.y).distance(*p) < 1e-3);
        }
    }

    #[test]
    fn a_mirrored_face_is_never_fitted_with_a_reflection() {
        let from = TEMPLATE.0.map(|p| Point::new(100.0 - p.x, p.y));
        let fitted = Similarity::fit(&from, &TEMPLATE.0).unwrap();
        assert!(
            fitted.scale() < 0.9,
            "a reflection would have fitted at scale 1"
        );
    }

    #[test]
    fn points_that_span_nothing_are_refused() {
        let bytes = [9; 16];
        let frame = Frame::new(2, 2, &bytes).unwrap();
        for points in [[Point::new(1.0, 1.0); 5], [Point::new(f32::NAN, 0.0); 5]] {
            assert_eq!(
                align(&frame, &points, &TEMPLATE, 8).err(),
                Some(AlignError::Degenerate)
            );
        }
    }

    #[test]
    fn bilinear_is_exact_on_a_ramp_and_black_outside() {
        let bytes: Vec<u8> = (0..5u8)
            .flat_map(|y| (0..7u8).flat_map(move |x| [10 * x, 20 * y, 7, 0]))
            .collect();
        let frame = Frame::new(7, 5, &bytes).unwrap();
        let [r, g, b] = bilinear(&frame, Point::new(2.25, 3.5));
        assert!((r - 22.5).abs() < 1e-4 && (g - 70.0).abs() < 1e-4 && (b - 7.0).abs() < 1e-4);
        for far in [-50.0, 1e30, -1e30] {
            assert_eq!(bilinear(&frame, Point::new(far, 1.0)), [0.0; 3]);
        }
    }
}
