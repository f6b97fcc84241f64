//! Where a head or a print is: turned, moved, bent.

use super::space::{EYE_DISTANCE_CM, Point3, Turn, add, minus};

/// Where the neck bends: below and behind the middle of the eyes.
pub(super) const PIVOT: Point3 = [0.0, 0.9, 1.3];

/// Where a head is and how it is turned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pose {
    pub(crate) turn: Turn,
    /// The middle of the eyes of the unturned head, from the camera, in eye distances.
    pub(crate) place: Point3,
}

/// How a print is bent: a cylinder about an axis in its plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bend {
    /// Radius in eye distances; infinite for a flat print.
    pub(crate) radius: f64,
    /// The axis against the vertical, in degrees.
    pub(crate) axis: f64,
}

impl Bend {
    /// A print that is not bent.
    pub(crate) const FLAT: Self = Self {
        radius: f64::INFINITY,
        axis: 0.0,
    };

    /// A radius in centimetres for a print at life size.
    pub(crate) fn cm(radius: f64, axis: f64) -> Self {
        Self {
            radius: radius / EYE_DISTANCE_CM,
            axis,
        }
    }

    /// Where a point of the flat print comes to lie; the middle stays and the sides go back.
    pub(crate) fn apply(self, [x, y]: [f64; 2]) -> Point3 {
        if !self.radius.is_finite() {
            return [x, y, 0.0];
        }
        let (sin, cos) = self.axis.to_radians().sin_cos();
        let (across, along) = (x * cos + y * sin, y * cos - x * sin);
        let angle = across / self.radius;
        let (across, depth) = (self.radius * angle.sin(), self.radius * (1.0 - angle.cos()));
        [
            across * cos - along * sin,
            along * cos + across * sin,
            depth,
        ]
    }
}

impl Pose {
    /// Where a point of the head is, seen from the camera.
    pub(crate) fn apply(&self, point: Point3) -> Point3 {
        let turned = self.turn.rotation().apply(minus(point, PIVOT));
        add(add(turned, PIVOT), self.place)
    }

    /// The same for something held in the hand, which turns about its own middle.
    pub(crate) fn held(&self, point: Point3) -> Point3 {
        add(self.turn.rotation().apply(point), self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bent_print_keeps_its_middle_and_its_length() {
        let bend = Bend::cm(10.0, 0.0);
        assert_eq!(bend.apply([0.0, 0.0]), [0.0, 0.0, 0.0]);
        let [x, y, z] = bend.apply([1.0, 2.0]);
        assert!(x < 1.0 && (y - 2.0).abs() < 1e-12 && z > 0.2, "{x} {y} {z}");
        let sideways = Bend::cm(10.0, 90.0).apply([1.0, 2.0]);
        assert!((sideways[0] - 1.0).abs() < 1e-9 && sideways[1] < 2.0);
        assert_eq!(Bend::FLAT.apply([1.0, 2.0]), [1.0, 2.0, 0.0]);
    }

    #[test]
    fn a_head_turns_about_its_neck_and_a_print_about_its_middle() {
        let pose = Pose {
            turn: Turn::new(90.0, 0.0),
            place: [0.0, 0.0, 8.0],
        };
        let neck = pose.apply(PIVOT);
        assert!(minus(neck, [0.0, 0.9, 9.3]).iter().all(|d| d.abs() < 1e-9));
        assert_eq!(pose.held([0.0; 3]), pose.place);
    }
}
