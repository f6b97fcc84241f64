//! What is known of residents besides their faces: one encrypted record each.

use nod_protocol::ids::ClaimedId;

use super::{
    ResidentId, Store, StoreError,
    card::owner_of_row,
    database::{Connection, Row, query},
    fixed, to_db,
};
use crate::{
    audit::Event,
    clock::UnixSeconds,
    questions::Attributes,
    vault::{Cell, Vault},
};

impl Store {
    /// What questions about a resident are answered from. One record is read and opened for everybody: the resident's, or the
    /// decoy's, which says nothing, so that the time taken tells neither who is enrolled nor of whom there is a record.
    pub async fn attributes(&self, resident: ResidentId) -> Result<Attributes, StoreError> {
        let row = query(
            "SELECT resident_id, record FROM resident_attributes WHERE resident_id = $1
             UNION ALL
             SELECT resident_id, record FROM resident_attributes
             WHERE resident_id = (SELECT resident_id FROM resident_lookups WHERE lookup = $2)
               AND NOT EXISTS (SELECT 1 FROM resident_attributes WHERE resident_id = $1)",
        )
        .bind(resident.0.as_slice())
        .bind(self.vault.decoy_lookup().as_slice())
        .fetch_optional(&self.database)
        .await?;
        let row = row.ok_or(StoreError::Damaged("the decoy's attributes"))?;
        self.attributes_of_row(&row)
    }

    /// The record that a resident has; `None` if there is none.
    pub async fn own_attributes(
        &self,
        resident: ResidentId,
    ) -> Result<Option<(Attributes, UnixSeconds)>, StoreError> {
        let row = query(
            "SELECT resident_id, record, given_at FROM resident_attributes WHERE resident_id = $1",
        )
        .bind(resident.0.as_slice())
        .fetch_optional(&self.database)
        .await?;
        let read = |row: &Row| {
            let given_at = super::from_db(row.try_get("given_at")?);
            Ok((self.attributes_of_row(row)?, given_at))
        };
        row.as_ref().map(read).transpose()
    }

    /// Puts a record in the place of whatever a resident had; `false` if nobody is enrolled under the ID.
    pub async fn set_attributes(
        &self,
        claimed_id: &ClaimedId,
        attributes: &Attributes,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        let row = query("SELECT resident_id FROM resident_lookups WHERE lookup = $1")
            .bind(self.vault.resident_lookup(claimed_id).as_slice())
            .fetch_optional(&mut *connection)
            .await?;
        let Some(resident) = row.as_ref().map(owner_of_row).transpose()? else {
            return Ok(false);
        };
        if !put(&self.vault, connection, &resident.0, attributes, now).await? {
            return Ok(false);
        }
        let event = Event::AttributesSet;
        self.append(connection, event, Some(&resident), now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives the decoy a record in which nothing is.
    pub(super) async fn ensure_decoys_attributes(
        &self,
        connection: &mut Connection<'_>,
        decoy: &[u8; 16],
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        put(&self.vault, connection, decoy, &Attributes::default(), now).await?;
        Ok(())
    }

    fn attributes_of_row(&self, row: &Row) -> Result<Attributes, StoreError> {
        const PLACE: &str = "resident_attributes.record";
        let owner = fixed(
            row.try_get("resident_id")?,
            "resident_attributes.resident_id",
        )?;
        let opened = self
            .vault
            .open(record_cell(&owner), row.try_get("record")?)?;
        Attributes::from_bytes(&opened).ok_or(StoreError::Damaged(PLACE))
    }
}

/// `false` if the resident is gone.
async fn put(
    vault: &Vault,
    connection: &mut Connection<'_>,
    resident: &[u8; 16],
    attributes: &Attributes,
    now: UnixSeconds,
) -> Result<bool, StoreError> {
    let sealed = vault.seal(record_cell(resident), &attributes.to_bytes())?;
    let put = query(
        "INSERT INTO resident_attributes (resident_id, record, given_at)
         SELECT id, $1, $2 FROM residents WHERE id = $3
         ON CONFLICT (resident_id) DO UPDATE SET record = excluded.record, given_at = excluded.given_at",
    )
    .bind(sealed)
    .bind(to_db(now))
    .bind(resident.as_slice())
    .execute(connection)
    .await?;
    Ok(put == 1)
}

pub(super) fn record_cell(resident: &[u8; 16]) -> Cell<'_> {
    Cell {
        table: "resident_attributes",
        row: resident,
        column: "record",
    }
}
