//! Which stored templates make the cohort of a model set.

use nod_protocol::ids::ModelSetId;

use super::{
    ResidentId, Store, StoreError,
    database::{Row, query},
    fixed, from_db, parsed, to_db,
};
use crate::{clock::UnixSeconds, protect::ProtectedEmbedding};

/// A draw and what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnCohort {
    /// Whose templates.
    pub model_set: ModelSetId,
    /// 1, 2, …; the highest of a model set is in use.
    pub version: u32,
    /// When it was drawn.
    pub drawn_at: UnixSeconds,
    /// How many members it was drawn with.
    pub drawn: usize,
    /// How many are left: erased residents leave, and all leave when a newer cohort is drawn.
    pub members: usize,
}

impl Store {
    /// Every draw, the newest of each model set last.
    pub async fn cohorts(&self) -> Result<Vec<DrawnCohort>, StoreError> {
        query(
            "SELECT model_set, version, drawn_at, drawn,
                    (SELECT COUNT(*) FROM cohort_members AS m
                     WHERE m.model_set = c.model_set AND m.version = c.version) AS members
             FROM cohorts AS c ORDER BY model_set, version",
        )
        .patiently()
        .fetch_all(&self.database)
        .await?
        .iter()
        .map(drawn_of_row)
        .collect()
    }

    /// The draw in use for a model set.
    pub async fn newest_cohort(
        &self,
        model_set: &ModelSetId,
    ) -> Result<Option<DrawnCohort>, StoreError> {
        query(
            "SELECT model_set, version, drawn_at, drawn,
                    (SELECT COUNT(*) FROM cohort_members AS m
                     WHERE m.model_set = c.model_set AND m.version = c.version) AS members
             FROM cohorts AS c WHERE model_set = $1 ORDER BY version DESC LIMIT 1",
        )
        .bind(model_set.as_str())
        .fetch_optional(&self.database)
        .await?
        .as_ref()
        .map(drawn_of_row)
        .transpose()
    }

    /// The members' templates.
    pub async fn cohort_members(
        &self,
        cohort: &DrawnCohort,
    ) -> Result<Vec<(ResidentId, ProtectedEmbedding)>, StoreError> {
        query(
            "SELECT t.resident_id, t.embedding FROM cohort_members AS m
             JOIN templates AS t ON t.resident_id = m.resident_id AND t.model_set = m.model_set
             WHERE m.model_set = $1 AND m.version = $2",
        )
        .bind(cohort.model_set.as_str())
        .bind(i64::from(cohort.version))
        .patiently()
        .fetch_all(&self.database)
        .await?
        .iter()
        .map(|row| {
            let id = resident_of_row(row)?;
            let sealed: Vec<u8> = row.try_get("embedding")?;
            Ok((id, self.open_embedding(id, &cohort.model_set, &sealed)?))
        })
        .collect()
    }

    /// Residents with a template of a model set, in random order, at most `most` of them; never the
    /// decoy, which is nobody's face.
    ///
    /// The databases' generators are seeded by the operating system. Whom they choose is no secret worth more.
    pub async fn random_residents(
        &self,
        model_set: &ModelSetId,
        most: usize,
    ) -> Result<Vec<ResidentId>, StoreError> {
        query(
            "SELECT resident_id FROM templates
             WHERE model_set = $1 AND resident_id NOT IN
                 (SELECT resident_id FROM resident_lookups WHERE lookup = $2)
             ORDER BY random() LIMIT $3",
        )
        .bind(model_set.as_str())
        .bind(self.vault.decoy_lookup().as_slice())
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .patiently()
        .fetch_all(&self.database)
        .await?
        .iter()
        .map(resident_of_row)
        .collect()
    }

    /// Makes these residents the cohort of a model set, in place of the one before. Whoever was erased
    /// since is left out; with fewer than `fewest` left nothing is changed and `None` returned.
    pub async fn replace_cohort(
        &self,
        model_set: &ModelSetId,
        members: &[ResidentId],
        fewest: usize,
        now: UnixSeconds,
    ) -> Result<Option<DrawnCohort>, StoreError> {
        // In the order in which statistics are stored, so that neither waits for the other.
        let mut members = members.to_vec();
        members.sort_by_key(|member| member.0);
        let mut tx = self.database.begin().await?;
        let row = query(
            "INSERT INTO cohorts (model_set, version, drawn_at, drawn)
             SELECT $1, COALESCE(MAX(version), 0) + 1, $2, 0 FROM cohorts WHERE model_set = $1
             RETURNING version",
        )
        .bind(model_set.as_str())
        .bind(to_db(now))
        .fetch_one(&mut tx)
        .await?;
        let version: i64 = row.try_get("version")?;
        query("DELETE FROM cohort_members WHERE model_set = $1")
            .bind(model_set.as_str())
            .execute(&mut tx)
            .await?;
        let mut drawn = 0;
        for member in members {
            // A template that is being renewed is waited for, and afterwards is not renewed any more.
            query("SELECT 1 FROM templates WHERE resident_id = $1 AND model_set = $2 FOR SHARE")
                .bind(member.0.as_slice())
                .bind(model_set.as_str())
                .lock(&mut tx.connection())
                .await?;
            let added = query(
                "INSERT INTO cohort_members (model_set, version, resident_id)
                 SELECT model_set, $1, resident_id FROM templates
                 WHERE resident_id = $2 AND model_set = $3",
            )
            .bind(version)
            .bind(member.0.as_slice())
            .bind(model_set.as_str())
            .execute(&mut tx)
            .await?;
            drawn += usize::from(added == 1);
        }
        if drawn < fewest {
            return Ok(None);
        }
        query("UPDATE cohorts SET drawn = $1 WHERE model_set = $2 AND version = $3")
            .bind(i64::try_from(drawn).unwrap_or(i64::MAX))
            .bind(model_set.as_str())
            .bind(version)
            .execute(&mut tx)
            .await?;
        tx.commit().await?;
        Ok(Some(DrawnCohort {
            model_set: model_set.clone(),
            version: parsed(u32::try_from(version), "cohorts.version")?,
            drawn_at: now,
            drawn,
            members: drawn,
        }))
    }
}

fn drawn_of_row(row: &Row) -> Result<DrawnCohort, StoreError> {
    let count = |column| -> Result<usize, StoreError> {
        parsed(usize::try_from(row.try_get::<i64, _>(column)?), column)
    };
    Ok(DrawnCohort {
        model_set: parsed(
            ModelSetId::parse(row.try_get("model_set")?),
            "cohorts.model_set",
        )?,
        version: parsed(
            u32::try_from(row.try_get::<i64, _>("version")?),
            "cohorts.version",
        )?,
        drawn_at: from_db(row.try_get("drawn_at")?),
        drawn: count("drawn")?,
        members: count("members")?,
    })
}

pub(super) fn resident_of_row(row: &Row) -> Result<ResidentId, StoreError> {
    let id: &[u8] = row.try_get("resident_id")?;
    Ok(ResidentId(fixed(id, "templates.resident_id")?))
}
