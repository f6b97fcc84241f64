//! Sharpness at the size in which the embedder sees a face.

use super::statistics::deviation;
use crate::geometry::Rect;
use crate::image::Frame;
use crate::resample::resample;

/// Side of the square that sharpness is measured in.
const PATCH: usize = 96;

/// Deviation of the Laplacian over the deviation of the luma, in the face box.
pub(super) fn sharpness(frame: &Frame<'_>, bounds: &Rect) -> f32 {
    of_square(&resample(frame, bounds, None, PATCH, PATCH).luma(), PATCH)
}

fn of_square(luma: &[f32], side: usize) -> f32 {
    let at = |x: usize, y: usize| luma[y * side + x];
    let inner = 1..side - 1;
    let laplacian: Vec<f32> = inner
        .clone()
        .flat_map(|y| inner.clone().map(move |x| (x, y)))
        .map(|(x, y)| at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4.0 * at(x, y))
        .collect();
    deviation(&laplacian) / deviation(luma).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_not_sharpness_but_detail_is() {
        let squares = |level: f32, size: usize| -> Vec<f32> {
            (0..64 * 64)
                .map(|i| level * ((i % 64 / size + i / 64 / size) % 2) as f32)
                .collect()
        };
        let (strong, weak) = (squares(200.0, 8), squares(50.0, 8));
        assert!((of_square(&strong, 64) - of_square(&weak, 64)).abs() < 1e-3);
        assert!(of_square(&squares(200.0, 2), 64) > 1.5 * of_square(&strong, 64));
        assert_eq!(of_square(&vec![90.0; 64 * 64], 64), 0.0);
    }
}
