//! Convolution: tiles of M pixels by N blocks of channels, held in registers while all of the input that they depend
//! on goes past.
//!
//! Register tiling after Goto, van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008;
//! without the copy to a matrix after Zhang and others (see the crate's documentation).

use crate::activation::bend;
use crate::blocks::Blocks;
use crate::plan::{Activation, Window};
use crate::simd::{Kernel, Places, Simd};

/// Pixels of a tile. With two blocks of channels it needs eight accumulators of the sixteen registers that x86 has.
const PIXELS: usize = 4;

/// Blocks of output channels of a tile.
const BLOCKS: usize = 2;

/// Input that should stay in the first-level cache while all output channels are computed of it, in values.
const CACHED: usize = 6144;

/// Weights in the order in which the tiles read them: tile of output channels; input block, row, column of the window,
/// input channel; output channel.
pub(crate) fn pack<const L: usize>(
    weights: &[f32],
    outputs: usize,
    inputs: usize,
    window: [usize; 2],
) -> Vec<f32> {
    let [rows, columns] = window;
    let mut packed = Vec::new();
    for (first, blocks) in tiles(outputs.div_ceil(L)) {
        for input in 0..inputs.div_ceil(L) {
            for tap in 0..rows * columns {
                for from in input * L..inputs.min((input + 1) * L) {
                    packed.extend((first * L..(first + blocks) * L).map(|to| {
                        let at = (to * inputs + from) * rows * columns + tap;
                        if to < outputs { weights[at] } else { 0.0 }
                    }));
                }
            }
        }
    }
    packed
}

/// Where each channel of each place of the window lies, counted from the first channel of its first place; in the order of
/// the packed weights. One list for all tiles: the innermost loop then is one loop, however many blocks and rows there are.
pub(crate) fn places<const L: usize>(from: &Blocks<L>, window: [usize; 2]) -> Places {
    let [rows, columns] = window;
    let mut offsets = Vec::new();
    for block in 0..from.count {
        for row in 0..rows {
            for column in 0..columns {
                let place = block * from.plane + row * from.row + column * L;
                let channels = L.min(from.shape.channels - block * L);
                offsets.extend((0..channels).map(|lane| (place + lane) as u32));
            }
        }
    }
    Places::new(offsets)
}

/// The tiles of so many blocks: the first block of each, and how many it has.
fn tiles(blocks: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..blocks)
        .step_by(BLOCKS)
        .map(move |first| (first, BLOCKS.min(blocks - first)))
}

/// One convolution, with the slices of its pictures.
pub(crate) struct Convolution<'a, const L: usize> {
    pub(crate) input: &'a [f32],
    pub(crate) from: &'a Blocks<L>,
    pub(crate) output: &'a mut [f32],
    pub(crate) to: &'a Blocks<L>,
    pub(crate) added: Option<(&'a [f32], &'a Blocks<L>)>,
    /// Packed.
    pub(crate) weights: &'a [f32],
    /// Where the channels of a window lie, from its first one: see [`places`].
    pub(crate) places: &'a Places,
    /// For whole blocks.
    pub(crate) bias: &'a [f32],
    pub(crate) window: Window,
    pub(crate) activation: Activation,
}

/// Where a tile is: its output blocks, its weights, and its first pixel.
#[derive(Clone, Copy)]
struct Tile<'a> {
    block: usize,
    weights: &'a [f32],
    y: usize,
    x: usize,
}

impl<const L: usize> Kernel<L> for Convolution<'_, L> {
    #[inline(always)]
    fn run<S: Simd<L>>(mut self, simd: S) {
        match self.window.stride[0] {
            1 => self.strided::<S, 1>(simd),
            _ => self.strided::<S, 2>(simd),
        }
    }
}

impl<const L: usize> Convolution<'_, L> {
    #[inline(always)]
    fn strided<S: Simd<L>, const STRIDE: usize>(&mut self, simd: S) {
        let shape = self.to.shape;
        let a_block = self.places.count() * L;
        let read = self.from.count * self.from.row * STRIDE;
        let rows = (CACHED / read).clamp(1, shape.height);
        for top in (0..shape.height).step_by(rows) {
            let bottom = (top + rows).min(shape.height);
            for (block, blocks) in tiles(self.to.count) {
                let weights = &self.weights[block * a_block..(block + blocks) * a_block];
                for y in top..bottom {
                    let tile = Tile {
                        block,
                        weights,
                        y,
                        x: 0,
                    };
                    if blocks == BLOCKS {
                        self.row::<S, STRIDE, BLOCKS>(simd, tile);
                    } else {
                        self.row::<S, STRIDE, 1>(simd, tile);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn row<S: Simd<L>, const STRIDE: usize, const N: usize>(
        &mut self,
        simd: S,
        mut tile: Tile<'_>,
    ) {
        let width = self.to.shape.width;
        while tile.x + PIXELS <= width {
            self.tile::<S, STRIDE, N, PIXELS>(simd, tile);
            tile.x += PIXELS;
        }
        match width - tile.x {
            1 => self.tile::<S, STRIDE, N, 1>(simd, tile),
            2 => self.tile::<S, STRIDE, N, 2>(simd, tile),
            3 => self.tile::<S, STRIDE, N, 3>(simd, tile),
            _ => {}
        }
    }

    // A function of its own in WebAssembly: engines allocate registers badly in functions as large as all tiles together.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn tile<S: Simd<L>, const STRIDE: usize, const N: usize, const M: usize>(
        &mut self,
        simd: S,
        tile: Tile<'_>,
    ) {
        let (biases, _) = self.bias.as_chunks::<L>();
        let mut sums = [[simd.splat(0.0); M]; N];
        for (sums, bias) in sums.iter_mut().zip(&biases[tile.block..tile.block + N]) {
            *sums = [simd.load(bias); M];
        }
        let (y, x) = (tile.y * STRIDE, tile.x * STRIDE);
        let first = self.from.beyond(0, y, x, self.window.before);
        let input = &self.input[first..];
        let (weights, _) = tile.weights.as_chunks::<L>();
        let pixels = self.places.of(input, (M - 1) * STRIDE * L + 1);
        for (pixels, weights) in pixels.zip(weights.chunks_exact(N)) {
            multiply::<L, S, STRIDE, N, M>(simd, pixels, weights, &mut sums);
        }
        for (n, sums) in sums.into_iter().enumerate() {
            self.write(simd, tile.block + n, tile.y, tile.x, sums);
        }
    }

    #[inline(always)]
    fn write<S: Simd<L>, const M: usize>(
        &mut self,
        simd: S,
        block: usize,
        y: usize,
        x: usize,
        mut values: [S::V; M],
    ) {
        if let Some((added, blocks)) = self.added {
            let start = blocks.at(block, y, x);
            let (added, _) = added[start..start + M * L].as_chunks::<L>();
            for (value, added) in values.iter_mut().zip(added) {
                *value = simd.add(*value, simd.load(added));
            }
        }
        let slope = simd.splat(self.activation.slope());
        let start = self.to.at(block, y, x);
        let (output, _) = self.output[start..start + M * L].as_chunks_mut::<L>();
        for (value, output) in values.iter().zip(output) {
            simd.store(bend(simd, *value, slope), output);
        }
    }
}

/// Adds to every sum what one channel gives at one place of the window.
///
/// One channel at a time, on purpose: of several, WebAssembly's compilers compute sum after sum, for which the registers do
/// not suffice. No closures: what holds a vector must be inlined into the kernel.
#[inline(always)]
#[allow(
    clippy::needless_range_loop,
    reason = "loops of constant length, which the compiler must unroll"
)]
fn multiply<const L: usize, S: Simd<L>, const STRIDE: usize, const N: usize, const M: usize>(
    simd: S,
    pixels: &[f32],
    weights: &[[f32; L]],
    sums: &mut [[S::V; M]; N],
) {
    let mut vectors = [simd.splat(0.0); N];
    for (vector, weight) in vectors.iter_mut().zip(weights) {
        *vector = simd.load(weight);
    }
    for m in 0..M {
        let value = simd.splat(pixels[m * STRIDE * L]);
        for n in 0..N {
            sums[n][m] = simd.multiply_add(value, vectors[n], sums[n][m]);
        }
    }
}
