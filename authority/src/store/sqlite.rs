//! SQLite: a file in the authority's data directory, the database where no other is named.

use std::path::Path;

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{BUSY, StoreError, migrations};

/// SQLite writes one at a time; more connections only serve readers.
const CONNECTIONS: u32 = 8;

/// Opens the file and brings its schema up to date.
pub(super) async fn open(path: &Path, create: bool) -> Result<SqlitePool, StoreError> {
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
    migrations::sqlite().run(&pool).await?;
    Ok(pool)
}
