//! Is a part of the face covered? By colour, and around the eyes by light.
//!
//! Skin of every tone is redder than cloth, paper and metal, and the skin of one face in one light is of one colour. So
//! each zone's redness is compared with that of the same face's most skin-like zones: neither a dark or light skin nor
//! the colour of the lamp counts. Mouth and eyes are told by their reddest parts, so that a beard around the lips and
//! deep-set eyes cover nothing.
//!
//! What this sees: masks, scarves, phones and paper of any colour but skin's, dark glasses. What it cannot see: a hand or
//! anything else of skin's colour, and what covers less than half of a zone. The landmarks are no help: the net places
//! them on a covered face as on a bare one. In a picture without colour nothing is called covered.

use super::light::{cheek, median_luma};
use super::portrait::{Eye, Portrait};
use super::statistics::percentile;
use crate::geometry::Point;
use crate::image::Crop;
use crate::landmarks::Landmarks;
use zeroize::Zeroizing;

/// Ratios do not see noise near black with this many levels added.
const FLOOR: f32 = 8.0;
/// Below this redness of the skin the picture has no colour to judge by.
const COLOURLESS: f32 = 0.1;
/// Where in a zone's pixels its colour is read: in the middle, or at the reddest fifth where hair, eyes and shadow
/// take up a part of the zone.
const TYPICAL: f32 = 0.5;
const REDDEST: f32 = 0.8;
/// Part of the pixels around an eye that are darker than what shines there when nothing covers it.
const BRIGHTEST: f32 = 0.9;

/// Redness of the least skin-like zone over that of this face's skin.
pub(super) fn skin(portrait: &Portrait, landmarks: &Landmarks) -> f32 {
    let p = landmarks.points();
    let both = [Eye::Left, Eye::Right];
    let cheeks = both.map(|eye| redness(&cheek(portrait, eye), TYPICAL));
    let around = both.map(|eye| around_eye(portrait, eye));
    let lids = around.each_ref().map(|zone| redness(zone, TYPICAL));
    let eyes = around.each_ref().map(|zone| redness(zone, REDDEST));
    let between = redness(&portrait.zone_between_eyes(0.05, 0.2, 0.25), TYPICAL);
    let nose = redness(&portrait.zone(p[30], 0.0, 0.3, 0.3), TYPICAL);
    let mouth = redness(&portrait.zone(centre(&p[48..60]), 0.0, 0.8, 0.45), REDDEST);

    // The second of the reddest: a single sore or painted spot is not what skin is like.
    let mut zones = [cheeks[0], cheeks[1], lids[0], lids[1], between, nose];
    zones.sort_by(|a, b| b.total_cmp(a));
    let skin = zones[1];
    if skin < COLOURLESS {
        return 1.0;
    }
    // Of two cheeks and two eyes one may lie in coloured light or be turned away.
    let [cheek, eye] = [cheeks, eyes].map(|[left, right]| left.max(right));
    let least = mouth.min(nose).min(cheek).min(eye);
    least / skin
}

/// Luma of the brightest parts around the better lit eye over the median of the better lit cheek.
pub(super) fn eyes_lit(portrait: &Portrait) -> f32 {
    let both = [Eye::Left, Eye::Right];
    let cheeks = both.map(|eye| median_luma(&cheek(portrait, eye)));
    let eyes = both.map(|eye| {
        let zone = around_eye(portrait, eye);
        percentile(&mut Zeroizing::new(zone.luma()), BRIGHTEST)
    });
    (eyes[0].max(eyes[1]) + FLOOR) / (cheeks[0].max(cheeks[1]) + FLOOR)
}

/// The eye and the skin below it: what a dark glass covers.
fn around_eye(portrait: &Portrait, eye: Eye) -> Crop {
    portrait.zone_at_eye(eye, 0.12, 0.5, 0.2)
}

/// ln(red / green), at this part of the zone's pixels.
fn redness(zone: &Crop, part: f32) -> f32 {
    let mut each: Zeroizing<Vec<f32>> = Zeroizing::new(
        zone.rgb()
            .chunks_exact(3)
            .map(|p| ((p[0] + FLOOR) / (p[1] + FLOOR)).ln())
            .collect(),
    );
    percentile(&mut each, part)
}

fn centre(points: &[Point]) -> Point {
    let n = points.len() as f32;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), p| (x + p.x, y + p.y));
    Point::new(x / n, y / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redness_does_not_depend_on_how_light_a_skin_is() {
        let zone = |rgb: [f32; 3]| {
            let mut zone = Crop::black(8, 8);
            for pixel in zone.rgb_mut().chunks_exact_mut(3) {
                pixel.copy_from_slice(&rgb);
            }
            redness(&zone, 0.5)
        };
        let (light, dark) = (zone([232.0, 172.0, 140.0]), zone([92.0, 67.0, 50.0]));
        assert!((light - dark).abs() < 0.03, "{light} {dark}");
        assert!(zone([120.0, 160.0, 200.0]) < -0.2 && zone([90.0, 90.0, 90.0]) == 0.0);
    }
}
