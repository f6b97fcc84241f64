//! Turn, scale and shift: what may lie between two pictures of one face without its shape being another.

use crate::geometry::Point;

/// p ↦ (a·x − b·y + x₀, b·x + a·y + y₀): rotation, uniform scale, shift; never a reflection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Similarity {
    a: f32,
    b: f32,
    shift: Point,
}

/// Scales beyond this one and its inverse are an artefact and no face.
const MIN_SCALE: f32 = 1e-3;

impl Similarity {
    /// Least squares from `from` to `to` (Umeyama, "Least-squares estimation of transformation parameters
    /// between two point patterns", 1991). In two dimensions and without reflections the solution is closed:
    /// with centred p and q, a = Σ p·q / Σ |p|², b = Σ p×q / Σ |p|².
    ///
    /// Nothing when the points coincide or are not finite.
    pub(crate) fn fit<const N: usize>(from: &[Point; N], to: &[Point; N]) -> Option<Self> {
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
            return None;
        }
        let shift = Point::new(
            target.x - (a * centre.x - b * centre.y),
            target.y - (b * centre.x + a * centre.y),
        );
        Some(Self { a, b, shift })
    }

    pub(crate) fn inverse(&self) -> Self {
        let square = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / square, -self.b / square);
        let (x, y) = (self.shift.x, self.shift.y);
        Self {
            a,
            b,
            shift: Point::new(b * y - a * x, -b * x - a * y),
        }
    }

    pub(crate) fn apply(&self, x: f32, y: f32) -> Point {
        Point::new(
            self.a * x - self.b * y + self.shift.x,
            self.b * x + self.a * y + self.shift.y,
        )
    }

    pub(crate) fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }
}

fn mean<const N: usize>(points: &[Point; N]) -> Point {
    let n = N as f32;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), p| (x + p.x, y + p.y));
    Point::new(x / n, y / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: [Point; 5] = [
        Point::new(31.56, 46.16),
        Point::new(68.26, 45.98),
        Point::new(50.03, 64.05),
        Point::new(34.95, 82.47),
        Point::new(65.34, 82.32),
    ];

    #[test]
    fn a_similarity_is_found_again() {
        let known = Similarity {
            a: 1.2,
            b: -0.7,
            shift: Point::new(40.0, -11.0),
        };
        let to = FACE.map(|p| known.apply(p.x, p.y));
        let fitted = Similarity::fit(&FACE, &to).unwrap();
        assert!((fitted.a - 1.2).abs() < 1e-4 && (fitted.b + 0.7).abs() < 1e-4);
        let back = fitted.inverse();
        for (p, q) in FACE.iter().zip(to) {
            assert!(back.apply(q.x, q.y).distance(*p) < 1e-3);
        }
    }

    #[test]
    fn a_mirrored_face_is_never_fitted_with_a_reflection() {
        let from = FACE.map(|p| Point::new(100.0 - p.x, p.y));
        let fitted = Similarity::fit(&from, &FACE).unwrap();
        assert!(
            fitted.scale() < 0.9,
            "a reflection would have fitted at scale 1"
        );
    }

    #[test]
    fn points_that_span_nothing_have_none() {
        for odd in [[Point::new(1.0, 1.0); 5], [Point::new(f32::NAN, 0.0); 5]] {
            assert!(Similarity::fit(&odd, &FACE).is_none());
            assert!(Similarity::fit(&FACE, &odd).is_none());
        }
    }
}
