//! Sums and products of pictures, value by value.

use crate::blocks::Blocks;
use crate::plan::Activation;

/// A picture that is read.
pub(crate) type From<'a, const L: usize> = (&'a [f32], &'a Blocks<L>);

/// A picture that is written.
pub(crate) type To<'a, const L: usize> = (&'a mut [f32], &'a Blocks<L>);

/// activation(input · by + added), with one factor for each channel.
pub(crate) fn scale<const L: usize>(
    (input, from): From<'_, L>,
    (factors, by): From<'_, L>,
    added: Option<From<'_, L>>,
    (output, to): To<'_, L>,
    activation: Activation,
) {
    for block in 0..to.count {
        let start = by.at(block, 0, 0);
        let factors: [f32; L] = std::array::from_fn(|lane| factors[start + lane]);
        for y in 0..to.shape.height {
            let (pixels, _) = input[from.row_at(block, y)].as_chunks::<L>();
            let (results, _) = output[to.row_at(block, y)].as_chunks_mut::<L>();
            for (result, pixel) in results.iter_mut().zip(pixels) {
                *result = std::array::from_fn(|lane| pixel[lane] * factors[lane]);
            }
            if let Some((added, blocks)) = added {
                let (added, _) = added[blocks.row_at(block, y)].as_chunks::<L>();
                for (result, pixel) in results.iter_mut().zip(added) {
                    *result = std::array::from_fn(|lane| result[lane] + pixel[lane]);
                }
            }
        }
    }
    activate((output, to), activation);
}

/// input · scale + shift, with one of each for each channel, for whole blocks.
pub(crate) fn affine<const L: usize>(
    (input, from): From<'_, L>,
    scale: &[f32],
    shift: &[f32],
    (output, to): To<'_, L>,
) {
    let lines = scale
        .as_chunks::<L>()
        .0
        .iter()
        .zip(shift.as_chunks::<L>().0);
    for (block, (scale, shift)) in lines.enumerate() {
        for y in 0..to.shape.height {
            let (pixels, _) = input[from.row_at(block, y)].as_chunks::<L>();
            let (results, _) = output[to.row_at(block, y)].as_chunks_mut::<L>();
            for (result, pixel) in results.iter_mut().zip(pixels) {
                *result = std::array::from_fn(|lane| pixel[lane] * scale[lane] + shift[lane]);
            }
        }
    }
}

/// activation(a + b). What a smaller picture lacks counts as 0.
pub(crate) fn sum<const L: usize>(
    a: From<'_, L>,
    b: From<'_, L>,
    (output, to): To<'_, L>,
    activation: Activation,
) {
    for block in 0..to.count {
        for y in 0..to.shape.height {
            let results = &mut output[to.row_at(block, y)];
            results.fill(0.0);
            for (picture, blocks) in [a, b] {
                if block < blocks.count && y < blocks.shape.height {
                    for (result, value) in results.iter_mut().zip(&picture[blocks.row_at(block, y)])
                    {
                        *result += value;
                    }
                }
            }
        }
    }
    activate((output, to), activation);
}

/// large + small, each pixel of the small picture taken for two by two.
pub(crate) fn sum_doubled<const L: usize>(
    (small, half): From<'_, L>,
    (large, from): From<'_, L>,
    (output, to): To<'_, L>,
) {
    for block in 0..to.count {
        for y in 0..to.shape.height {
            let (small, _) = small[half.row_at(block, y / 2)].as_chunks::<L>();
            let (large, _) = large[from.row_at(block, y)].as_chunks::<L>();
            let (results, _) = output[to.row_at(block, y)].as_chunks_mut::<L>();
            let pairs = results.chunks_exact_mut(2).zip(large.chunks_exact(2));
            for ((results, large), small) in pairs.zip(small) {
                for (result, large) in results.iter_mut().zip(large) {
                    *result = std::array::from_fn(|lane| large[lane] + small[lane]);
                }
            }
        }
    }
}

/// The same picture again.
pub(crate) fn copy<const L: usize>((input, from): From<'_, L>, (output, to): To<'_, L>) {
    for block in 0..to.count {
        for y in 0..to.shape.height {
            output[to.row_at(block, y)].copy_from_slice(&input[from.row_at(block, y)]);
        }
    }
}

/// Applies an activation to a whole picture.
pub(crate) fn activate<const L: usize>((output, to): To<'_, L>, activation: Activation) {
    if activation == Activation::None {
        return;
    }
    for block in 0..to.count {
        for y in 0..to.shape.height {
            for value in &mut output[to.row_at(block, y)] {
                *value = activation.of(*value);
            }
        }
    }
}
