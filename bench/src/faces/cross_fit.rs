//! Comparisons normalised as the authority does it, without anybody being measured against themselves: the
//! people are split in two halves, and each half's pairs are normalised against the other half as cohort.

use anyhow::{Context, Result};
use nod_authority::compare::cohort::{Cohort, Owner, View};
use nod_authority::compare::normalise::{Normalisation, Statistics, normalised};
use nod_authority::protect::{ProtectedEmbedding, Rotation};
use nod_authority::vault::SecretKey;
use nod_protocol::ids::ModelSetId;

use super::album::{Album, Portrait};

/// A pair of faces of one half.
pub(super) struct Comparison {
    /// Places of the two faces in the album.
    pub(super) faces: [usize; 2],
    /// Cosine of the embeddings.
    pub(super) raw: f32,
    /// The same pair's normalised score.
    pub(super) normalised: f32,
}

/// All pairs within each half, and how many people each cohort had.
///
/// # Errors
/// When a half has nobody, or the embeddings are not of one size.
pub(super) fn compare(
    album: &Album,
    set: &ModelSetId,
    rule: Normalisation,
) -> Result<(Vec<Comparison>, [usize; 2])> {
    let mut comparisons = Vec::new();
    let mut sizes = [0; 2];
    // As an authority keeps faces: cosines are what they were.
    let size = album
        .faces
        .first()
        .map_or(0, |face| face.embedding.values().len());
    let rotation = &Rotation::new(&SecretKey::new([1; 32]), set, size);
    for (half, size) in sizes.iter_mut().enumerate() {
        let cohort = cohort(album, set, 1 - half, rule, rotation)?;
        *size = cohort.len();
        let sides = album
            .faces
            .iter()
            .enumerate()
            .filter(|(_, face)| half_of(face) == half)
            .map(|(at, face)| Side::new(at, face, &cohort, rotation))
            .collect::<Result<Vec<_>>>()?;
        for (i, one) in sides.iter().enumerate() {
            for other in &sides[i + 1..] {
                comparisons.push(one.with(other, album)?);
            }
        }
    }
    Ok((comparisons, sizes))
}

/// One template of each person of a half: their first picture, as an enrolment is one capture.
fn cohort(
    album: &Album,
    set: &ModelSetId,
    half: usize,
    rule: Normalisation,
    rotation: &Rotation,
) -> Result<Cohort> {
    let mut last = None;
    let members = album.faces.iter().filter(|face| {
        let is_first = last.replace(face.person) != Some(face.person);
        is_first && half_of(face) == half
    });
    let owned = members.map(|face| Ok((owner(face), protected(rotation, face)?)));
    let owned: Vec<_> = owned.collect::<Result<_>>()?;
    Cohort::new(set.clone(), 1, owned, rule).context("no cohort")
}

fn protected(rotation: &Rotation, face: &Portrait) -> Result<ProtectedEmbedding> {
    let protected = rotation.apply(&face.embedding);
    protected.context("embeddings of two sizes")
}

/// Every second person, in the order of their names.
fn half_of(face: &Portrait) -> usize {
    face.person % 2
}

fn owner(face: &Portrait) -> Owner {
    (face.person as u128).to_le_bytes()
}

/// A face as the cohort sees it.
struct Side {
    at: usize,
    view: View,
    statistics: Statistics,
}

impl Side {
    fn new(at: usize, face: &Portrait, cohort: &Cohort, rotation: &Rotation) -> Result<Self> {
        let view = cohort.view(&protected(rotation, face)?)?;
        let statistics = cohort.statistics(&view, Some(&owner(face)))?;
        Ok(Self {
            at,
            view,
            statistics,
        })
    }

    fn with(&self, other: &Self, album: &Album) -> Result<Comparison> {
        let [one, two] = [self.at, other.at].map(|at| &album.faces[at].embedding);
        Ok(Comparison {
            faces: [self.at, other.at],
            raw: one.cosine(two).context("embeddings of two sizes")?,
            normalised: normalised(
                self.view.cosine(&other.view),
                self.statistics,
                other.statistics,
            ),
        })
    }
}
