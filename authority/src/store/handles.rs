//! Claim handles, by keyed hash: one for each resident who made one, for a minute.

use nod_protocol::ids::ClaimedId;

use super::{
    ResidentId, Store, StoreError,
    database::{Connection, query},
    to_db,
    writer::{Applied, Change},
};
use crate::clock::UnixSeconds;

/// Seconds from making a handle to the challenge of the verification that it is named in.
pub const HANDLE_LIFETIME: u64 = 60;
/// Seconds after that in which such a verification may still arrive: its challenge may take a minute.
const KEPT: u64 = 120;

impl Store {
    /// Gives a resident a handle, which ends the one before; `false` if they are erased meanwhile.
    pub async fn add_handle(
        &self,
        handle: [u8; 32],
        resident: ResidentId,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let resident = resident.0;
        let change = Add {
            handle,
            resident,
            now,
        };
        self.writer.write(change).await
    }

    /// The claimed ID of whoever made a handle, for the first who names it, if it had time left `at` then; after that it is
    /// nobody's, whatever came of it. The same statements for every handle.
    pub async fn spend_handle(
        &self,
        handle: [u8; 32],
        at: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<Option<ClaimedId>, StoreError> {
        let is_first = self.writer.write(Spend { handle, at, now }).await?;
        let row = query(
            "SELECT r.id, r.claimed_id FROM claim_handles AS h JOIN residents AS r ON r.id = h.resident_id
             WHERE h.handle = $1",
        )
        .bind(handle.as_slice())
        .fetch_optional(&self.database)
        .await?;
        let owner = row.map(|row| self.claimed_id_of_row(&row)).transpose()?;
        Ok(owner.filter(|_| is_first))
    }

    /// Whether a resident has a handle that nobody has named yet, and that has time left.
    pub async fn has_handle(
        &self,
        resident: ResidentId,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let row = query(
            "SELECT 1 FROM claim_handles WHERE resident_id = $1 AND spent_at IS NULL AND expires_at > $2",
        )
        .bind(resident.0.as_slice())
        .bind(to_db(now))
        .fetch_optional(&self.database)
        .await?;
        Ok(row.is_some())
    }

    pub(super) async fn forget_old_handles(&self, now: UnixSeconds) -> Result<(), StoreError> {
        query("DELETE FROM claim_handles WHERE expires_at <= $1")
            .bind(to_db(now.saturating_sub(KEPT)))
            .patiently()
            .execute(&self.database)
            .await?;
        Ok(())
    }
}

/// A resident's handle, in a transaction.
pub(super) async fn forget_handle_within(
    connection: &mut Connection<'_>,
    resident: ResidentId,
) -> Result<(), StoreError> {
    query("DELETE FROM claim_handles WHERE resident_id = $1")
        .bind(resident.0.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

struct Add {
    handle: [u8; 32],
    resident: [u8; 16],
    now: UnixSeconds,
}

impl Change for Add {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let added = query(
                "INSERT INTO claim_handles (resident_id, handle, expires_at, spent_at)
                 SELECT id, $1, $2, NULL FROM residents WHERE id = $3
                 ON CONFLICT (resident_id) DO UPDATE
                     SET handle = excluded.handle, expires_at = excluded.expires_at, spent_at = NULL",
            )
            .bind(self.handle.as_slice())
            .bind(to_db(self.now + HANDLE_LIFETIME))
            .bind(self.resident.as_slice())
            .execute(connection)
            .await?;
            Ok(added == 1)
        })
    }
}

struct Spend {
    handle: [u8; 32],
    at: UnixSeconds,
    now: UnixSeconds,
}

impl Change for Spend {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let spent = query(
                "UPDATE claim_handles SET spent_at = $1
                 WHERE handle = $2 AND spent_at IS NULL AND expires_at > $3",
            )
            .bind(to_db(self.now))
            .bind(self.handle.as_slice())
            .bind(to_db(self.at))
            .execute(connection)
            .await?;
            Ok(spent == 1)
        })
    }
}
