//! Head pose from five points, under weak perspective.
//!
//! Gee and Cipolla, "Determining the gaze of faces in images" (1994): eyes and mouth span a plane, the nose tip stands
//! out from it; how far it is displaced on the picture tells how the plane is turned. With the eye distance as unit,
//! nose depth D and distance H from eyes to mouth:
//!
//! - yaw: the nose tip's displacement along the eyes is D·sin(yaw), the eyes are cos(yaw) apart; their ratio is D·tan(yaw);
//! - pitch: on the way from eyes to mouth the nose tip lies at r = r₀ + (D/H)·tan(pitch).
//!
//! D was checked against foreshortening: over the turned heads of LFW's View 1, the distance of the eyes shrinks as if
//! D were 0.48 to 0.55, depending on who places the points. Noses differ, so these are angles to within some ten degrees:
//! good enough to ask for a frontal face, not to measure one.

use crate::detect::FivePoints;
use crate::geometry::Point;

/// Nose tip before the plane of eyes and mouth, in eye distances.
const NOSE_DEPTH: f32 = 0.5;
/// Eyes to mouth, in eye distances.
const EYES_TO_MOUTH: f32 = 1.1;
/// Nose tip of a level head on the way from eyes (0) to mouth (1).
const NOSE_LEVEL: f32 = 0.55;

/// Angles in degrees; their signs as in [`super::Quality`].
pub(super) struct Pose {
    pub(super) yaw: f32,
    pub(super) pitch: f32,
    pub(super) roll: f32,
}

impl Pose {
    pub(super) fn of([left_eye, right_eye, nose, left_mouth, right_mouth]: &FivePoints) -> Self {
        let eyes = left_eye.midpoint(*right_eye);
        let mouth = left_mouth.midpoint(*right_mouth);
        let across = Point::new(right_eye.x - left_eye.x, right_eye.y - left_eye.y);
        let length = across.x.hypot(across.y);
        let (ux, uy) = (across.x / length, across.y / length);
        let along = |p: Point| ((p.x - eyes.x) * ux + (p.y - eyes.y) * uy) / length;
        // Perpendicular to the eyes, towards the mouth.
        let below = |p: Point| (p.y - eyes.y) * ux - (p.x - eyes.x) * uy;
        let way = below(*nose) / below(mouth).max(1e-6);
        let nod = (way - NOSE_LEVEL) * EYES_TO_MOUTH / NOSE_DEPTH;
        Self {
            yaw: (along(*nose) / NOSE_DEPTH).atan().to_degrees(),
            pitch: nod.atan().to_degrees(),
            roll: uy.atan2(ux).to_degrees(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The model head turned and seen from far away, 100 pixels for an eye distance.
    fn seen(yaw: f32, pitch: f32, roll: f32) -> FivePoints {
        let (yaw, pitch, roll) = (yaw.to_radians(), pitch.to_radians(), roll.to_radians());
        let mouth = EYES_TO_MOUTH;
        let head = [
            [-0.5, 0.0, 0.0],
            [0.5, 0.0, 0.0],
            [0.0, NOSE_LEVEL * mouth, NOSE_DEPTH],
            [-0.4, mouth, 0.0],
            [0.4, mouth, 0.0],
        ];
        head.map(|[x, y, z]| {
            let (x, z) = (x * yaw.cos() + z * yaw.sin(), z * yaw.cos() - x * yaw.sin());
            let y = y * pitch.cos() + z * pitch.sin();
            let (x, y) = (
                x * roll.cos() - y * roll.sin(),
                x * roll.sin() + y * roll.cos(),
            );
            Point::new(300.0 + 100.0 * x, 200.0 + 100.0 * y)
        })
    }

    #[test]
    fn angles_of_a_known_head_are_found() {
        for roll in [-40.0, 0.0, 20.0] {
            for angle in [-35.0, -10.0, 0.0, 15.0, 40.0] {
                let turned = Pose::of(&seen(angle, 0.0, roll));
                assert!((turned.yaw - angle).abs() < 0.01, "{} {angle}", turned.yaw);
                assert!(turned.pitch.abs() < 0.01 && (turned.roll - roll).abs() < 0.01);
                let nodding = Pose::of(&seen(0.0, angle, roll));
                assert!((nodding.pitch - angle).abs() < 0.01, "{}", nodding.pitch);
                assert!(nodding.yaw.abs() < 0.01);
            }
        }
    }

    #[test]
    fn points_without_a_face_have_no_pose() {
        let pose = Pose::of(&[Point::new(3.0, 3.0); 5]);
        assert!(pose.yaw.is_nan() && pose.pitch.is_nan() && pose.roll.is_nan());
    }
}
