//! The database: the one module with SQL.
//!
//! [`Store`] is the interface; each file holds the queries of one subject. Values about residents go
//! through the [`Vault`] here, so that no other module ever handles a stored ciphertext.

mod answers;
mod attempts;
mod cohorts;
mod devices;
mod erasure;
mod handoffs;
mod import_keys;
mod migrations;
mod recent;
mod residents;
mod sessions;
mod sites;
mod statistics;
mod templates;
mod tickets;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use attempts::Attempts;
pub use cohorts::DrawnCohort;
pub use devices::{DEVICE_LIFETIME, DEVICES_KEPT, Device};
pub use erasure::Erasure;
pub use handoffs::{Handoff, HandoffId, NewHandoff, Side};
pub use import_keys::ImportKey;
pub use recent::KEPT;
pub use residents::{Enrolment, NewResident, Resident, ResidentId};
pub use sessions::{Session, State};
pub use sites::Site;
pub use statistics::StoredStatistics;
pub use templates::StoredTemplate;
pub use tickets::Ticket;
use writer::Writer;

use crate::{
    clock::UnixSeconds,
    vault::{Vault, VaultError},
};

/// The authority's database.
#[derive(Clone)]
pub struct Store {
    pool: SqlitePool,
    vault: Arc<Vault>,
    writer: Writer,
}

/// Why the database gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Locked, full, gone or too slow: the same request may work later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A stored value is not what this program writes.
    #[error("the database holds a damaged value in {0}")]
    Damaged(&'static str),
    /// A value does not open with the at-rest key.
    #[error("{0}")]
    Vault(#[from] VaultError),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be updated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Damaged("a column"),
            other => Self::Unavailable(other),
        }
    }
}

/// How long a query waits for another writer, and a request for a connection.
const BUSY: Duration = Duration::from_secs(3);
/// SQLite writes one at a time; more connections only serve readers.
const CONNECTIONS: u32 = 8;

impl Store {
    /// Opens the SQLite file and brings its schema up to date. Creates the file only if asked to.
    pub async fn open(path: &Path, vault: Arc<Vault>, create: bool) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(create)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .journal_mode(SqliteJournalMode::Wal)
            // With WAL only FULL makes an acknowledged commit survive a power cut.
            .synchronous(SqliteSynchronous::Full)
            // Deleted rows are overwritten with zeros: erasure means erasure.
            .pragma("secure_delete", "ON");
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(BUSY)
            // A connection to a file in this machine does not die unnoticed; asking it first whether it lives would double
            // the way of every statement through its thread.
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        migrations::migrator().run(&pool).await?;
        let writer = Writer::start(pool.clone());
        Ok(Self {
            pool,
            vault,
            writer,
        })
    }

    /// Whether the database answers now.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT site_key FROM sites LIMIT 1")
            .fetch_optional(&self.pool)
            .await?;
        Ok(())
    }

    /// Removes sessions, hand-offs, used answers and tickets that nothing can refer to any more, and devices after their time.
    pub async fn forget_expired(&self, now: UnixSeconds) -> Result<(), StoreError> {
        self.forget_sessions(now).await?;
        self.forget_handoffs(now).await?;
        self.forget_answers(now).await?;
        self.forget_old_devices(now).await?;
        self.forget_tickets(now).await
    }

    /// Waits for queries under way and closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// The vault that this store encrypts with.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }
}

/// SQLite's integers are signed; times never come near the difference.
fn to_db(seconds: UnixSeconds) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn from_db(seconds: i64) -> UnixSeconds {
    UnixSeconds::try_from(seconds).unwrap_or(0)
}

/// Reads a fixed-length column.
fn fixed<const N: usize>(bytes: &[u8], column: &'static str) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged(column))
}

/// Reads an identifier that was valid when it was stored.
fn parsed<T, E>(result: Result<T, E>, column: &'static str) -> Result<T, StoreError> {
    result.map_err(|_| StoreError::Damaged(column))
}
