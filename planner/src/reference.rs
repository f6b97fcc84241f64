//! tract's own answer to the same question.

use nod_engine::{Network, Shape};
use tract_onnx::prelude::*;

use crate::PlanError;

/// How far a plan is from what tract makes of the same file.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// The output.
    pub output: String,
    /// Largest difference of a value.
    pub largest: f32,
    /// Largest value, for scale.
    pub scale: f32,
}

/// Runs both on one picture (pixels row by row, channels beside each other) and gives the differences, an entry for
/// each output.
///
/// # Errors
/// When either cannot load or run the file.
pub fn compare(
    onnx: &[u8],
    network: &Network,
    picture: &[f32],
) -> Result<Vec<Mismatch>, PlanError> {
    let found = network.run(picture)?;
    let expected =
        reference(onnx, network.input(), picture).map_err(|e| PlanError::Onnx(format!("{e:#}")))?;
    let mut all = Vec::new();
    for ((exit, expected), found) in network.exits().iter().zip(&expected).zip(&found) {
        let largest = if expected.len() == found.len() {
            let pairs = expected.iter().zip(found);
            pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        } else {
            f32::INFINITY
        };
        let scale = expected.iter().map(|v| v.abs()).fold(0.0, f32::max);
        all.push(Mismatch {
            output: exit.name.clone(),
            largest,
            scale,
        });
    }
    Ok(all)
}

fn reference(onnx: &[u8], input: Shape, picture: &[f32]) -> TractResult<Vec<Vec<f32>>> {
    let model = tract_onnx::onnx()
        .model_for_read(&mut &*onnx)?
        .into_optimized()?
        .into_runnable()?;
    let shape = [1, input.channels, input.height, input.width];
    let plane = |channel: usize| picture.iter().skip(channel).step_by(input.channels);
    let planes: Vec<f32> = (0..input.channels).flat_map(plane).copied().collect();
    let outputs = model.run(tvec!(Tensor::from_shape(&shape, &planes)?.into()))?;
    let values = outputs.iter().map(|output| {
        let view = output.to_plain_array_view::<f32>()?;
        Ok(view.iter().copied().collect())
    });
    values.collect()
}
