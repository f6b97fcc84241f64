//! Light on the face: enough, not too much, from both sides.

use nod_protocol::codes::Code;
use zeroize::Zeroizing;

use super::portrait::{Eye, Portrait};
use super::statistics::percentile;
use crate::geometry::Rect;
use crate::image::{Crop, Frame};
use crate::resample::resample;

/// Luma from which a pixel counts as over-exposed (ISO/IEC 29794-5).
const OVER_EXPOSED: f32 = 247.0;
/// Highlights of a whole frame below which it is called dark rather than empty, in luma.
const DARK_FRAME: f32 = 40.0;
/// Over-exposed part of a whole frame above which it is called bright rather than empty.
const BRIGHT_FRAME: f32 = 0.5;

/// The hint for a frame in which no face was found.
pub fn hint_without_face(frame: &Frame<'_>) -> Code {
    let all = Rect {
        x: 0.0,
        y: 0.0,
        width: frame.width() as f32,
        height: frame.height() as f32,
    };
    let luma = resample(frame, &all, None, 32, 32).luma();
    if highlight(&luma) < DARK_FRAME {
        Code::HintTooDark
    } else if over_exposed(&luma) > BRIGHT_FRAME {
        Code::HintTooBright
    } else {
        Code::HintNoFace
    }
}

/// 95th percentile.
pub(super) fn highlight(luma: &[f32]) -> f32 {
    percentile(&mut Zeroizing::new(luma.to_vec()), 0.95)
}

/// Part of the pixels that are over-exposed; NaN when there are none.
pub(super) fn over_exposed(luma: &[f32]) -> f32 {
    luma.iter().filter(|l| **l >= OVER_EXPOSED).count() as f32 / luma.len() as f32
}

/// Luma of the darker cheek over that of the brighter one.
///
/// ISO/IEC 29794-5 intersects the histograms of the same two zones. Two cheeks of one face differ in light and
/// not in skin, so their ratio says the same for every skin; an intersection depends on how wide the histograms are, and
/// those of darker skin are narrower.
pub(super) fn uniformity(portrait: &Portrait) -> f32 {
    let [left, right] = [Eye::Left, Eye::Right].map(|eye| median_luma(&cheek(portrait, eye)));
    // One level is less than a camera can tell.
    (left.min(right) + 1.0) / (left.max(right) + 1.0)
}

/// Half an eye distance below an eye: above most beards, beside the nose.
pub(super) fn cheek(portrait: &Portrait, eye: Eye) -> Crop {
    portrait.zone_at_eye(eye, 0.5, 0.3, 0.3)
}

pub(super) fn median_luma(zone: &Crop) -> f32 {
    percentile(&mut Zeroizing::new(zone.luma()), 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_black_frame_is_dark_a_white_one_bright_and_a_grey_one_empty() {
        let (black, grey) = (vec![0; 64 * 48 * 4], vec![128; 64 * 48 * 4]);
        let hint = |bytes: &[u8]| hint_without_face(&Frame::new(64, 48, bytes).unwrap());
        assert_eq!(hint(&black), Code::HintTooDark);
        assert_eq!(hint(&grey), Code::HintNoFace);
        assert_eq!(hint(&[255; 64 * 48 * 4]), Code::HintTooBright);
    }

    #[test]
    fn exposure_counts_the_brightest() {
        let luma: Vec<f32> = (0..100).map(|v| 155.0 + v as f32).collect();
        assert_eq!(highlight(&luma), 250.0);
        assert!((over_exposed(&luma) - 0.08).abs() < 1e-6);
        assert!(over_exposed(&[]).is_nan());
    }
}
