//! Templates: one per resident and model set, stored as ciphertext.

use nod_protocol::ids::{ModelSetId, TicketKind};

use super::{
    Alert, NewResident, ResidentId, Store, StoreError, StoredStatistics,
    database::{Connection, Row, query},
    parsed, to_db,
};
use crate::{
    clock::UnixSeconds,
    protect::ProtectedEmbedding,
    vault::{Cell, Vault},
};

/// A template with the set that made it.
pub struct StoredTemplate {
    /// Templates of different sets are never compared.
    pub model_set: ModelSetId,
    /// The fused embedding of the enrolment.
    pub embedding: ProtectedEmbedding,
    /// Its cohort statistics, if they were computed; maybe against an earlier cohort.
    pub statistics: Option<StoredStatistics>,
}

impl Store {
    /// One resident's template; `None` if there is none (any more).
    pub async fn template(
        &self,
        resident: ResidentId,
        model_set: &ModelSetId,
    ) -> Result<Option<ProtectedEmbedding>, StoreError> {
        query("SELECT embedding FROM templates WHERE resident_id = $1 AND model_set = $2")
            .bind(resident.0.as_slice())
            .bind(model_set.as_str())
            .fetch_optional(&self.database)
            .await?
            .map(|row| self.open_embedding(resident, model_set, row.try_get("embedding")?))
            .transpose()
    }

    /// Inserts the templates that are not there; existing ones are never replaced.
    pub(super) async fn insert_templates(
        &self,
        connection: &mut Connection<'_>,
        id: &[u8; 16],
        new: &NewResident<'_>,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let source = source(new.ticket.kind);
        for (model_set, embedding) in &new.templates {
            insert_template(
                &self.vault,
                connection,
                id,
                model_set,
                embedding,
                source,
                now,
            )
            .await?;
        }
        Ok(())
    }

    /// Puts another embedding in a template's place, unless it was changed after `unchanged_since`, is in a cohort or is
    /// gone; says whether it did. Its statistics are void and computed anew.
    pub async fn renew_template(
        &self,
        resident: ResidentId,
        model_set: &ModelSetId,
        embedding: &ProtectedEmbedding,
        unchanged_since: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let row = template_row(&resident.0, model_set);
        let sealed = self
            .vault
            .seal_template(embedding_cell(&row), model_set, embedding)?;
        let mut tx = self.database.begin().await?;
        // Whoever draws a cohort locks the templates too: what is read of the members here stays true.
        query("SELECT 1 FROM templates WHERE resident_id = $1 AND model_set = $2 FOR UPDATE")
            .bind(resident.0.as_slice())
            .bind(model_set.as_str())
            .lock(&mut tx.connection())
            .await?;
        let changed = query(
            "UPDATE templates SET embedding = $1, statistics = NULL, cohort = '', created_at = $2
             WHERE resident_id = $3 AND model_set = $4 AND created_at <= $5
               AND NOT EXISTS (SELECT 1 FROM cohort_members AS member
                               WHERE member.model_set = $4 AND member.resident_id = $3)",
        )
        .bind(sealed)
        .bind(to_db(now))
        .bind(resident.0.as_slice())
        .bind(model_set.as_str())
        .bind(to_db(unchanged_since))
        .execute(&mut tx)
        .await?;
        if changed == 1 {
            let alert = Alert::TemplateRenewed;
            self.alert(&mut tx.connection(), resident, alert, now)
                .await?;
        }
        tx.commit().await?;
        Ok(changed == 1)
    }

    pub(super) fn template_of_row(
        &self,
        id: &[u8; 16],
        row: &Row,
    ) -> Result<StoredTemplate, StoreError> {
        let model_set = parsed(
            ModelSetId::parse(row.try_get("model_set")?),
            "templates.model_set",
        )?;
        let id = ResidentId(*id);
        let embedding = self.open_embedding(id, &model_set, row.try_get("embedding")?)?;
        let statistics = row
            .try_get::<Option<&[u8]>, _>("statistics")?
            .map(|sealed| self.open_statistics(&id, &model_set, row.try_get("cohort")?, sealed))
            .transpose()?;
        Ok(StoredTemplate {
            model_set,
            embedding,
            statistics,
        })
    }

    pub(super) fn open_embedding(
        &self,
        id: ResidentId,
        model_set: &ModelSetId,
        sealed: &[u8],
    ) -> Result<ProtectedEmbedding, StoreError> {
        let row = template_row(&id.0, model_set);
        let opened = self
            .vault
            .open_template(embedding_cell(&row), model_set, sealed);
        Ok(opened?)
    }
}

/// Inserts a template unless there is one.
pub(super) async fn insert_template(
    vault: &Vault,
    connection: &mut Connection<'_>,
    id: &[u8; 16],
    model_set: &ModelSetId,
    embedding: &ProtectedEmbedding,
    source: &str,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    let row = template_row(id, model_set);
    let sealed = vault.seal_template(embedding_cell(&row), model_set, embedding)?;
    query(
        "INSERT INTO templates (resident_id, model_set, embedding, source, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (resident_id, model_set) DO NOTHING",
    )
    .bind(id.as_slice())
    .bind(model_set.as_str())
    .bind(sealed)
    .bind(source)
    .bind(to_db(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// What a template was made of, as the column `source` has it.
fn source(kind: TicketKind) -> &'static str {
    match kind {
        TicketKind::Live => "capture",
        TicketKind::Portrait => "portrait",
    }
}

/// The primary key of a template as bytes: the id has a fixed length, so the two never run together.
pub(super) fn template_row(id: &[u8; 16], model_set: &ModelSetId) -> Vec<u8> {
    [id.as_slice(), model_set.as_str().as_bytes()].concat()
}

pub(super) fn embedding_cell(row: &[u8]) -> Cell<'_> {
    Cell {
        table: "templates",
        row,
        column: "embedding",
    }
}
