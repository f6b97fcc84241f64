//! Largest values and means of windows.

use crate::blocks::Blocks;
use crate::plan::Window;
use crate::simd::{Kernel, Simd};

/// The largest value of each window, as far as it lies in the picture.
pub(crate) struct Largest<'a, const L: usize> {
    pub(crate) input: &'a [f32],
    pub(crate) from: &'a Blocks<L>,
    pub(crate) output: &'a mut [f32],
    pub(crate) to: &'a Blocks<L>,
    pub(crate) window: Window,
}

impl<const L: usize> Kernel<L> for Largest<'_, L> {
    #[inline(always)]
    fn run<S: Simd<L>>(self, simd: S) {
        match self.window.size[1] {
            2 => self.wide::<S, 2>(simd),
            3 => self.wide::<S, 3>(simd),
            _ => self.wide::<S, 1>(simd),
        }
    }
}

impl<const L: usize> Largest<'_, L> {
    /// Windows of `COLUMNS` columns, all of which are loaded at once where they lie in the picture.
    #[inline(always)]
    fn wide<S: Simd<L>, const COLUMNS: usize>(self, simd: S) {
        let Self { from, to, .. } = self;
        let ([up, left], [height, width]) = (self.window.before, self.window.size);
        let [stride_y, stride_x] = self.window.stride;
        for block in 0..to.count {
            for y in 0..to.shape.height {
                let (results, _) = self.output[to.row_at(block, y)].as_chunks_mut::<L>();
                results.fill([f32::MIN; L]);
                let below = (y * stride_y + height - up).min(from.shape.height);
                for row in (y * stride_y).saturating_sub(up)..below {
                    let (line, _) = self.input[from.row_at(block, row)].as_chunks::<L>();
                    for (x, result) in results.iter_mut().enumerate() {
                        let (start, end) = (x * stride_x, x * stride_x + width - left);
                        let mut largest = simd.load(result);
                        if start >= left && COLUMNS == width && end <= line.len() {
                            for pixel in &line[end - COLUMNS..end] {
                                largest = simd.max(largest, simd.load(pixel));
                            }
                        } else {
                            for pixel in &line[start.saturating_sub(left)..end.min(line.len())] {
                                largest = simd.max(largest, simd.load(pixel));
                            }
                        }
                        simd.store(largest, result);
                    }
                }
            }
        }
    }
}

/// The mean of each window, all of which lie in the picture.
pub(crate) fn mean<const L: usize>(
    (input, from): (&[f32], &Blocks<L>),
    (output, to): (&mut [f32], &Blocks<L>),
    window: Window,
) {
    fold((input, from), (&mut *output, to), window, 0.0, |a, b| a + b);
    let part = 1.0 / (window.size[0] * window.size[1]) as f32;
    for block in 0..to.count {
        for y in 0..to.shape.height {
            output[to.row_at(block, y)]
                .iter_mut()
                .for_each(|v| *v *= part);
        }
    }
}

/// Folds the pixels of each window, as far as they lie in the picture: for each place in the window, all windows of a row.
#[inline(always)]
fn fold<const L: usize>(
    (input, from): (&[f32], &Blocks<L>),
    (output, to): (&mut [f32], &Blocks<L>),
    window: Window,
    start: f32,
    with: impl Fn(f32, f32) -> f32,
) {
    let [stride_y, stride_x] = window.stride;
    for block in 0..to.count {
        for y in 0..to.shape.height {
            let (results, _) = output[to.row_at(block, y)].as_chunks_mut::<L>();
            results.fill([start; L]);
            for row in 0..window.size[0] {
                let below = (y * stride_y + row).checked_sub(window.before[0]);
                let Some(below) = below.filter(|below| *below < from.shape.height) else {
                    continue;
                };
                let (line, _) = input[from.row_at(block, below)].as_chunks::<L>();
                for column in 0..window.size[1] {
                    // The first window that has this place in the picture.
                    let first = window.before[1].saturating_sub(column).div_ceil(stride_x);
                    let places = (first * stride_x + column) - window.before[1];
                    let pixels = line.iter().skip(places).step_by(stride_x);
                    for (result, pixel) in results.iter_mut().skip(first).zip(pixels) {
                        for (result, value) in result.iter_mut().zip(pixel) {
                            *result = with(*result, *value);
                        }
                    }
                }
            }
        }
    }
}

/// The mean of each channel.
pub(crate) fn global_mean<const L: usize>(
    (input, from): (&[f32], &Blocks<L>),
    (output, to): (&mut [f32], &Blocks<L>),
) {
    let part = 1.0 / from.shape.pixels() as f32;
    for block in 0..from.count {
        let mut sum = [0.0; L];
        for y in 0..from.shape.height {
            let (line, _) = input[from.row_at(block, y)].as_chunks::<L>();
            for pixel in line {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += value;
                }
            }
        }
        let start = to.at(block, 0, 0);
        output[start..start + L].copy_from_slice(&sum.map(|sum| sum * part));
    }
}
