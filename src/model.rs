//! Networks: a plan's bytes → something that can be run. The only file that knows the inference engine.

use std::sync::Arc;

use nod_engine::Network;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroize;

use crate::image::Crop;

/// Order of the colours that a network was trained with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// How a picture becomes a network's input: three values for each pixel, `(sample − mean) / divisor`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct InputSpec {
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// Order of a pixel's values.
    pub channels: ChannelOrder,
    /// Subtracted from samples of 0 to 255; in the order of `channels`.
    pub mean: [f32; 3],
    /// Divides what is left.
    pub divisor: f32,
}

/// A network ready to run. Clones share it.
#[derive(Clone)]
pub struct Net {
    name: String,
    spec: InputSpec,
    network: Arc<Network>,
}

impl Net {
    /// Reads a plan after checking that its bytes are the expected ones.
    ///
    /// `name` is for error messages, `sha256` is in lower-case hexadecimal.
    pub fn load(
        name: &str,
        plan: &[u8],
        sha256: &str,
        spec: InputSpec,
    ) -> Result<Self, ModelError> {
        let found = hex(&Sha256::digest(plan));
        if found != sha256 {
            let expected = sha256.to_owned();
            return Err(ModelError::WrongHash {
                name: name.to_owned(),
                expected,
                found,
            });
        }
        let unusable = |detail: String| ModelError::Unusable {
            name: name.to_owned(),
            detail,
        };
        let network = Network::load(plan).map_err(|e| unusable(e.to_string()))?;
        let input = network.input();
        if (input.width, input.height, input.channels) != (spec.width, spec.height, 3) {
            let (width, height) = (spec.width, spec.height);
            return Err(unusable(format!("it takes no picture of {width}×{height}")));
        }
        Ok(Self {
            name: name.to_owned(),
            spec,
            network: Arc::new(network),
        })
    }

    /// Width and height of the picture that [`run`](Self::run) takes.
    pub fn input_size(&self) -> (usize, usize) {
        (self.spec.width, self.spec.height)
    }

    /// Names of the outputs, in the order of the ONNX file that the plan was made of.
    pub fn output_names(&self) -> impl Iterator<Item = &str> {
        self.network.exits().iter().map(|exit| exit.name.as_str())
    }

    /// Runs the network on one picture; the outputs come in the order of their names.
    pub fn run(&self, picture: &Crop) -> Result<Vec<Output>, ModelError> {
        if (picture.width(), picture.height()) != self.input_size() {
            return Err(self.failed("the picture does not have the input's size"));
        }
        let row = picture.width() * 3;
        let outputs = self.network.run_rows(&|y, line| {
            normalise(&picture.rgb()[y * row..(y + 1) * row], &self.spec, line);
        });
        Ok(outputs.into_iter().map(Output::new).collect())
    }

    /// Runs the network on ready-made input: rows from the top, three values for each pixel, already normalised.
    pub fn run_values(&self, values: &[f32]) -> Result<Vec<Output>, ModelError> {
        let outputs = self.network.run(values).map_err(|e| self.failed(e))?;
        Ok(outputs.into_iter().map(Output::new).collect())
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

/// Interleaved RGB → normalised values in the network's order.
fn normalise(rgb: &[f32], spec: &InputSpec, values: &mut [f32]) {
    let order = match spec.channels {
        ChannelOrder::Rgb => [0, 1, 2],
        ChannelOrder::Bgr => [2, 1, 0],
    };
    let (pixels, _) = rgb.as_chunks::<3>();
    for (values, pixel) in values.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
        for ((value, channel), mean) in values.iter_mut().zip(order).zip(spec.mean) {
            *value = (pixel[channel] - mean) / spec.divisor;
        }
    }
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
    fn values_have_the_networks_order_and_the_mean_of_each_colour() {
        let rgb = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0];
        let values = |channels| {
            let mut values = [0.0; 6];
            normalise(&rgb, &spec(channels), &mut values);
            values
        };
        assert_eq!(
            values(ChannelOrder::Rgb),
            [4.5, 9.0, 13.5, 19.5, 24.0, 28.5]
        );
        assert_eq!(
            values(ChannelOrder::Bgr),
            [14.5, 9.0, 3.5, 29.5, 24.0, 18.5]
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
