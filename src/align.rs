//! Five points → a crop in which eyes, nose and mouth lie where the embedder expects them.

use thiserror::Error;

use crate::detect::FivePoints;
use crate::geometry::Point;
use crate::image::{Crop, Frame, bilinear};
use crate::similarity::Similarity;

/// Where the five points belong in the aligned crop, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Template(pub [Point; 5]);

/// Cuts a `side` × `side` crop out of the frame so that `points` fall on the template as well as rotation,
/// uniform scale and shift allow. Outside the frame is black.
pub fn align(
    frame: &Frame<'_>,
    points: &FivePoints,
    template: &Template,
    side: usize,
) -> Result<Crop, AlignError> {
    // From crop to frame, because each pixel of the crop asks where it comes from.
    let to_frame = Similarity::fit(points, &template.0)
        .ok_or(AlignError::Degenerate)?
        .inverse();
    Ok(sample(frame, &to_frame, side))
}

/// Why a face cannot be aligned.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum AlignError {
    /// The points coincide or are not finite.
    #[error("the five points do not span a face")]
    Degenerate,
}

/// More samples than this for each pixel and axis bring nothing but work.
const MAX_SAMPLES: usize = 8;

/// Bilinear sampling; where the face is larger than the crop, each pixel is the mean of n × n samples so that
/// no source pixel is skipped. Crop pixel (i, j) has its centre at coordinates (i, j), as in the pictures that
/// the embedders were trained on.
fn sample(frame: &Frame<'_>, to_frame: &Similarity, side: usize) -> Crop {
    let n = ((to_frame.scale() - 0.05).ceil() as usize).clamp(1, MAX_SAMPLES);
    let weight = 1.0 / (n * n) as f32;
    let offset = |k: usize| (k as f32 + 0.5) / n as f32 - 0.5;
    let mut crop = Crop::black(side, side);
    for (index, pixel) in crop.rgb_mut().chunks_exact_mut(3).enumerate() {
        let (x, y) = ((index % side) as f32, (index / side) as f32);
        for (j, i) in (0..n).flat_map(|j| (0..n).map(move |i| (j, i))) {
            let from = to_frame.apply(x + offset(i), y + offset(j));
            for (sum, value) in pixel.iter_mut().zip(bilinear(from, |x, y| frame.rgb(x, y))) {
                *sum += weight * value;
            }
        }
    }
    crop
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: Template = Template([
        Point::new(31.56, 46.16),
        Point::new(68.26, 45.98),
        Point::new(50.03, 64.05),
        Point::new(34.95, 82.47),
        Point::new(65.34, 82.32),
    ]);

    #[test]
    fn points_that_span_nothing_are_refused() {
        let bytes = [9; 16];
        let frame = Frame::new(2, 2, &bytes).unwrap();
        for points in [[Point::new(1.0, 1.0); 5], [Point::new(f32::NAN, 0.0); 5]] {
            assert_eq!(
                align(&frame, &points, &TEMPLATE, 8).err(),
                Some(AlignError::Degenerate)
            );
        }
    }
}
