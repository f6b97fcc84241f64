//! Cutting an upright region out of a frame and scaling it to a network's input.
//!
//! Separable triangle filter whose support grows with the reduction, so that every source pixel counts when a
//! large face is reduced (plain bilinear sampling would skip most of them) and enlarging is ordinary bilinear
//! interpolation. The same definition as Pillow's `Image.resize(…, BILINEAR, box=…)`, without its rounding.

use zeroize::Zeroizing;

use crate::geometry::Rect;
use crate::image::{Crop, Frame};

/// The part of `frame` under `region`, scaled to `width` × `height`.
///
/// What lies outside the frame, or outside `keep` where given, is black. Any finite region will do, also one
/// that lies outside the frame; the result is black then.
pub fn resample(
    frame: &Frame<'_>,
    region: &Rect,
    keep: Option<&Rect>,
    width: usize,
    height: usize,
) -> Crop {
    let mut out = Crop::black(width, height);
    if !region.is_proper() {
        return out;
    }
    let whole = Rect {
        x: 0.0,
        y: 0.0,
        width: frame.width() as f32,
        height: frame.height() as f32,
    };
    let kept = keep.map_or(whole, |k| k.intersection(&whole));
    let across = taps(region.x, region.width, width, kept.x, kept.right());
    let down = taps(region.y, region.height, height, kept.y, kept.bottom());

    // Rows are filtered horizontally once, then combined vertically: the source is read a single time.
    let first = down.iter().map(|t| t.start).min().unwrap_or(0);
    let last = down
        .iter()
        .map(|t| t.start + t.weights.len())
        .max()
        .unwrap_or(0);
    let mut narrow = Zeroizing::new(vec![0.0; (last - first) * width * 3]);
    for (y, out) in (first..last).zip(narrow.chunks_exact_mut((width * 3).max(1))) {
        narrow_row(frame.row(y), &across, out);
    }

    for (tap, row) in down
        .iter()
        .zip(out.rgb_mut().chunks_exact_mut((width * 3).max(1)))
    {
        for (k, weight) in tap.weights.iter().enumerate() {
            let from = (tap.start - first + k) * width * 3;
            let Some(source) = narrow.get(from..from + width * 3) else {
                continue;
            };
            for (o, s) in row.iter_mut().zip(source) {
                *o += weight * s;
            }
        }
    }
    out
}

/// One output sample: `weights[k]` times source sample `start + k`, summed. No weights: black.
struct Tap {
    start: usize,
    weights: Vec<f32>,
}

/// The taps of one axis: `length` source pixels from `origin` become `count` samples; source samples
/// outside `low..high` do not exist.
fn taps(origin: f32, length: f32, count: usize, low: f32, high: f32) -> Vec<Tap> {
    let scale = length / count as f32;
    let support = scale.max(1.0);
    // A pixel belongs to the kept range when its centre does.
    let low_pixel = (low - 0.5).ceil().max(0.0);
    let high_pixel = (high - 0.5).ceil();
    (0..count)
        .map(|i| {
            let centre = origin + (i as f32 + 0.5) * scale;
            let start = (centre - support - 0.5).ceil().max(low_pixel);
            let end = (centre + support - 0.5).floor() + 1.0;
            let end = end.min(high_pixel);
            if centre < low || centre >= high || end <= start {
                return Tap {
                    start: low_pixel as usize,
                    weights: Vec::new(),
                };
            }
            let mut weights: Vec<f32> = (start as usize..end as usize)
                .map(|s| (1.0 - ((s as f32 + 0.5 - centre) / support).abs()).max(0.0))
                .collect();
            let sum: f32 = weights.iter().sum();
            if sum > 0.0 {
                weights.iter_mut().for_each(|w| *w /= sum);
            }
            Tap {
                start: start as usize,
                weights,
            }
        })
        .collect()
}

/// Filters one RGBA row into RGB samples.
fn narrow_row(row: &[u8], across: &[Tap], out: &mut [f32]) {
    let (pixels, _) = row.as_chunks::<4>();
    for (tap, sample) in across.iter().zip(out.chunks_exact_mut(3)) {
        let kept = pixels.get(tap.start..).unwrap_or(&[]);
        // Four lanes, alpha included, because that is what one SIMD register holds.
        let mut sum = [0.0f32; 4];
        for (weight, pixel) in tap.weights.iter().zip(kept) {
            for (lane, value) in sum.iter_mut().zip(pixel) {
                *lane += weight * f32::from(*value);
            }
        }
        sample.copy_from_slice(&sum[..3]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 6×4 frame, R = 10·x, G = 20·y, B = x·y.
    fn ramp() -> Vec<u8> {
        (0..4u8)
            .flat_map(|y| (0..6u8).flat_map(move |x| [10 * x, 20 * y, x * y, 255]))
            .collect()
    }

    #[test]
    fn same_size_is_the_same_picture() {
        let bytes = ramp();
        let frame = Frame::new(6, 4, &bytes).unwrap();
        let all = Rect {
            x: 0.0,
            y: 0.0,
            width: 6.0,
            height: 4.0,
        };
        let crop = resample(&frame, &all, None, 6, 4);
        let expected: Vec<f32> = bytes
            .chunks(4)
            .flat_map(|p| [p[0], p[1], p[2]])
            .map(f32::from)
            .collect();
        for (a, b) in crop.rgb().iter().zip(&expected) {
            assert!((a - b).abs() < 1e-3);
        }
    }

    /// Against Pillow: `Image.fromarray(channel, mode="F").resize((3, 2), Image.BILINEAR)`.
    #[test]
    fn reducing_agrees_with_pillow() {
        let bytes = ramp();
        let frame = Frame::new(6, 4, &bytes).unwrap();
        let all = Rect {
            x: 0.0,
            y: 0.0,
            width: 6.0,
            height: 4.0,
        };
        let crop = resample(&frame, &all, None, 3, 2);
        let pillow = [
            [7.142857, 14.285714, 0.5102041],
            [25.0, 14.285714, 1.7857143],
            [42.857143, 14.285714, 3.0612245],
            [7.142857, 45.714287, 1.632653],
            [25.0, 45.714287, 5.714286],
            [42.857143, 45.714287, 9.795918],
        ];
        for (ours, theirs) in crop.rgb().iter().zip(pillow.as_flattened()) {
            assert!((ours - theirs).abs() < 1e-4, "{ours} {theirs}");
        }
    }

    #[test]
    fn outside_is_black_and_nothing_panics() {
        let bytes = vec![200u8; 6 * 4 * 4];
        let frame = Frame::new(6, 4, &bytes).unwrap();
        let wide = Rect {
            x: -6.0,
            y: -4.0,
            width: 18.0,
            height: 12.0,
        };
        let crop = resample(&frame, &wide, None, 9, 6);
        assert_eq!(crop.rgb()[0], 0.0);
        let middle = (3 * 9 + 4) * 3;
        assert!((crop.rgb()[middle] - 200.0).abs() < 1e-3);
        let keep = Rect {
            x: 0.0,
            y: 0.0,
            width: 3.0,
            height: 4.0,
        };
        let all = Rect {
            x: 0.0,
            y: 0.0,
            width: 6.0,
            height: 4.0,
        };
        let half = resample(&frame, &all, Some(&keep), 6, 4);
        assert_eq!(half.rgb()[5 * 3], 0.0);
        assert!((half.rgb()[0] - 200.0).abs() < 1e-3);
        for region in [
            Rect {
                x: 1e9,
                y: -1e9,
                width: 1.0,
                height: 1.0,
            },
            Rect {
                x: f32::NAN,
                y: 0.0,
                width: 1.0,
                height: 1.0,
            },
            Rect {
                x: 0.0,
                y: 0.0,
                width: 0.0,
                height: 3.0,
            },
        ] {
            assert!(
                resample(&frame, &region, None, 5, 3)
                    .rgb()
                    .iter()
                    .all(|v| *v == 0.0)
            );
        }
    }
}
