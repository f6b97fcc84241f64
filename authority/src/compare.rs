//! Whether two faces are one person: a pure function of two embeddings and the set's threshold.
//!
//! Until the authority has a cohort to normalise scores against, the raw cosine is held against the
//! tightened threshold of the manifest; readiness and metrics say so.

pub mod cohort;
pub mod normalise;

use nod_protocol::{
    ids::Level,
    payload::{Embedding, SetCapture},
};

use crate::{model_sets::ModelSet, store::StoredTemplate};

/// The outcome of a comparison. The score stays in this file: nobody is told how near a no was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// At or above the threshold.
    Same,
    /// Below it.
    Different,
}

/// Two embeddings that cannot be compared: of different sets or sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("embeddings of different model sets are not compared")]
pub struct NotComparable;

/// Compares a capture with a template; both must be of the set whose threshold is used.
pub fn compare(
    probe: &SetCapture,
    template: &StoredTemplate,
    set: &ModelSet,
    level: Level,
) -> Result<Comparison, NotComparable> {
    if probe.model_set != set.id || template.model_set != set.id {
        return Err(NotComparable);
    }
    same_person(&probe.fused, &template.embedding, set, level)
}

/// The same for two embeddings that are known to be of this set, for example of one capture.
pub fn same_person(
    one: &Embedding,
    other: &Embedding,
    set: &ModelSet,
    level: Level,
) -> Result<Comparison, NotComparable> {
    if one.values().len() != set.dimensions {
        return Err(NotComparable);
    }
    let cosine = one.cosine(other).ok_or(NotComparable)?;
    // NaN compares as false: what cannot be computed is never the same person.
    if cosine >= set.threshold(level) {
        Ok(Comparison::Same)
    } else {
        Ok(Comparison::Different)
    }
}

#[cfg(test)]
mod tests {
    use nod_protocol::ids::ModelSetId;

    use super::*;

    fn set(id: &str) -> ModelSet {
        ModelSet::new(ModelSetId::parse(id).unwrap(), 2, 0.5, 0.9)
    }

    fn capture(id: &str, values: [f32; 2]) -> SetCapture {
        SetCapture {
            model_set: ModelSetId::parse(id).unwrap(),
            fused: Embedding::normalised(values.to_vec()).unwrap(),
            keyframes: vec![],
        }
    }

    fn template(id: &str, values: [f32; 2]) -> StoredTemplate {
        StoredTemplate {
            model_set: ModelSetId::parse(id).unwrap(),
            embedding: Embedding::normalised(values.to_vec()).unwrap(),
        }
    }

    #[test]
    fn the_threshold_of_the_level_decides() {
        let (a, b) = (
            capture("open-1", [1.0, 0.0]),
            template("open-1", [0.7, 0.714]),
        );
        assert_eq!(
            compare(&a, &b, &set("open-1"), Level::Light),
            Ok(Comparison::Same)
        );
        assert_eq!(
            compare(&a, &b, &set("open-1"), Level::Full),
            Ok(Comparison::Different)
        );
        let opposite = template("open-1", [-1.0, 0.0]);
        assert_eq!(
            compare(&a, &opposite, &set("open-1"), Level::Light),
            Ok(Comparison::Different)
        );
    }

    #[test]
    fn sets_are_never_compared_with_one_another() {
        let (a, b) = (
            capture("open-1", [1.0, 0.0]),
            template("everywhere-1", [1.0, 0.0]),
        );
        for id in ["open-1", "everywhere-1", "other-1"] {
            assert_eq!(
                compare(&a, &b, &set(id), Level::Light),
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
}
