//! What PostgreSQL says of its tables and of its work.

use anyhow::{Context, Result};
use sqlx::{Connection, PgConnection, Row};

use super::population::runtime;
use crate::database::Database;

/// One table with all its partitions.
pub(super) struct Table {
    pub(super) name: String,
    /// Rows and what is stored beside them, bytes.
    pub(super) heap: i64,
    pub(super) indexes: i64,
}

/// What was done so far.
#[derive(Clone, Copy)]
pub(super) struct Work {
    /// Bytes of the write-ahead log.
    pub(super) log: f64,
    /// Pages that were not in the server's own memory.
    pub(super) read: f64,
    /// Pages that were.
    pub(super) found: f64,
}

/// Rows of a table that gets one for what happens.
pub(super) struct Event {
    pub(super) table: &'static str,
    pub(super) rows: i64,
    /// Bytes of one row, with its header and its pointer in the page.
    pub(super) each: f64,
}

/// Every table of the schema.
pub(super) fn of_everything(database: &Database) -> Result<Vec<Table>> {
    const TREES: &str = "SELECT parent.relname::text AS name,
            COALESCE(SUM(pg_table_size(part.relid)), 0)::bigint AS heap,
            COALESCE(SUM(pg_indexes_size(part.relid)), 0)::bigint AS indexes
        FROM pg_class AS parent, LATERAL pg_partition_tree(parent.oid) AS part
        WHERE parent.relkind IN ('r', 'p') AND NOT parent.relispartition
          AND parent.relnamespace = 'public'::regnamespace AND part.isleaf
        GROUP BY parent.relname ORDER BY parent.relname";
    runtime()?.block_on(async {
        let mut connection = connected(database).await?;
        let mut tables = Vec::new();
        for row in sqlx::query(TREES).fetch_all(&mut connection).await? {
            tables.push(Table {
                name: row.try_get("name")?,
                heap: row.try_get("heap")?,
                indexes: row.try_get("indexes")?,
            });
        }
        Ok(tables)
    })
}

/// What there is of events.
pub(super) fn of_events(database: &Database) -> Result<Vec<Event>> {
    runtime()?.block_on(async {
        let mut connection = connected(database).await?;
        let mut events = Vec::new();
        for table in EVENTS {
            // The size of a row as a value has its header (24 bytes) but not the pointer to it (4).
            let query = format!(
                "SELECT COUNT(*) AS rows, COALESCE(AVG(pg_column_size(one.*)), 0)::float8 + 4 AS each FROM {table} AS one"
            );
            // Names from the list below.
            let query = sqlx::query(sqlx::AssertSqlSafe(query));
            let row = query.fetch_one(&mut connection).await?;
            events.push(Event {
                table,
                rows: row.try_get("rows")?,
                each: row.try_get("each")?,
            });
        }
        Ok(events)
    })
}

/// What enrolments and verifications leave behind.
const EVENTS: &[&str] = &[
    "attempts",
    "audit_entries",
    "cases",
    "receipts",
    "recent_captures",
    "sprayed",
];

/// What comes after many rows, at an operator's by itself: statistics for the planner, hint bits, pages on the disk.
pub(super) fn settle(database: &Database) -> Result<()> {
    runtime()?.block_on(async {
        let mut connection = connected(database).await?;
        for statement in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
            sqlx::query(statement).execute(&mut connection).await?;
        }
        Ok(())
    })
}

/// What was done until now.
pub(super) fn work(database: &Database) -> Result<Work> {
    runtime()?.block_on(async {
        let mut connection = connected(database).await?;
        let query = "SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS log, SUM(blks_read)::float8 AS read,
                            SUM(blks_hit)::float8 AS found
                     FROM pg_stat_database";
        let row = sqlx::query(query).fetch_one(&mut connection).await?;
        Ok(Work {
            log: row.try_get("log")?,
            read: row.try_get("read")?,
            found: row.try_get("found")?,
        })
    })
}

async fn connected(database: &Database) -> Result<PgConnection> {
    let url = database.url().context("no PostgreSQL")?;
    Ok(PgConnection::connect(&url).await?)
}
