//! The computations that a plan is made of.

use minicbor::{Decode, Encode};

use super::{Activation, Window};
use crate::stored::Weights;

/// One computation. Pictures are named by their place in [`Plan::shapes`].
#[derive(Clone, Debug, PartialEq, Decode, Encode)]
pub enum Step {
    /// output = activation(weights ∗ input + bias + added). Beyond the edge the input is 0.
    #[n(0)]
    Convolution {
        /// Read.
        #[n(0)]
        input: usize,
        /// Written; its size says how many windows there are.
        #[n(1)]
        output: usize,
        /// A picture of the output's shape.
        #[n(2)]
        added: Option<usize>,
        /// A square stride of 1 or 2.
        #[n(3)]
        window: Window,
        /// Output channel, input channel, row, column.
        #[n(4)]
        weights: Weights,
        /// One for each output channel.
        #[n(5)]
        bias: Weights,
        /// Last.
        #[n(6)]
        activation: Activation,
    },
    /// The same with one filter for each channel.
    #[n(1)]
    Depthwise {
        /// Read.
        #[n(0)]
        input: usize,
        /// Written.
        #[n(1)]
        output: usize,
        /// A square stride of 1 or 2.
        #[n(2)]
        window: Window,
        /// Channel, row, column.
        #[n(3)]
        weights: Weights,
        /// One for each channel.
        #[n(4)]
        bias: Weights,
        /// Last.
        #[n(5)]
        activation: Activation,
    },
    /// The largest value of each window, as far as it lies in the picture.
    #[n(2)]
    MaxPool {
        /// Read.
        #[n(0)]
        input: usize,
        /// Written.
        #[n(1)]
        output: usize,
        /// Of which pixels.
        #[n(2)]
        window: Window,
    },
    /// The mean of each window, which lies in the picture.
    #[n(3)]
    AveragePool {
        /// Read.
        #[n(0)]
        input: usize,
        /// Written.
        #[n(1)]
        output: usize,
        /// Of which pixels.
        #[n(2)]
        window: Window,
    },
    /// The mean of each channel.
    #[n(4)]
    GlobalAverage {
        /// Read.
        #[n(0)]
        input: usize,
        /// Written: one pixel.
        #[n(1)]
        output: usize,
    },
    /// output = activation(input · by + added), with one factor for each channel.
    #[n(5)]
    Scale {
        /// Read.
        #[n(0)]
        input: usize,
        /// One pixel.
        #[n(1)]
        by: usize,
        /// A picture of the output's shape.
        #[n(2)]
        added: Option<usize>,
        /// Written.
        #[n(3)]
        output: usize,
        /// Last.
        #[n(4)]
        activation: Activation,
    },
    /// output = input · scale + shift, with one of each for each channel.
    #[n(6)]
    Affine {
        /// Read.
        #[n(0)]
        input: usize,
        /// Written.
        #[n(1)]
        output: usize,
        /// One for each channel.
        #[n(2)]
        scale: Weights,
        /// One for each channel.
        #[n(3)]
        shift: Weights,
    },
    /// output = activation(a + b). What a smaller picture lacks below, at the right and in channels counts as 0.
    #[n(7)]
    Add {
        /// Read.
        #[n(0)]
        a: usize,
        /// Read.
        #[n(1)]
        b: usize,
        /// Written.
        #[n(2)]
        output: usize,
        /// Last.
        #[n(3)]
        activation: Activation,
    },
    /// output = activation(input).
    #[n(9)]
    Activate {
        /// Read.
        #[n(0)]
        input: usize,
        /// Written.
        #[n(1)]
        output: usize,
        /// Which.
        #[n(2)]
        activation: Activation,
    },
    /// output = large + small, each pixel of the small picture taken for two by two.
    #[n(8)]
    AddDoubled {
        /// Half as high and half as wide as the other.
        #[n(0)]
        small: usize,
        /// Read.
        #[n(1)]
        large: usize,
        /// Written.
        #[n(2)]
        output: usize,
    },
}

impl Step {
    /// A convolution of single pixels.
    pub fn pointwise(
        input: usize,
        output: usize,
        weights: Weights,
        bias: Weights,
        activation: Activation,
    ) -> Self {
        let window = Window {
            size: [1, 1],
            stride: [1, 1],
            before: [0, 0],
        };
        Self::Convolution {
            input,
            output,
            added: None,
            window,
            weights,
            bias,
            activation,
        }
    }

    /// The places where it names a picture.
    pub(super) fn tensors(&mut self) -> [Option<&mut usize>; 4] {
        match self {
            Self::Convolution {
                input,
                output,
                added,
                ..
            } => [Some(input), Some(output), added.as_mut(), None],
            Self::Depthwise { input, output, .. }
            | Self::MaxPool { input, output, .. }
            | Self::AveragePool { input, output, .. }
            | Self::GlobalAverage { input, output }
            | Self::Activate { input, output, .. }
            | Self::Affine { input, output, .. } => [Some(input), Some(output), None, None],
            Self::Scale {
                input,
                by,
                added,
                output,
                ..
            } => [Some(input), Some(by), added.as_mut(), Some(output)],
            Self::Add { a, b, output, .. } => [Some(a), Some(b), Some(output), None],
            Self::AddDoubled {
                small,
                large,
                output,
            } => [Some(small), Some(large), Some(output), None],
        }
    }

    /// The pictures it reads.
    pub fn reads(&self) -> impl Iterator<Item = usize> {
        let (first, second) = match *self {
            Self::Convolution { input, added, .. } => (input, added),
            Self::Depthwise { input, .. }
            | Self::MaxPool { input, .. }
            | Self::AveragePool { input, .. }
            | Self::GlobalAverage { input, .. }
            | Self::Activate { input, .. }
            | Self::Affine { input, .. } => (input, None),
            Self::Scale {
                input, by, added, ..
            } => {
                return [Some(input), Some(by), added].into_iter().flatten();
            }
            Self::Add { a, b, .. } => (a, Some(b)),
            Self::AddDoubled { small, large, .. } => (small, Some(large)),
        };
        [Some(first), second, None].into_iter().flatten()
    }

    /// The picture it writes.
    pub fn writes(&self) -> usize {
        match *self {
            Self::Convolution { output, .. }
            | Self::Depthwise { output, .. }
            | Self::MaxPool { output, .. }
            | Self::AveragePool { output, .. }
            | Self::GlobalAverage { output, .. }
            | Self::Scale { output, .. }
            | Self::Activate { output, .. }
            | Self::Affine { output, .. }
            | Self::Add { output, .. }
            | Self::AddDoubled { output, .. } => output,
        }
    }
}
