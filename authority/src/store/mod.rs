//! The database: the one module with SQL.
//!
//! [`Store`] is the interface; each file holds the queries of one subject. Values about residents go
//! through the [`Vault`] here, so that no other module ever handles a stored ciphertext.

mod answers;
mod attempts;
mod attributes;
mod audit;
mod backup;
mod buckets;
mod card;
mod cases;
mod cohorts;
mod credentials;
mod database;
mod devices;
mod duplicates;
mod erasure;
mod handles;
mod handoffs;
mod import_keys;
mod issue;
mod migrations;
mod operators;
mod pending;
mod postgres;
mod receipts;
mod recent;
mod reseal;
mod residents;
mod sessions;
mod site_secrets;
mod sites;
mod sprayed;
mod sqlite;
mod statistics;
mod templates;
mod terminal;
mod tickets;
mod trouble;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

pub use attempts::Attempts;
use audit::AuditLog;
pub use audit::{BrokenLog, Heads, Listed};
pub use backup::{Copied, Ended, check_sqlite, copy_sqlite, newest_schema, settle_sqlite};
pub use buckets::Tokens;
pub use card::{CARD_LIFETIME, Card, State as CardState, TemplateFacts, Unfreezing};
pub use cases::{Case, FailedAttempt};
pub use cohorts::DrawnCohort;
pub use credentials::{
    Adding, CREDENTIALS_KEPT, Credential, FoundCredential, ListedCredential, REGISTRATION_LIFETIME,
};
use database::{Database, Kind, query};
pub use devices::{DEVICE_LIFETIME, DEVICES_KEPT, Device};
pub use duplicates::{Holder, Seen};
pub use erasure::{ErasedRows, Erasure, Traces};
pub use handles::HANDLE_LIFETIME;
pub use handoffs::{Handoff, HandoffId, NewHandoff, Side};
pub use import_keys::ImportKey;
pub use issue::{Issue, Standing};
pub use operators::{Operator, SHIFT, SHIFT_IDLE};
pub use pending::{Pending, SetCounts};
pub use receipts::{Alert, Answer, Answered, Note, Noted, RECEIPTS_KEPT};
pub use recent::KEPT;
pub use reseal::Resealed;
pub use residents::{Enrolment, NewResident, Resident, ResidentId};
pub use sessions::{Session, State};
pub use site_secrets::FoundBySecret;
pub use sites::Site;
pub use sprayed::{NewSprayed, Sprayed};
pub use statistics::StoredStatistics;
pub use templates::StoredTemplate;
pub use terminal::{Held, TerminalEnrolment};
pub use tickets::Ticket;
pub use trouble::Trouble;
use writer::{Target, Writer};

use crate::{
    clock::UnixSeconds,
    vault::{Vault, VaultError},
};

/// The authority's database: a SQLite file, or a PostgreSQL that several authorities share.
#[derive(Clone)]
pub struct Store {
    database: Database,
    vault: Arc<Vault>,
    audit: Arc<AuditLog>,
    writer: Writer,
}

/// Why the database gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Locked, full, gone or too slow: the same request may work later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// What stands in the way of others stood in this one's, which was not tried.
    #[error("the database is not available: {}", .0.as_str())]
    GivenUp(Trouble),
    /// Somebody else changed the same at the same moment. The writer tries again before a request hears of it.
    #[error("another change came between")]
    Conflict,
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

impl StoreError {
    /// Whether a change failed because of another one: the same again may work at once.
    fn is_conflict(&self) -> bool {
        match self {
            Self::Conflict => true,
            // PostgreSQL, appendix A: serialization_failure, deadlock_detected.
            Self::Unavailable(sqlx::Error::Database(error)) => {
                matches!(error.code().as_deref(), Some("40001" | "40P01"))
            }
            _ => false,
        }
    }
}

/// The key of the authority's own pages: enrolment, and residents' cards. No site is registered under it.
pub const OWN_SITE: &str = "pk_self";

/// How long a query waits for another writer, and a request for a connection.
const BUSY: Duration = Duration::from_secs(3);

/// How long a statement of a request may take, once it has its connection. All of them take milliseconds: this is for a server
/// that stands still, or a disk that does, and the request is told so while whoever asks still waits.
const STATEMENT: Duration = Duration::from_secs(10);

impl Store {
    /// Opens a SQLite file and brings its schema up to date. Creates the file only if asked to.
    pub async fn open(path: &Path, vault: Arc<Vault>, create: bool) -> Result<Self, StoreError> {
        let database = Database::Sqlite(sqlite::open(path, create).await?);
        Ok(Self::on(database, Kind::Sqlite, vault))
    }

    /// Connects to the PostgreSQL database with this address (`postgres://user:password@host:port/name`) and brings its
    /// schema up to date. Other processes may be using it.
    pub async fn connect(url: &str, vault: Arc<Vault>) -> Result<Self, StoreError> {
        let database = Database::Postgres(postgres::connect(url).await?);
        Ok(Self::on(database, Kind::Postgres, vault))
    }

    fn on(database: Database, kind: Kind, vault: Arc<Vault>) -> Self {
        let audit = Arc::new(AuditLog::new(&vault, kind));
        let target = Target {
            database: database.clone(),
            audit: audit.clone(),
        };
        Self {
            writer: Writer::start(target, kind),
            database,
            vault,
            audit,
        }
    }

    /// Whether the database answers now, and if not, why.
    pub async fn ping(&self) -> Result<(), Trouble> {
        match self.ask().await {
            Ok(()) => self.database.takes_changes().await,
            // The pool says only that there was no connection in time.
            Err(sqlx::Error::PoolTimedOut) => Err(self.database.trouble_connecting().await),
            // A connection that the server has ended says nothing about the next one.
            Err(error) if Trouble::of(&error) == Trouble::Unreachable => {
                match self.database.trouble_connecting().await {
                    Trouble::Slow => self.ask().await.map_err(|error| Trouble::of(&error)),
                    trouble => Err(trouble),
                }
            }
            Err(error) => Err(Trouble::of(&error)),
        }
    }

    async fn ask(&self) -> Result<(), sqlx::Error> {
        let asked = query("SELECT site_key FROM sites LIMIT 1");
        asked.fetch_optional(&self.database).await.map(drop)
    }

    /// Seconds by which this clock is ahead of the database's (negative: behind), if that has one of its own.
    pub async fn clock_ahead(&self, now: UnixSeconds) -> Result<Option<i64>, StoreError> {
        let theirs = self.database.clock().await?;
        Ok(theirs.map(|theirs| to_db(now).saturating_sub(theirs)))
    }

    /// Removes sessions, hand-offs, claim handles, opened cards, registrations of keys, used answers and tickets that nothing can refer to any more, devices and
    /// receipts after their time, buckets that are full, old cases, and failures by face.
    pub async fn forget_expired(&self, now: UnixSeconds) -> Result<(), StoreError> {
        self.forget_sessions(now).await?;
        self.forget_handoffs(now).await?;
        self.forget_old_handles(now).await?;
        self.forget_answers(now).await?;
        self.forget_old_devices(now).await?;
        self.forget_full_buckets(now).await?;
        self.forget_cards(now).await?;
        self.forget_registrations(now).await?;
        self.forget_old_receipts(now).await?;
        self.forget_old_cases(now).await?;
        self.forget_old_sprayed(now).await?;
        self.forget_old_secrets(now).await?;
        self.forget_at_terminals(now).await?;
        self.forget_tickets(now).await
    }

    /// Waits for queries under way and closes every connection.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// The vault that this store encrypts with.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }
}

/// The databases' integers are signed; times never come near the difference.
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
