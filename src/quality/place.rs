//! Which face counts, how large it is, and where in the frame it lies.

use super::pose::Pose;
use crate::detect::{Face, FivePoints};
use crate::geometry::Rect;
use crate::image::Frame;

/// Of several faces the one that counts: large and central. `None` when there is none.
pub fn main_face<'f>(frame: &Frame<'_>, faces: &'f [Face]) -> Option<&'f Face> {
    let weight = |face: &Face| {
        let [x, y] = offset(frame, &face.bounds);
        face.bounds.area() * (1.0 - x.hypot(y)).max(0.05)
    };
    faces.iter().max_by(|a, b| weight(a).total_cmp(&weight(b)))
}

/// Distance of the box's centre from the frame's, as a part of the frame's width and height.
pub(super) fn offset(frame: &Frame<'_>, bounds: &Rect) -> [f32; 2] {
    let centre = bounds.centre();
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    [
        (centre.x / width - 0.5).abs(),
        (centre.y / height - 0.5).abs(),
    ]
}

/// From the box to the frame's left, top, right and bottom edge, as a part of the box's width or height.
pub(super) fn margins(frame: &Frame<'_>, bounds: &Rect) -> [f32; 4] {
    [
        bounds.x / bounds.width,
        bounds.y / bounds.height,
        (frame.width() as f32 - bounds.right()) / bounds.width,
        (frame.height() as f32 - bounds.bottom()) / bounds.height,
    ]
}

/// Area of the largest other face as a part of this one's.
pub(super) fn company(faces: &[Face], bounds: &Rect) -> f32 {
    let others = faces.iter().filter(|face| face.bounds != *bounds);
    others.fold(0.0, |most, face| {
        most.max(face.bounds.area() / bounds.area())
    })
}

/// Distance of the eyes in frame pixels, undone of the foreshortening by the head's yaw (ISO/IEC 29794-5 divides
/// by its cosine; at most by that of 60°, where nobody can tell any more).
pub(super) fn inter_eye([left, right, ..]: &FivePoints, pose: &Pose) -> f32 {
    left.distance(*right) / pose.yaw.to_radians().cos().max(0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;

    fn face(x: f32, side: f32) -> Face {
        let bounds = Rect {
            x,
            y: 100.0,
            width: side,
            height: side,
        };
        Face {
            bounds,
            score: 0.9,
            points: None,
        }
    }

    #[test]
    fn the_largest_central_face_counts() {
        let bytes = vec![0; 400 * 300 * 4];
        let frame = Frame::new(400, 300, &bytes).unwrap();
        let faces = [face(0.0, 105.0), face(150.0, 100.0), face(190.0, 20.0)];
        let main = main_face(&frame, &faces).unwrap();
        assert_eq!(main.bounds.x, 150.0);
        assert!((company(&faces, &main.bounds) - 1.1025).abs() < 1e-4);
        assert_eq!(company(&faces[1..2], &main.bounds), 0.0);
        assert!(main_face(&frame, &[]).is_none());
    }

    #[test]
    fn margins_are_counted_in_faces() {
        let bytes = vec![0; 400 * 300 * 4];
        let frame = Frame::new(400, 300, &bytes).unwrap();
        assert_eq!(
            margins(&frame, &face(-50.0, 100.0).bounds),
            [-0.5, 1.0, 3.5, 1.0]
        );
        assert_eq!(offset(&frame, &face(150.0, 100.0).bounds), [0.0, 0.0]);
    }

    #[test]
    fn eyes_of_a_turned_head_are_as_far_apart_as_before() {
        let points = |half: f32| {
            [
                (-half, 0.0),
                (half, 0.0),
                (0.0, 1.0),
                (-1.0, 2.0),
                (1.0, 2.0),
            ]
            .map(|(x, y)| Point::new(x, y))
        };
        let turned = Pose {
            yaw: 30.0,
            pitch: 0.0,
            roll: 0.0,
        };
        let seen = 50.0 * 30f32.to_radians().cos();
        assert!((inter_eye(&points(seen), &turned) - 100.0).abs() < 1e-3);
    }
}
