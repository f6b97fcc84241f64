//! Template protection (ISO/IEC 24745): faces are kept and compared in coordinates that only this authority has. Pure.
//!
//! An embedding is a direction. Before it becomes a template, or is held against one, it is turned by a secret rotation of its
//! space, drawn uniformly from all of them (Haar measure) by a key:
//!
//! - **Nothing is lost.** A rotation leaves every cosine as it was, so thresholds, cohorts and error rates stay what they are.
//! - **Unlinkable.** Whatever face it is of, one turned embedding is uniformly distributed on the sphere for whoever lacks the
//!   key: it tells nothing about the face, and nothing connects it with what another authority keeps of the same person.
//! - **Revocable.** Under another key the same faces become other templates. The stored ones are carried over without the
//!   residents ([`Rotation::back`], then [`Rotation::apply`]), and what leaked before equals nothing any more.
//!
//! What it does not do: whoever has the key, too, has the embeddings; and whoever knows as many pairs of an embedding and its
//! template as the embedding has numbers can compute the rotation. Templates are therefore encrypted besides, each in its place
//! ([`crate::vault`]).

use nod_protocol::{
    ids::ModelSetId,
    payload::{BadEmbedding, Embedding},
};
use zeroize::Zeroizing;

use crate::vault::{SecretKey, hmac_sha256};

/// An embedding in the authority's own coordinates. Wiped when dropped; not printable.
pub struct ProtectedEmbedding(Embedding);

/// A secret rotation of one model set's embeddings. Wiped when dropped; not printable.
pub struct Rotation {
    dimensions: usize,
    /// Orthonormal, row after row.
    rows: Zeroizing<Vec<f32>>,
}

impl ProtectedEmbedding {
    /// The numbers, in the authority's coordinates.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        self.0.values()
    }

    /// Cosine similarity, as it is between the faces themselves; `None` if the sizes differ.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> Option<f32> {
        self.0.cosine(&other.0)
    }

    /// Some way from here towards another, 0 to 1.
    pub fn moved(&self, towards: &Self, way: f32) -> Result<Self, BadEmbedding> {
        let (from, to) = (self.values(), towards.values());
        if from.len() != to.len() {
            return Err(BadEmbedding);
        }
        let both = from.iter().zip(to);
        Embedding::normalised(both.map(|(f, t)| (1.0 - way) * f + way * t).collect()).map(Self)
    }

    /// As if its coordinates were the authority's.
    #[cfg(test)]
    pub(crate) fn of(embedding: Embedding) -> Self {
        Self(embedding)
    }

    /// As the vault keeps it.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.0.to_bytes()
    }

    /// Reads [`ProtectedEmbedding::to_bytes`].
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, BadEmbedding> {
        Embedding::from_bytes(bytes).map(Self)
    }
}

impl Rotation {
    /// The rotation that a key makes for the embeddings of a set, 1 to 1,024 numbers long.
    ///
    /// Gram and Schmidt make an orthonormal basis of as many directions with independent normal coordinates: uniformly
    /// distributed (Stewart, "The efficient generation of random orthogonal matrices", 1980), reflections among them.
    #[must_use]
    pub fn new(key: &SecretKey, set: &ModelSetId, dimensions: usize) -> Self {
        let mut normal = Normal::new(key, set, dimensions);
        let mut basis = Zeroizing::new(Vec::<f64>::with_capacity(dimensions * dimensions));
        while basis.len() < dimensions * dimensions {
            let mut row =
                Zeroizing::new((0..dimensions).map(|_| normal.next()).collect::<Vec<_>>());
            // Twice: what rounding leaves of the others the first time is gone after the second.
            for _ in 0..2 {
                for other in basis.chunks_exact(dimensions) {
                    let along = dot(&row, other);
                    for (value, other) in row.iter_mut().zip(other) {
                        *value -= along * other;
                    }
                }
            }
            let length = dot(&row, &row).sqrt();
            // In the span of the others: never happens, and would be drawn again.
            if length > 1e-9 {
                basis.extend(row.iter().map(|value| value / length));
            }
        }
        let rows = Zeroizing::new(basis.iter().map(|value| *value as f32).collect());
        Self { dimensions, rows }
    }

    /// An embedding in the authority's coordinates; refuses other sizes.
    pub fn apply(&self, embedding: &Embedding) -> Result<ProtectedEmbedding, BadEmbedding> {
        let values = embedding.values();
        if values.len() != self.dimensions {
            return Err(BadEmbedding);
        }
        let rows = self.rows.chunks_exact(self.dimensions);
        let turned = rows.map(|row| {
            let products = row.iter().zip(values);
            products.map(|(r, v)| f64::from(r * v)).sum::<f64>() as f32
        });
        Embedding::normalised(turned.collect()).map(ProtectedEmbedding)
    }

    /// Out of the authority's coordinates: for carrying a template over to another key, and for nothing else.
    pub(crate) fn back(&self, protected: &ProtectedEmbedding) -> Result<Embedding, BadEmbedding> {
        let values = protected.values();
        if values.len() != self.dimensions {
            return Err(BadEmbedding);
        }
        let mut turned = Zeroizing::new(vec![0.0_f64; self.dimensions]);
        for (row, value) in self.rows.chunks_exact(self.dimensions).zip(values) {
            for (sum, r) in turned.iter_mut().zip(row) {
                *sum += f64::from(r * value);
            }
        }
        Embedding::normalised(turned.iter().map(|value| *value as f32).collect())
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Normally distributed numbers that a key makes: HMAC-SHA256 in counter mode (NIST SP 800-108r1 §4.1), turned into normal
/// ones two by two (Box and Muller 1958).
struct Normal<'a> {
    key: &'a SecretKey,
    label: String,
    counter: u64,
    block: Zeroizing<[u8; 32]>,
    /// Bytes of the block that were used.
    used: usize,
    second: Option<f64>,
}

impl<'a> Normal<'a> {
    fn new(key: &'a SecretKey, set: &ModelSetId, dimensions: usize) -> Self {
        Self {
            key,
            label: format!("nod template rotation v1 {dimensions} {set}"),
            counter: 0,
            block: Zeroizing::new([0; 32]),
            used: 32,
            second: None,
        }
    }

    fn next(&mut self) -> f64 {
        if let Some(second) = self.second.take() {
            return second;
        }
        let (radius, angle) = (self.uniform(), self.uniform());
        let radius = (-2.0 * radius.ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * angle).sin_cos();
        self.second = Some(radius * sine);
        radius * cosine
    }

    /// Above 0, up to 1, in steps of 2⁻⁵³.
    fn uniform(&mut self) -> f64 {
        if self.used == self.block.len() {
            *self.block = hmac_sha256(self.key, &self.label, &[&self.counter.to_be_bytes()]);
            self.counter += 1;
            self.used = 0;
        }
        let (chunks, _) = self.block.as_chunks::<8>();
        let bytes = chunks.get(self.used / 8).copied().unwrap_or_default();
        self.used += 8;
        ((u64::from_be_bytes(bytes) >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
#[path = "protect/tests.rs"]
mod tests;
