//! The networks of the npm package `@vladmandic/face-api`, from its TensorFlow.js weights to ONNX.
//!
//! The package ships weights only (a JSON list of tensors beside one binary shard); the layers are
//! code. Each network's layers are rebuilt here, one file per network, from what that code computes:
//!
//! - [`tiny_face`]: the face detector, a small YOLO v2 with separable convolutions;
//! - [`landmarks68`]: 68 facial landmarks;
//! - [`recognition`]: the recognition network, dlib's ResNet.
//!
//! All three take normalised RGB in NCHW; the mean and divisor are in the manifest and not in the
//! graph, because zero padding stands for the mean colour only after normalisation. Weights keep
//! their 8-bit form and are widened by `DequantizeLinear` when the model is loaded: a quarter of
//! the download, the same numbers.

mod landmarks68;
mod layers;
mod recognition;
mod tensors;
mod tiny_face;
mod weights;

pub(crate) use weights::Weights;

use crate::graph::Graph;

/// Which of the package's networks to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// Face boxes.
    TinyFace,
    /// 68 landmarks.
    Landmarks68,
    /// 128 values that describe a face.
    Recognition,
}

/// Why weights did not fit the network they were given for.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The list of tensors is not the JSON that TensorFlow.js writes.
    #[error("the list of tensors does not parse: {0}")]
    List(#[from] serde_json::Error),
    /// The shard is shorter or longer than the tensors that should fill it.
    #[error("the shard has {found} bytes, its tensors need {expected}")]
    Length {
        /// Bytes that the listed tensors take.
        expected: usize,
        /// Bytes that are there.
        found: usize,
    },
    /// A quantised tensor whose zero lies between two steps: it cannot stay in 8 bits.
    #[error("tensor {0}: the zero point is not a whole number from 0 to 255")]
    ZeroPoint(String),
    /// The network has a layer whose tensor is not listed.
    #[error("tensor {0} is missing")]
    Missing(String),
    /// A tensor is listed that the network has no layer for.
    #[error("tensor {0} belongs to no layer")]
    Unused(String),
    /// A tensor has another shape than its layer.
    #[error("tensor {name} has shape {found:?}, its layer needs {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// The layer's shape.
        expected: Vec<usize>,
        /// The tensor's shape.
        found: Vec<usize>,
    },
}

/// Converts one network to an ONNX file.
///
/// `list` is the `*-weights_manifest.json`, `shard` the binary file beside it.
pub(crate) fn convert(
    network: Network,
    list: &[u8],
    shard: &[u8],
) -> Result<Vec<u8>, WeightsError> {
    let mut weights = Weights::read(list, shard)?;
    let graph: Graph = match network {
        Network::TinyFace => tiny_face::build(&mut weights)?,
        Network::Landmarks68 => landmarks68::build(&mut weights)?,
        Network::Recognition => recognition::build(&mut weights)?,
    };
    weights.finish()?;
    Ok(graph.into_bytes())
}
