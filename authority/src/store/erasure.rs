//! Forgetting a person.

use nod_protocol::ids::{ClaimedId, SiteKey};

use super::{
    Store, StoreError,
    database::{Database, query},
    fixed, parsed,
};

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
    /// PostgreSQL: the deleted rows' old versions, in the tables' files until VACUUM has freed their space and other rows
    /// have taken it, and in the write-ahead log until its segments are used again. It has no way to overwrite them at once.
    /// Standbys, archived logs and base backups are copies of their own.
    UntilReused,
}

impl Store {
    /// Deletes a resident with everything that hangs on them: templates, their statistics, membership
    /// in cohorts, digests of captures, remembered devices, the ticket of the enrolment, counted failures and
    /// cases.
    pub async fn erase(&self, claimed_id: &ClaimedId) -> Result<Erasure, StoreError> {
        let lookup = self.vault.resident_lookup(claimed_id);
        let mut tx = self.database.begin().await?;
        let devices = query(
            "SELECT d.device FROM resident_lookups AS l JOIN devices AS d ON d.resident_id = l.resident_id
             WHERE l.lookup = $1",
        )
        .bind(lookup.as_slice())
        .fetch_all(&mut tx)
        .await?;
        // Lookup, templates, memberships, recent captures and devices follow by their foreign keys.
        let erased = query(
            "DELETE FROM residents
             WHERE id = (SELECT resident_id FROM resident_lookups WHERE lookup = $1)
             RETURNING ticket_id",
        )
        .bind(lookup.as_slice())
        .fetch_optional(&mut tx)
        .await?;
        if let Some(row) = &erased {
            query("DELETE FROM tickets WHERE id = $1")
                .bind(row.try_get::<&str, _>("ticket_id")?)
                .execute(&mut tx)
                .await?;
        }
        let sites = query("SELECT site_key FROM sites")
            .fetch_all(&mut tx)
            .await?;
        let mut subjects = Vec::with_capacity(sites.len() + devices.len());
        for device in &devices {
            let device = fixed(device.try_get("device")?, "devices.device")?;
            subjects.push(self.vault.device_attempts_lookup(&device));
        }
        for site in &sites {
            let site = parsed(SiteKey::parse(site.try_get("site_key")?), "sites.site_key")?;
            subjects.push(self.vault.attempts_lookup(claimed_id, &site));
        }
        for subject in &subjects {
            query("DELETE FROM attempts WHERE subject = $1")
                .bind(subject.as_slice())
                .execute(&mut tx)
                .await?;
        }
        query("DELETE FROM cases WHERE claim = $1")
            .bind(lookup.as_slice())
            .execute(&mut tx)
            .await?;
        tx.commit().await?;
        if erased.is_none() {
            return Ok(Erasure::NotEnrolled);
        }
        Ok(Erasure::Erased(match &self.database {
            Database::Postgres(_) => Traces::UntilReused,
            Database::Sqlite(_) => self.clear_log().await?,
        }))
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
