//! A face template: a unit vector that is wiped when it goes out of scope.

use zeroize::Zeroizing;

/// The longest embedding that any model set may have.
pub const MAX_DIMENSIONS: usize = 1024;

/// An L2-normalised embedding (unit: none; each value −1 to 1). Not printable, not cloneable.
pub struct Embedding(Zeroizing<Vec<f32>>);

/// The numbers are no embedding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an embedding: expected 1 to {MAX_DIMENSIONS} finite numbers of norm 1")]
pub struct BadEmbedding;

impl Embedding {
    /// Scales a network's output to norm 1; refuses NaN, infinity, the zero vector and odd sizes.
    pub fn normalised(values: Vec<f32>) -> Result<Self, BadEmbedding> {
        let mut values = Zeroizing::new(values);
        let norm = norm(&values);
        if !has_valid_size(&values) || !norm.is_finite() || norm < 1e-6 {
            return Err(BadEmbedding);
        }
        for value in values.iter_mut() {
            *value = (f64::from(*value) / norm) as f32;
        }
        Ok(Self(values))
    }

    /// Takes numbers that claim to be normalised (norm 1 within 1e-3), as they come off the wire.
    pub fn from_unit(values: Vec<f32>) -> Result<Self, BadEmbedding> {
        let values = Zeroizing::new(values);
        let is_unit = (norm(&values) - 1.0).abs() <= 1e-3;
        if has_valid_size(&values) && is_unit {
            Ok(Self(values))
        } else {
            Err(BadEmbedding)
        }
    }

    /// Little-endian f32, the form inside the seal and (encrypted) in the store.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.0.len() * 4));
        for value in self.0.iter() {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        bytes
    }

    /// Reads [`Embedding::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadEmbedding> {
        let (chunks, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() || chunks.len() > MAX_DIMENSIONS {
            return Err(BadEmbedding);
        }
        Self::from_unit(
            chunks
                .iter()
                .map(|chunk| f32::from_le_bytes(*chunk))
                .collect(),
        )
    }

    /// The numbers.
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// Cosine similarity, −1 to 1; `None` if the sizes differ.
    pub fn cosine(&self, other: &Self) -> Option<f32> {
        if self.0.len() != other.0.len() {
            return None;
        }
        let dot = dot(&self.0, &other.0);
        Some(dot as f32)
    }
}

fn has_valid_size(values: &[f32]) -> bool {
    (1..=MAX_DIMENSIONS).contains(&values.len())
}

/// In f64: a sum of squares of 1024 f32 would lose the digits that `from_unit` checks.
fn norm(values: &[f32]) -> f64 {
    dot(values, values).sqrt()
}

/// Of as many numbers, in f64. Independent sums in lanes: a single one would have to be added up in order.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..8 {
            sums[lane] += f64::from(a[lane]) * f64::from(b[lane]);
        }
    }
    let rest = a_rest.iter().zip(b_rest);
    let rest: f64 = rest.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn normalising_gives_norm_one_and_keeps_the_direction() {
        let embedding = Embedding::normalised(vec![3.0, 0.0, -4.0]).unwrap();
        assert_eq!(embedding.values(), [0.6, 0.0, -0.8]);
    }

    #[test]
    fn what_is_no_direction_is_refused() {
        let bad = [
            vec![],
            vec![0.0; 8],
            vec![f32::NAN, 1.0],
            vec![f32::INFINITY],
            vec![1.0; 1025],
        ];
        for values in bad {
            assert!(Embedding::normalised(values).is_err());
        }
        assert!(Embedding::from_unit(vec![0.5, 0.5]).is_err());
        assert!(Embedding::from_bytes(&[0, 0, 128]).is_err());
    }

    #[test]
    fn bytes_go_there_and_back() {
        let embedding = Embedding::normalised(vec![0.1, -0.7, 0.3, 0.9]).unwrap();
        let back = Embedding::from_bytes(&embedding.to_bytes()).unwrap();
        assert_eq!(back.values(), embedding.values());
    }

    #[test]
    fn cosine_of_itself_is_one_and_sizes_must_agree() {
        let a = Embedding::normalised(vec![0.1, -0.7, 0.3]).unwrap();
        let b = Embedding::normalised(vec![1.0, 0.0]).unwrap();
        assert!((a.cosine(&a).unwrap() - 1.0).abs() < 1e-6);
        assert!(a.cosine(&b).is_none());
    }
}
