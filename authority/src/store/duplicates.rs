//! One face among all residents: for an operator who looks into a suspicion, never for a verification.

use nod_protocol::ids::ModelSetId;

use super::{
    ResidentId, Store, StoreError,
    database::{Row, query},
    fixed, from_db,
};
use crate::{audit::Event, clock::UnixSeconds, protect::ProtectedEmbedding};

/// Templates that are read at a time.
const PAGE: i64 = 2_000;

/// Somebody whose face was looked at. Not printable.
pub struct Seen {
    /// Whose.
    pub resident: ResidentId,
    /// Their template.
    pub embedding: ProtectedEmbedding,
}

/// What there is to say of somebody who has the same face.
pub struct Holder {
    /// Their ID.
    pub id: nod_protocol::ids::ClaimedId,
    /// When they enrolled.
    pub enrolled_at: UnixSeconds,
    /// Who issued the ticket.
    pub issuer: String,
}

impl Store {
    /// The templates of a set after a resident's, in the order of names; empty at the end. The decoy's is one of them.
    pub async fn templates_after(
        &self,
        set: &ModelSetId,
        after: Option<ResidentId>,
    ) -> Result<Vec<Seen>, StoreError> {
        let after = after.map_or_else(Vec::new, |ResidentId(id)| id.to_vec());
        let rows = query(
            "SELECT resident_id, embedding FROM templates
             WHERE resident_id > $1 AND model_set = $2 ORDER BY resident_id LIMIT $3",
        )
        .bind(after)
        .bind(set.as_str())
        .bind(PAGE)
        .patiently()
        .fetch_all(&self.database)
        .await?;
        let seen = |row: &Row| {
            let resident = ResidentId(fixed(row.try_get("resident_id")?, "templates.resident_id")?);
            let embedding = self.open_embedding(resident, set, row.try_get("embedding")?)?;
            Ok(Seen {
                resident,
                embedding,
            })
        };
        rows.iter().map(seen).collect()
    }

    /// Who somebody is; `None` if they are gone, or nobody.
    pub async fn holder(&self, resident: ResidentId) -> Result<Option<Holder>, StoreError> {
        let row = query(
            "SELECT r.id, r.claimed_id, r.created_at, r.issuer FROM residents AS r
             WHERE r.id = $1 AND r.id NOT IN (SELECT resident_id FROM resident_lookups WHERE lookup = $2)",
        )
        .bind(resident.0.as_slice())
        .bind(self.vault.decoy_lookup().as_slice())
        .fetch_optional(&self.database)
        .await?;
        row.map(|row| {
            Ok(Holder {
                id: self.claimed_id_of_row(&row)?,
                enrolled_at: from_db(row.try_get("created_at")?),
                issuer: row.try_get("issuer")?,
            })
        })
        .transpose()
    }

    /// That somebody's face was looked for among all, before it is.
    pub async fn record_search(
        &self,
        resident: ResidentId,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin().await?;
        let event = Event::DuplicatesSearched;
        self.append(&mut tx.connection(), event, Some(&resident), now)
            .await?;
        tx.commit().await
    }
}
