//! The plan: what is computed, in which order, from which weights. CBOR (RFC 8949), by field numbers.

mod step;
mod work;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

pub use self::step::Step;
pub use self::work::Work;
use crate::Error;
use crate::stored::{Stored, Weights};

/// Raised with every change of the format: a plan is made and read by the same build.
pub(crate) const VERSION: u32 = 1;

/// A network, ready to be laid out in memory.
#[derive(Clone, Debug, PartialEq, Decode, Encode)]
pub struct Plan {
    #[n(0)]
    version: u32,
    /// Of every picture. The first is the input.
    #[n(1)]
    pub shapes: Vec<Shape>,
    /// In the order of computation. Each writes a picture that nothing wrote before.
    #[n(2)]
    pub steps: Vec<Step>,
    /// What a run gives.
    #[n(3)]
    pub exits: Vec<Exit>,
    #[n(4)]
    weights: ByteVec,
}

/// Size of a picture between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode, Encode)]
pub struct Shape {
    /// Rows.
    #[n(0)]
    pub height: usize,
    /// Columns.
    #[n(1)]
    pub width: usize,
    /// Values of a pixel.
    #[n(2)]
    pub channels: usize,
}

/// One output of the network.
#[derive(Clone, Debug, PartialEq, Eq, Decode, Encode)]
pub struct Exit {
    /// Its name in the ONNX file.
    #[n(0)]
    pub name: String,
    /// Its picture.
    #[n(1)]
    pub tensor: usize,
    /// In which order its values come.
    #[n(2)]
    pub order: Order,
}

/// The order of an output's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode, Encode)]
#[cbor(index_only)]
pub enum Order {
    /// All pixels of the first channel, then those of the second.
    #[n(0)]
    Planes,
    /// All channels of the first pixel, then those of the second.
    #[n(1)]
    Pixels,
}

/// What is done to a value before it is written.
#[derive(Clone, Copy, Debug, PartialEq, Decode, Encode)]
pub enum Activation {
    /// Nothing.
    #[n(0)]
    None,
    /// max(x, 0).
    #[n(1)]
    Relu,
    /// x where it is positive, and x times this elsewhere.
    #[n(2)]
    Leaky(#[n(0)] f32),
    /// 1 / (1 + e⁻ˣ).
    #[n(3)]
    Sigmoid,
}

/// Which pixels an output pixel is made of: rows and columns, and the same of everything below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode, Encode)]
pub struct Window {
    /// Rows and columns it spans.
    #[n(0)]
    pub size: [usize; 2],
    /// Between neighbouring windows.
    #[n(1)]
    pub stride: [usize; 2],
    /// Rows above and columns left of the picture where the first window starts.
    #[n(2)]
    pub before: [usize; 2],
}

impl Plan {
    /// A plan that only has an input, picture 0.
    pub fn new(input: Shape) -> Self {
        Self {
            version: VERSION,
            shapes: vec![input],
            steps: Vec::new(),
            exits: Vec::new(),
            weights: Vec::new().into(),
        }
    }

    /// Declares a picture.
    pub fn tensor(&mut self, shape: Shape) -> usize {
        self.shapes.push(shape);
        self.shapes.len() - 1
    }

    /// Keeps weights in the plan.
    pub fn keep(&mut self, stored: Stored) -> Weights {
        let at = self.weights.len() as u32;
        let count = stored.count as u32;
        self.weights.extend_from_slice(&stored.bytes);
        Weights {
            at,
            count,
            form: stored.form,
        }
    }

    /// Forgets the pictures that no step writes, and counts the others anew.
    pub fn drop_unwritten(&mut self) {
        let kept: Vec<usize> = (0..self.shapes.len())
            .filter(|tensor| *tensor == 0 || self.steps.iter().any(|s| s.writes() == *tensor))
            .collect();
        let place = |tensor: &mut usize| {
            *tensor = kept.iter().position(|k| k == tensor).unwrap_or(usize::MAX);
        };
        for step in &mut self.steps {
            step.tensors().into_iter().flatten().for_each(place);
        }
        self.exits
            .iter_mut()
            .for_each(|exit| place(&mut exit.tensor));
        self.shapes = kept
            .iter()
            .filter_map(|tensor| self.shapes.get(*tensor).copied())
            .collect();
    }

    pub(crate) fn values(&self, weights: Weights) -> Option<Vec<f32>> {
        crate::stored::widen(weights, &self.weights)
    }

    /// The plan's bytes: the same for the same plan.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        minicbor::to_vec(self).map_err(|e| Error::Malformed(e.to_string()))
    }

    /// The plan of some bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let plan: Self = minicbor::decode(bytes).map_err(|e| Error::Malformed(e.to_string()))?;
        if plan.version != VERSION {
            return Err(Error::Malformed(format!("it is version {}", plan.version)));
        }
        Ok(plan)
    }
}

impl Shape {
    /// Pixels.
    pub fn pixels(self) -> usize {
        self.height * self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let shape = Shape {
            height: 2,
            width: 3,
            channels: 1,
        };
        let mut plan = Plan::new(shape);
        let weights = plan.keep(Stored::f32(&[2.0]));
        let output = plan.tensor(shape);
        plan.steps.push(Step::pointwise(
            0,
            output,
            weights,
            weights,
            Activation::Leaky(0.1),
        ));
        plan
    }

    #[test]
    fn a_plan_survives_its_bytes() {
        assert_eq!(Plan::decode(&plan().encode().unwrap()), Ok(plan()));
    }

    #[test]
    fn every_truncation_is_malformed() {
        let bytes = plan().encode().unwrap();
        for length in 0..bytes.len() {
            let error = Plan::decode(&bytes[..length]).unwrap_err();
            assert!(matches!(error, Error::Malformed(_)), "{length}: {error}");
        }
    }

    #[test]
    fn another_version_is_refused_by_number() {
        let mut later = plan();
        later.version = VERSION + 1;
        let error = Plan::decode(&later.encode().unwrap()).unwrap_err();
        assert!(error.to_string().contains("it is version 2"), "{error}");
    }
}
