//! The attributes of convolutions and pools → windows, and the size of what they give.

use nod_engine::{Shape, Window};

use crate::PlanError;
use crate::graph::Node;

/// The window of a node, and the shape of its output with so many channels.
///
/// Size of an output after the operators' definition in ONNX: ⌊(size + pads − window) / stride⌋ + 1.
pub(crate) fn window(
    node: &Node,
    size: [usize; 2],
    from: Shape,
    channels: usize,
) -> Result<(Window, Shape), PlanError> {
    if node.text("auto_pad").is_some_and(|text| text != b"NOTSET") {
        return Err(node.error("pads must be written out"));
    }
    if node.integer("ceil_mode", 0) != 0 {
        return Err(node.error("windows must be whole"));
    }
    if node
        .integers("dilations")
        .is_some_and(|d| d.iter().any(|d| *d != 1))
    {
        return Err(node.error("windows must not have gaps"));
    }
    let stride =
        pair(node.integers("strides"), 1).ok_or_else(|| node.error("strides of two axes"))?;
    let pads = node.integers("pads").unwrap_or(vec![0; 4]);
    let [top, left, bottom, right] = pads[..] else {
        return Err(node.error("pads of two axes"));
    };
    let along = |axis: usize, size: usize, from: usize, pads: usize| {
        let room = (from + pads).checked_sub(size)?;
        Some(room.checked_div(stride[axis])? + 1)
    };
    let height = along(0, size[0], from.height, top + bottom);
    let width = along(1, size[1], from.width, left + right);
    let (Some(height), Some(width)) = (height, width) else {
        return Err(node.error("a window larger than the picture"));
    };
    let window = Window {
        size,
        stride,
        before: [top, left],
    };
    Ok((
        window,
        Shape {
            height,
            width,
            channels,
        },
    ))
}

/// Rows and columns of a pool's window.
pub(crate) fn kernel(node: &Node) -> Result<[usize; 2], PlanError> {
    let missing = || node.error("no window of two axes");
    pair(Some(node.integers("kernel_shape").ok_or_else(missing)?), 1).ok_or_else(missing)
}

fn pair(values: Option<Vec<usize>>, default: usize) -> Option<[usize; 2]> {
    match values {
        None => Some([default; 2]),
        Some(values) => values.try_into().ok(),
    }
}
