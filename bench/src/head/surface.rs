//! What stands in front of the camera: a head that can be turned, or a print of it.

use super::fit::Fit;
use super::pose::{Bend, PIVOT, Pose};
use super::space::{Point3, add, dot, minus, scaled};

/// Distance of neighbouring points on the portrait, in eye distances.
const STEP: f64 = 0.07;
/// How much of the portrait's surroundings is shown, in eye distances to the left and right of the eyes, above them,
/// and below them. Beyond the portrait's edge its last pixels go on.
const REACH: [f64; 3] = [5.6, 4.9, 4.9];

/// The outline of a head with hair and ears, about the middle of the eyes.
const HEAD: [f64; 2] = [1.45, 1.95];
/// How deep the skull is from the brow to its middle.
const SKULL: f64 = 1.5;
/// How much of the ellipsoid's edge is rounded off, as a part of its squared radius.
const ROUND: f64 = 0.05;
/// How far away the wall moves with nothing.
const WALL: f64 = 1.7;

/// From the middle of the eyes down to the middle of a print, in eye distances.
pub(crate) const PRINT_BELOW_EYES: f64 = 0.4;

/// A portrait as a surface in space: a net of points with their places on the portrait.
pub(crate) struct Surface {
    points: Vec<Point3>,
    /// How much a point follows a turn of the head: 1 for the head, 0 for the wall.
    turns: Vec<f64>,
    /// How much it follows the person: 1 for head and shoulders, 0 for the wall.
    follows: Vec<f64>,
    /// Pixels of the portrait.
    pub(crate) texture: Vec<[f64; 2]>,
    pub(crate) triangles: Vec<[usize; 3]>,
}

impl Surface {
    /// The whole portrait: the face as fitted, the rest of the head as an ellipsoid that meets it, and behind them a
    /// wall. Between head and wall the picture stretches.
    pub(crate) fn of(fit: &Fit) -> Self {
        let [side, above, below] = REACH;
        let columns = (2.0 * side / STEP) as usize + 1;
        let rows = ((above + below) / STEP) as usize + 1;
        let turned: Vec<Point3> = fit
            .mesh
            .vertices
            .iter()
            .map(|&v| fit.rotation.apply(v))
            .collect();
        let mut depths = vec![f64::INFINITY; columns * rows];
        for triangle in &fit.mesh.triangles {
            let corners = triangle.map(|at| turned[at]);
            sink(corners, [-side, -above], columns, &mut depths);
        }
        let rim: Vec<Point3> = rim(&fit.mesh.triangles)
            .into_iter()
            .map(|at| turned[at])
            .collect();
        let back = fit.rotation.inverse();
        let mut surface = Self {
            points: Vec::with_capacity(depths.len()),
            turns: Vec::with_capacity(depths.len()),
            follows: Vec::with_capacity(depths.len()),
            texture: Vec::with_capacity(depths.len()),
            triangles: net(columns, rows),
        };
        for (at, depth) in depths.into_iter().enumerate() {
            let x = (at % columns) as f64 * STEP - side;
            let y = (at / columns) as f64 * STEP - above;
            let depth = if depth.is_finite() {
                depth
            } else {
                around(&rim, x, y)
            };
            let point = back.apply([x, y, depth]);
            let (turns, follows) = belonging(point);
            surface.points.push(point);
            surface.turns.push(turns);
            surface.follows.push(follows);
            surface
                .texture
                .push([fit.origin[0] + fit.unit * x, fit.origin[1] + fit.unit * y]);
        }
        surface
    }

    /// The points as the camera has them before it, of a person who sits at `home` and has moved to `pose`.
    pub(crate) fn posed(&self, pose: &Pose, home: Point3) -> Vec<Point3> {
        let rotation = pose.turn.rotation();
        let parts = self.points.iter().zip(&self.turns).zip(&self.follows);
        parts
            .map(|((&point, &turns), &follows)| {
                let with_head = add(rotation.apply(minus(point, PIVOT)), PIVOT);
                let person = add(blend(point, with_head, turns), pose.place);
                blend(add(point, home), person, follows)
            })
            .collect()
    }

    /// The points of a print of the portrait, cut to `size` (half width, half height; in eye distances), bent and held
    /// at `pose`. Cut points are behind the camera, where nothing is seen.
    pub(crate) fn printed(
        &self,
        fit: &Fit,
        bend: Bend,
        size: [f64; 2],
        pose: &Pose,
    ) -> Vec<Point3> {
        let rotation = pose.turn.rotation();
        self.texture
            .iter()
            .map(|pixel| {
                let flat: [f64; 2] = std::array::from_fn(|i| (pixel[i] - fit.origin[i]) / fit.unit);
                let centred = [flat[0], flat[1] - PRINT_BELOW_EYES];
                if centred[0].abs() > size[0] || centred[1].abs() > size[1] {
                    return [0.0, 0.0, -1.0];
                }
                add(rotation.apply(bend.apply(centred)), pose.place)
            })
            .collect()
    }
}

/// How much a point of the portrait turns with the head, and how much it goes where the person goes.
fn belonging([x, y, _]: Point3) -> (f64, f64) {
    let radius = (x / HEAD[0]).hypot(y / HEAD[1]);
    let turns = 1.0 - smooth((radius - 1.05) / 0.55);
    let shoulders = smooth((y - 1.2) / 1.0) * (1.0 - smooth((x.abs() - 2.6) / 1.4));
    (turns, turns.max(shoulders))
}

/// Depth of the head around the face: the ellipsoid of the skull, raised or lowered to meet the face's rim.
fn around(rim: &[Point3], x: f64, y: f64) -> f64 {
    let (mut sum, mut weights, mut nearest) = (0.0, 0.0, f64::INFINITY);
    for p in rim {
        let squared = (p[0] - x).powi(2) + (p[1] - y).powi(2) + 1e-6;
        let weight = squared.powi(-2);
        sum += weight * (p[2] - skull(p[0], p[1]));
        weights += weight;
        nearest = nearest.min(squared);
    }
    let gap = if weights > 0.0 { sum / weights } else { 0.0 };
    (skull(x, y) + gap * (-nearest / 0.4).exp()).min(WALL)
}

fn skull(x: f64, y: f64) -> f64 {
    let squared = (x / HEAD[0]).powi(2) + (y / HEAD[1]).powi(2);
    // Rounded where the ellipsoid ends, which would be as steep as a wall.
    let front = SKULL * ((1.0 - squared).max(0.0) + ROUND).sqrt() - SKULL * ROUND.sqrt();
    let outside = (squared.sqrt() - 1.0).max(0.0);
    SKULL * (1.0 - ROUND.sqrt()) - 0.1 - front + 0.5 * outside
}

/// Lowers the net to a triangle that lies under it (`from` is the place of the first point).
fn sink(corners: [Point3; 3], from: [f64; 2], columns: usize, depths: &mut [f64]) {
    let [a, b, c] = corners;
    let area = cross(a, b, c);
    if area.abs() < 1e-12 {
        return;
    }
    let range = |i: usize| {
        let low = a[i].min(b[i]).min(c[i]) - from[i];
        let high = a[i].max(b[i]).max(c[i]) - from[i];
        ((low / STEP).ceil().max(0.0) as usize)..=((high / STEP).floor().max(0.0) as usize)
    };
    for row in range(1) {
        for column in range(0) {
            let place = [
                column as f64 * STEP + from[0],
                row as f64 * STEP + from[1],
                0.0,
            ];
            let shares = [
                cross(place, b, c) / area,
                cross(a, place, c) / area,
                cross(a, b, place) / area,
            ];
            if column < columns && shares.iter().all(|&share| share >= -1e-9) {
                let depth = dot(shares, [a[2], b[2], c[2]]);
                if let Some(place) = depths.get_mut(row * columns + column) {
                    *place = place.min(depth);
                }
            }
        }
    }
}

fn cross(a: Point3, b: Point3, c: Point3) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Vertices on edges that only one triangle has.
fn rim(triangles: &[[usize; 3]]) -> Vec<usize> {
    let mut edges = std::collections::HashMap::new();
    for [a, b, c] in triangles {
        for (from, to) in [(a, b), (b, c), (c, a)] {
            *edges.entry((from.min(to), from.max(to))).or_insert(0) += 1;
        }
    }
    let mut rim: Vec<usize> = edges
        .into_iter()
        .filter(|(_, times)| *times == 1)
        .flat_map(|((a, b), _)| [*a, *b])
        .collect();
    rim.sort_unstable();
    rim.dedup();
    rim
}

/// Two triangles for each cell.
fn net(columns: usize, rows: usize) -> Vec<[usize; 3]> {
    let cells = (1..rows).flat_map(|row| (1..columns).map(move |column| row * columns + column));
    cells
        .flat_map(|at| {
            let (left, above, corner) = (at - 1, at - columns, at - columns - 1);
            [[corner, above, at], [corner, at, left]]
        })
        .collect()
}

/// 0 up to 0, 1 from 1 on, smooth between.
fn smooth(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn blend(a: Point3, b: Point3, part: f64) -> Point3 {
    add(scaled(a, 1.0 - part), scaled(b, part))
}

#[cfg(test)]
mod tests {
    use nod::geometry::Point;

    use super::super::mesh::Mesh;
    use super::super::space::Turn;
    use super::*;

    fn fit() -> Fit {
        let mesh = Mesh::average().unwrap();
        let points = mesh
            .places()
            .map(|[x, y, _]| Point::new(200.0 + 50.0 * x as f32, 150.0 + 50.0 * y as f32));
        Fit::of(mesh, &points).unwrap()
    }

    #[test]
    fn the_head_turns_and_the_wall_stays() {
        let surface = Surface::of(&fit());
        let home = [0.0, 0.0, 8.0];
        let pose = |yaw| Pose {
            turn: Turn::new(yaw, 0.0),
            place: home,
        };
        let (before, after) = (
            surface.posed(&pose(0.0), home),
            surface.posed(&pose(30.0), home),
        );
        let moved = |x: f64, y: f64| {
            let near = |p: &Point3| (p[0] - x).hypot(p[1] - y);
            let at = (0..before.len())
                .min_by(|&a, &b| near(&before[a]).total_cmp(&near(&before[b])))
                .unwrap();
            after[at][0] - before[at][0]
        };
        let nose = moved(0.0, 0.7);
        assert!(nose > 0.7, "the nose goes to the right: {nose}");
        assert!(moved(0.0, -1.5) > 0.3, "and so does the hair");
        assert_eq!(moved(4.0, -3.0), 0.0);
    }

    #[test]
    fn depth_has_no_cliffs_on_the_face_and_around_it() {
        let surface = Surface::of(&fit());
        for [a, b, c] in &surface.triangles {
            let depths = [a, b, c].map(|&at| surface.points[at][2]);
            let step = depths.iter().fold(f64::MIN, |m, &d| m.max(d))
                - depths.iter().fold(f64::MAX, |m, &d| m.min(d));
            assert!(step < 0.5, "{step} at {:?}", surface.points[*a]);
        }
    }
}
