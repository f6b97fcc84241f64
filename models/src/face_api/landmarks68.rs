//! The 68-landmark network: 112 × 112 pixels, four blocks of separable convolutions.
//!
//! Output `landmarks`, 1 × 136: x and y of each point in turn, as fractions of the square crop's
//! side. The points follow the usual 68-point order: jaw, brows, nose, eyes, mouth.

use super::WeightsError;
use super::layers::{
    AROUND, AT_END, Window, channel_means, convolution, fully_connected, separable_convolution,
};
use super::weights::Weights;
use crate::graph::{Graph, Value};

const SIDE: i64 = 112;
const COORDINATES: usize = 136;
/// Channels that each block ends with.
const BLOCKS: [usize; 4] = [32, 64, 128, 256];

pub(super) fn build(weights: &mut Weights) -> Result<Graph, WeightsError> {
    let mut graph = Graph::new("landmarks68");
    let mut x = graph.input("image", &[1, 3, SIDE, SIDE]);
    let mut channels = 3;
    for (index, outputs) in BLOCKS.into_iter().enumerate() {
        x = block(
            &mut graph,
            weights,
            &format!("dense{index}"),
            &x,
            (channels, outputs),
        )?;
        channels = outputs;
    }
    let means = channel_means(&mut graph, &x);
    let tensors = ("fc/weights", Some("fc/bias"));
    let shape = (channels, COORDINATES);
    let points = fully_connected(&mut graph, weights, tensors, "landmarks", &means, shape)?;
    graph.output(&points, &[1, COORDINATES as i64]);
    Ok(graph)
}

/// Halves the image, then adds three convolutions, each fed with the sum of all before it:
/// r₁ = relu(c₀ x), cᵢ reads relu of the sum so far, and the block gives relu(r₁ + c₁ + c₂ + c₃).
fn block(
    graph: &mut Graph,
    weights: &mut Weights,
    name: &str,
    x: &Value,
    (inputs, outputs): (usize, usize),
) -> Result<Value, WeightsError> {
    let prefix = format!("{name}/conv0");
    let halving = if inputs == 3 {
        // Colours are mixed at once: the very first convolution is a full one.
        let window = Window {
            side: 3,
            stride: 2,
            pads: AT_END,
        };
        convolution(graph, weights, &prefix, x, (inputs, outputs), window)?
    } else {
        separable_convolution(graph, weights, &prefix, x, (inputs, outputs), 2, AT_END)?
    };
    let mut sum = graph.node("Relu", &format!("{prefix}/relu"), &[&halving], vec![]);
    let mut activated = sum.clone();
    for index in 1..=3 {
        let prefix = format!("{name}/conv{index}");
        let shape = (outputs, outputs);
        let step = separable_convolution(graph, weights, &prefix, &activated, shape, 1, AROUND)?;
        sum = graph.node("Add", &format!("{prefix}/sum"), &[&sum, &step], vec![]);
        activated = graph.node("Relu", &format!("{prefix}/relu"), &[&sum], vec![]);
    }
    Ok(activated)
}
