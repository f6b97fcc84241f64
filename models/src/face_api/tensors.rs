//! From TensorFlow's tensors to ONNX initialisers: other axes, the same 8 bits.

use super::WeightsError;
use super::weights::{Tensor, Values};
use crate::graph::{Graph, Value, int};

/// Writes a tensor into the graph, multiplied per first axis by `scale` if there is one. Quantised
/// tensors stay in 8 bits: step · scale + min = (step − zero) · scale with zero = −min ÷ scale.
pub(super) fn store(
    graph: &mut Graph,
    name: &str,
    tensor: Tensor,
    factors: Option<&[f64]>,
) -> Result<Value, WeightsError> {
    let dims: Vec<i64> = tensor.shape.iter().map(|&side| side as i64).collect();
    match tensor.values {
        Values::F32(mut values) => {
            if let Some(factors) = factors {
                let each = values.len() / factors.len();
                for (row, factor) in values.chunks_exact_mut(each).zip(factors) {
                    row.iter_mut()
                        .for_each(|v| *v = (f64::from(*v) * factor) as f32);
                }
            }
            Ok(graph.f32s(name, &dims, &values))
        }
        Values::Steps { steps, scale, min } => {
            let zero =
                zero_point(scale, min).ok_or_else(|| WeightsError::ZeroPoint(name.to_owned()))?;
            let steps = graph.u8s(&format!("{name}:steps"), &dims, steps);
            // One scale for the tensor, or one for each output channel.
            let (dims, scales) = match factors {
                None => (vec![], vec![scale]),
                Some(list) => (
                    vec![list.len() as i64],
                    list.iter().map(|factor| factor * scale).collect(),
                ),
            };
            let zeros = vec![zero; scales.len()];
            let scales = graph.f32s(&format!("{name}:scale"), &dims, &narrowed(&scales));
            let zeros = graph.u8s(&format!("{name}:zero"), &dims, zeros);
            let axis = vec![int("axis", 0)];
            Ok(graph.node("DequantizeLinear", name, &[&steps, &scales, &zeros], axis))
        }
    }
}

fn zero_point(scale: f64, min: f64) -> Option<u8> {
    let exact = -min / scale;
    let whole = exact.round();
    // The package's figures carry rounding of the ninth digit.
    ((exact - whole).abs() < 1e-4 && (0.0..=255.0).contains(&whole)).then_some(whole as u8)
}

/// The tensor with its axes in another order: `order[i]` is the old place of the new axis `i`.
pub(super) fn reordered(tensor: Tensor, order: &[usize; 4]) -> Tensor {
    let shape: Vec<usize> = order.iter().map(|&axis| tensor.shape[axis]).collect();
    let values = match tensor.values {
        Values::F32(values) => Values::F32(permuted(&values, &tensor.shape, order)),
        Values::Steps { steps, scale, min } => Values::Steps {
            steps: permuted(&steps, &tensor.shape, order),
            scale,
            min,
        },
    };
    Tensor { shape, values }
}

fn permuted<T: Copy>(values: &[T], shape: &[usize], order: &[usize; 4]) -> Vec<T> {
    let mut strides = [1; 4];
    for axis in (0..3).rev() {
        strides[axis] = strides[axis + 1] * shape[axis + 1];
    }
    let side = |i: usize| shape[order[i]];
    let step = |i: usize| strides[order[i]];
    let mut result = Vec::with_capacity(values.len());
    for a in 0..side(0) {
        for b in 0..side(1) {
            for c in 0..side(2) {
                for d in 0..side(3) {
                    result.push(values[a * step(0) + b * step(1) + c * step(2) + d * step(3)]);
                }
            }
        }
    }
    result
}

/// As single precision, which is what graphs compute in.
pub(super) fn narrowed(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_move_their_channels_to_the_front() {
        // 1 × 2 filter, 2 channels in, 3 out: the value names its own (width, in, out).
        let values: Vec<u32> = (0..2)
            .flat_map(|w| (0..2).flat_map(move |i| (0..3).map(move |o| w * 100 + i * 10 + o)))
            .collect();
        let moved = permuted(&values, &[1, 2, 2, 3], &[3, 2, 0, 1]);
        assert_eq!(moved, [0, 100, 10, 110, 1, 101, 11, 111, 2, 102, 12, 112]);
    }

    #[test]
    fn zero_points_are_whole_steps_or_refused() {
        assert_eq!(zero_point(0.5, -2.0), Some(4));
        assert_eq!(zero_point(0.5, -2.2), None);
        assert_eq!(zero_point(0.5, 1.0), None);
        assert_eq!(zero_point(0.5, -128.0), None);
    }
}
