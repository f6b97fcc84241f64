//! What is done to a value before it is written.

use crate::plan::Activation;
use crate::simd::Simd;

impl Activation {
    /// What a negative value is multiplied by. The sigmoid follows in a pass of its own ([`sigmoid`]): few values have one.
    pub(crate) fn slope(self) -> f32 {
        match self {
            Self::None | Self::Sigmoid => 1.0,
            Self::Relu => 0.0,
            Self::Leaky(slope) => slope,
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

/// `value`, times `slope` where it is negative, on L values at once: without a branch, one of the two parts is zero.
#[inline(always)]
pub(crate) fn bend<const L: usize, S: Simd<L>>(simd: S, value: S::V, slope: S::V) -> S::V {
    let zero = simd.splat(0.0);
    simd.multiply_add(simd.min(value, zero), slope, simd.max(value, zero))
}
