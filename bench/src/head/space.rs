//! Points in space, rotations, and the camera that sees them.
//!
//! One convention everywhere in the bench, that of the pictures: x to the right, y down, z away from the camera. The
//! unit is the distance between the centres of the eyes (about 6.3 cm in adults).

/// A point or vector; unit: eye distances.
pub(crate) type Point3 = [f64; 3];

/// Distance between the centres of the eyes of adults, in centimetres (mean of the surveys in Dodgson, "Variation and
/// extrema of human interpupillary distance", 2004).
pub(crate) const EYE_DISTANCE_CM: f64 = 6.3;

/// How something is turned, in degrees. Signs as those of `nod::quality`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Turn {
    /// Positive turns the nose to the right of the picture (the person's own left).
    pub(crate) yaw: f64,
    /// Positive looks down.
    pub(crate) pitch: f64,
    /// Positive is clockwise in the picture.
    pub(crate) roll: f64,
}

/// A rotation matrix, rows first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rotation([Point3; 3]);

impl Turn {
    /// A turn without roll.
    pub(crate) fn new(yaw: f64, pitch: f64) -> Self {
        Self {
            yaw,
            pitch,
            roll: 0.0,
        }
    }

    /// First the nod about the axis through the ears, then the turn about the neck, then the lean.
    pub(crate) fn rotation(self) -> Rotation {
        let (sy, cy) = self.yaw.to_radians().sin_cos();
        let (sp, cp) = self.pitch.to_radians().sin_cos();
        let (sr, cr) = self.roll.to_radians().sin_cos();
        let pitch = Rotation([[1.0, 0.0, 0.0], [0.0, cp, -sp], [0.0, sp, cp]]);
        let yaw = Rotation([[cy, 0.0, -sy], [0.0, 1.0, 0.0], [sy, 0.0, cy]]);
        let roll = Rotation([[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]]);
        roll.after(&yaw.after(&pitch))
    }
}

impl Rotation {
    /// The rotation whose rows these are; they must be orthonormal.
    pub(crate) fn from_rows(rows: [Point3; 3]) -> Self {
        Self(rows)
    }

    /// The turned point.
    pub(crate) fn apply(&self, p: Point3) -> Point3 {
        self.0.map(|row| dot(row, p))
    }

    /// Back again.
    pub(crate) fn inverse(&self) -> Self {
        Self(std::array::from_fn(|i| {
            std::array::from_fn(|j| self.0[j][i])
        }))
    }

    fn after(&self, first: &Self) -> Self {
        let columns = first.inverse().0;
        Self(self.0.map(|row| columns.map(|column| dot(row, column))))
    }
}

/// A camera without distortion at the origin, looking along z.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lens {
    /// Pixels from left to right.
    pub(crate) width: u32,
    /// Pixels from top to bottom.
    pub(crate) height: u32,
    /// Focal length in pixels.
    pub(crate) focal: f64,
}

impl Lens {
    /// A webcam: 640×480, 60° from left to right.
    pub(crate) const WEBCAM: Self = Self {
        width: 640,
        height: 480,
        focal: 554.256,
    };

    /// Where the point is seen, in pixels; nothing for what is not before the camera.
    pub(crate) fn see(&self, [x, y, z]: Point3) -> Option<[f64; 2]> {
        (z > 0.1).then(|| {
            [
                f64::from(self.width) / 2.0 + self.focal * x / z,
                f64::from(self.height) / 2.0 + self.focal * y / z,
            ]
        })
    }
}

pub(crate) fn add(a: Point3, b: Point3) -> Point3 {
    std::array::from_fn(|i| a[i] + b[i])
}

pub(crate) fn minus(a: Point3, b: Point3) -> Point3 {
    std::array::from_fn(|i| a[i] - b[i])
}

pub(crate) fn scaled(a: Point3, by: f64) -> Point3 {
    a.map(|v| v * by)
}

pub(crate) fn dot(a: Point3, b: Point3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOSE: Point3 = [0.0, 0.0, -1.0];

    #[test]
    fn signs_are_those_of_the_quality_measures() {
        let turned = |turn: Turn| turn.rotation().apply(NOSE);
        assert!(turned(Turn::new(30.0, 0.0))[0] > 0.49, "to the right");
        assert!(turned(Turn::new(0.0, 20.0))[1] > 0.34, "down");
        let leaning = Turn {
            roll: 90.0,
            ..Turn::default()
        };
        // What was on the right is below after a quarter turn clockwise.
        assert!(leaning.rotation().apply([1.0, 0.0, 0.0])[1] > 0.999);
    }

    #[test]
    fn the_inverse_undoes_a_turn() {
        let rotation = Turn {
            yaw: 31.0,
            pitch: -14.0,
            roll: 7.0,
        }
        .rotation();
        let back = rotation.inverse().apply(rotation.apply([0.3, -2.0, 1.1]));
        for (found, expected) in back.iter().zip([0.3, -2.0, 1.1]) {
            assert!((found - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn the_lens_puts_the_axis_in_the_middle_and_halves_at_twice_the_distance() {
        let lens = Lens::WEBCAM;
        assert_eq!(lens.see([0.0, 0.0, 5.0]), Some([320.0, 240.0]));
        let near = lens.see([1.0, 0.0, 4.0]).unwrap();
        let far = lens.see([1.0, 0.0, 8.0]).unwrap();
        assert!(((near[0] - 320.0) - 2.0 * (far[0] - 320.0)).abs() < 1e-9);
        assert_eq!(lens.see([0.0, 0.0, -1.0]), None);
    }
}
