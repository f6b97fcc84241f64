//! Embeddings of people who do not exist: an identity, and looks into the camera that are more or less like it.

use nod_protocol::payload::{BadEmbedding, Embedding};

use crate::random::Random;

/// Somebody's face, as the embeddings of a model set see it.
#[derive(Clone)]
pub struct Face {
    identity: Vec<f64>,
    likeness: Likeness,
}

/// How alike the embeddings of a person's frames are.
#[derive(Clone, Copy)]
pub struct Likeness {
    /// Values in one embedding.
    pub dimensions: usize,
    /// Cosine to the identity of single embeddings, from poor frames to good ones: two of a session have about the product.
    pub cosines: (f64, f64),
}

impl Likeness {
    /// As seen in rendered sessions (docs/liveness.md). All vectors of `everywhere-1` point roughly one way, so those of one
    /// person are closer; that those of strangers are too is left out here.
    #[must_use]
    pub fn of(set: &str, dimensions: usize) -> Self {
        let cosines = match set {
            "everywhere-1" => (0.99, 0.999),
            _ => (0.92, 0.985),
        };
        Self {
            dimensions,
            cosines,
        }
    }
}

impl Face {
    /// Somebody.
    pub fn any(likeness: Likeness, random: &mut Random) -> Self {
        Self {
            identity: direction(likeness.dimensions, random),
            likeness,
        }
    }

    /// The embedding of one frame.
    ///
    /// # Errors
    /// When the likeness has an impossible size.
    pub fn look(&self, random: &mut Random) -> Result<Embedding, BadEmbedding> {
        let (poor, good) = self.likeness.cosines;
        let likeness = random.between(poor, good);
        let apart = (1.0 - likeness * likeness).sqrt();
        let noise = direction(self.identity.len(), random);
        let mixed = self.identity.iter().zip(noise);
        Embedding::normalised(
            mixed
                .map(|(own, other)| (likeness * own + apart * other) as f32)
                .collect(),
        )
    }
}

/// What keyframes are together: the normalised mean, as `nod::embed::fuse` has it.
///
/// # Errors
/// When there are none, or nothing is left of them.
pub fn fused(keyframes: &[Embedding]) -> Result<Embedding, BadEmbedding> {
    let first = keyframes.first().ok_or(BadEmbedding)?;
    let mut sum = vec![0.0; first.values().len()];
    for keyframe in keyframes {
        for (sum, value) in sum.iter_mut().zip(keyframe.values()) {
            *sum += value;
        }
    }
    Embedding::normalised(sum)
}

fn direction(dimensions: usize, random: &mut Random) -> Vec<f64> {
    let values: Vec<f64> = (0..dimensions).map(|_| random.normal()).collect();
    let length = values.iter().map(|v| v * v).sum::<f64>().sqrt();
    values.into_iter().map(|value| value / length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_of_one_are_alike_and_of_two_are_not() {
        let mut random = Random::seeded(3);
        let likeness = Likeness::of("open-1", 256);
        let [one, two] = [(); 2].map(|()| Face::any(likeness, &mut random));
        let looks = |face: &Face, random: &mut Random| {
            let keyframes: Vec<_> = (0..5).map(|_| face.look(random).unwrap()).collect();
            fused(&keyframes).unwrap()
        };
        let (a, b) = (looks(&one, &mut random), looks(&one, &mut random));
        assert!(a.cosine(&b).unwrap() > 0.9);
        assert!(a.cosine(&looks(&two, &mut random)).unwrap() < 0.4);
        assert!(fused(&[]).is_err());
    }
}
