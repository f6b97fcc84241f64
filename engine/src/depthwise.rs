//! Depthwise convolution: one filter for each channel, so every vector is a pixel's block of channels.

use crate::activation::bend;
use crate::blocks::Blocks;
use crate::plan::{Activation, Window};
use crate::simd::{Kernel, Simd};

/// Output pixels computed together: neighbours share two thirds of what they read.
const PIXELS: usize = 4;

/// Rows and columns of the filter that has a kernel of its own: all but one of a network's are of this size.
const SIDE: usize = 3;

/// Weights in the order in which they are read: block, row and column, channel.
pub(crate) fn pack<const L: usize>(weights: &[f32], channels: usize, taps: usize) -> Vec<f32> {
    let mut packed = Vec::new();
    for block in 0..channels.div_ceil(L) {
        for tap in 0..taps {
            let of = |c: usize| weights.get(c * taps + tap).copied().unwrap_or(0.0);
            packed.extend((block * L..(block + 1) * L).map(of));
        }
    }
    packed
}

/// One depthwise convolution, with the slices of its pictures.
pub(crate) struct Depthwise<'a, const L: usize> {
    pub(crate) input: &'a [f32],
    pub(crate) from: &'a Blocks<L>,
    pub(crate) output: &'a mut [f32],
    pub(crate) to: &'a Blocks<L>,
    /// Packed.
    pub(crate) weights: &'a [f32],
    /// For whole blocks.
    pub(crate) bias: &'a [f32],
    pub(crate) window: Window,
    pub(crate) activation: Activation,
}

impl<const L: usize> Kernel<L> for Depthwise<'_, L> {
    #[inline(always)]
    fn run<S: Simd<L>>(mut self, simd: S) {
        match (self.window.size, self.window.stride[0]) {
            ([SIDE, SIDE], 1) => self.strided::<S, 1>(simd),
            ([SIDE, SIDE], _) => self.strided::<S, 2>(simd),
            _ => self.any(simd),
        }
    }
}

impl<const L: usize> Depthwise<'_, L> {
    #[inline(always)]
    fn strided<S: Simd<L>, const STRIDE: usize>(&mut self, simd: S) {
        let (weights, _) = self.weights.as_chunks::<L>();
        let (biases, _) = self.bias.as_chunks::<L>();
        let filters = weights.chunks_exact(SIDE * SIDE);
        for (block, (filter, bias)) in filters.zip(biases).enumerate() {
            let mut taps = [simd.splat(0.0); SIDE * SIDE];
            for (tap, weight) in taps.iter_mut().zip(filter) {
                *tap = simd.load(weight);
            }
            let bias = simd.load(bias);
            for y in 0..self.to.shape.height {
                self.row::<S, STRIDE>(simd, block, y, &taps, bias);
            }
        }
    }

    /// A filter of any size, pixel by pixel.
    #[inline(always)]
    fn any<S: Simd<L>>(&mut self, simd: S) {
        let slope = simd.splat(self.activation.slope());
        let ([rows, columns], stride) = (self.window.size, self.window.stride[0]);
        let (weights, _) = self.weights.as_chunks::<L>();
        let (biases, _) = self.bias.as_chunks::<L>();
        let filters = weights.chunks_exact(rows * columns);
        for (block, (filter, bias)) in filters.zip(biases).enumerate() {
            for y in 0..self.to.shape.height {
                for x in 0..self.to.shape.width {
                    let mut sum = simd.load(bias);
                    for (row, filter) in filter.chunks_exact(columns).enumerate() {
                        let before = self.window.before;
                        let start = self
                            .from
                            .beyond(block, y * stride + row, x * stride, before);
                        let (line, _) = self.input[start..start + columns * L].as_chunks::<L>();
                        for (value, weight) in line.iter().zip(filter) {
                            sum = simd.multiply_add(simd.load(value), simd.load(weight), sum);
                        }
                    }
                    let at = self.to.at(block, y, x);
                    let (output, _) = self.output[at..at + L].as_chunks_mut::<L>();
                    for output in output {
                        simd.store(bend(simd, sum, slope), output);
                    }
                }
            }
        }
    }

    // A function of its own in WebAssembly, as in `convolution.rs`.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn row<S: Simd<L>, const STRIDE: usize>(
        &mut self,
        simd: S,
        block: usize,
        y: usize,
        filter: &[S::V; SIDE * SIDE],
        bias: S::V,
    ) {
        let slope = simd.splat(self.activation.slope());
        let width = self.to.shape.width;
        let read = ((width - 1) * STRIDE + SIDE) * L;
        let mut lines: [&[[f32; L]]; SIDE] = [&[]; SIDE];
        for (row, line) in lines.iter_mut().enumerate() {
            let before = self.window.before;
            let start = self.from.beyond(block, y * STRIDE + row, 0, before);
            *line = self.input[start..start + read].as_chunks::<L>().0;
        }
        let (output, _) = self.output[self.to.row_at(block, y)].as_chunks_mut::<L>();
        let mut x = 0;
        let mut whole = output.chunks_exact_mut(PIXELS);
        for output in whole.by_ref() {
            let values = pixels::<L, S, STRIDE, PIXELS>(simd, lines, x, filter, bias);
            for (value, output) in values.iter().zip(output) {
                simd.store(bend(simd, *value, slope), output);
            }
            x += PIXELS * STRIDE;
        }
        for output in whole.into_remainder() {
            let [value] = pixels::<L, S, STRIDE, 1>(simd, lines, x, filter, bias);
            simd.store(bend(simd, value, slope), output);
            x += STRIDE;
        }
    }
}

#[inline(always)]
fn pixels<const L: usize, S: Simd<L>, const STRIDE: usize, const M: usize>(
    simd: S,
    lines: [&[[f32; L]]; SIDE],
    x: usize,
    filter: &[S::V; SIDE * SIDE],
    bias: S::V,
) -> [S::V; M] {
    let mut sums = [bias; M];
    for (line, filter) in lines.iter().zip(filter.chunks_exact(SIDE)) {
        let line = &line[x..x + (M - 1) * STRIDE + SIDE];
        for (column, weight) in filter.iter().enumerate() {
            for (m, sum) in sums.iter_mut().enumerate() {
                let value = simd.load(&line[m * STRIDE + column]);
                *sum = simd.multiply_add(value, *weight, *sum);
            }
        }
    }
    sums
}
