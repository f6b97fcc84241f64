//! One run: the picture enters, step after step is computed, the outputs leave.

use zeroize::Zeroizing;

use crate::blocks::Blocks;
use crate::convolution::Convolution;
use crate::depthwise::Depthwise;
use crate::elementwise;
use crate::plan::{Activation, Order, Step};
use crate::pooling::{self, Largest};
use crate::prepare::{Prepared, Ready};
use crate::simd::Simd;

impl<const L: usize> Prepared<L> {
    /// The outputs for the picture that `fill` writes row by row, in `memory`.
    pub(crate) fn run<S: Simd<L>>(
        &self,
        simd: S,
        memory: &mut [f32],
        fill: &dyn Fn(usize, &mut [f32]),
    ) -> Vec<Vec<f32>> {
        let input = &self.pictures[0];
        enter(input, &mut memory[input.range()], fill);
        for ready in &self.steps {
            self.step(simd, memory, ready);
        }
        let exits = self.exits.iter().map(|exit| {
            let picture = &self.pictures[exit.tensor];
            leave(picture, &memory[picture.range()], exit.order)
        });
        exits.collect()
    }

    fn step<S: Simd<L>>(&self, simd: S, memory: &mut [f32], ready: &Ready) {
        let to = &self.pictures[ready.step.writes()];
        let range = to.range();
        let (low, rest) = memory.split_at_mut(range.start);
        let (output, high) = rest.split_at_mut(range.len());
        to.clear_border(output);
        // What is read lies apart from what is written: both are needed during this step.
        let of = |tensor: usize| {
            let picture = &self.pictures[tensor];
            let read = picture.range();
            let values = if read.end <= range.start {
                &low[read]
            } else {
                &high[read.start - range.end..read.end - range.end]
            };
            (values, picture)
        };
        let (weights, bias) = (&ready.weights, &ready.bias);
        match ready.step {
            Step::Convolution {
                input,
                added,
                window,
                activation,
                ..
            } => {
                let (input, from) = of(input);
                let added = added.map(of);
                simd.within(Convolution {
                    input,
                    from,
                    output: &mut *output,
                    to,
                    added,
                    weights,
                    places: &ready.places,
                    bias,
                    window,
                    activation,
                });
                if activation == Activation::Sigmoid {
                    elementwise::activate((output, to), activation);
                }
            }
            Step::Depthwise {
                input,
                window,
                activation,
                ..
            } => {
                let (input, from) = of(input);
                simd.within(Depthwise {
                    input,
                    from,
                    output: &mut *output,
                    to,
                    weights,
                    bias,
                    window,
                    activation,
                });
                if activation == Activation::Sigmoid {
                    elementwise::activate((output, to), activation);
                }
            }
            Step::MaxPool { input, window, .. } => {
                let (input, from) = of(input);
                simd.within(Largest {
                    input,
                    from,
                    output,
                    to,
                    window,
                });
            }
            Step::AveragePool { input, window, .. } => {
                pooling::mean(of(input), (output, to), window);
            }
            Step::GlobalAverage { input, .. } => pooling::global_mean(of(input), (output, to)),
            Step::Scale {
                input,
                by,
                added,
                activation,
                ..
            } => {
                let added = added.map(of);
                elementwise::scale(of(input), of(by), added, (output, to), activation);
            }
            Step::Activate {
                input, activation, ..
            } => {
                let (input, from) = of(input);
                elementwise::copy((input, from), (&mut *output, to));
                elementwise::activate((output, to), activation);
            }
            Step::Affine { input, .. } => {
                elementwise::affine(of(input), weights, bias, (output, to));
            }
            Step::Add {
                a, b, activation, ..
            } => {
                elementwise::sum(of(a), of(b), (output, to), activation);
            }
            Step::AddDoubled { small, large, .. } => {
                elementwise::sum_doubled(of(small), of(large), (output, to));
            }
        }
    }
}

/// Writes the input, its border, and zeros for the channels that it lacks.
fn enter<const L: usize>(to: &Blocks<L>, memory: &mut [f32], fill: &dyn Fn(usize, &mut [f32])) {
    to.clear_border(memory);
    let channels = to.shape.channels;
    let mut line = Zeroizing::new(vec![0.0; to.shape.width * channels]);
    for y in 0..to.shape.height {
        fill(y, &mut line);
        for block in 0..to.count {
            let (pixels, _) = memory[to.row_at(block, y)].as_chunks_mut::<L>();
            // Colours, as every network here has them.
            if channels == 3 {
                for (pixel, [a, b, c]) in pixels.iter_mut().zip(line.as_chunks().0) {
                    *pixel = [0.0; L];
                    (pixel[0], pixel[1], pixel[2]) = (*a, *b, *c);
                }
                continue;
            }
            for (pixel, values) in pixels.iter_mut().zip(line.chunks_exact(channels)) {
                let values = &values[block * L..channels.min((block + 1) * L)];
                *pixel = [0.0; L];
                for (to, value) in pixel.iter_mut().zip(values) {
                    *to = *value;
                }
            }
        }
    }
}

fn leave<const L: usize>(from: &Blocks<L>, picture: &[f32], order: Order) -> Vec<f32> {
    let shape = from.shape;
    let at = |channel: usize, pixel: usize| {
        let start = from.at(channel / L, pixel / shape.width, pixel % shape.width);
        picture[start + channel % L]
    };
    let (pixels, channels) = (shape.pixels(), shape.channels);
    match order {
        Order::Planes => (0..channels)
            .flat_map(|c| (0..pixels).map(move |p| (c, p)))
            .map(|(c, p)| at(c, p))
            .collect(),
        Order::Pixels => (0..pixels)
            .flat_map(|p| (0..channels).map(move |c| (c, p)))
            .map(|(c, p)| at(c, p))
            .collect(),
    }
}
