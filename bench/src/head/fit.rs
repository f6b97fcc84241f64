//! The average face bent into the shape of a person on a portrait.

use anyhow::{Context, Result, ensure};
use nod::geometry::Point;
use nod::landmarks::COUNT;

use super::mesh::{Mesh, eyes};
use super::solve::{least_squares, solve};
use super::space::{Point3, Rotation, add, dot, minus, scaled};

/// A person's face: shape, and where it is on the portrait.
pub(crate) struct Fit {
    /// The mesh with this person's vertices, looking at the camera; origin between the eyes, unit the distance of
    /// their centres.
    pub(crate) mesh: Mesh,
    /// How the head is turned on the portrait.
    pub(crate) rotation: Rotation,
    /// Pixels of the portrait for an eye distance.
    pub(crate) unit: f64,
    /// The middle of the eyes on the portrait, in pixels.
    pub(crate) origin: [f64; 2],
}

impl Fit {
    /// From the 68 landmarks on a portrait.
    ///
    /// The pose is found under scaled orthography (a portrait is taken from far away; DeMenthon and Davis,
    /// "Model-based object pose in 25 lines of code", 1995). Then the vertices move in the picture's plane so that the
    /// landmarks' vertices lie where the landmarks are and the others follow smoothly (thin-plate spline; Bookstein,
    /// "Principal warps", 1989). Depth is the average face's: one picture does not tell a person's own.
    ///
    /// # Errors
    /// When the points span no face.
    pub(crate) fn of(mut mesh: Mesh, points: &[Point; COUNT]) -> Result<Self> {
        let seen: Vec<[f64; 2]> = points
            .iter()
            .map(|p| [f64::from(p.x), f64::from(p.y)])
            .collect();
        let (rotation, scale, shift) = pose(&mesh.places(), &seen)?;

        // In the picture's plane, in units of the mesh.
        let turned: Vec<Point3> = mesh.vertices.iter().map(|&v| rotation.apply(v)).collect();
        let anchors: Vec<[f64; 2]> = mesh
            .landmarks
            .iter()
            .map(|&at| [turned[at][0], turned[at][1]])
            .collect();
        let moves: Vec<Vec<f64>> = anchors
            .iter()
            .zip(&seen)
            .map(|(from, to)| {
                (0..2)
                    .map(|i| (to[i] - shift[i]) / scale - from[i])
                    .collect()
            })
            .collect();
        let plate = Plate::through(anchors, moves).context("the landmarks coincide")?;
        let back = rotation.inverse();
        for (vertex, [x, y, z]) in mesh.vertices.iter_mut().zip(turned) {
            let [dx, dy] = plate.at([x, y]);
            *vertex = back.apply([x + dx, y + dy, z]);
        }

        // This person's own eyes are the unit and the origin.
        let (left, right) = eyes(&mesh.places());
        let (middle, apart) = (scaled(add(left, right), 0.5), minus(right, left));
        let apart = dot(apart, apart).sqrt();
        ensure!(apart > 0.2, "the landmarks span no face");
        for vertex in &mut mesh.vertices {
            *vertex = scaled(minus(*vertex, middle), 1.0 / apart);
        }
        let at = rotation.apply(middle);
        Ok(Self {
            mesh,
            rotation,
            unit: scale * apart,
            origin: [shift[0] + scale * at[0], shift[1] + scale * at[1]],
        })
    }

    /// Where a point of the head is on the portrait, in pixels.
    #[cfg(test)]
    fn on_portrait(&self, point: Point3) -> [f64; 2] {
        let [x, y, _] = self.rotation.apply(point);
        [
            self.origin[0] + self.unit * x,
            self.origin[1] + self.unit * y,
        ]
    }
}

/// Rotation, pixels for a unit, and the pixel of the origin.
fn pose(model: &[Point3; COUNT], seen: &[[f64; 2]]) -> Result<(Rotation, f64, [f64; 2])> {
    let rows: Vec<Vec<f64>> = model.iter().map(|&[x, y, z]| vec![x, y, z, 1.0]).collect();
    let right: Vec<Vec<f64>> = seen.iter().map(|p| p.to_vec()).collect();
    let affine = least_squares(&rows, &right, 1e-9).context("the landmarks span no face")?;
    let axis = |c: usize| [affine[0][c], affine[1][c], affine[2][c]];
    let (across, down) = (axis(0), axis(1));
    let scale = (length(across) + length(down)) / 2.0;
    ensure!(
        scale.is_finite() && scale > 1.0,
        "the landmarks span no face"
    );
    // The nearest pair of perpendicular axes: their sum and difference are perpendicular.
    let (across, down) = (unit(across)?, unit(down)?);
    let (sum, difference) = (unit(add(across, down))?, unit(minus(across, down))?);
    let half = std::f64::consts::FRAC_1_SQRT_2;
    let x = scaled(add(sum, difference), half);
    let y = scaled(minus(sum, difference), half);
    let z = [
        x[1] * y[2] - x[2] * y[1],
        x[2] * y[0] - x[0] * y[2],
        x[0] * y[1] - x[1] * y[0],
    ];
    let shift = [affine[3][0], affine[3][1]];
    Ok((Rotation::from_rows([x, y, z]), scale, shift))
}

fn length(v: Point3) -> f64 {
    dot(v, v).sqrt()
}

fn unit(v: Point3) -> Result<Point3> {
    let length = length(v);
    ensure!(length > 1e-9, "the landmarks span no face");
    Ok(scaled(v, 1.0 / length))
}

/// A thin-plate spline of the plane into the plane.
pub(crate) struct Plate {
    anchors: Vec<[f64; 2]>,
    /// One row for each anchor, then those of 1, x and y.
    weights: Vec<Vec<f64>>,
}

/// Bends a little less than exactness would ask: neighbouring landmarks (inner and outer lip) disagree by the noise
/// of the net, and an exact plate would fold between them.
const STIFFNESS: f64 = 1e-3;

impl Plate {
    /// Moves each anchor by about its `moves`, and everything between smoothly; nothing where anchors coincide.
    pub(crate) fn through(anchors: Vec<[f64; 2]>, moves: Vec<Vec<f64>>) -> Option<Self> {
        let n = anchors.len();
        let mut matrix = vec![vec![0.0; n + 3]; n + 3];
        for (i, a) in anchors.iter().enumerate() {
            for (j, b) in anchors.iter().enumerate() {
                matrix[i][j] = kernel(*a, *b);
            }
            matrix[i][i] += STIFFNESS;
            for (k, value) in [1.0, a[0], a[1]].into_iter().enumerate() {
                matrix[i][n + k] = value;
                matrix[n + k][i] = value;
            }
        }
        let mut right = moves;
        right.extend(std::iter::repeat_n(vec![0.0; 2], 3));
        let weights = solve(matrix, right)?;
        Some(Self { anchors, weights })
    }

    /// How far a place moves.
    pub(crate) fn at(&self, place: [f64; 2]) -> [f64; 2] {
        let bends = self.anchors.iter().map(|a| kernel(*a, place));
        let terms = bends.chain([1.0, place[0], place[1]]);
        let mut moved = [0.0; 2];
        for (term, weight) in terms.zip(&self.weights) {
            moved[0] += term * weight[0];
            moved[1] += term * weight[1];
        }
        moved
    }
}

/// r² ln r.
fn kernel(a: [f64; 2], b: [f64; 2]) -> f64 {
    let squared = (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
    if squared < 1e-18 {
        0.0
    } else {
        0.5 * squared * squared.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::super::space::Turn;
    use super::*;

    /// The average face as a portrait would show it, each point moved by `bend`.
    fn portrait(turn: Turn, bend: impl Fn(usize) -> f64) -> [Point; COUNT] {
        let places = Mesh::average().unwrap().places();
        std::array::from_fn(|i| {
            let [x, y, _] = turn.rotation().apply(places[i]);
            let (x, y) = (300.0 + 80.0 * x + bend(i), 200.0 + 80.0 * y);
            Point::new(x as f32, y as f32)
        })
    }

    #[test]
    fn a_turned_average_face_is_the_average_face() {
        let turn = Turn {
            yaw: 12.0,
            pitch: -7.0,
            roll: 5.0,
        };
        let fit = Fit::of(Mesh::average().unwrap(), &portrait(turn, |_| 0.0)).unwrap();
        assert!((fit.unit - 80.0).abs() < 0.1, "{}", fit.unit);
        let nose = fit.rotation.apply([0.0, 0.0, -1.0]);
        let expected = turn.rotation().apply([0.0, 0.0, -1.0]);
        assert!(minus(nose, expected).iter().all(|d| d.abs() < 1e-3));
        for (vertex, known) in fit
            .mesh
            .vertices
            .iter()
            .zip(Mesh::average().unwrap().vertices)
        {
            assert!(minus(*vertex, known).iter().all(|d| d.abs() < 2e-3));
        }
    }

    #[test]
    fn the_landmarks_lie_where_the_portrait_has_them() {
        let points = portrait(Turn::new(-6.0, 4.0), |i| (i as f64).sin());
        let fit = Fit::of(Mesh::average().unwrap(), &points).unwrap();
        for (place, point) in fit.mesh.places().iter().zip(points) {
            let [x, y] = fit.on_portrait(*place);
            let off = (x - f64::from(point.x)).hypot(y - f64::from(point.y));
            assert!(off < 1.0, "{off} pixels of 80 an eye distance");
        }
    }

    #[test]
    fn points_without_a_face_are_refused() {
        let nowhere = [Point::new(5.0, 5.0); COUNT];
        assert!(Fit::of(Mesh::average().unwrap(), &nowhere).is_err());
    }
}
