//! Are the eyes open? Looks for the iris.
//!
//! ISO/IEC 29794-5 takes the distance of the lids from the landmarks. Measured with this landmark net on LFW, that
//! number is smaller for many laughing and narrow open eyes than for closed ones: the net draws lids where they usually
//! are. So the picture itself is asked for what a lid hides: a dark spot as wide as an iris with something brighter
//! (the white of the eye) left and right of it. Lashes of a closed eye are as dark but as wide as the eye and thin, so
//! that they are no darker than what is beside them. How wide the lids are apart does not matter as long as a tenth of
//! the eye distance (six millimetres) of dark height is there.

use zeroize::Zeroizing;

use super::portrait::{DENSITY, Eye, Portrait};
use crate::image::Crop;

/// The spot's width and height, in eye distances: less than an iris (0.19), so that half-covered ones count.
const SPOT: [f32; 2] = [0.1, 0.1];
/// Width of what it is compared with on either side, and the gap between.
const FLANK: f32 = 0.067;
const GAP: f32 = 0.033;
/// Where it is looked for, left and right, above and below the eye's centre. Further up begins the brow's shadow.
const REACH: [f32; 2] = [0.117, 0.05];
/// Zone that holds all of this.
const ZONE: [f32; 2] = [0.7, 0.5];

/// Logarithms do not see noise near black with this many levels added.
const FLOOR: f32 = 8.0;

/// Mean over both eyes of how much darker the best spot is than the darker of its flanks, in natural logarithms of
/// luma.
pub(super) fn iris(portrait: &Portrait) -> f32 {
    let [left, right] = [Eye::Left, Eye::Right].map(|eye| {
        let [width, height] = ZONE;
        darkest_spot(&portrait.zone_at_eye(eye, 0.0, width, height))
    });
    (left + right) / 2.0
}

fn darkest_spot(zone: &Crop) -> f32 {
    let pixels = |distance: f32| (distance * DENSITY).round() as usize;
    let [wide, high] = SPOT.map(pixels);
    let [aside, above] = REACH.map(pixels);
    let (flank, gap) = (pixels(FLANK), pixels(GAP));
    let sums = Sums::of(zone);
    let (first_x, first_y) = (
        (zone.width() - wide) / 2 - aside,
        (zone.height() - high) / 2 - above,
    );
    let mut best = f32::NEG_INFINITY;
    for y in first_y..=first_y + 2 * above {
        for x in first_x..=first_x + 2 * aside {
            let spot = sums.mean(x, y, wide, high);
            let left = sums.mean(x - gap - flank, y, flank, high);
            let right = sums.mean(x + wide + gap, y, flank, high);
            best = best.max(left.min(right) - spot);
        }
    }
    best.max(0.0)
}

/// Summed-area table of the logarithms of luma (Crow 1984).
struct Sums {
    stride: usize,
    sums: Zeroizing<Vec<f32>>,
}

impl Sums {
    fn of(zone: &Crop) -> Self {
        let (width, stride) = (zone.width(), zone.width() + 1);
        let mut sums = Zeroizing::new(vec![0.0; stride * (zone.height() + 1)]);
        let luma = Zeroizing::new(zone.luma());
        for (y, row) in luma.chunks_exact(width).enumerate() {
            let mut in_row = 0.0;
            for (x, value) in row.iter().enumerate() {
                in_row += (value + FLOOR).ln();
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + in_row;
            }
        }
        Self { stride, sums }
    }

    /// Mean of the rectangle whose top left pixel is (x, y).
    fn mean(&self, x: usize, y: usize, width: usize, height: usize) -> f32 {
        let at = |x: usize, y: usize| self.sums[y * self.stride + x];
        let sum = at(x + width, y + height) + at(x, y) - at(x + width, y) - at(x, y + height);
        sum / (width * height) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey eye zone with dark rectangles: left, top, width, height.
    fn zone(dark: &[[usize; 4]]) -> Crop {
        let mut zone = Crop::black(42, 30);
        for (i, pixel) in zone.rgb_mut().chunks_exact_mut(3).enumerate() {
            let (x, y) = (i % 42, i / 42);
            let hit =
                |[l, t, w, h]: &[usize; 4]| (*l..l + w).contains(&x) && (*t..t + h).contains(&y);
            pixel.fill(if dark.iter().any(hit) { 40.0 } else { 160.0 });
        }
        zone
    }

    #[test]
    fn an_iris_is_seen_and_a_line_of_lashes_is_not() {
        let open = darkest_spot(&zone(&[[15, 10, 10, 10]]));
        let narrow = darkest_spot(&zone(&[[15, 12, 10, 6]]));
        let closed = darkest_spot(&zone(&[[5, 14, 32, 3]]));
        assert!((open - (168.0f32 / 48.0).ln()).abs() < 1e-3, "{open}");
        assert!(
            (narrow - open).abs() < 1e-3,
            "a narrow eye is as open as a wide one"
        );
        assert!(closed < 0.05, "{closed}");
    }
}
