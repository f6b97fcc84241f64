//! Other people's embeddings that scores are normalised against, as one matrix in memory.

use std::borrow::Borrow;

use nod_protocol::ids::ModelSetId;
use zeroize::Zeroizing;

use super::normalise::{Normalisation, Statistics};
use crate::protect::ProtectedEmbedding;

/// Whose embedding it is: the store's internal id, or any number of one's own when measuring.
pub type Owner = [u8; 16];

/// Embeddings of one model set, one row each. Wiped when dropped; not printable, not cloneable.
pub struct Cohort {
    set: ModelSetId,
    version: u32,
    rule: Normalisation,
    owners: Vec<Owner>,
    dimensions: usize,
    /// Mean of the members before centring; empty if the rule does not centre.
    mean: Zeroizing<Vec<f32>>,
    /// Row after row of unit vectors, centred if the rule says so.
    rows: Zeroizing<Vec<f32>>,
}

/// An embedding as a cohort sees it: a unit vector, centred if the rule says so. Wiped when dropped.
pub struct View(Zeroizing<Vec<f32>>);

/// The embeddings make no cohort, or an embedding is none of this cohort's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CohortError {
    /// Nobody to compare with.
    #[error("a cohort needs members")]
    Empty,
    /// Embeddings of different lengths.
    #[error("embeddings of a cohort and those measured against it have one size")]
    Sizes,
    /// Nothing is left of an embedding without the mean.
    #[error("an embedding is the cohort's mean")]
    NoDirection,
}

impl Cohort {
    /// A cohort of these members, all of one model set. `version` tells two draws apart.
    pub fn new<E: Borrow<ProtectedEmbedding>>(
        set: ModelSetId,
        version: u32,
        members: impl IntoIterator<Item = (Owner, E)>,
        rule: Normalisation,
    ) -> Result<Self, CohortError> {
        let mut owners = Vec::new();
        let mut dimensions = 0;
        let mut rows = Zeroizing::new(Vec::new());
        for (owner, member) in members {
            let values = member.borrow().values();
            if owners.is_empty() {
                dimensions = values.len();
            } else if values.len() != dimensions {
                return Err(CohortError::Sizes);
            }
            owners.push(owner);
            append(&mut rows, values);
        }
        if owners.is_empty() {
            return Err(CohortError::Empty);
        }
        let mut mean = Zeroizing::new(Vec::new());
        if rule.centre {
            mean = mean_row(&rows, dimensions);
            for row in rows.chunks_exact_mut(dimensions) {
                centre(row, &mean)?;
            }
        }
        Ok(Self {
            set,
            version,
            rule,
            owners,
            dimensions,
            mean,
            rows,
        })
    }

    /// The model set of its embeddings.
    #[must_use]
    pub fn set(&self) -> &ModelSetId {
        &self.set
    }

    /// Which draw it is of.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Number of members, at least 1.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "there is no empty cohort")]
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// What decides the statistics of an embedding, as a short text: draw, members left of it, rule.
    ///
    /// Members leave a draw (erasure) and never join it, so their number names the state of a draw.
    #[must_use]
    pub fn stamp(&self) -> String {
        format!(
            "v{} n{} k{}{}",
            self.version,
            self.len(),
            self.rule.top,
            if self.rule.centre { " centred" } else { "" }
        )
    }

    /// An embedding as this cohort sees it.
    pub fn view(&self, embedding: &ProtectedEmbedding) -> Result<View, CohortError> {
        if embedding.values().len() != self.dimensions {
            return Err(CohortError::Sizes);
        }
        let mut values = Zeroizing::new(embedding.values().to_vec());
        if self.rule.centre {
            centre(&mut values, &self.mean)?;
        }
        Ok(View(values))
    }

    /// Statistics of the `top` largest scores of an embedding, leaving out the members of one owner:
    /// the claimed resident, whose own template would pass for a stranger's otherwise.
    ///
    /// The work depends on the number of members only. If `top` is more than there are, all count.
    pub fn statistics(
        &self,
        of: &View,
        without: Option<&Owner>,
    ) -> Result<Statistics, CohortError> {
        if of.0.len() != self.dimensions {
            return Err(CohortError::Sizes);
        }
        let mut scores = Zeroizing::new(Vec::with_capacity(self.len()));
        for (row, owner) in self.rows.chunks_exact(self.dimensions).zip(&self.owners) {
            let score = dot(row, &of.0);
            let is_left_out = without == Some(owner);
            scores.push(if is_left_out { LEFT_OUT } else { score });
        }
        let top = self.rule.top.clamp(1, scores.len());
        // Descending, a NaN first: it shall show and not be sorted out of sight.
        let _ = scores.select_nth_unstable_by(top - 1, |a, b| b.total_cmp(a));
        let largest = &mut scores[..top];
        largest.sort_unstable_by(|a, b| b.total_cmp(a));
        let end = largest.partition_point(|score| *score != LEFT_OUT);
        Statistics::of(&largest[..end]).ok_or(CohortError::Empty)
    }
}

impl View {
    /// Cosine similarity of two views of one cohort, −1 to 1. NaN if they are not of one size.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f32 {
        if self.0.len() == other.0.len() {
            dot(&self.0, &other.0)
        } else {
            f32::NAN
        }
    }
}

/// Below every cosine: sorts last.
const LEFT_OUT: f32 = f32::NEG_INFINITY;

/// Growing a vector leaves its old copy behind in memory; this one wipes it.
fn append(rows: &mut Zeroizing<Vec<f32>>, values: &[f32]) {
    if rows.capacity() - rows.len() < values.len() {
        let room = (rows.len() + values.len()).max(rows.len() * 2);
        let mut larger = Zeroizing::new(Vec::with_capacity(room));
        larger.extend_from_slice(rows);
        *rows = larger;
    }
    rows.extend_from_slice(values);
}

/// In f64: thousands of small numbers are added.
fn mean_row(rows: &[f32], dimensions: usize) -> Zeroizing<Vec<f32>> {
    let mut sums = Zeroizing::new(vec![0f64; dimensions]);
    for row in rows.chunks_exact(dimensions) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += f64::from(*value);
        }
    }
    let count = (rows.len() / dimensions) as f64;
    Zeroizing::new(sums.iter().map(|sum| (sum / count) as f32).collect())
}

/// Takes the mean off and scales to norm 1.
fn centre(values: &mut [f32], mean: &[f32]) -> Result<(), CohortError> {
    let mut square = 0f64;
    for (value, mean) in values.iter_mut().zip(mean) {
        *value -= mean;
        square += f64::from(*value).powi(2);
    }
    let norm = square.sqrt();
    if norm < 1e-6 {
        return Err(CohortError::NoDirection);
    }
    for value in values {
        *value = (f64::from(*value) / norm) as f32;
    }
    Ok(())
}

/// Independent sums in lanes, which the compiler turns into vector instructions; a single sum would
/// have to be added up in order.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0f32; LANES];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests;
