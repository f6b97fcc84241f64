//! Made-up residents: a direction in space stands for a face, small noise for the camera.

use nod_protocol::{
    ids::{ClaimedId, ModelSetId, Passcode},
    payload::{Embedding, Payload, SetCapture},
};

/// Numbers of an embedding in the test model set.
pub(crate) const DIMENSIONS: usize = 256;

/// Numbers of an embedding in the set that comes after it.
pub(crate) const NEXT_DIMENSIONS: usize = 128;

/// A resident.
#[derive(Clone, Copy)]
pub(crate) struct Person {
    pub(crate) id: &'static str,
    pub(crate) passcode: &'static str,
    pub(crate) seed: u64,
}

pub(crate) const ANN: Person = Person {
    id: "PLANTED-4711-ANN",
    passcode: "94730528",
    seed: 1,
};
pub(crate) const BOB: Person = Person {
    id: "PLANTED-0815-BOB",
    passcode: "60419375",
    seed: 2,
};

impl Person {
    /// One look into the camera; every `shot` has its own noise (cosine to the face about 0.95).
    pub(crate) fn look(&self, shot: u64) -> Embedding {
        let face = directions(self.seed);
        let noise = directions(self.seed * 1_000 + shot);
        let values = face
            .zip(noise)
            .map(|(f, n)| f + 0.2 * n)
            .take(DIMENSIONS)
            .collect();
        Embedding::normalised(values).unwrap()
    }

    /// A capture of three keyframes and their mean.
    pub(crate) fn capture(&self, shot: u64) -> SetCapture {
        let keyframes = vec![self.look(shot), self.look(shot + 1), self.look(shot + 2)];
        let mean = (0..DIMENSIONS)
            .map(|at| keyframes.iter().map(|keyframe| keyframe.values()[at]).sum())
            .collect();
        SetCapture {
            model_set: ModelSetId::parse("open-1").unwrap(),
            fused: Embedding::normalised(mean).unwrap(),
            keyframes,
            crops: vec![],
        }
    }

    /// The same capture in the model set that comes after the test set.
    pub(crate) fn next_capture(&self, shot: u64) -> SetCapture {
        // Another network sees other things in a face.
        let other = Self {
            seed: self.seed + 500_000,
            ..*self
        };
        let shortened = |embedding: &Embedding| {
            let values = embedding.values().iter().take(NEXT_DIMENSIONS);
            Embedding::normalised(values.copied().collect()).unwrap()
        };
        let SetCapture {
            fused, keyframes, ..
        } = other.capture(shot);
        SetCapture {
            model_set: ModelSetId::parse("open-2").unwrap(),
            fused: shortened(&fused),
            keyframes: keyframes.iter().map(shortened).collect(),
            crops: vec![],
        }
    }

    /// What the widget would seal.
    pub(crate) fn payload(&self, shot: u64) -> Payload {
        Payload {
            claim: ClaimedId::parse(self.id).unwrap().into(),
            passcode: Some(Passcode::parse(self.passcode).unwrap()),
            captures: vec![self.capture(shot)],
            track: None,
            assertion: None,
        }
    }
}

/// Numbers in −1 to 1 from a seed (xorshift64*); directions of different seeds are nearly orthogonal.
pub(crate) fn directions(seed: u64) -> impl Iterator<Item = f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let high = (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as u32;
        (high as f32 / (1u32 << 23) as f32) - 1.0
    })
}
