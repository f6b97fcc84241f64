//! Networks: ONNX bytes → something that can be run. The only file that knows the inference engine.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tract_onnx::prelude::*;
use zeroize::Zeroize;

use crate::image::Crop;

/// Order of the colour planes that a network was trained with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// How a picture becomes a network's input: one batch of three planes, `(sample − mean) / divisor`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct InputSpec {
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// Order of the planes.
    pub channels: ChannelOrder,
    /// Subtracted from samples of 0 to 255; in the order of the planes.
    pub mean: [f32; 3],
    /// Divides what is left.
    pub divisor: f32,
}

/// Largest input side accepted; far beyond any network here, and it keeps a wrong manifest from asking for
/// gigabytes.
const MAX_INPUT_SIDE: usize = 2048;

/// A network ready to run. Clones share it.
#[derive(Clone)]
pub struct Net {
    name: String,
    spec: InputSpec,
    outputs: Vec<String>,
    plan: Arc<TypedRunnableModel>,
}

impl Net {
    /// Parses and optimises a network after checking that its bytes are the expected ones.
    ///
    /// `name` is for error messages, `sha256` is in lower-case hexadecimal. Takes a tenth of a second to a
    /// second in a browser.
    pub fn load(
        name: &str,
        onnx: &[u8],
        sha256: &str,
        spec: InputSpec,
    ) -> Result<Self, ModelError> {
        let found = hex(&Sha256::digest(onnx));
        if found != sha256 {
            let expected = sha256.to_owned();
            return Err(ModelError::WrongHash {
                name: name.to_owned(),
                expected,
                found,
            });
        }
        let sides = 1..=MAX_INPUT_SIDE;
        if !sides.contains(&spec.width) || !sides.contains(&spec.height) {
            return Err(ModelError::Unusable {
                name: name.to_owned(),
                detail: format!("an input of {}×{}", spec.width, spec.height),
            });
        }
        let (outputs, plan) = optimise(onnx, &spec).map_err(|e| ModelError::Unusable {
            name: name.to_owned(),
            detail: format!("{e:#}"),
        })?;
        Ok(Self {
            name: name.to_owned(),
            spec,
            outputs,
            plan,
        })
    }

    /// Width and height of the picture that [`run`](Self::run) takes.
    pub fn input_size(&self) -> (usize, usize) {
        (self.spec.width, self.spec.height)
    }

    /// Names of the outputs, in the order of the ONNX file.
    pub fn output_names(&self) -> &[String] {
        &self.outputs
    }

    /// Runs the network on one picture; the outputs come in the order of the ONNX file.
    pub fn run(&self, picture: &Crop) -> Result<Vec<Output>, ModelError> {
        if (picture.width(), picture.height()) != self.input_size() {
            return Err(self.failed("the picture does not have the input's size"));
        }
        self.run_planes(planes(picture, &self.spec))
    }

    /// Runs the network on ready-made input: three planes, rows from the top, already normalised.
    pub fn run_planes(&self, planes: Vec<f32>) -> Result<Vec<Output>, ModelError> {
        let shape = [1, 3, self.spec.height, self.spec.width];
        let input = Tensor::from_shape(&shape, &planes).map_err(|e| self.failed(e))?;
        let mut outputs = Vec::new();
        for value in self
            .plan
            .run(tvec!(input.into()))
            .map_err(|e| self.failed(e))?
        {
            let values = value
                .to_plain_array_view::<f32>()
                .map_err(|e| self.failed(e))?;
            outputs.push(Output::new(values.iter().copied().collect()));
        }
        Ok(outputs)
    }

    /// The error for outputs of another form than the step that reads them knows.
    pub(crate) fn unexpected_output(&self) -> ModelError {
        self.failed("its outputs do not have the expected form")
    }

    fn failed(&self, detail: impl std::fmt::Display) -> ModelError {
        ModelError::Failed {
            name: self.name.clone(),
            detail: format!("{detail:#}"),
        }
    }
}

/// One output of a network, flattened; the last axis of the ONNX shape runs fastest.
///
/// Wiped when dropped: it may be an embedding or somebody's landmarks.
pub struct Output(Vec<f32>);

impl Output {
    pub(crate) fn new(values: Vec<f32>) -> Self {
        Self(values)
    }

    /// The numbers.
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    #[cfg(test)]
    pub(crate) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Why a network cannot be used.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The bytes are not the ones that the manifest names.
    #[error("model {name}: expected SHA-256 {expected}, found {found}")]
    WrongHash {
        /// Of the model.
        name: String,
        /// From the manifest.
        expected: String,
        /// Of the bytes.
        found: String,
    },
    /// The bytes are right but are not a network that can be prepared.
    #[error("model {name} cannot be used: {detail}")]
    Unusable {
        /// Of the model.
        name: String,
        /// What the engine said.
        detail: String,
    },
    /// Running it went wrong.
    #[error("model {name} failed: {detail}")]
    Failed {
        /// Of the model.
        name: String,
        /// What the engine said.
        detail: String,
    },
    /// The manifest names a model that was not loaded.
    #[error("model {name} is not loaded")]
    Missing {
        /// Of the model.
        name: String,
    },
}

fn optimise(onnx: &[u8], spec: &InputSpec) -> TractResult<(Vec<String>, Arc<TypedRunnableModel>)> {
    let shape = [1, 3, spec.height, spec.width];
    let model = tract_onnx::onnx()
        .model_for_read(&mut &*onnx)?
        .with_input_fact(0, f32::fact(shape).into())?;
    // Asked before optimising, which may rename what it rewrites.
    let label = |outlet: &OutletId| model.outlet_label(*outlet).unwrap_or_default().to_owned();
    let names = model.output_outlets()?.iter().map(label).collect();
    Ok((names, model.into_optimized()?.into_runnable()?))
}

/// Interleaved RGB → normalised planes in the network's order.
fn planes(picture: &Crop, spec: &InputSpec) -> Vec<f32> {
    let source = match spec.channels {
        ChannelOrder::Rgb => [0, 1, 2],
        ChannelOrder::Bgr => [2, 1, 0],
    };
    let mut planes = Vec::with_capacity(picture.rgb().len());
    for (channel, mean) in source.into_iter().zip(spec.mean) {
        let samples = picture.rgb().iter().skip(channel).step_by(3);
        planes.extend(samples.map(|v| (v - mean) / spec.divisor));
    }
    planes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(channels: ChannelOrder) -> InputSpec {
        InputSpec {
            width: 2,
            height: 1,
            channels,
            mean: [1.0, 2.0, 3.0],
            divisor: 2.0,
        }
    }

    #[test]
    fn planes_have_the_networks_order_and_the_mean_of_each_plane() {
        let mut picture = Crop::black(2, 1);
        picture
            .rgb_mut()
            .copy_from_slice(&[10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        assert_eq!(
            planes(&picture, &spec(ChannelOrder::Rgb)),
            [4.5, 19.5, 9.0, 24.0, 13.5, 28.5]
        );
        assert_eq!(
            planes(&picture, &spec(ChannelOrder::Bgr)),
            [14.5, 29.5, 9.0, 24.0, 3.5, 18.5]
        );
    }

    #[test]
    fn other_bytes_than_the_manifests_are_refused_before_they_are_parsed() {
        let error = Net::load("detector", b"abc", "00", spec(ChannelOrder::Rgb))
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "model detector: expected SHA-256 00, found \
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn garbage_with_the_right_hash_is_an_error_and_no_panic() {
        for garbage in [&b""[..], b"abc", &[0xff; 300], &[8, 1, 18, 200, 1]] {
            let sha256 = hex(&Sha256::digest(garbage));
            let error = Net::load("x", garbage, &sha256, spec(ChannelOrder::Rgb))
                .err()
                .unwrap();
            assert!(matches!(error, ModelError::Unusable { .. }), "{error}");
        }
    }
}
