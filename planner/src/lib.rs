//! ONNX file → [`Plan`]: once, when a build is prepared, so that no page reads, types and optimises a graph.
//!
//! tract-onnx reads the file. What is left of its graph is what takes time: activations, additions, sigmoids and biases
//! go into the convolution before them; reshapes and transpositions become the order in which an output is read;
//! weights stay as they are stored (halves, bytes with a scale).
//!
//! Operators: Conv (dense of any window, depthwise of 3 × 3), Gemm, MatMul, Relu, LeakyRelu, Sigmoid, Add, Mul by a
//! constant or by one factor for each channel, MaxPool, AveragePool, GlobalAveragePool, Resize to twice the size,
//! Pad with zeros at the end before an Add, Transpose, Reshape, Flatten and Identity. Anything else is an error that
//! names the node.

mod graph;
mod lower;
mod reference;
mod served;
mod sums;
mod values;
mod windows;

pub use lower::plan;
pub use reference::{Mismatch, compare};
pub use served::{AssembleError, assemble};

use thiserror::Error;

/// Why a file has no plan.
#[derive(Debug, Error)]
pub enum PlanError {
    /// tract-onnx cannot read it.
    #[error("not an ONNX model: {0}")]
    Onnx(String),
    /// A node does what the engine does not.
    #[error("node {node} ({operator}): {why}")]
    Node {
        /// Its name, or that of its output.
        node: String,
        /// Of ONNX.
        operator: String,
        /// What is not supported.
        why: String,
    },
    /// Its input or an output is not what the engine takes.
    #[error("{0}")]
    Ends(String),
    /// The plan does not load: a defect here.
    #[error(transparent)]
    Engine(#[from] nod_engine::Error),
}
