//! The layers the three networks are made of.
//!
//! TensorFlow keeps filters as height × width × in × out, ONNX as out × in × height × width; "same"
//! padding with stride 2 pads one row and column at the end only, so pads are always explicit here.

use super::WeightsError;
use super::tensors::{narrowed, reordered, store};
use super::weights::Weights;
use crate::graph::{Graph, Value, int, ints};

/// Zero padding around an image: top, left, bottom, right.
pub(crate) type Pads = [i64; 4];
pub(crate) const NO_PADS: Pads = [0, 0, 0, 0];
/// "same" for a 3 × 3 filter at stride 1.
pub(crate) const AROUND: Pads = [1, 1, 1, 1];
/// "same" for an even side and a 3 × 3 filter at stride 2, or a 2 × 2 window at stride 1.
pub(crate) const AT_END: Pads = [0, 0, 1, 1];

/// Where a convolution looks and how it steps.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) side: usize,
    pub(crate) stride: i64,
    pub(crate) pads: Pads,
}

/// A scale and shift per output channel that follow a convolution.
pub(crate) struct Affine {
    pub(crate) scale: Vec<f64>,
    pub(crate) shift: Vec<f64>,
}

/// Convolution with bias: tensors `{prefix}/filters` and `{prefix}/bias`.
pub(crate) fn convolution(
    graph: &mut Graph,
    weights: &mut Weights,
    prefix: &str,
    x: &Value,
    channels: (usize, usize),
    window: Window,
) -> Result<Value, WeightsError> {
    let bias = weights.take_list(&format!("{prefix}/bias"), channels.1)?;
    let plain = Affine {
        scale: vec![1.0; channels.1],
        shift: bias,
    };
    filtered(
        graph,
        weights,
        &format!("{prefix}/filters"),
        prefix,
        x,
        channels,
        window,
        plain,
    )
}

/// Convolution, then a learned scale and shift: tensors `{prefix}/conv/…` and `{prefix}/scale/…`.
/// (w∗x + b)·s + t = (s·w)∗x + (s·b + t), so the scale moves into the filters.
pub(crate) fn scaled_convolution(
    graph: &mut Graph,
    weights: &mut Weights,
    prefix: &str,
    x: &Value,
    channels: (usize, usize),
    window: Window,
) -> Result<Value, WeightsError> {
    let bias = weights.take_list(&format!("{prefix}/conv/bias"), channels.1)?;
    let scale = weights.take_list(&format!("{prefix}/scale/weights"), channels.1)?;
    let shift = weights.take_list(&format!("{prefix}/scale/biases"), channels.1)?;
    let shift = (0..channels.1)
        .map(|c| bias[c] * scale[c] + shift[c])
        .collect();
    let affine = Affine { scale, shift };
    filtered(
        graph,
        weights,
        &format!("{prefix}/conv/filters"),
        prefix,
        x,
        channels,
        window,
        affine,
    )
}

/// 3 × 3 filter on each channel by itself, then a 1 × 1 convolution with bias: tensors
/// `{prefix}/depthwise_filter`, `{prefix}/pointwise_filter`, `{prefix}/bias`.
pub(crate) fn separable_convolution(
    graph: &mut Graph,
    weights: &mut Weights,
    prefix: &str,
    x: &Value,
    (inputs, outputs): (usize, usize),
    stride: i64,
    pads: Pads,
) -> Result<Value, WeightsError> {
    let name = format!("{prefix}/depthwise_filter");
    let tensor = weights.take(&name, &[3, 3, inputs, 1])?;
    // height × width × in × 1 → in × 1 × height × width.
    let filter = reordered(tensor, &[2, 3, 0, 1]);
    let filter = store(graph, &name, filter, None)?;
    let depthwise = graph.node(
        "Conv",
        &format!("{prefix}/depthwise"),
        &[x, &filter],
        vec![
            int("group", inputs as i64),
            ints("kernel_shape", &[3, 3]),
            ints("pads", &pads),
            ints("strides", &[stride, stride]),
        ],
    );
    let bias = weights.take_list(&format!("{prefix}/bias"), outputs)?;
    let plain = Affine {
        scale: vec![1.0; outputs],
        shift: bias,
    };
    let pointwise = Window {
        side: 1,
        stride: 1,
        pads: NO_PADS,
    };
    let name = format!("{prefix}/pointwise_filter");
    filtered(
        graph,
        weights,
        &name,
        prefix,
        &depthwise,
        (inputs, outputs),
        pointwise,
        plain,
    )
}

/// Matrix product of a row with `{name}` (in × out), plus a bias where there is one. The matrix is
/// widened here: runtimes like to replace a product with 8-bit weights by one with 8-bit inputs,
/// which moves landmarks by a quarter of a pixel.
pub(crate) fn fully_connected(
    graph: &mut Graph,
    weights: &mut Weights,
    tensors: (&str, Option<&str>),
    output: &str,
    x: &Value,
    (inputs, outputs): (usize, usize),
) -> Result<Value, WeightsError> {
    let (name, bias) = tensors;
    let matrix = weights.take(name, &[inputs, outputs])?.values.widened();
    let matrix = graph.f32s(name, &[inputs as i64, outputs as i64], &narrowed(&matrix));
    let Some(bias) = bias else {
        return Ok(graph.node("MatMul", output, &[x, &matrix], vec![]));
    };
    let values = narrowed(&weights.take_list(bias, outputs)?);
    let bias = graph.f32s(bias, &[outputs as i64], &values);
    Ok(graph.node("Gemm", output, &[x, &matrix, &bias], vec![]))
}

/// The largest value of each `side` × `side` window; padding never wins.
pub(crate) fn max_pool(graph: &mut Graph, name: &str, x: &Value, window: Window) -> Value {
    pool(graph, "MaxPool", name, x, window)
}

/// The mean of each window, which must lie inside the image.
pub(crate) fn average_pool(graph: &mut Graph, name: &str, x: &Value, window: Window) -> Value {
    pool(graph, "AveragePool", name, x, window)
}

/// The mean of each channel, as a row.
pub(crate) fn channel_means(graph: &mut Graph, x: &Value) -> Value {
    let means = graph.node("GlobalAveragePool", "means", &[x], vec![]);
    graph.node("Flatten", "means/row", &[&means], vec![])
}

fn pool(graph: &mut Graph, operator: &str, name: &str, x: &Value, window: Window) -> Value {
    let side = window.side as i64;
    graph.node(
        operator,
        name,
        &[x],
        vec![
            ints("kernel_shape", &[side, side]),
            ints("pads", &window.pads),
            ints("strides", &[window.stride, window.stride]),
        ],
    )
}

#[expect(
    clippy::too_many_arguments,
    reason = "one private place where every layer's parts meet"
)]
fn filtered(
    graph: &mut Graph,
    weights: &mut Weights,
    filters: &str,
    name: &str,
    x: &Value,
    (inputs, outputs): (usize, usize),
    window: Window,
    affine: Affine,
) -> Result<Value, WeightsError> {
    let side = window.side;
    let tensor = weights.take(filters, &[side, side, inputs, outputs])?;
    let tensor = reordered(tensor, &[3, 2, 0, 1]);
    let scale = affine
        .scale
        .iter()
        .any(|&scale| scale != 1.0)
        .then_some(&*affine.scale);
    let filter = store(graph, filters, tensor, scale)?;
    let shift = graph.f32s(
        &format!("{name}/shift"),
        &[outputs as i64],
        &narrowed(&affine.shift),
    );
    let side = side as i64;
    Ok(graph.node(
        "Conv",
        name,
        &[x, &filter, &shift],
        vec![
            ints("kernel_shape", &[side, side]),
            ints("pads", &window.pads),
            ints("strides", &[window.stride, window.stride]),
        ],
    ))
}
