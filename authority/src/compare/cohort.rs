//! Other people's embeddings that scores are normalised against, as one matrix in memory.

use std::borrow::Borrow;

use nod_protocol::{ids::ModelSetId, payload::Embedding};
use zeroize::Zeroizing;

use super::normalise::{Normalisation, Statistics};

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
    pub fn new<E: Borrow<Embedding>>(
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
    pub fn view(&self, embedding: &Embedding) -> Result<View, CohortError> {
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
mod tests {
    use super::{super::normalise::normalised, *};

    /// Any vector, the same in the independent computation: whole numbers, then norm 1.
    fn vector(i: u32) -> Embedding {
        let value = |j: u32| ((i * 131 + j * 71 + i * j * 17) % 101) as f32 - 50.0;
        Embedding::normalised((0..20).map(value).collect()).unwrap()
    }

    fn owner(i: u32) -> Owner {
        u128::from(i).to_be_bytes()
    }

    fn cohort(members: u32, top: usize, centre: bool) -> Cohort {
        Cohort::new(
            ModelSetId::parse("open-1").unwrap(),
            7,
            (0..members).map(|i| (owner(i), vector(i))),
            Normalisation { top, centre },
        )
        .unwrap()
    }

    fn statistics(cohort: &Cohort, of: &Embedding, without: Option<Owner>) -> Statistics {
        let view = cohort.view(of).unwrap();
        cohort.statistics(&view, without.as_ref()).unwrap()
    }

    /// Computed with NumPy 2.4 in double precision, not by this code:
    ///
    /// ```python
    /// v = lambda i: unit(np.array([((i*131 + j*71 + i*j*17) % 101) - 50 for j in range(20)]))
    /// unit = lambda a: a / np.linalg.norm(a, axis=-1, keepdims=True)
    /// M, p, t = np.array([v(i) for i in range(12)]), v(100), v(103)
    /// m = M.mean(0) if centre else 0
    /// C, P, T = unit(M - m), unit(p - m), unit(t - m)
    /// top = lambda x: np.sort(C[[i for i in range(12) if i != 2]] @ x)[-5:]
    /// P @ T, top(P).mean(), top(P).std(), top(T).mean(), top(T).std()
    /// ```
    #[test]
    fn agrees_with_an_independent_computation() {
        let expected = [
            (
                false,
                [0.123966, 0.164652, 0.243648, 0.275907, 0.116349, -0.736443],
            ),
            (
                true,
                [0.117983, 0.205107, 0.230808, 0.125934, 0.154988, -0.214387],
            ),
        ];
        for (centre, [score, p_mean, p_deviation, t_mean, t_deviation, norm]) in expected {
            let cohort = cohort(12, 5, centre);
            let (probe, template) = (vector(100), vector(103));
            let near = |a: f32, b: f32| assert!((a - b).abs() < 5e-6, "{centre} {a} {b}");
            let (p, t) = (
                statistics(&cohort, &probe, Some(owner(2))),
                statistics(&cohort, &template, Some(owner(2))),
            );
            near(p.mean, p_mean);
            near(p.deviation, p_deviation);
            near(t.mean, t_mean);
            near(t.deviation, t_deviation);
            let cosine = cohort
                .view(&probe)
                .unwrap()
                .cosine(&cohort.view(&template).unwrap());
            near(cosine, score);
            near(normalised(cosine, p, t), norm);
        }
    }

    #[test]
    fn the_claimed_resident_is_left_out_and_nobody_else() {
        let cohort = cohort(12, 3, false);
        let own = vector(4);
        let with = statistics(&cohort, &own, None);
        let without = statistics(&cohort, &own, Some(owner(4)));
        assert!(with.mean > without.mean + 0.1);
        let stranger = statistics(&cohort, &own, Some(owner(99)));
        assert_eq!(stranger.mean, with.mean);
    }

    #[test]
    fn a_top_beyond_the_members_is_all_of_them_without_the_one_left_out() {
        let large = cohort(12, 500, false);
        let view = large.view(&vector(50)).unwrap();
        let mean = (0..11)
            .map(|i| view.cosine(&large.view(&vector(i)).unwrap()))
            .sum::<f32>()
            / 11.0;
        let of = large.statistics(&view, Some(&owner(11))).unwrap();
        assert!((of.mean - mean).abs() < 1e-5);
        let alone = cohort(1, 5, false);
        assert!(matches!(
            alone.statistics(&view, Some(&owner(0))),
            Err(CohortError::Empty)
        ));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let set = || ModelSetId::parse("open-1").unwrap();
        let rule = |centre| Normalisation { top: 2, centre };
        let none: [(Owner, Embedding); 0] = [];
        let short = Embedding::normalised(vec![1.0, 2.0]).unwrap();
        assert!(matches!(
            Cohort::new(set(), 1, none, rule(false)),
            Err(CohortError::Empty)
        ));
        let mixed = [(owner(1), &vector(1)), (owner(2), &short)];
        assert!(matches!(
            Cohort::new(set(), 1, mixed, rule(false)),
            Err(CohortError::Sizes)
        ));
        // One member is its own mean.
        assert!(matches!(
            Cohort::new(set(), 1, [(owner(1), vector(1))], rule(true)),
            Err(CohortError::NoDirection)
        ));
        let cohort = cohort(12, 2, false);
        assert!(matches!(cohort.view(&short), Err(CohortError::Sizes)));
    }

    #[test]
    fn the_stamp_changes_with_everything_that_statistics_depend_on() {
        let stamps = [
            cohort(12, 5, false).stamp(),
            cohort(11, 5, false).stamp(),
            cohort(12, 4, false).stamp(),
            cohort(12, 5, true).stamp(),
        ];
        for (at, stamp) in stamps.iter().enumerate() {
            assert!(!stamps[at + 1..].contains(stamp), "{stamp}");
        }
        assert_eq!(stamps[3], "v7 n12 k5 centred");
    }

    #[test]
    fn lanes_add_up_to_the_plain_sum() {
        for length in [1, 15, 16, 17, 128, 256, 1023] {
            let a: Vec<f32> = (0..length).map(|i| (i as f32).sin()).collect();
            let b: Vec<f32> = (0..length).map(|i| (i as f32).cos()).collect();
            let plain: f64 = a
                .iter()
                .zip(&b)
                .map(|(a, b)| f64::from(*a) * f64::from(*b))
                .sum();
            assert!((f64::from(dot(&a, &b)) - plain).abs() < 1e-4, "{length}");
        }
    }
}
