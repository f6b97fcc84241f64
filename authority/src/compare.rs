//! Whether two faces are one person: a pure function of two embeddings, the set's thresholds and a
//! cohort.
//!
//! With a cohort the score is normalised ([`normalise`]): towards the same false match rate for everyone. A floor
//! under the raw cosine stays, because the deviation that a score is divided by is one of the capture, and a capture
//! that was computed and not seen may be so placed among strangers that its deviation is next to nothing.
//! Without one the raw cosine is held against the tightened threshold of the manifest; readiness and
//! metrics say which.

pub mod cohort;
pub mod normalise;

use nod_protocol::{
    ids::{Level, ModelSetId},
    payload::Embedding,
};

use self::{
    cohort::{Cohort, CohortError, Owner},
    normalise::{Statistics, normalised},
};
use crate::{
    model_sets::ModelSet, protect::ProtectedEmbedding, store::StoredTemplate, vault::Vault,
};

/// The outcome of a comparison. The score stays in this file: nobody is told how near a no was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// At or above the threshold.
    Same,
    /// Below it.
    Different,
}

/// What a score is held against.
pub enum Scale<'a> {
    /// The tightened threshold on the raw cosine.
    Raw,
    /// The threshold on the normalised score.
    Normalised {
        /// Other people's embeddings.
        cohort: &'a Cohort,
        /// The claimed resident, who is no stranger to themselves.
        owner: Owner,
        /// The template's statistics against this very cohort; computed if they are not known.
        template: Option<Statistics>,
    },
}

/// A face that is held against a template, in the same coordinates.
pub struct Probe {
    /// The set that made it.
    pub model_set: ModelSetId,
    /// What a capture comes to.
    pub embedding: ProtectedEmbedding,
}

impl Probe {
    /// What a capture comes to; refuses what is not of the set's size.
    pub fn new(vault: &Vault, set: &ModelSet, captured: &Embedding) -> Result<Self, NotComparable> {
        let embedding = vault.protect(&set.id, set.dimensions, captured);
        Ok(Self {
            model_set: set.id.clone(),
            embedding: embedding.map_err(|_| NotComparable)?,
        })
    }
}

/// A direction in which faces differ: as it was captured, or as templates are kept. The one is never compared with the other.
pub trait Direction {
    /// Numbers.
    fn size(&self) -> usize;
    /// Cosine similarity; `None` if the sizes differ.
    fn cosine(&self, other: &Self) -> Option<f32>;
}

impl Direction for Embedding {
    fn size(&self) -> usize {
        self.values().len()
    }

    fn cosine(&self, other: &Self) -> Option<f32> {
        Embedding::cosine(self, other)
    }
}

impl Direction for ProtectedEmbedding {
    fn size(&self) -> usize {
        self.values().len()
    }

    fn cosine(&self, other: &Self) -> Option<f32> {
        ProtectedEmbedding::cosine(self, other)
    }
}

/// Two embeddings that cannot be compared: of different sets or sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("embeddings of different model sets are not compared")]
pub struct NotComparable;

impl From<CohortError> for NotComparable {
    fn from(_: CohortError) -> Self {
        Self
    }
}

/// Compares a capture with a template; both must be of the set whose thresholds are used.
pub fn compare(
    probe: &Probe,
    template: &StoredTemplate,
    set: &ModelSet,
    level: Level,
    scale: &Scale<'_>,
) -> Result<Comparison, NotComparable> {
    if probe.model_set != set.id || template.model_set != set.id {
        return Err(NotComparable);
    }
    match scale {
        Scale::Raw => same_person(&probe.embedding, &template.embedding, set, level),
        Scale::Normalised {
            cohort,
            owner,
            template: known,
        } => {
            if *cohort.set() != set.id {
                return Err(NotComparable);
            }
            let threshold = set.normalised_threshold(level).ok_or(NotComparable)?;
            let floor = set.floor().ok_or(NotComparable)?;
            let cosine = probe.embedding.cosine(&template.embedding);
            let cosine = cosine.ok_or(NotComparable)?;
            let (probe, template) = (
                cohort.view(&probe.embedding)?,
                cohort.view(&template.embedding)?,
            );
            let of_probe = cohort.statistics(&probe, Some(owner))?;
            let of_template = match known {
                Some(known) => *known,
                None => cohort.statistics(&template, Some(owner))?,
            };
            let score = normalised(probe.cosine(&template), of_probe, of_template);
            if held_against(cosine, floor) == Comparison::Different {
                return Ok(Comparison::Different);
            }
            Ok(held_against(score, threshold))
        }
    }
}

/// The raw comparison of two embeddings that are known to be of this set, for example of one capture.
pub fn same_person<D: Direction>(
    one: &D,
    other: &D,
    set: &ModelSet,
    level: Level,
) -> Result<Comparison, NotComparable> {
    if one.size() != set.dimensions {
        return Err(NotComparable);
    }
    let cosine = one.cosine(other).ok_or(NotComparable)?;
    Ok(held_against(cosine, set.threshold(level)))
}

fn held_against(score: f32, threshold: f32) -> Comparison {
    // NaN compares as false: what cannot be computed is never the same person.
    if score >= threshold {
        Comparison::Same
    } else {
        Comparison::Different
    }
}

#[cfg(test)]
mod tests {
    use super::{normalise::Normalisation, *};

    fn set(id: &str) -> ModelSet {
        ModelSet::new(ModelSetId::parse(id).unwrap(), 2, 0.5, 0.9)
    }

    fn capture(id: &str, values: [f32; 2]) -> Probe {
        Probe {
            model_set: ModelSetId::parse(id).unwrap(),
            embedding: turned(values),
        }
    }

    /// In coordinates that happen to be those of the capture.
    fn turned(values: [f32; 2]) -> ProtectedEmbedding {
        ProtectedEmbedding::of(Embedding::normalised(values.to_vec()).unwrap())
    }

    fn template(id: &str, values: [f32; 2]) -> StoredTemplate {
        StoredTemplate {
            model_set: ModelSetId::parse(id).unwrap(),
            embedding: turned(values),
            statistics: None,
        }
    }

    #[test]
    fn the_threshold_of_the_level_decides() {
        let (a, b) = (
            capture("open-1", [1.0, 0.0]),
            template("open-1", [0.7, 0.714]),
        );
        let outcome = |b, level| compare(&a, b, &set("open-1"), level, &Scale::Raw);
        assert_eq!(outcome(&b, Level::Light), Ok(Comparison::Same));
        assert_eq!(outcome(&b, Level::Full), Ok(Comparison::Different));
        let opposite = template("open-1", [-1.0, 0.0]);
        assert_eq!(outcome(&opposite, Level::Light), Ok(Comparison::Different));
    }

    #[test]
    fn sets_are_never_compared_with_one_another() {
        let (a, b) = (
            capture("open-1", [1.0, 0.0]),
            template("everywhere-1", [1.0, 0.0]),
        );
        for id in ["open-1", "everywhere-1", "other-1"] {
            assert_eq!(
                compare(&a, &b, &set(id), Level::Light, &Scale::Raw),
                Err(NotComparable),
                "{id}"
            );
        }
        let wrong_size = Embedding::normalised(vec![1.0, 0.0, 0.0]).unwrap();
        let right_size = Embedding::normalised(vec![1.0, 0.0]).unwrap();
        for (one, other) in [(&wrong_size, &right_size), (&right_size, &wrong_size)] {
            assert_eq!(
                same_person(one, other, &set("open-1"), Level::Light),
                Err(NotComparable)
            );
        }
    }

    /// Look-alikes lie around (1, 0), everybody else far off.
    fn cohort(id: &str) -> Cohort {
        let look_alikes = (0..20).map(|i| [1.0, 0.02 * (i as f32 - 10.0)]);
        let others = (0..20).map(|i| [-1.0, 0.1 * i as f32]);
        let members = look_alikes.chain(others).zip(0u128..);
        Cohort::new(
            ModelSetId::parse(id).unwrap(),
            1,
            members.map(|(values, owner)| (owner.to_be_bytes(), turned(values))),
            Normalisation {
                top: 10,
                centre: false,
            },
        )
        .unwrap()
    }

    #[test]
    fn what_is_the_same_by_the_raw_cosine_may_be_a_look_alike_by_the_cohort() {
        let rule = Normalisation {
            top: 10,
            centre: false,
        };
        let set = |floor| set("open-1").normalised_by(rule, floor, 2.0, 1e9);
        let (set, steep) = (set(0.5), set(0.995));
        let cohort = cohort("open-1");
        let held_by = |set: &ModelSet, template: Option<Statistics>, values, level| {
            let scale = Scale::Normalised {
                cohort: &cohort,
                owner: 999u128.to_be_bytes(),
                template,
            };
            compare(
                &capture("open-1", [1.0, 0.0]),
                &self::template("open-1", values),
                set,
                level,
                &scale,
            )
        };
        let held = |template, values, level| held_by(&set, template, values, level);
        let look_alike = [1.0, 0.15];
        assert_eq!(
            compare(
                &capture("open-1", [1.0, 0.0]),
                &template("open-1", look_alike),
                &set,
                Level::Light,
                &Scale::Raw
            ),
            Ok(Comparison::Same)
        );
        assert_eq!(
            held(None, look_alike, Level::Light),
            Ok(Comparison::Different)
        );
        // Statistics of a template whose strangers are far away: known ones are used.
        let lonely = Statistics {
            mean: 0.1,
            deviation: 0.05,
        };
        assert_eq!(
            held(Some(lonely), look_alike, Level::Light),
            Ok(Comparison::Same)
        );
        assert_eq!(
            held(Some(lonely), look_alike, Level::Full),
            Ok(Comparison::Different),
            "each level has its threshold"
        );
        assert_eq!(
            held_by(&steep, Some(lonely), look_alike, Level::Light),
            Ok(Comparison::Different),
            "below the floor of the raw cosine (0.989 of 0.995), however unusual"
        );
        let broken = Statistics {
            mean: f32::NAN,
            deviation: 0.05,
        };
        assert_eq!(
            held(Some(broken), [1.0, 0.0], Level::Light),
            Ok(Comparison::Different)
        );
    }

    #[test]
    fn a_cohort_of_another_set_or_a_set_without_thresholds_measures_nothing() {
        let (probe, template) = (
            capture("open-1", [1.0, 0.0]),
            template("open-1", [1.0, 0.0]),
        );
        let rule = Normalisation {
            top: 10,
            centre: false,
        };
        for (of, set) in [
            ("other-1", set("open-1").normalised_by(rule, 0.5, 2.0, 2.0)),
            ("open-1", set("open-1")),
        ] {
            let cohort = cohort(of);
            let scale = Scale::Normalised {
                cohort: &cohort,
                owner: [0; 16],
                template: None,
            };
            assert_eq!(
                compare(&probe, &template, &set, Level::Light, &scale),
                Err(NotComparable)
            );
        }
    }
}
