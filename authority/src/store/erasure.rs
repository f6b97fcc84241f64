//! Forgetting a person.

use nod_protocol::ids::{ClaimedId, SiteKey};
use sqlx::Row;

use super::{Store, StoreError, fixed, parsed};

/// How an erasure ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// Nobody is enrolled under this ID. Failed attempts on it are forgotten all the same.
    NotEnrolled,
    /// Nothing is left but copies in the write-ahead log, if `log_is_cleared` is false: a reader held
    /// on to it, and the next checkpoint overwrites them.
    Erased {
        /// Whether the write-ahead log was emptied too.
        log_is_cleared: bool,
    },
}

impl Store {
    /// Deletes a resident with everything that hangs on them: templates, their statistics, membership
    /// in cohorts, digests of captures, remembered devices, the ticket of the enrolment and counted failures.
    pub async fn erase(&self, claimed_id: &ClaimedId) -> Result<Erasure, StoreError> {
        let lookup = self.vault.resident_lookup(claimed_id);
        let mut tx = self.pool.begin().await?;
        let devices = sqlx::query(
            "SELECT device FROM devices
             WHERE resident_id = (SELECT id FROM residents WHERE lookup = ?)",
        )
        .bind(lookup.as_slice())
        .fetch_all(&mut *tx)
        .await?;
        // Templates, memberships, recent captures and devices follow by their foreign keys.
        let erased = sqlx::query("DELETE FROM residents WHERE lookup = ? RETURNING ticket_id")
            .bind(lookup.as_slice())
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = &erased {
            sqlx::query("DELETE FROM tickets WHERE id = ?")
                .bind(row.try_get::<&str, _>("ticket_id")?)
                .execute(&mut *tx)
                .await?;
        }
        let sites = sqlx::query("SELECT site_key FROM sites")
            .fetch_all(&mut *tx)
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
            sqlx::query("DELETE FROM attempts WHERE subject = ?")
                .bind(subject.as_slice())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        if erased.is_none() {
            return Ok(Erasure::NotEnrolled);
        }
        // The database file's pages are overwritten with zeros (`secure_delete`), but old pages live
        // on in the log until it is reset.
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&self.pool)
            .await?;
        Ok(Erasure::Erased {
            log_is_cleared: row.try_get::<i64, _>(0)? == 0,
        })
    }
}
