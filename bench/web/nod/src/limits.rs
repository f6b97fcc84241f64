//! What the browser can do at most: as many multiplications with their additions as fit into a moment, and as many bytes.

use core::arch::wasm32::{f32x4_add, f32x4_extract_lane, f32x4_splat, v128};

use wasm_bindgen::prelude::wasm_bindgen;

/// Sums that do not wait for one another: more than a processor has multiplications under way, fewer than it has registers.
const SUMS: usize = 12;

/// Bytes of each of two buffers; larger than caches are.
const BUFFER: usize = 32 << 20;

/// Multiplies and adds `times` times in each of twelve sums of four lanes; returns something that depends on all.
#[wasm_bindgen]
pub fn multiply_adds(times: u32) -> f32 {
    let (factor, start) = (f32x4_splat(0.999_999), f32x4_splat(times as f32));
    let mut sums = [start; SUMS];
    for _ in 0..times {
        for sum in &mut sums {
            *sum = multiply_add(*sum, factor, factor);
        }
    }
    let sum = sums.into_iter().fold(start, |a, b| f32x4_add(a, b));
    f32x4_extract_lane::<0>(sum)
}

/// How many multiplications each of these times is.
#[wasm_bindgen]
pub fn multiplications() -> u32 {
    4 * SUMS as u32
}

/// As the engine does it.
fn multiply_add(a: v128, b: v128, sum: v128) -> v128 {
    #[cfg(target_feature = "relaxed-simd")]
    return core::arch::wasm32::f32x4_relaxed_madd(a, b, sum);
    #[cfg(not(target_feature = "relaxed-simd"))]
    return f32x4_add(core::arch::wasm32::f32x4_mul(a, b), sum);
}

/// Two pieces of memory, one copied to the other.
#[wasm_bindgen]
pub struct Memory {
    from: Vec<u8>,
    to: Vec<u8>,
}

#[wasm_bindgen]
impl Memory {
    /// Fills both, so that there is memory behind them.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript has no Default")]
    pub fn new() -> Self {
        Self {
            from: vec![1; BUFFER],
            to: vec![2; BUFFER],
        }
    }

    /// Copies once; returns the bytes that were read and written.
    pub fn copy(&mut self) -> f64 {
        self.to.copy_from_slice(&self.from);
        2.0 * BUFFER as f64
    }
}
