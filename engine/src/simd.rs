//! Vectors of L numbers, as the machine has them, and the places that kernels read. The only module with `unsafe`.
//!
//! Three machines: WebAssembly's 128-bit vectors (with a fused multiplication and addition where the module is built
//! for relaxed SIMD), x86-64 with AVX2 and FMA, found while running, and plain arrays that the compiler turns into
//! what every processor of the architecture has.
#![allow(
    unsafe_code,
    reason = "vector loads, instructions beyond the baseline, bounds held once for many reads; each with its proof"
)]

/// Arithmetic on L numbers at once.
pub(crate) trait Simd<const L: usize>: Copy {
    /// L numbers.
    type V: Copy;

    /// The same number L times.
    fn splat(self, value: f32) -> Self::V;
    fn load(self, from: &[f32; L]) -> Self::V;
    fn store(self, value: Self::V, to: &mut [f32; L]);
    /// a · b + sum, rounded once or twice.
    fn multiply_add(self, a: Self::V, b: Self::V, sum: Self::V) -> Self::V;
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// The larger of each pair; either where one is no number.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The smaller of each pair; either where one is no number.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// Runs a kernel with the machine's instructions allowed in everything that is inlined into it.
    fn within(self, kernel: impl Kernel<L>);
}

/// A computation that is compiled once for each machine. `run` and all it calls must be `inline(always)`.
pub(crate) trait Kernel<const L: usize> {
    fn run<S: Simd<L>>(self, simd: S);
}

/// Places in a slice, to be read again and again: the furthest is held against the slice's length once, not each.
#[derive(Default)]
pub(crate) struct Places {
    offsets: Vec<u32>,
    /// None of the offsets is larger.
    furthest: usize,
}

impl Places {
    pub(crate) fn new(offsets: Vec<u32>) -> Self {
        let furthest = offsets.iter().copied().max().unwrap_or(0) as usize;
        Self { offsets, furthest }
    }

    pub(crate) fn count(&self) -> usize {
        self.offsets.len()
    }

    /// So many values from each place on, in order. All of them must lie within `values`, as slicing requires.
    #[inline(always)]
    pub(crate) fn of<'a>(
        &'a self,
        values: &'a [f32],
        length: usize,
    ) -> impl Iterator<Item = &'a [f32]> {
        let values = &values[..self.furthest + length];
        self.offsets.iter().map(move |offset| {
            let start = *offset as usize;
            // SAFETY: `start` is at most `furthest`, so `start + length` is at most `furthest + length`, which is the
            // length of `values` and therefore no overflow either.
            unsafe { values.get_unchecked(start..start + length) }
        })
    }
}

/// Four numbers in an array. The tests hold the others against it.
#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
#[derive(Clone, Copy)]
pub(crate) struct Portable;

#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
impl Simd<4> for Portable {
    type V = [f32; 4];

    #[inline(always)]
    fn splat(self, value: f32) -> [f32; 4] {
        [value; 4]
    }

    #[inline(always)]
    fn load(self, from: &[f32; 4]) -> [f32; 4] {
        *from
    }

    #[inline(always)]
    fn store(self, value: [f32; 4], to: &mut [f32; 4]) {
        *to = value;
    }

    #[inline(always)]
    fn multiply_add(self, a: [f32; 4], b: [f32; 4], sum: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] * b[i] + sum[i])
    }

    #[inline(always)]
    fn add(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] + b[i])
    }

    #[inline(always)]
    fn max(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn min(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| if a[i] < b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn within(self, kernel: impl Kernel<4>) {
        kernel.run(self);
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) use wasm::Wasm;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use core::arch::wasm32::*;

    use super::{Kernel, Simd};

    /// 128-bit vectors of WebAssembly. The module does not validate where they are missing.
    #[derive(Clone, Copy)]
    pub(crate) struct Wasm;

    impl Simd<4> for Wasm {
        type V = v128;

        #[inline(always)]
        fn splat(self, value: f32) -> v128 {
            f32x4_splat(value)
        }

        #[inline(always)]
        fn load(self, from: &[f32; 4]) -> v128 {
            // SAFETY: reads the 16 bytes of the array; v128.load has no alignment to keep.
            unsafe { v128_load(from.as_ptr().cast()) }
        }

        #[inline(always)]
        fn store(self, value: v128, to: &mut [f32; 4]) {
            // SAFETY: writes the 16 bytes of the array; v128.store has no alignment to keep.
            unsafe { v128_store(to.as_mut_ptr().cast(), value) }
        }

        #[inline(always)]
        fn multiply_add(self, a: v128, b: v128, sum: v128) -> v128 {
            #[cfg(target_feature = "relaxed-simd")]
            return f32x4_relaxed_madd(a, b, sum);
            #[cfg(not(target_feature = "relaxed-simd"))]
            return f32x4_add(f32x4_mul(a, b), sum);
        }

        #[inline(always)]
        fn add(self, a: v128, b: v128) -> v128 {
            f32x4_add(a, b)
        }

        // The pseudo-maximum is one instruction on every processor; the IEEE one is several on x86.
        #[inline(always)]
        fn max(self, a: v128, b: v128) -> v128 {
            f32x4_pmax(a, b)
        }

        #[inline(always)]
        fn min(self, a: v128, b: v128) -> v128 {
            f32x4_pmin(a, b)
        }

        #[inline(always)]
        fn within(self, kernel: impl Kernel<4>) {
            kernel.run(self);
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use core::arch::x86_64::*;

    use super::{Kernel, Simd};

    /// AVX2 with FMA. A value of this type is the proof that the processor has both: only [`Avx2::detect`] makes one.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx2(());

    impl Avx2 {
        pub(crate) fn detect() -> Option<Self> {
            (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"))
                .then_some(Self(()))
        }
    }

    // SAFETY, of every block below: `self` proves that the instruction exists; loads and stores touch the 32 bytes of the
    // array that is passed, and their unaligned forms are used.
    impl Simd<8> for Avx2 {
        type V = __m256;

        #[inline(always)]
        fn splat(self, value: f32) -> __m256 {
            // SAFETY: as above.
            unsafe { _mm256_set1_ps(value) }
        }

        #[inline(always)]
        fn load(self, from: &[f32; 8]) -> __m256 {
            // SAFETY: as above.
            unsafe { _mm256_loadu_ps(from.as_ptr()) }
        }

        #[inline(always)]
        fn store(self, value: __m256, to: &mut [f32; 8]) {
            // SAFETY: as above.
            unsafe { _mm256_storeu_ps(to.as_mut_ptr(), value) }
        }

        #[inline(always)]
        fn multiply_add(self, a: __m256, b: __m256, sum: __m256) -> __m256 {
            // SAFETY: as above.
            unsafe { _mm256_fmadd_ps(a, b, sum) }
        }

        #[inline(always)]
        fn add(self, a: __m256, b: __m256) -> __m256 {
            // SAFETY: as above.
            unsafe { _mm256_add_ps(a, b) }
        }

        #[inline(always)]
        fn max(self, a: __m256, b: __m256) -> __m256 {
            // SAFETY: as above.
            unsafe { _mm256_max_ps(a, b) }
        }

        #[inline(always)]
        fn min(self, a: __m256, b: __m256) -> __m256 {
            // SAFETY: as above.
            unsafe { _mm256_min_ps(a, b) }
        }

        #[inline(always)]
        fn within(self, kernel: impl Kernel<8>) {
            // SAFETY: `self` proves that the processor has both.
            unsafe { with_avx2(self, kernel) }
        }
    }

    #[target_feature(enable = "avx2,fma")]
    fn with_avx2(simd: Avx2, kernel: impl Kernel<8>) {
        kernel.run(simd);
    }
}
