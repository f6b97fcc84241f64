//! Embeddings of a new model set that wait to become templates.

use nod_protocol::ids::ModelSetId;

use super::{
    ResidentId, Store, StoreError,
    database::query,
    from_db,
    templates::{insert_template, template_row},
    to_db,
};
use crate::{clock::UnixSeconds, compare::Probe, protect::ProtectedEmbedding, vault::Cell};

/// What waits of one resident in one set.
pub struct Pending {
    /// The mean of the captures that agreed.
    pub embedding: ProtectedEmbedding,
    /// Captures that agreed with the first.
    pub matches: u32,
    /// When the last one that counted was taken.
    pub seen_at: UnixSeconds,
}

/// How far the residents are with a model set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetCounts {
    /// Residents with a template of it.
    pub templates: u64,
    /// Residents of whom an embedding waits.
    pub pending: u64,
    /// Residents with neither.
    pub neither: u64,
}

impl Store {
    /// What waits of a resident in a set.
    pub async fn pending_template(
        &self,
        resident: ResidentId,
        set: &ModelSetId,
    ) -> Result<Option<Pending>, StoreError> {
        let row = query(
            "SELECT embedding, matches, seen_at FROM pending_templates
             WHERE resident_id = $1 AND model_set = $2",
        )
        .bind(resident.0.as_slice())
        .bind(set.as_str())
        .fetch_optional(&self.database)
        .await?;
        row.map(|row| {
            let place = template_row(&resident.0, set);
            let stored = row.try_get("embedding")?;
            let embedding = self.vault.open_template(pending_cell(&place), set, stored);
            Ok(Pending {
                embedding: embedding?,
                matches: u32::try_from(row.try_get::<i64, _>("matches")?)
                    .map_err(|_| StoreError::Damaged("pending_templates.matches"))?,
                seen_at: from_db(row.try_get("seen_at")?),
            })
        })
        .transpose()
    }

    /// Has an embedding wait in place of `before`; `false` if another process came first, or the resident is gone.
    pub async fn keep_pending(
        &self,
        resident: ResidentId,
        probe: &Probe,
        matches: u32,
        before: Option<&Pending>,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let set = &probe.model_set;
        let place = template_row(&resident.0, set);
        let sealed = self
            .vault
            .seal_template(pending_cell(&place), set, &probe.embedding)?;
        let kept = match before {
            None => query(
                "INSERT INTO pending_templates (embedding, matches, seen_at, resident_id, model_set)
                 SELECT $1, $2, $3, id, $5 FROM residents WHERE id = $4
                 ON CONFLICT (resident_id, model_set) DO NOTHING",
            ),
            Some(_) => query(
                "UPDATE pending_templates SET embedding = $1, matches = $2, seen_at = $3
                 WHERE resident_id = $4 AND model_set = $5 AND matches = $6 AND seen_at = $7",
            ),
        };
        let kept = kept
            .bind(sealed)
            .bind(i64::from(matches))
            .bind(to_db(now))
            .bind(resident.0.as_slice())
            .bind(set.as_str());
        let kept = match before {
            None => kept,
            Some(before) => kept
                .bind(i64::from(before.matches))
                .bind(to_db(before.seen_at)),
        };
        Ok(kept.execute(&self.database).await? == 1)
    }

    /// Makes a template of what waited, which is gone with it; `false` if another process came first.
    pub async fn promote(
        &self,
        resident: ResidentId,
        set: &ModelSetId,
        embedding: &ProtectedEmbedding,
        before: Option<&Pending>,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let Some(before) = before else {
            return Ok(false);
        };
        let mut tx = self.database.begin().await?;
        let taken = query(
            "DELETE FROM pending_templates
             WHERE resident_id = $1 AND model_set = $2 AND matches = $3 AND seen_at = $4",
        )
        .bind(resident.0.as_slice())
        .bind(set.as_str())
        .bind(i64::from(before.matches))
        .bind(to_db(before.seen_at))
        .execute(&mut tx)
        .await?;
        if taken != 1 {
            return Ok(false);
        }
        let connection = &mut tx.connection();
        insert_template(
            &self.vault,
            connection,
            &resident.0,
            set,
            embedding,
            "capture",
            now,
        )
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// How far the residents are with a set; the decoy is none.
    pub async fn set_counts(&self, set: &ModelSetId) -> Result<SetCounts, StoreError> {
        let row = query(
            "SELECT (SELECT COUNT(*) FROM templates WHERE model_set = $1) AS templates,
                    (SELECT COUNT(*) FROM pending_templates WHERE model_set = $1) AS pending,
                    (SELECT COUNT(*) FROM residents AS r
                     WHERE NOT EXISTS (SELECT 1 FROM templates AS t
                                       WHERE t.resident_id = r.id AND t.model_set = $1)
                       AND NOT EXISTS (SELECT 1 FROM pending_templates AS p
                                       WHERE p.resident_id = r.id AND p.model_set = $1)) AS neither",
        )
        .bind(set.as_str())
        .fetch_one(&self.database)
        .await?;
        let count = |name| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
        let decoys = query(
            "SELECT COUNT(*) AS count FROM templates AS t JOIN resident_lookups AS l ON l.resident_id = t.resident_id
             WHERE l.lookup = $1 AND t.model_set = $2",
        )
        .bind(self.vault.decoy_lookup().as_slice())
        .bind(set.as_str())
        .fetch_one(&self.database)
        .await?;
        let decoys = decoys.try_get::<i64, _>("count")?.unsigned_abs();
        Ok(SetCounts {
            templates: count("templates")?.saturating_sub(decoys),
            pending: count("pending")?,
            // A set that no server was started with has no decoy's template: the decoy is counted as one who lacks it.
            neither: count("neither")?.saturating_sub(1 - decoys.min(1)),
        })
    }
}

pub(super) fn pending_cell(row: &[u8]) -> Cell<'_> {
    Cell {
        table: "pending_templates",
        row,
        column: "embedding",
    }
}
