//! Mouth open or closed.

use crate::landmarks::Landmarks;

/// Largest gap between upper and lower lip as a part of the distance from the middle of the eyes to the chin
/// (ISO/IEC 29794-5, "mouth closed").
pub(super) fn open(landmarks: &Landmarks) -> f32 {
    let p = landmarks.points();
    let [left_eye, right_eye, ..] = landmarks.five();
    let gap = [(61, 67), (62, 66), (63, 65)]
        .map(|(upper, lower): (usize, usize)| p[upper].distance(p[lower]))
        .into_iter()
        .fold(0.0, f32::max);
    gap / left_eye.midpoint(right_eye).distance(p[8])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;
    use crate::landmarks::COUNT;

    #[test]
    fn the_gap_is_counted_in_faces() {
        let mut points = [Point::new(0.0, 0.0); COUNT];
        points[8] = Point::new(0.0, 100.0);
        points[66] = Point::new(0.0, 20.0);
        assert_eq!(open(&Landmarks::from(points)), 0.2);
        assert!(open(&Landmarks::from([Point::new(1.0, 1.0); COUNT])).is_nan());
    }
}
