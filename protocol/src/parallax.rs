//! How a face lies in space, frame by frame, by the parallax coefficient: how far each landmark moves against what a
//! flat picture of the same face would do, in proportion to its depth.
//!
//! A picture of a face, however moved, tilted or (weakly) foreshortened, is an affine image of itself: its landmarks are
//! a linear function of their places (X, Y) in the neutral picture. A head that turns adds a term in the depth Z of each
//! point: under weak perspective (orthographic projection and scale; valid while the depth of a head, 0.2 m, is small against
//! its distance) a rotation by the angle θ about the vertical moves a point by Z·sin θ. So least squares on
//! [X, Y, 1, Z] gives, beside the affine image, a coefficient c that behaves like sin θ for a head and stays near 0 for a
//! plane. X and Y are the resident's own, from neutral frames; Z is that of a generic face, which serves for everybody
//! because what one face's relief has in common with another's is most of it. See docs/liveness.md for what was measured.
//!
//! Widget and authority measure alike: the one to know when a movement has gone far enough, the other to judge it.

mod generic_head;

pub use generic_head::GENERIC_HEAD;

/// Landmarks in the order of iBUG 300-W: jaw 0–16, brows 17–26, nose 27–35, eyes 36–47, mouth 48–67.
pub const LANDMARKS: usize = 68;
/// Frames in the beginning of a track that show the head at rest.
pub const NEUTRAL: usize = 10;

/// A point in pixels of the unmirrored frame, x right, y down.
pub type Point = [f64; 2];
/// The landmarks of one frame.
pub type Face = [Point; LANDMARKS];

/// Points that span no face of at least eight pixels between the eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the points span no face")]
pub struct NoFace;

/// The resident's own face at rest, and what makes the fits of all frames cheap.
pub struct Reference {
    /// Rows [X, Y, 1, Z], in eye distances, eyes level, centred.
    basis: [[f64; 4]; LANDMARKS],
    /// Of the basis' 4 × 4 Gram matrix: one inverse serves every frame.
    inverse: [[f64; 4]; 4],
}

/// One frame against the reference.
#[derive(Clone, Copy)]
pub struct Pose {
    /// Parallax to the picture's right, about the sine of the head's turn to the resident's own left.
    pub turn: f64,
    /// Parallax upward, about the sine of the head's tilt up.
    pub lift: f64,
    /// Pixels for an eye distance of the reference.
    pub scale: f64,
    /// Foreshortening: 1 − (s₂ ÷ s₁)² of the affine image's singular values, 0 to 1.
    pub squeeze: f64,
}

impl Reference {
    /// Of frames that show the head at rest.
    pub fn of(neutral: &[Face]) -> Result<Self, NoFace> {
        let mut mean = [[0.0; 2]; LANDMARKS];
        for face in neutral {
            for (sum, point) in mean.iter_mut().zip(&levelled(face)?) {
                sum[0] += point[0] / neutral.len() as f64;
                sum[1] += point[1] / neutral.len() as f64;
            }
        }
        let centre = centre(&mean);
        let mut basis = [[0.0; 4]; LANDMARKS];
        for ((row, point), [.., depth]) in basis.iter_mut().zip(&mean).zip(GENERIC_HEAD) {
            *row = [point[0] - centre[0], point[1] - centre[1], 1.0, depth];
        }
        let inverse = inverse(&gram(&basis)).ok_or(NoFace)?;
        Ok(Self { basis, inverse })
    }

    /// How the head lies in a frame.
    pub fn pose(&self, face: &Face) -> Result<Pose, NoFace> {
        let Fit {
            x, y, large, small, ..
        } = self.fit(face)?;
        // The roll of the head, taken back.
        let (sin, cos) = (y[0] - x[1]).atan2(x[0] + y[1]).sin_cos();
        let (across, up) = (cos * x[3] + sin * y[3], cos * y[3] - sin * x[3]);
        Ok(Pose {
            // The nose lies nearer than the mean (Z below 0): its move to the right is a negative coefficient, and its
            // move up, against y, a positive one.
            turn: -across / large,
            lift: up / large,
            scale: large,
            squeeze: 1.0 - (small / large).powi(2),
        })
    }

    /// What differs between two frames beyond place, size, turn and tilt: root mean square in eye distances.
    pub fn difference(&self, one: &Face, other: &Face) -> Result<f64, NoFace> {
        let (one, other) = (self.rest(one)?, self.rest(other)?);
        let pairs = one.iter().zip(&other);
        let squares = pairs.map(|(a, b)| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2));
        Ok((squares.sum::<f64>() / LANDMARKS as f64).sqrt())
    }

    /// What the fit leaves of each point, in eye distances.
    fn rest(&self, face: &Face) -> Result<Face, NoFace> {
        let Fit {
            centre,
            x,
            y,
            large,
            ..
        } = self.fit(face)?;
        let fitted =
            |row: &[f64; 4], c: &[f64; 4]| row.iter().zip(c).map(|(a, b)| a * b).sum::<f64>();
        let mut rest = *face;
        for (point, row) in rest.iter_mut().zip(&self.basis) {
            *point = [
                (point[0] - centre[0] - fitted(row, &x)) / large,
                (point[1] - centre[1] - fitted(row, &y)) / large,
            ];
        }
        Ok(rest)
    }

    /// Least squares of the frame's points on the basis.
    fn fit(&self, face: &Face) -> Result<Fit, NoFace> {
        let centre = centre(face);
        let x = self.coefficients(face, |point| point[0] - centre[0]);
        let y = self.coefficients(face, |point| point[1] - centre[1]);
        let (large, small) = singular_values([[x[0], x[1]], [y[0], y[1]]]);
        // Less than a pixel for an eye distance; NaN is less than nothing.
        if large >= 1.0 && large.is_finite() {
            Ok(Fit {
                centre,
                x,
                y,
                large,
                small,
            })
        } else {
            Err(NoFace)
        }
    }

    fn coefficients(&self, face: &Face, value: impl Fn(&Point) -> f64) -> [f64; 4] {
        let mut right = [0.0; 4];
        for (row, point) in self.basis.iter().zip(face) {
            let value = value(point);
            for (sum, factor) in right.iter_mut().zip(row) {
                *sum += factor * value;
            }
        }
        self.inverse
            .map(|row| row.iter().zip(&right).map(|(a, b)| a * b).sum())
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.basis.as_flattened_mut().zeroize();
    }
}

/// A frame as an image of the reference.
struct Fit {
    centre: Point,
    /// Factors of [X, Y, 1, Z] for x and for y.
    x: [f64; 4],
    y: [f64; 4],
    /// Singular values of the affine part.
    large: f64,
    small: f64,
}

/// The points with the eyes' centres at distance 1 on a level line, the middle between them at 0.
fn levelled(points: &Face) -> Result<Face, NoFace> {
    let mean = |range: std::ops::Range<usize>| centre(&points[range]);
    let (left, right) = (mean(36..42), mean(42..48));
    let axis = [right[0] - left[0], right[1] - left[1]];
    let square = axis[0].powi(2) + axis[1].powi(2);
    // An eye distance of less than 8 pixels shows no face that could be measured.
    if square.is_nan() || square < 64.0 {
        return Err(NoFace);
    }
    let middle = [(left[0] + right[0]) / 2.0, (left[1] + right[1]) / 2.0];
    Ok(points.map(|point| {
        let [dx, dy] = [point[0] - middle[0], point[1] - middle[1]];
        [
            (dx * axis[0] + dy * axis[1]) / square,
            (dy * axis[0] - dx * axis[1]) / square,
        ]
    }))
}

fn centre(points: &[Point]) -> Point {
    let count = points.len().max(1) as f64;
    let sum = points
        .iter()
        .fold([0.0; 2], |sum, p| [sum[0] + p[0], sum[1] + p[1]]);
    [sum[0] / count, sum[1] / count]
}

fn gram(rows: &[[f64; 4]; LANDMARKS]) -> [[f64; 4]; 4] {
    let mut gram = [[0.0; 4]; 4];
    for row in rows {
        for (sums, a) in gram.iter_mut().zip(row) {
            for (sum, b) in sums.iter_mut().zip(row) {
                *sum += a * b;
            }
        }
    }
    gram
}

/// By Gauss and Jordan with pivots; `None` for a matrix that is (nearly) singular, as of points on a line.
fn inverse(matrix: &[[f64; 4]; 4]) -> Option<[[f64; 4]; 4]> {
    let mut left = *matrix;
    let mut right = [[0.0; 4]; 4];
    for (i, row) in right.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    for column in 0..4 {
        let pivot =
            (column..4).max_by(|a, b| left[*a][column].abs().total_cmp(&left[*b][column].abs()))?;
        left.swap(column, pivot);
        right.swap(column, pivot);
        let divisor = left[column][column];
        // Entries are sums of 68 products of numbers about 1.
        if divisor.is_nan() || divisor.abs() < 1e-3 {
            return None;
        }
        left[column] = left[column].map(|v| v / divisor);
        right[column] = right[column].map(|v| v / divisor);
        let (pivot_left, pivot_right) = (left[column], right[column]);
        for row in (0..4).filter(|row| *row != column) {
            let factor = left[row][column];
            for at in 0..4 {
                left[row][at] -= factor * pivot_left[at];
                right[row][at] -= factor * pivot_right[at];
            }
        }
    }
    Some(right)
}

/// Of a 2 × 2 matrix, the larger first.
fn singular_values([[a, b], [c, d]]: [[f64; 2]; 2]) -> (f64, f64) {
    let sum = ((a + d).powi(2) + (b - c).powi(2)).sqrt();
    let difference = ((a - d).powi(2) + (b + c).powi(2)).sqrt();
    ((sum + difference) / 2.0, (sum - difference).abs() / 2.0)
}

#[cfg(test)]
mod tests;
