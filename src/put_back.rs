//! An aligned crop, put back where it was in the frame: what the landmark net saw there, as far as the crop has it.
//!
//! The net's landmarks depend on how its box lies around the face: a hand's breadth more forehead moves the jaw. So
//! whoever wants to know whether a crop belongs to landmarks that were placed in a frame shows the net the same box.

use crate::align::Template;
use crate::geometry::{Point, Rect};
use crate::image::{Crop, bilinear};
use crate::landmarks::Landmarks;
use crate::similarity::Similarity;

/// More samples than this for each pixel and axis bring nothing but work.
const MAX_SAMPLES: usize = 4;

/// The part of the frame under `square`, black outside of `kept`, as [`resample`](crate::resample::resample) would cut it
/// from the frame, made of the crop of the face whose landmarks these are.
///
/// Where the crop ends its last pixels go on: a chin that is cut off is nearer to that than to black. Nothing when the
/// landmarks span no face.
pub(crate) fn put_back(
    crop: &Crop,
    template: &Template,
    landmarks: &Landmarks,
    (square, kept): (&Rect, &Rect),
    (width, height): (usize, usize),
) -> Option<Crop> {
    // From frame to crop, because each pixel asks where it comes from.
    let to_crop = Similarity::fit(&landmarks.five(), &template.0)?;
    let (step_x, step_y) = (square.width / width as f32, square.height / height as f32);
    let coarse = to_crop.scale() * step_x.max(step_y);
    let n = ((coarse - 0.05).ceil() as usize).clamp(1, MAX_SAMPLES);
    let weight = 1.0 / (n * n) as f32;
    let mut out = Crop::black(width, height);
    for (index, pixel) in out.rgb_mut().chunks_exact_mut(3).enumerate() {
        let (column, row) = ((index % width) as f32, (index / width) as f32);
        let at = |part: f32, from: f32, step: f32| from + part * step;
        let centre = Point::new(
            at(column + 0.5, square.x, step_x),
            at(row + 0.5, square.y, step_y),
        );
        if !contains(kept, centre) {
            continue;
        }
        for (j, i) in (0..n).flat_map(|j| (0..n).map(move |i| (j, i))) {
            let part = |k: usize| (k as f32 + 0.5) / n as f32;
            let x = at(column + part(i), square.x, step_x);
            let y = at(row + part(j), square.y, step_y);
            let sample = bilinear(to_crop.apply(x, y), |x, y| crop.nearest(x, y));
            for (sum, value) in pixel.iter_mut().zip(sample) {
                *sum += weight * value;
            }
        }
    }
    Some(out)
}

fn contains(rect: &Rect, point: Point) -> bool {
    (rect.x..rect.right()).contains(&point.x) && (rect.y..rect.bottom()).contains(&point.y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landmarks::COUNT;

    /// Where a crop of 100 × 100 has the five points.
    const TEMPLATE: Template = Template([
        Point::new(30.0, 40.0),
        Point::new(70.0, 40.0),
        Point::new(50.0, 60.0),
        Point::new(35.0, 80.0),
        Point::new(65.0, 80.0),
    ]);

    /// A face in a frame, twice as large as in the crop and turned by a right angle: (x, y) of the crop is at
    /// (500 − 2y, 300 + 2x).
    fn landmarks() -> Landmarks {
        let there = TEMPLATE
            .0
            .map(|p| Point::new(500.0 - 2.0 * p.y, 300.0 + 2.0 * p.x));
        let mut points = [there[2]; COUNT];
        points[36..42].fill(there[0]);
        points[42..48].fill(there[1]);
        (points[48], points[54]) = (there[3], there[4]);
        points.into()
    }

    /// Red grows to the right, green downward.
    fn ramp() -> Crop {
        let mut crop = Crop::black(100, 100);
        for (index, pixel) in crop.rgb_mut().chunks_exact_mut(3).enumerate() {
            pixel.copy_from_slice(&[(index % 100) as f32, (index / 100) as f32, 7.0]);
        }
        crop
    }

    fn square(x: f32, y: f32, side: f32) -> Rect {
        Rect {
            x,
            y,
            width: side,
            height: side,
        }
    }

    fn pixel(crop: &Crop, x: usize, y: usize) -> [f32; 3] {
        let at = (y * crop.width() + x) * 3;
        [crop.rgb()[at], crop.rgb()[at + 1], crop.rgb()[at + 2]]
    }

    #[test]
    fn every_pixel_of_the_frame_is_where_it_was() {
        let whole = square(340.0, 340.0, 100.0);
        for side in [25, 50, 100] {
            let cut = put_back(
                &ramp(),
                &TEMPLATE,
                &landmarks(),
                (&whole, &whole),
                (side, side),
            )
            .unwrap();
            let step = 100.0 / side as f32;
            for (x, y) in [(0, 0), (side - 1, 3), (7, side - 1)] {
                let (fx, fy) = (
                    340.0 + (x as f32 + 0.5) * step,
                    340.0 + (y as f32 + 0.5) * step,
                );
                let expected = [(fy - 300.0) / 2.0, (500.0 - fx) / 2.0, 7.0];
                for (found, expected) in pixel(&cut, x, y).iter().zip(expected) {
                    assert!((found - expected).abs() < 0.01, "{found} {expected}");
                }
            }
        }
    }

    #[test]
    fn outside_of_the_box_is_black_and_beyond_the_crop_its_edge() {
        // Frame x from 200 to 500 is the crop's y from 150 to 0.
        let whole = square(200.0, 300.0, 300.0);
        let kept = Rect {
            x: 200.0,
            y: 320.0,
            width: 300.0,
            height: 60.0,
        };
        let cut = put_back(&ramp(), &TEMPLATE, &landmarks(), (&whole, &kept), (60, 60)).unwrap();
        assert_eq!(pixel(&cut, 30, 2), [0.0; 3]);
        assert_eq!(pixel(&cut, 30, 20), [0.0; 3]);
        for (found, expected) in pixel(&cut, 2, 8).iter().zip([21.25, 99.0, 7.0]) {
            assert!((found - expected).abs() < 0.01, "{found} {expected}");
        }
    }

    #[test]
    fn landmarks_that_span_nothing_and_boxes_at_the_end_of_the_world() {
        let flat = Landmarks::from([Point::new(5.0, 5.0); COUNT]);
        let whole = square(0.0, 0.0, 9.0);
        assert!(put_back(&ramp(), &TEMPLATE, &flat, (&whole, &whole), (8, 8)).is_none());
        for far in [1e30, -1e30] {
            let whole = square(far, far, 1e30);
            let cut = put_back(&ramp(), &TEMPLATE, &landmarks(), (&whole, &whole), (8, 8)).unwrap();
            assert!(cut.rgb().iter().all(|value| value.is_finite()));
        }
    }
}
