//! The tiny face detector: YOLO v2 in small, 320 × 320 pixels, 10 × 10 cells, five anchors.
//!
//! Output `cells`, 1 × 25 × 10 × 10: for anchor a, channel 5·a + k holds k = 0 x, 1 y, 2 width,
//! 3 height, 4 score, all before their non-linearity. With cells of 32 pixels:
//! centre = (column + σ(x), row + σ(y)) · 32, size = (eʷ · anchor width, eʰ · anchor height) · 32,
//! score = σ(s).

use super::WeightsError;
use super::layers::{
    AROUND, AT_END, NO_PADS, Window, convolution, max_pool, separable_convolution,
};
use super::weights::Weights;
use crate::graph::{Graph, Value, float};

const SIDE: i64 = 320;
const CELLS: i64 = 10;
/// Five anchors of x, y, width, height, score.
const PREDICTIONS: usize = 25;
/// Slope below zero.
const LEAK: f32 = 0.1;

pub(super) fn build(weights: &mut Weights) -> Result<Graph, WeightsError> {
    let mut graph = Graph::new("tiny-face");
    let graph_ref = &mut graph;
    let mut x = graph_ref.input("image", &[1, 3, SIDE, SIDE]);

    // The only layer without padding: 320 pixels become 318.
    let first = Window {
        side: 3,
        stride: 1,
        pads: NO_PADS,
    };
    x = convolution(graph_ref, weights, "conv0", &x, (3, 16), first)?;
    x = leaky(graph_ref, "conv0", &x);

    let mut side = SIDE - 2;
    let mut channels = 16;
    for layer in 1..=5 {
        x = halved(graph_ref, layer, &x, side);
        side = (side + 1) / 2;
        let prefix = format!("conv{layer}");
        let shape = (channels, 2 * channels);
        x = separable_convolution(graph_ref, weights, &prefix, &x, shape, 1, AROUND)?;
        x = leaky(graph_ref, &prefix, &x);
        channels *= 2;
    }
    let smoothing = Window {
        side: 2,
        stride: 1,
        pads: AT_END,
    };
    x = max_pool(graph_ref, "pool6", &x, smoothing);

    let last = Window {
        side: 1,
        stride: 1,
        pads: NO_PADS,
    };
    let cells = convolution(
        graph_ref,
        weights,
        "conv8",
        &x,
        (channels, PREDICTIONS),
        last,
    )?;
    let cells = graph_ref.node("Identity", "cells", &[&cells], vec![]);
    graph_ref.output(&cells, &[1, PREDICTIONS as i64, CELLS, CELLS]);
    Ok(graph)
}

/// 2 × 2 maximum at stride 2; an odd side gets one row and column of padding at its end.
fn halved(graph: &mut Graph, layer: usize, x: &Value, side: i64) -> Value {
    let pads = if side % 2 == 0 { NO_PADS } else { AT_END };
    max_pool(
        graph,
        &format!("pool{layer}"),
        x,
        Window {
            side: 2,
            stride: 2,
            pads,
        },
    )
}

fn leaky(graph: &mut Graph, prefix: &str, x: &Value) -> Value {
    graph.node(
        "LeakyRelu",
        &format!("{prefix}/leaky"),
        &[x],
        vec![float("alpha", LEAK)],
    )
}
