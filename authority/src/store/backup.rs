//! Copies of the database, and what must not come back with an older one.

use std::path::Path;

use nod_protocol::{
    answer::{LEEWAY, LIFETIME},
    ids::ClaimedId,
};
use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};
use zeroize::Zeroizing;

use super::{
    BUSY, Store, StoreError,
    answers::ALL_UNTIL,
    database::{Row, query},
    fixed, migrations, parsed,
    residents::resident_cell,
    to_db,
};
use crate::clock::UnixSeconds;

/// What a copy is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Number of the newest step of its schema.
    pub schema: i64,
}

/// What [`Store::end_what_was_under_way`] has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Sessions that could still have been used.
    pub sessions: u64,
    /// Enrolment tickets that could still have been used.
    pub tickets: u64,
    /// Import keys that were in use.
    pub import_keys: u64,
}

/// Residents whose cells are opened at a time.
const PAGE: i64 = 1000;

/// The newest step of a SQLite schema that this program knows.
pub fn newest_schema() -> i64 {
    migrations::newest_of_sqlite()
}

/// Writes a SQLite database as it is at one moment to a new file, while others read and write it. Its schema stays as it is:
/// a program that is about to take the place of an older one can copy first.
///
/// The write-ahead log cannot shrink meanwhile. Empty pages are not copied, and nothing of what was deleted.
pub async fn copy_sqlite(from: &Path, to: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(from)
        .busy_timeout(BUSY);
    let mut source = options.connect().await?;
    let to = to.to_str().ok_or(StoreError::Damaged("a file name"))?;
    let copied = sqlx::query("VACUUM INTO $1")
        .bind(to)
        .execute(&mut source)
        .await;
    source.close().await?;
    copied?;
    Ok(())
}

/// Reads all of a copy: each page, each index against its table, each reference.
pub async fn check_sqlite(path: &Path) -> Result<Copied, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).immutable(true);
    let mut copy = options.read_only(true).connect().await?;
    let checked = check(&mut copy).await;
    copy.close().await?;
    checked
}

async fn check(copy: &mut SqliteConnection) -> Result<Copied, StoreError> {
    let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut *copy)
        .await?;
    let loose = sqlx::query("PRAGMA foreign_key_check")
        .fetch_optional(&mut *copy)
        .await?;
    if found != "ok" || loose.is_some() {
        return Err(StoreError::Damaged("its pages, indexes or references"));
    }
    let schema: Option<i64> =
        sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(copy)
            .await?;
    let schema = schema.ok_or(StoreError::Damaged("the history of its schema"))?;
    Ok(Copied { schema })
}

/// Brings what the log of a SQLite file holds into the file, so that it can be moved alone.
pub async fn settle_sqlite(path: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .synchronous(SqliteSynchronous::Full);
    let mut file = options.connect().await?;
    // The first column is 0 where nobody kept it from being done.
    let (is_busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut file)
        .await?;
    file.close().await?;
    match is_busy {
        0 => Ok(()),
        _ => Err(StoreError::Damaged("a file that somebody else has open")),
    }
}

impl Store {
    /// Opens the claimed ID of every resident and compares it with what the resident is found by: neither works with other
    /// keys. Returns how many residents there are.
    pub async fn check_keys(&self) -> Result<u64, StoreError> {
        let (mut count, mut last) = (0, Vec::new());
        loop {
            let rows = query(
                "SELECT r.id, r.claimed_id, l.lookup FROM residents AS r
                 LEFT JOIN resident_lookups AS l ON l.resident_id = r.id
                 WHERE r.id > $1 ORDER BY r.id LIMIT $2",
            )
            .bind(last.as_slice())
            .bind(PAGE)
            .fetch_all(&self.database)
            .await?;
            let Some(row) = rows.last() else {
                return Ok(count);
            };
            last = row.try_get("id")?;
            for row in &rows {
                count += u64::from(self.check_row(row)?);
            }
        }
    }

    /// `false` for the decoy.
    fn check_row(&self, row: &Row) -> Result<bool, StoreError> {
        let id: [u8; 16] = fixed(row.try_get("id")?, "residents.id")?;
        let stored: Vec<u8> = row.try_get("claimed_id")?;
        let opened = self.vault.open(resident_cell(&id, "claimed_id"), &stored)?;
        let text = parsed(std::str::from_utf8(&opened), "residents.claimed_id")?;
        let claimed_id = parsed(ClaimedId::parse(text), "residents.claimed_id")?;
        let lookup: Option<Vec<u8>> = row.try_get("lookup")?;
        let lookup = Zeroizing::new(lookup.unwrap_or_default());
        if *lookup == self.vault.decoy_lookup() {
            return Ok(false);
        }
        let found_by = [
            self.vault.resident_lookup(&claimed_id),
            // Who has ended their credential.
            self.vault.revoked_lookup(&claimed_id),
        ];
        if !found_by.iter().any(|own| *lookup == *own) {
            return Err(StoreError::Damaged("residents.lookup"));
        }
        Ok(true)
    }

    /// Ends what would otherwise come back to life with an older state of the database: a session that was spent since then,
    /// an answer that was checked, a claim handle that was named, a ticket, an import key or an operator that was revoked. Whoever held
    /// one begins anew.
    pub async fn end_what_was_under_way(&self, now: UnixSeconds) -> Result<Ended, StoreError> {
        let mut tx = self.database.begin().await?;
        let sessions = query("UPDATE sessions SET state = 'spent' WHERE state <> 'spent'")
            .execute(&mut tx)
            .await?;
        query("DELETE FROM handoffs").execute(&mut tx).await?;
        query("DELETE FROM card_sessions").execute(&mut tx).await?;
        query("DELETE FROM terminal_enrolments")
            .execute(&mut tx)
            .await?;
        query("DELETE FROM shifts").execute(&mut tx).await?;
        // Who was revoked since then would be at work again.
        query("UPDATE operators SET revoked_at = $1 WHERE revoked_at IS NULL")
            .bind(to_db(now))
            .execute(&mut tx)
            .await?;
        query("DELETE FROM claim_handles").execute(&mut tx).await?;
        query("DELETE FROM credential_registrations")
            .execute(&mut tx)
            .await?;
        let tickets = query("UPDATE tickets SET spent_at = $1 WHERE spent_at IS NULL")
            .bind(to_db(now))
            .execute(&mut tx)
            .await?;
        let import_keys = query("UPDATE import_keys SET revoked_at = $1 WHERE revoked_at IS NULL")
            .bind(to_db(now))
            .execute(&mut tx)
            .await?;
        // Answers that were signed before now, whether or not their check is remembered.
        query(
            "INSERT INTO used_answers (jti, keep_until) VALUES ($1, $2)
             ON CONFLICT (jti) DO UPDATE SET keep_until = excluded.keep_until",
        )
        .bind(ALL_UNTIL)
        .bind(to_db(now + LIFETIME + LEEWAY))
        .execute(&mut tx)
        .await?;
        tx.commit().await?;
        Ok(Ended {
            sessions,
            tickets,
            import_keys,
        })
    }
}
