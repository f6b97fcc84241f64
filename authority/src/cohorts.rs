//! The cohorts that the running process compares with: loaded from the database, followed as it
//! changes, gone from memory when they are gone from there.
//!
//! Commands draw cohorts and erase residents beside a running server, so the database is looked at
//! every few seconds. In between, stored templates whose statistics belong to another cohort are
//! computed again in small batches; until that is done they are computed where they are needed, so
//! that every template verifies at any time.

mod sweep;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use nod_protocol::ids::ModelSetId;
use serde::Serialize;

pub use self::sweep::follow;

use crate::{
    compare::{
        Scale,
        cohort::{Cohort, Owner},
    },
    model_sets::{ModelSet, ModelSets},
    store::{DrawnCohort, ResidentId, Store, StoreError, StoredTemplate},
};

/// Fewer people say too little about who is like whom (docs/cohort.md).
pub const MIN_IDENTITIES: usize = 500;

/// How often the database is looked at: what an erased resident's template stays in memory at most.
pub const FOLLOW_EVERY: Duration = Duration::from_secs(5);

/// The cohort of every live model set, or none.
pub struct Cohorts(RwLock<Vec<(ModelSetId, Live)>>);

/// What a model set is compared with at the moment. A request keeps the one that it began with.
#[derive(Clone, Default)]
pub struct Live {
    drawn: Option<State>,
    cohort: Option<Arc<Cohort>>,
    /// Whether every stored template has statistics of this cohort.
    is_settled: bool,
}

/// Version and members of a draw. Members leave and never join, so that these name its state.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    version: u32,
    members: usize,
}

/// What the operator is told.
#[derive(Debug, Serialize)]
pub struct Status {
    /// Of which set.
    pub model_set: ModelSetId,
    /// [`NORMALISED`] or [`RAW`].
    pub mode: &'static str,
    /// Of the newest draw, if there is one.
    pub version: Option<u32>,
    /// Members left of it; normalised comparison needs [`MIN_IDENTITIES`].
    pub size: usize,
    /// Whether every stored template has statistics of it; without, they are computed when needed.
    pub statistics_stored: bool,
}

/// Mode of a set with a cohort.
pub const NORMALISED: &str = "normalised";
/// Mode of a set without one.
pub const RAW: &str = "tightened raw threshold";

impl Status {
    /// Whether scores are normalised.
    pub fn is_normalised(&self) -> bool {
        self.mode == NORMALISED
    }
}

impl Cohorts {
    /// Loads what the database holds.
    pub async fn load(store: &Store, sets: &ModelSets) -> Result<Self, StoreError> {
        let none = sets
            .all()
            .iter()
            .map(|set| (set.id.clone(), Live::default()));
        let cohorts = Self(RwLock::new(none.collect()));
        cohorts.refresh(store, sets).await?;
        Ok(cohorts)
    }

    /// Takes over what changed in the database since.
    pub async fn refresh(&self, store: &Store, sets: &ModelSets) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for set in sets.all() {
            // What is wrong with one set is no reason to leave the others as they were.
            outcome = outcome.and(self.refresh_set(store, set).await);
        }
        outcome
    }

    async fn refresh_set(&self, store: &Store, set: &ModelSet) -> Result<(), StoreError> {
        let newest = store.newest_cohort(&set.id).await?;
        let state = newest.as_ref().map(|drawn| State {
            version: drawn.version,
            members: drawn.members,
        });
        if self.of(&set.id).drawn == state {
            return Ok(());
        }
        let read = match newest {
            Some(drawn) => read(store, set, &drawn).await,
            None => Ok(Live::default()),
        };
        // Should reading fail, nobody who was erased stays.
        let (live, outcome) = match read {
            Ok(live) => (live, Ok(())),
            Err(error) => (Live::default(), Err(error)),
        };
        let status = live.status(&set.id);
        tracing::info!(
            model_set = %status.model_set,
            mode = status.mode,
            version = status.version,
            size = status.size,
            "cohort"
        );
        self.put(&set.id, live);
        outcome
    }

    /// What a set is compared with now.
    pub fn of(&self, set: &ModelSetId) -> Live {
        // A poisoned lock only means that a thread died while it held it; each entry is whole.
        let sets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        sets.iter()
            .find(|(id, _)| id == set)
            .map(|(_, live)| live.clone())
            .unwrap_or_default()
    }

    /// For readiness and metrics, in the order of the live sets.
    pub fn status(&self) -> Vec<Status> {
        let sets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        sets.iter().map(|(id, live)| live.status(id)).collect()
    }

    fn put(&self, set: &ModelSetId, live: Live) {
        let mut sets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = sets.iter_mut().find(|(id, _)| id == set) {
            entry.1 = live;
        }
    }
}

impl Live {
    /// What a comparison with this resident's template is held against.
    ///
    /// Stored statistics count only once every template has them, so that having them does not show
    /// in the time taken, and only if they are of this very cohort. (A template enrolled since the
    /// last look costs one pass over the cohort more, for seconds.)
    pub fn scale(&self, resident: ResidentId, template: &StoredTemplate) -> Scale<'_> {
        let owner: Owner = resident.0;
        match &self.cohort {
            None => Scale::Raw,
            Some(cohort) => Scale::Normalised {
                cohort,
                owner,
                template: template
                    .statistics
                    .as_ref()
                    .filter(|stored| self.is_settled && stored.stamp == cohort.stamp())
                    .map(|stored| stored.values),
            },
        }
    }

    /// What there is to normalise against.
    pub fn cohort(&self) -> Option<Arc<Cohort>> {
        self.cohort.clone()
    }

    /// Whether there is a cohort to normalise against.
    pub fn is_normalising(&self) -> bool {
        self.cohort.is_some()
    }

    fn status(&self, model_set: &ModelSetId) -> Status {
        Status {
            model_set: model_set.clone(),
            mode: if self.cohort.is_some() {
                NORMALISED
            } else {
                RAW
            },
            version: self.drawn.map(|drawn| drawn.version),
            size: self.drawn.map_or(0, |drawn| drawn.members),
            statistics_stored: self.is_settled,
        }
    }
}

/// The members of a draw in memory, if they are enough and the set has thresholds for them.
async fn read(store: &Store, set: &ModelSet, drawn: &DrawnCohort) -> Result<Live, StoreError> {
    let mut live = Live {
        drawn: Some(State {
            version: drawn.version,
            members: drawn.members,
        }),
        ..Live::default()
    };
    let Some(rule) = set.normalisation() else {
        return Ok(live);
    };
    if drawn.members < MIN_IDENTITIES {
        return Ok(live);
    }
    let members = store.cohort_members(drawn).await?;
    // Somebody may have been erased since they were counted.
    live.drawn = Some(State {
        version: drawn.version,
        members: members.len(),
    });
    if members.len() < MIN_IDENTITIES {
        return Ok(live);
    }
    if members
        .iter()
        .any(|(_, member)| member.values().len() != set.dimensions)
    {
        return Err(StoreError::Damaged("a cohort member's size"));
    }
    let members = members.into_iter().map(|(id, member)| (id.0, member));
    let cohort = Cohort::new(set.id.clone(), drawn.version, members, rule)
        .map_err(|_| StoreError::Damaged("a cohort member"))?;
    live.cohort = Some(Arc::new(cohort));
    Ok(live)
}
