//! Which model sets are live, and the thresholds that belong to each: on the raw cosine, and on the
//! score that a cohort normalises.
//!
//! Read from `models/manifest.json`, the file that the widget reads too; what the authority does not
//! need of it is skipped.

use std::path::Path;

use nod_protocol::ids::{Level, ModelSetId};
use serde::Deserialize;

use crate::{
    clock::UnixSeconds,
    compare::normalise::Normalisation,
    config::{Config, LiveSet},
};

/// A model set that sessions ask captures of.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSet {
    /// Templates of different sets are never compared.
    pub id: ModelSetId,
    /// Length of an embedding.
    pub dimensions: usize,
    /// Cosine at or above which two faces count as one person, at level light.
    light: f32,
    /// The same for level full.
    full: f32,
    /// What to do with a cohort; without it the raw cosine decides.
    normalised: Option<Normalised>,
}

/// How a set's scores are normalised, and the thresholds on the result.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Normalised {
    rule: Normalisation,
    floor: f32,
    light: f32,
    full: f32,
}

/// The live sets, the preferred one first; never none.
#[derive(Clone, Debug)]
pub struct ModelSets {
    all: Vec<ModelSet>,
    /// Which of them are live from a time on, the earliest first.
    from: Vec<(UnixSeconds, Vec<ModelSet>)>,
    /// When sets end that have an end.
    ends: Vec<(ModelSetId, UnixSeconds)>,
}

/// Why there are no live sets.
#[derive(Debug, thiserror::Error)]
pub enum ModelSetError {
    /// The manifest is not there.
    #[error("cannot read {0}: {1} (build the widget first: `cargo xtask build`)")]
    Read(String, #[source] std::io::Error),
    /// The manifest is not what `cargo xtask models` writes.
    #[error("{0}: {1}")]
    Malformed(String, #[source] serde_json::Error),
    /// A threshold or size that cannot be meant.
    #[error("model set {0} has an impossible size or threshold")]
    Impossible(ModelSetId),
    /// The settings name a set that was not built.
    #[error("model set {0} of the settings is not in the manifest")]
    NotThere(ModelSetId),
    /// All sets of the settings end some day.
    #[error("`model_sets` names an end for every set: one must stay")]
    NoneStays,
    /// Only sets that are not meant for production are there.
    #[error(
        "no model set for production is built; name one in `model_sets` to accept its weaker figures, \
         or set `development = true` on a development machine"
    )]
    NoneForProduction,
}

#[derive(Deserialize)]
struct Manifest {
    sets: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: ModelSetId,
    /// Whether its measured figures are good enough for a service.
    production: bool,
    embedding: EmbeddingEntry,
    normalisation: Option<NormalisationEntry>,
    thresholds: Thresholds,
}

#[derive(Deserialize)]
struct NormalisationEntry {
    top: usize,
    centre: bool,
    floor: f32,
}

#[derive(Deserialize)]
struct EmbeddingEntry {
    size: usize,
}

#[derive(Deserialize)]
struct Thresholds {
    light: Threshold,
    full: Threshold,
}

#[derive(Deserialize)]
struct Threshold {
    cosine: f32,
    normalised: Option<f32>,
}

impl ModelSet {
    /// A set with its tightened thresholds on the raw cosine.
    pub fn new(id: ModelSetId, dimensions: usize, light: f32, full: f32) -> Self {
        Self {
            id,
            dimensions,
            light,
            full,
            normalised: None,
        }
    }

    /// The same set with thresholds on the score that a cohort normalises by this rule, and the raw cosine that a
    /// pair needs besides.
    #[must_use]
    pub fn normalised_by(self, rule: Normalisation, floor: f32, light: f32, full: f32) -> Self {
        Self {
            normalised: Some(Normalised {
                rule,
                floor,
                light,
                full,
            }),
            ..self
        }
    }

    /// How its scores are normalised; `None` if it was not calibrated for that.
    pub fn normalisation(&self) -> Option<Normalisation> {
        self.normalised.map(|normalised| normalised.rule)
    }

    /// The normalised score at or above which two faces count as one person.
    pub fn normalised_threshold(&self, level: Level) -> Option<f32> {
        self.normalised.map(|normalised| match level {
            Level::Light => normalised.light,
            Level::Full => normalised.full,
        })
    }

    /// Raw cosine below which two faces are two people whatever the normalised score says.
    pub fn floor(&self) -> Option<f32> {
        self.normalised.map(|normalised| normalised.floor)
    }

    /// The cosine at or above which two faces count as one person.
    pub fn threshold(&self, level: Level) -> f32 {
        match level {
            Level::Light => self.light,
            Level::Full => self.full,
        }
    }
}

impl ModelSets {
    /// Reads `<dist>/models/manifest.json` and picks the live sets.
    pub fn load(config: &Config) -> Result<Self, ModelSetError> {
        let path = config.dist.join("models").join("manifest.json");
        let text = std::fs::read_to_string(&path)
            .map_err(|error| ModelSetError::Read(path.display().to_string(), error))?;
        Self::parse(&text, &path, config)
    }

    fn parse(text: &str, path: &Path, config: &Config) -> Result<Self, ModelSetError> {
        let manifest: Manifest = serde_json::from_str(text)
            .map_err(|error| ModelSetError::Malformed(path.display().to_string(), error))?;
        let chosen: Vec<(&Entry, Option<UnixSeconds>)> = if config.model_sets.is_empty() {
            let default = manifest
                .sets
                .iter()
                .find(|set| set.production)
                .or(manifest.sets.first().filter(|_| config.development));
            vec![(default.ok_or(ModelSetError::NoneForProduction)?, None)]
        } else {
            let find = |live: &LiveSet| {
                let mut sets = manifest.sets.iter();
                let set = sets.find(|set| set.id == live.id);
                let set = set.ok_or_else(|| ModelSetError::NotThere(live.id.clone()))?;
                Ok::<_, ModelSetError>((set, live.until))
            };
            config
                .model_sets
                .iter()
                .map(find)
                .collect::<Result<_, _>>()?
        };
        let sets = chosen
            .into_iter()
            .map(|(entry, until)| Ok((entry.to_set()?, until)));
        Self::new(sets.collect::<Result<_, _>>()?)
    }

    /// Sets in order of preference, each with its end if it has one.
    fn new(sets: Vec<(ModelSet, Option<UnixSeconds>)>) -> Result<Self, ModelSetError> {
        if sets.iter().all(|(_, until)| until.is_some()) {
            return Err(ModelSetError::NoneStays);
        }
        let mut times: Vec<UnixSeconds> = sets.iter().filter_map(|(_, until)| *until).collect();
        times.push(0);
        times.sort_unstable();
        let live_from = |time: UnixSeconds| {
            let live = sets
                .iter()
                .filter(|(_, until)| until.is_none_or(|end| time < end));
            (time, live.map(|(set, _)| set.clone()).collect())
        };
        Ok(Self {
            from: times.into_iter().map(live_from).collect(),
            ends: sets
                .iter()
                .filter_map(|(set, until)| Some((set.id.clone(), (*until)?)))
                .collect(),
            all: sets.into_iter().map(|(set, _)| set).collect(),
        })
    }

    /// The sets that are live now, in order of preference.
    pub fn live(&self, now: UnixSeconds) -> &[ModelSet] {
        let before = self.from.iter().rev().find(|(from, _)| *from <= now);
        before.map_or(&[], |(_, sets)| sets)
    }

    /// All sets of the settings, those whose time is over among them.
    pub fn all(&self) -> &[ModelSet] {
        &self.all
    }

    /// The first second at which a set is not live any more, if its end is known.
    pub fn end(&self, id: &ModelSetId) -> Option<UnixSeconds> {
        self.ends
            .iter()
            .find(|(set, _)| set == id)
            .map(|(_, end)| *end)
    }

    /// The ids of the live sets, as sessions list them.
    pub fn ids(&self, now: UnixSeconds) -> Vec<ModelSetId> {
        self.live(now).iter().map(|set| set.id.clone()).collect()
    }

    /// Whether a set is live.
    pub fn contains(&self, id: &ModelSetId, now: UnixSeconds) -> bool {
        self.live(now).iter().any(|set| set.id == *id)
    }
}

impl Entry {
    fn to_set(&self) -> Result<ModelSet, ModelSetError> {
        let thresholds = [self.thresholds.light.cosine, self.thresholds.full.cosine];
        // A threshold of 0 or below would let strangers in, one of 1 and more nobody at all.
        let are_possible = thresholds
            .iter()
            .all(|cosine| *cosine > 0.0 && *cosine < 1.0)
            && (1..=nod_protocol::payload::MAX_DIMENSIONS).contains(&self.embedding.size);
        if !are_possible {
            return Err(ModelSetError::Impossible(self.id.clone()));
        }
        let [light, full] = thresholds;
        let set = ModelSet::new(self.id.clone(), self.embedding.size, light, full);
        let Thresholds { light, full } = &self.thresholds;
        match (&self.normalisation, light.normalised, full.normalised) {
            (None, None, None) => Ok(set),
            (Some(rule), Some(light), Some(full))
                if rule.is_possible() && light.min(full) > 0.0 =>
            {
                Ok(set.normalised_by(rule.to_rule(), rule.floor, light, full))
            }
            // A rule without thresholds, or thresholds without the rule they were calibrated with.
            _ => Err(ModelSetError::Impossible(self.id.clone())),
        }
    }
}

impl NormalisationEntry {
    /// Fewer scores give no deviation worth the name; a cohort may have no more than one less than
    /// its smallest size, for the claimed resident is left out.
    fn is_possible(&self) -> bool {
        (10..crate::cohorts::MIN_IDENTITIES).contains(&self.top)
            && self.floor > 0.0
            && self.floor < 1.0
    }

    fn to_rule(&self) -> Normalisation {
        Normalisation {
            top: self.top,
            centre: self.centre,
        }
    }
}

#[cfg(test)]
#[path = "model_sets/tests.rs"]
mod tests;
