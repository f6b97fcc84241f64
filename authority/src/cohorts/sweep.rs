//! Following the database: cohorts as they are drawn, statistics as they go stale.

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use nod_protocol::ids::ModelSetId;

use super::{Cohorts, FOLLOW_EVERY};
use crate::{
    compare::{cohort::Cohort, normalise::Statistics},
    protect::ProtectedEmbedding,
    state::Authority,
    store::{ResidentId, Store, StoreError},
};

/// Templates whose statistics are computed at a time.
const BATCH: u32 = 64;
/// Rest between batches: requests go first.
const REST: Duration = Duration::from_millis(50);

/// Follows the database until the task is stopped.
pub async fn follow(authority: Arc<Authority>) {
    let Authority {
        cohorts,
        store,
        sets,
        ..
    } = &*authority;
    loop {
        let looked = Instant::now();
        if let Err(error) = cohorts.refresh(store, sets).await {
            tracing::warn!(%error, "the cohort could not be read; it is tried again");
        }
        loop {
            match cohorts.sweep(store).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "cohort statistics were not stored; it is tried again");
                    break;
                }
            }
            if looked.elapsed() >= FOLLOW_EVERY {
                break;
            }
            tokio::time::sleep(REST).await;
        }
        tokio::time::sleep(FOLLOW_EVERY.saturating_sub(looked.elapsed())).await;
    }
}

impl Cohorts {
    /// Computes the statistics of some templates that lack those of the cohort in use. `false` if
    /// there is nothing left to do.
    pub async fn sweep(&self, store: &Store) -> Result<bool, StoreError> {
        let sets: Vec<ModelSetId> = self.status().into_iter().map(|s| s.model_set).collect();
        let mut is_more = false;
        for set in sets {
            is_more |= self.sweep_set(store, &set).await?;
        }
        Ok(is_more)
    }

    async fn sweep_set(&self, store: &Store, set: &ModelSetId) -> Result<bool, StoreError> {
        let Some(cohort) = self.of(set).cohort else {
            return Ok(false);
        };
        let stamp = cohort.stamp();
        let stale = store.stale_templates(set, &stamp, BATCH).await?;
        let is_settled = stale.is_empty();
        if !is_settled {
            let computing = cohort.clone();
            let computed = tokio::task::spawn_blocking(move || computed(&computing, stale));
            // Only a stopping runtime drops its blocking tasks.
            let Ok(computed) = computed.await else {
                return Ok(false);
            };
            store.keep_statistics(set, &stamp, &computed).await?;
        }
        self.settle(&cohort, is_settled);
        Ok(!is_settled)
    }

    /// Only if this is still the cohort in use.
    fn settle(&self, cohort: &Arc<Cohort>, is_settled: bool) {
        let mut sets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (_, live) in sets.iter_mut() {
            if live.cohort.as_ref().is_some_and(|c| Arc::ptr_eq(c, cohort)) {
                live.is_settled = is_settled;
            }
        }
    }
}

/// The statistics of each template; none for one that cannot be read, which is then not tried again.
fn computed(
    cohort: &Cohort,
    templates: Vec<(ResidentId, Option<ProtectedEmbedding>)>,
) -> Vec<(ResidentId, Option<Statistics>)> {
    let of = |(id, embedding): (ResidentId, Option<ProtectedEmbedding>)| {
        let view = embedding.and_then(|embedding| cohort.view(&embedding).ok());
        let of = view.and_then(|view| cohort.statistics(&view, Some(&id.0)).ok());
        if of.is_none() {
            tracing::warn!("a stored template has no cohort statistics");
        }
        (id, of)
    };
    templates.into_iter().map(of).collect()
}
