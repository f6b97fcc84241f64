//! The face in a size and position of its own, so that measures do not depend on the camera: one eye distance is
//! 60 pixels, and zones are named in eye distances along and below the line of the eyes.

use zeroize::Zeroizing;

use crate::geometry::{Point, Rect};
use crate::image::{Crop, Frame};
use crate::landmarks::Landmarks;
use crate::resample::resample;

/// Pixels of the portrait for one eye distance.
pub(super) const DENSITY: f32 = 60.0;
/// Side of the portrait in eye distances: from above the brows to below the chin.
const SPAN: f32 = 3.6;
/// Its centre lies this far below the eyes, in eye distances.
const BELOW: f32 = 0.6;
const SIDE: usize = (SPAN * DENSITY) as usize;

/// A face cut out around its eyes and scaled, not turned.
pub(super) struct Portrait {
    crop: Crop,
    /// Frame pixels → portrait pixels.
    region: Rect,
    scale: f32,
    /// The eyes in the frame.
    left_eye: Point,
    right_eye: Point,
}

/// Which eye a zone belongs to: the one on the image's left or on its right.
#[derive(Clone, Copy)]
pub(super) enum Eye {
    Left,
    Right,
}

impl Portrait {
    /// Black when the eyes coincide or are not finite.
    pub(super) fn of(frame: &Frame<'_>, landmarks: &Landmarks) -> Self {
        let [left_eye, right_eye, ..] = landmarks.five();
        let across = Point::new(right_eye.x - left_eye.x, right_eye.y - left_eye.y);
        let distance = across.x.hypot(across.y);
        let eyes = left_eye.midpoint(right_eye);
        let centre = Point::new(eyes.x - across.y * BELOW, eyes.y + across.x * BELOW);
        let region = Rect::around(centre, SPAN * distance, SPAN * distance);
        Self {
            crop: resample(frame, &region, None, SIDE, SIDE),
            region,
            scale: DENSITY / distance,
            left_eye,
            right_eye,
        }
    }

    /// An upright rectangle of the face (as the line of the eyes lies), `width` × `height` eye distances large,
    /// around the point `below` eye distances under an eye.
    pub(super) fn zone_at_eye(&self, eye: Eye, below: f32, width: f32, height: f32) -> Crop {
        let at = match eye {
            Eye::Left => self.left_eye,
            Eye::Right => self.right_eye,
        };
        self.zone(at, below, width, height)
    }

    /// The same around the middle between the eyes.
    pub(super) fn zone_between_eyes(&self, below: f32, width: f32, height: f32) -> Crop {
        self.zone(self.left_eye.midpoint(self.right_eye), below, width, height)
    }

    /// The same around a point of the frame.
    pub(super) fn zone(&self, at: Point, below: f32, width: f32, height: f32) -> Crop {
        // One eye distance along the eyes, in portrait pixels; a quarter turn of it points to the chin.
        let across = Point::new(
            (self.right_eye.x - self.left_eye.x) * self.scale,
            (self.right_eye.y - self.left_eye.y) * self.scale,
        );
        let centre = Point::new(
            (at.x - self.region.x) * self.scale - across.y * below,
            (at.y - self.region.y) * self.scale + across.x * below,
        );
        let columns = (width * DENSITY).round().max(1.0) as usize;
        let rows = (height * DENSITY).round().max(1.0) as usize;
        let mut zone = Crop::black(columns, rows);
        for (index, pixel) in zone.rgb_mut().chunks_exact_mut(3).enumerate() {
            let along = ((index % columns) as f32 + 0.5) / DENSITY - width / 2.0;
            let under = ((index / columns) as f32 + 0.5) / DENSITY - height / 2.0;
            let x = centre.x + along * across.x - under * across.y;
            let y = centre.y + along * across.y + under * across.x;
            pixel.copy_from_slice(&self.sample(x, y));
        }
        zone
    }

    /// Luma of every pixel inside the outline that jaw and brows make.
    pub(super) fn outline_luma(&self, landmarks: &Landmarks) -> Zeroizing<Vec<f32>> {
        let p = landmarks.points();
        // Jaw from the image's left to its right, then the brows back.
        let outline: Vec<Point> = p[..17]
            .iter()
            .chain(p[17..27].iter().rev())
            .map(|p| {
                Point::new(
                    (p.x - self.region.x) * self.scale,
                    (p.y - self.region.y) * self.scale,
                )
            })
            .collect();
        let luma = Zeroizing::new(self.crop.luma());
        let mut inside = Zeroizing::new(Vec::new());
        for (y, row) in luma.chunks_exact(SIDE).enumerate() {
            let mut crossings = crossings(&outline, y as f32 + 0.5);
            crossings.sort_by(f32::total_cmp);
            for pair in crossings.chunks_exact(2) {
                let from = (pair[0].max(0.0) as usize).min(SIDE);
                let to = (pair[1].max(0.0) as usize).min(SIDE).max(from);
                inside.extend_from_slice(&row[from..to]);
            }
        }
        inside
    }

    /// Bilinear; the border's pixels go on outside. Black where there is no such place.
    fn sample(&self, x: f32, y: f32) -> [f32; 3] {
        let last = (SIDE - 1) as f32;
        if x.is_nan() || y.is_nan() {
            return [0.0; 3];
        }
        let (x, y) = ((x - 0.5).clamp(0.0, last), (y - 0.5).clamp(0.0, last));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(SIDE - 1), (top + 1).min(SIDE - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize, c: usize| {
            self.crop
                .rgb()
                .get((y * SIDE + x) * 3 + c)
                .copied()
                .unwrap_or(0.0)
        };
        std::array::from_fn(|c| {
            let upper = at(left, top, c) * (1.0 - fx) + at(right, top, c) * fx;
            let lower = at(left, bottom, c) * (1.0 - fx) + at(right, bottom, c) * fx;
            upper * (1.0 - fy) + lower * fy
        })
    }
}

/// Where the closed line of `points` crosses the height `y`: an even number of places.
fn crossings(points: &[Point], y: f32) -> Vec<f32> {
    let next = points.iter().cycle().skip(1);
    points
        .iter()
        .zip(next)
        .filter(|(a, b)| (a.y > y) != (b.y > y))
        .map(|(a, b)| a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landmarks::COUNT;

    /// A frame whose red is x and whose green is y, and eyes at (60, 100) and (100, 100 + slope · 40).
    fn portrait(frame: &Frame<'_>, slope: f32) -> Portrait {
        let mut points = [Point::new(60.0, 100.0); COUNT];
        points[42..48].fill(Point::new(100.0, 100.0 + 40.0 * slope));
        Portrait::of(frame, &Landmarks::from(points))
    }

    fn ramp() -> Vec<u8> {
        (0..200u8)
            .flat_map(|y| (0..200u8).flat_map(move |x| [x, y, 0, 255]))
            .collect()
    }

    fn middle(zone: &Crop) -> [f32; 2] {
        let n = (zone.width() * zone.height()) as f32;
        let pixels = zone.rgb().chunks_exact(3);
        let [x, y] = pixels.fold([0.0, 0.0], |[x, y], p| [x + p[0], y + p[1]]);
        [x / n + 0.5, y / n + 0.5]
    }

    #[test]
    fn zones_lie_where_they_are_named() {
        let bytes = ramp();
        let frame = Frame::new(200, 200, &bytes).unwrap();
        let level = portrait(&frame, 0.0);
        let [x, y] = middle(&level.zone_at_eye(Eye::Right, 0.5, 0.3, 0.3));
        assert!(
            (x - 100.0).abs() < 0.3 && (y - 120.0).abs() < 0.3,
            "{x} {y}"
        );
        let [x, y] = middle(&level.zone_between_eyes(0.0, 0.2, 0.4));
        assert!((x - 80.0).abs() < 0.3 && (y - 100.0).abs() < 0.3, "{x} {y}");
        // Turned: what is below the eye lies to its left.
        let turned = portrait(&frame, 0.75);
        let [x, y] = middle(&turned.zone_at_eye(Eye::Right, 0.5, 0.3, 0.3));
        assert!((x - 85.0).abs() < 0.3 && (y - 150.0).abs() < 0.3, "{x} {y}");
    }

    #[test]
    fn a_square_is_crossed_at_its_sides() {
        let square =
            [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)].map(|(x, y)| Point::new(x, y));
        let mut found = crossings(&square, 2.0);
        found.sort_by(f32::total_cmp);
        assert_eq!(found, [0.0, 4.0]);
        assert!(crossings(&square, 5.0).is_empty());
    }

    #[test]
    fn points_that_span_no_face_give_a_black_portrait() {
        let bytes = vec![200; 50 * 50 * 4];
        let frame = Frame::new(50, 50, &bytes).unwrap();
        for bad in [f32::NAN, f32::INFINITY, 7.0] {
            let points = Landmarks::from([Point::new(bad, 7.0); COUNT]);
            let portrait = Portrait::of(&frame, &points);
            assert!(portrait.crop.rgb().iter().all(|v| *v == 0.0));
            let zone = portrait.zone_at_eye(Eye::Left, 0.5, 0.3, 0.3);
            assert!(zone.rgb().iter().all(|v| *v == 0.0));
            portrait.outline_luma(&points);
        }
    }
}
