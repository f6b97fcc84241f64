//! TensorFlow.js weights: a JSON list of tensors and the shard that holds them back to back.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::WeightsError;

/// A network's tensors by name. Layers take theirs out; [`Weights::finish`] checks none is left.
pub(crate) struct Weights(BTreeMap<String, Tensor>);

/// One tensor in TensorFlow's layout.
pub(crate) struct Tensor {
    /// Filters are height × width × in × out.
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Values,
}

/// The values of a tensor as the package stores them.
pub(crate) enum Values {
    F32(Vec<f32>),
    /// value = step · scale + min.
    Steps {
        steps: Vec<u8>,
        scale: f64,
        min: f64,
    },
}

#[derive(Deserialize)]
struct Group {
    weights: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    quantization: Option<Quantization>,
}

#[derive(Deserialize)]
struct Quantization {
    scale: f64,
    min: f64,
}

impl Weights {
    /// Cuts the shard into the tensors of the list.
    pub(crate) fn read(list: &[u8], shard: &[u8]) -> Result<Self, WeightsError> {
        let groups: Vec<Group> = serde_json::from_slice(list)?;
        let entries = || groups.iter().flat_map(|group| &group.weights);
        let expected = entries().map(Entry::stored_bytes).sum();
        if shard.len() != expected {
            return Err(WeightsError::Length {
                expected,
                found: shard.len(),
            });
        }
        let mut rest = shard;
        let mut tensors = BTreeMap::new();
        for entry in entries() {
            let (bytes, after) = rest.split_at(entry.stored_bytes());
            rest = after;
            tensors.insert(
                entry.name.clone(),
                Tensor {
                    shape: entry.shape.clone(),
                    values: entry.values(bytes),
                },
            );
        }
        Ok(Self(tensors))
    }

    /// Takes a tensor out, if it has the shape its layer needs.
    pub(crate) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, WeightsError> {
        let tensor = self
            .0
            .remove(name)
            .ok_or_else(|| WeightsError::Missing(name.to_owned()))?;
        if tensor.shape != shape {
            return Err(WeightsError::Shape {
                name: name.to_owned(),
                expected: shape.to_vec(),
                found: tensor.shape,
            });
        }
        Ok(tensor)
    }

    /// Takes out a list of `len` values, widened.
    pub(crate) fn take_list(&mut self, name: &str, len: usize) -> Result<Vec<f64>, WeightsError> {
        Ok(self.take(name, &[len])?.values.widened())
    }

    /// Every tensor has found its layer: a left-over one means the network is not the expected one.
    pub(crate) fn finish(self) -> Result<(), WeightsError> {
        match self.0.into_keys().next() {
            Some(name) => Err(WeightsError::Unused(name)),
            None => Ok(()),
        }
    }
}

impl Values {
    /// The values as numbers.
    pub(crate) fn widened(&self) -> Vec<f64> {
        match self {
            Self::F32(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Self::Steps { steps, scale, min } => steps
                .iter()
                .map(|&step| f64::from(step) * scale + min)
                .collect(),
        }
    }
}

impl Entry {
    fn len(&self) -> usize {
        self.shape.iter().product()
    }

    fn stored_bytes(&self) -> usize {
        self.len()
            * if self.quantization.is_some() {
                1
            } else {
                size_of::<f32>()
            }
    }

    fn values(&self, bytes: &[u8]) -> Values {
        match &self.quantization {
            Some(Quantization { scale, min }) => Values::Steps {
                steps: bytes.to_vec(),
                scale: *scale,
                min: *min,
            },
            None => {
                let (values, _) = bytes.as_chunks();
                Values::F32(
                    values
                        .iter()
                        .map(|&value| f32::from_le_bytes(value))
                        .collect(),
                )
            }
        }
    }
}
