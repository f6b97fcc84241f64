//! Cohort statistics of stored templates: kept beside the template, encrypted, with the state of the
//! cohort that they were computed against.

use nod_protocol::ids::ModelSetId;

use super::{
    ResidentId, Store, StoreError, cohorts::resident_of_row, database::query,
    templates::template_row,
};
use crate::{compare::normalise::Statistics, protect::ProtectedEmbedding, vault::Cell};

/// Statistics as stored with a template.
pub struct StoredStatistics {
    /// [`crate::compare::cohort::Cohort::stamp`] of the cohort they were computed against.
    pub stamp: String,
    /// The numbers.
    pub values: Statistics,
}

impl Store {
    /// Templates of a model set whose statistics were computed against another cohort than this, or
    /// never. `None` for an embedding that does not open: it shall not stop the others.
    pub async fn stale_templates(
        &self,
        model_set: &ModelSetId,
        stamp: &str,
        most: u32,
    ) -> Result<Vec<(ResidentId, Option<ProtectedEmbedding>)>, StoreError> {
        // Two ranges of the index, each in its order: "other than" would read every template, and so would PostgreSQL for two ranges in
        // no order, of which it expects a third of all templates to be in each.
        query(
            "SELECT resident_id, embedding FROM
                 (SELECT resident_id, embedding FROM templates WHERE model_set = $1 AND cohort < $2
                  ORDER BY model_set, cohort LIMIT $3) AS earlier
             UNION ALL
             SELECT resident_id, embedding FROM
                 (SELECT resident_id, embedding FROM templates WHERE model_set = $1 AND cohort > $2
                  ORDER BY model_set, cohort LIMIT $3) AS later
             LIMIT $3",
        )
        .bind(model_set.as_str())
        .bind(stamp)
        .bind(i64::from(most))
        .patiently()
        .fetch_all(&self.database)
        .await?
        .iter()
        .map(|row| {
            let id = resident_of_row(row)?;
            let sealed: Vec<u8> = row.try_get("embedding")?;
            Ok((id, self.open_embedding(id, model_set, &sealed).ok()))
        })
        .collect()
    }

    /// Stores statistics computed against the cohort with this stamp; `None` where there can be none.
    /// Residents erased since are passed over.
    pub async fn keep_statistics(
        &self,
        model_set: &ModelSetId,
        stamp: &str,
        computed: &[(ResidentId, Option<Statistics>)],
    ) -> Result<(), StoreError> {
        // In one order, so that two processes which compute the same never wait for each other.
        let mut computed: Vec<_> = computed.iter().collect();
        computed.sort_by_key(|(id, _)| id.0);
        let mut tx = self.database.begin().await?;
        for (id, statistics) in computed {
            let row = statistics_row(id, model_set, stamp);
            let sealed = statistics
                .map(|values| {
                    self.vault
                        .seal(statistics_cell(&row), values.to_bytes().as_slice())
                })
                .transpose()?;
            query(
                "UPDATE templates SET statistics = $1, cohort = $2
                 WHERE resident_id = $3 AND model_set = $4",
            )
            .bind(sealed)
            .bind(stamp)
            .bind(id.0.as_slice())
            .bind(model_set.as_str())
            .execute(&mut tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    pub(super) fn open_statistics(
        &self,
        id: &ResidentId,
        model_set: &ModelSetId,
        stamp: String,
        sealed: &[u8],
    ) -> Result<StoredStatistics, StoreError> {
        let row = statistics_row(id, model_set, &stamp);
        let opened = self.vault.open(statistics_cell(&row), sealed)?;
        let values =
            Statistics::from_bytes(&opened).ok_or(StoreError::Damaged("templates.statistics"))?;
        Ok(StoredStatistics { stamp, values })
    }
}

/// The stamp is part of the place: numbers computed against one cohort do not open as another's.
pub(super) fn statistics_row(id: &ResidentId, model_set: &ModelSetId, stamp: &str) -> Vec<u8> {
    let mut row = template_row(&id.0, model_set);
    // Neither part has a zero byte in it.
    row.push(0);
    row.extend_from_slice(stamp.as_bytes());
    row
}

pub(super) fn statistics_cell(row: &[u8]) -> Cell<'_> {
    Cell {
        table: "templates",
        row,
        column: "statistics",
    }
}
