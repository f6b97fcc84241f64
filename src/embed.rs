//! Aligned faces → embeddings, and several of them → one.

use nod_protocol::payload::{BadEmbedding, Embedding};
use zeroize::Zeroizing;

use crate::align::{AlignError, Template, align};
use crate::detect::FivePoints;
use crate::image::{Crop, Frame};
use crate::manifest::EmbeddingRule;
use crate::model::{ModelError, Net};
use thiserror::Error;

/// The loaded embedder of a model set with the alignment it was trained on.
pub struct Embedder {
    net: Net,
    template: Template,
    dimensions: usize,
    mirror: bool,
}

impl Embedder {
    /// The network with what its model set says about its use.
    pub fn new(net: Net, rule: &EmbeddingRule) -> Self {
        Self {
            net,
            template: Template(rule.template()),
            dimensions: rule.size,
            mirror: rule.mirror,
        }
    }

    /// Cuts the face out of the frame as this embedder wants to see it.
    pub fn align(&self, frame: &Frame<'_>, points: &FivePoints) -> Result<Crop, AlignError> {
        align(frame, points, &self.template, self.side())
    }

    /// Pixels of an aligned face from left to right, and from top to bottom.
    pub fn side(&self) -> usize {
        self.net.input_size().0
    }

    /// Where the five points lie in an aligned face.
    pub(crate) fn template(&self) -> &Template {
        &self.template
    }

    /// The L2-normalised embedding of an aligned face; where the set says so, fused with its mirror image's.
    /// A face is nearly symmetric and a network is not: the mean cancels part of what it makes of the side
    /// that the light or the turn of the head favours.
    pub fn embed(&self, aligned: &Crop) -> Result<Embedding, EmbedError> {
        let embedding = self.embed_one(aligned)?;
        if !self.mirror {
            return Ok(embedding);
        }
        let mirrored = self.embed_one(&aligned.mirrored(aligned.width()))?;
        Ok(fuse(&[embedding, mirrored])?)
    }

    fn embed_one(&self, aligned: &Crop) -> Result<Embedding, EmbedError> {
        let outputs = self.net.run(aligned)?;
        match outputs.as_slice() {
            [output] if output.values().len() == self.dimensions => {
                Ok(Embedding::normalised(output.values().to_vec())?)
            }
            _ => Err(self.net.unexpected_output().into()),
        }
    }
}

/// One embedding for several of the same person: the normalised mean of the unit vectors.
///
/// Averaging cancels what differs between frames (noise, expression) and keeps what is the same.
/// Refuses an empty list, different lengths, and vectors that cancel each other out.
pub fn fuse(keyframes: &[Embedding]) -> Result<Embedding, BadEmbedding> {
    let length = keyframes.first().ok_or(BadEmbedding)?.values().len();
    let mut sum = Zeroizing::new(vec![0.0f32; length]);
    for keyframe in keyframes {
        if keyframe.values().len() != length {
            return Err(BadEmbedding);
        }
        for (s, v) in sum.iter_mut().zip(keyframe.values()) {
            *s += v;
        }
    }
    Embedding::normalised(std::mem::take(&mut *sum))
}

/// Why there is no embedding.
#[derive(Debug, Error)]
pub enum EmbedError {
    /// The network did not run or gave something else.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The points do not span a face.
    #[error(transparent)]
    Align(#[from] AlignError),
    /// The network's output is not a direction.
    #[error(transparent)]
    Embedding(#[from] BadEmbedding),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(values: &[f32]) -> Embedding {
        Embedding::normalised(values.to_vec()).unwrap()
    }

    #[test]
    fn fusing_is_the_normalised_mean() {
        let fused = fuse(&[unit(&[1.0, 0.0]), unit(&[0.0, 2.0])]).unwrap();
        let expected = std::f32::consts::FRAC_1_SQRT_2;
        assert!(fused.values().iter().all(|v| (v - expected).abs() < 1e-6));
    }

    #[test]
    fn what_cannot_be_fused_is_refused() {
        assert!(fuse(&[]).is_err());
        assert!(fuse(&[unit(&[1.0]), unit(&[1.0, 0.0])]).is_err());
        assert!(fuse(&[unit(&[1.0, 0.0]), unit(&[-1.0, 0.0])]).is_err());
    }
}
