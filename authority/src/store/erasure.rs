//! Forgetting a person.

use nod_protocol::ids::ClaimedId;
use sqlx::AssertSqlSafe;

use super::{
    ResidentId, Store, StoreError,
    card::owner_of_row,
    database::{Connection, Database, Kind, query},
    devices::devices_within,
};
use crate::{audit::Event, clock::UnixSeconds};

/// How an erasure ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// Nobody is enrolled under this ID. Failed attempts on it are forgotten all the same.
    NotEnrolled,
    /// Nothing that the database answers with tells of the resident any more.
    Erased(Traces),
}

/// What an erasure leaves in the database's files: ciphertext and keyed hashes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traces {
    /// SQLite: nothing.
    None,
    /// SQLite: copies in the write-ahead log, which a reader held on to. The next checkpoint overwrites them.
    InTheLog,
    /// PostgreSQL: VACUUM has freed the space of the deleted rows; what stood there is overwritten when other rows take it, and
    /// in the write-ahead log when its segments are used again. It has no way to overwrite them at once.
    /// Standbys, archived logs and base backups are copies of their own.
    UntilReused,
}

/// An erasure that is committed; what it has left in the database's files is still to be cleared away.
#[must_use = "what is left in the files is cleared away by `clear_after`"]
pub struct ErasedRows {
    /// PostgreSQL's tables and partitions that rows were deleted from.
    tables: Vec<String>,
}

/// What rows of a resident lie in, beside the tables that hold little and are not partitioned.
const PARTITIONS: &str = "SELECT tableoid::regclass::text AS name FROM residents WHERE id = $1
    UNION SELECT tableoid::regclass::text FROM resident_lookups WHERE resident_id = $1
    UNION SELECT tableoid::regclass::text FROM templates WHERE resident_id = $1
    UNION SELECT tableoid::regclass::text FROM pending_templates WHERE resident_id = $1
    UNION SELECT tableoid::regclass::text FROM recent_captures WHERE resident_id = $1
    UNION SELECT tableoid::regclass::text FROM receipts WHERE resident_id = $1
    UNION SELECT tableoid::regclass::text FROM resident_attributes WHERE resident_id = $1
    UNION SELECT tableoid::regclass::text FROM contacts WHERE resident_id = $1
    UNION SELECT tableoid::regclass::text FROM credentials WHERE resident_id = $1
    UNION SELECT tableoid::regclass::text FROM devices WHERE resident_id = $1";
/// See there.
const WHOLE_TABLES: [&str; 6] = [
    "card_sessions",
    "claim_handles",
    "cohort_members",
    "credential_registrations",
    "terminal_enrolments",
    "tickets",
];

impl Store {
    /// Deletes a resident with everything that hangs on them: templates, their statistics, membership in cohorts, digests of
    /// captures, attributes, telephone number, device keys, remembered devices, a claim handle, receipts and alerts, opened cards, the ticket of
    /// the enrolment, counted failures and cases.
    pub async fn erase(
        &self,
        claimed_id: &ClaimedId,
        now: UnixSeconds,
    ) -> Result<Erasure, StoreError> {
        match self.erase_rows(claimed_id, now).await? {
            None => Ok(Erasure::NotEnrolled),
            Some(rows) => Ok(Erasure::Erased(self.clear_after(rows).await?)),
        }
    }

    /// The same without clearing what that leaves in the files, which may take a while; `None` if nobody is enrolled.
    pub async fn erase_rows(
        &self,
        claimed_id: &ClaimedId,
        now: UnixSeconds,
    ) -> Result<Option<ErasedRows>, StoreError> {
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        let mut subjects = self.attempts_of(connection, claimed_id).await?;
        let mut tables = Vec::new();
        // Also who has revoked their credential.
        let row = query("SELECT resident_id FROM resident_lookups WHERE lookup IN ($1, $2)")
            .bind(self.vault.resident_lookup(claimed_id).as_slice())
            .bind(self.vault.revoked_lookup(claimed_id).as_slice())
            .fetch_optional(&mut *connection)
            .await?;
        let resident = row.as_ref().map(owner_of_row).transpose()?;
        if let Some(resident) = resident {
            for device in devices_within(connection, resident).await? {
                subjects.push(self.vault.device_attempts_lookup(&device));
            }
            tables = partitions(connection, resident).await?;
            delete(connection, resident).await?;
        }
        for subject in &subjects {
            forget_attempts(connection, subject).await?;
        }
        query("DELETE FROM cases WHERE claim = $1")
            .bind(self.vault.resident_lookup(claimed_id).as_slice())
            .execute(&mut *connection)
            .await?;
        if let Some(resident) = &resident {
            self.append(connection, Event::Erased, Some(resident), now)
                .await?;
        }
        tx.commit().await?;
        Ok(resident.map(|_| ErasedRows { tables }))
    }

    /// Clears away what deleted rows have left in the database's files, as far as the database can.
    pub async fn clear_after(&self, erased: ErasedRows) -> Result<Traces, StoreError> {
        let pool = match &self.database {
            Database::Sqlite(_) => return self.clear_log().await,
            Database::Postgres(pool) => pool,
        };
        // The names come from the database's own catalogue, quoted by it where that is needed.
        let tables = erased.tables.join(", ");
        let vacuum = format!("VACUUM (INDEX_CLEANUP ON) {tables}");
        sqlx::raw_sql(AssertSqlSafe(vacuum)).execute(pool).await?;
        Ok(Traces::UntilReused)
    }

    /// SQLite overwrites the database file's pages with zeros (`secure_delete`), but old pages live on in the log until it
    /// is reset.
    async fn clear_log(&self) -> Result<Traces, StoreError> {
        let row = query("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&self.database)
            .await?;
        Ok(match row.try_get::<i64, _>(0)? {
            0 => Traces::None,
            _ => Traces::InTheLog,
        })
    }
}

async fn delete(connection: &mut Connection<'_>, resident: ResidentId) -> Result<(), StoreError> {
    // All the rest follows by its foreign keys.
    let erased = query("DELETE FROM residents WHERE id = $1 RETURNING ticket_id")
        .bind(resident.0.as_slice())
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(row) = erased {
        let ticket: &str = row.try_get("ticket_id")?;
        for statement in [
            "DELETE FROM terminal_enrolments WHERE ticket_id = $1",
            "DELETE FROM tickets WHERE id = $1",
        ] {
            query(statement)
                .bind(ticket)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

async fn forget_attempts(
    connection: &mut Connection<'_>,
    subject: &[u8; 32],
) -> Result<(), StoreError> {
    query("DELETE FROM attempts WHERE subject = $1")
        .bind(subject.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

/// Where a resident's rows lie on PostgreSQL.
async fn partitions(
    connection: &mut Connection<'_>,
    resident: ResidentId,
) -> Result<Vec<String>, StoreError> {
    if connection.kind() == Kind::Sqlite {
        return Ok(vec![]);
    }
    let rows = query(PARTITIONS)
        .bind(resident.0.as_slice())
        .fetch_all(connection)
        .await?;
    let names = rows.iter().map(|row| row.try_get("name"));
    let mut names = names.collect::<Result<Vec<String>, _>>()?;
    names.extend(WHOLE_TABLES.map(str::to_owned));
    Ok(names)
}
