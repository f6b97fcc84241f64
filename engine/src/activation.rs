//! What is done to a value before it is written.

use crate::plan::Activation;
use crate::simd::Simd;

impl Activation {
    /// On L values at once. The sigmoid follows in a pass of its own ([`sigmoid`]): few values have one.
    #[inline(always)]
    pub(crate) fn apply<const L: usize, S: Simd<L>>(self, simd: S, value: S::V) -> S::V {
        let zero = simd.splat(0.0);
        match self {
            Self::None | Self::Sigmoid => value,
            Self::Relu => simd.max(value, zero),
            // One of the two parts is zero.
            Self::Leaky(slope) => simd.multiply_add(
                simd.min(value, zero),
                simd.splat(slope),
                simd.max(value, zero),
            ),
        }
    }

    /// On one value.
    pub(crate) fn of(self, value: f32) -> f32 {
        match self {
            Self::None => value,
            Self::Relu => value.max(0.0),
            Self::Leaky(slope) => value.min(0.0) * slope + value.max(0.0),
            Self::Sigmoid => sigmoid(value),
        }
    }
}

/// 1 / (1 + e⁻ˣ).
pub(crate) fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}
