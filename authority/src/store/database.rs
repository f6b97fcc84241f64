//! The two databases behind one interface: SQLite in the authority's own process, and a PostgreSQL that several share.
//!
//! A statement is written once, in the SQL that both understand: placeholders are `$1`, `$2`, … in the order of
//! [`Query::bind`], whole numbers are of 64 bits, and nothing is left to a type that only one of them would guess. The
//! few that must differ ask for the [`Kind`].

use std::{borrow::Cow, future::Future, io, time::Duration};

use sqlx::{
    ColumnIndex, Connection as _, Decode, Encode, PgConnection, PgPool, Postgres, Sqlite,
    SqliteConnection, SqlitePool, Type, pool::PoolConnection, postgres::PgRow, sqlite::SqliteRow,
};

use super::{BUSY, STATEMENT, StoreError, trouble::Trouble};

/// Connections to the one database or the other.
#[derive(Clone)]
pub(super) enum Database {
    /// A file of this machine.
    Sqlite(SqlitePool),
    /// A server.
    Postgres(PgPool),
}

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

/// A connection taken from the others, outside of any transaction.
pub(super) enum Taken {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// Statements that are made together or not at all: dropped without [`Transaction::commit`], they are taken back.
pub(super) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// One connection, in a transaction or not.
pub(super) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Database {
    /// A connection for statements one by one.
    pub(super) async fn take(&self) -> Result<Taken, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Taken::Sqlite(pool.acquire().await?),
            Self::Postgres(pool) => Taken::Postgres(pool.acquire().await?),
        })
    }

    /// Begins a transaction that will write: SQLite lets nobody else write until it ends. PostgreSQL does, and each
    /// statement sees what others have committed before it began (`READ COMMITTED`).
    pub(super) async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => {
                let begun = in_time(Some(STATEMENT), pool.begin_with("BEGIN IMMEDIATE"));
                Transaction::Sqlite(begun.await?)
            }
            Self::Postgres(pool) => {
                let begin = pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED");
                Transaction::Postgres(in_time(Some(STATEMENT), begin).await?)
            }
        })
    }

    /// Whether it takes changes at all: a PostgreSQL server that stands by for another does not. SQLite says so when it is
    /// asked for one.
    pub(super) async fn takes_changes(&self) -> Result<(), Trouble> {
        let Self::Postgres(_) = self else {
            return Ok(());
        };
        let asked = query("SELECT current_setting('transaction_read_only') = 'on' AS is_read_only");
        let row = asked.fetch_one(self).await;
        let is_read_only = row.and_then(|row| row.try_get::<bool, _>(0));
        match is_read_only.map_err(|error| Trouble::of(&error))? {
            true => Err(Trouble::ReadOnly),
            false => Ok(()),
        }
    }

    /// Why there is no connection: asked for one by itself.
    pub(super) async fn trouble_connecting(&self) -> Trouble {
        let Self::Postgres(pool) = self else {
            return Trouble::Slow;
        };
        let options = pool.connect_options();
        match in_time(Some(BUSY), PgConnection::connect_with(&options)).await {
            // So it is the connections of this process that are all taken.
            Ok(connection) => {
                let _ = connection.close().await;
                Trouble::Slow
            }
            Err(error) => Trouble::of(&error),
        }
    }

    /// The time of a server's clock, in seconds since 1970; SQLite goes by the clock of its process.
    pub(super) async fn clock(&self) -> Result<Option<i64>, StoreError> {
        let Self::Postgres(_) = self else {
            return Ok(None);
        };
        let asked = query("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT)");
        Ok(Some(asked.fetch_one(self).await?.try_get(0)?))
    }

    /// Begins a transaction that only reads, and sees the database as it is at its first statement; nobody waits for it.
    pub(super) async fn begin_reading(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Transaction::Sqlite(pool.begin_with("BEGIN DEFERRED").await?),
            Self::Postgres(pool) => Transaction::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
            ),
        })
    }

    /// Waits for queries under way and closes every connection.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Taken {
    pub(super) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(taken) => Connection::Sqlite(taken),
            Self::Postgres(taken) => Connection::Postgres(taken),
        }
    }
}

impl Transaction {
    pub(super) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(tx) => Connection::Sqlite(tx),
            Self::Postgres(tx) => Connection::Postgres(tx),
        }
    }

    /// Makes it durable. After an error it may be durable or not: whoever asked must not be told that it is.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => in_time(Some(STATEMENT), tx.commit()).await?,
            Self::Postgres(tx) => in_time(Some(STATEMENT), tx.commit()).await?,
        }
        Ok(())
    }
}

impl Connection<'_> {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }
}

/// A statement with its values.
#[must_use = "a query does nothing until it is run"]
pub(super) struct Query<'v> {
    sql: &'static str,
    values: Vec<Value<'v>>,
    /// How long it may take.
    limit: Option<Duration>,
}

/// A statement in the SQL of both databases.
pub(super) fn query<'v>(sql: &'static str) -> Query<'v> {
    Query {
        sql,
        values: Vec::new(),
        limit: Some(STATEMENT),
    }
}

/// What stands for a placeholder. PostgreSQL has to know the type of a missing one too.
pub(super) enum Value<'v> {
    Bool(bool),
    Integer(Option<i64>),
    Text(Option<Cow<'v, str>>),
    Blob(Option<Cow<'v, [u8]>>),
}

/// Where a statement runs.
pub(super) enum On<'c> {
    SqlitePool(&'c SqlitePool),
    Sqlite(&'c mut SqliteConnection),
    PostgresPool(&'c PgPool),
    Postgres(&'c mut PgConnection),
}

/// Hands a statement to the driver of the database that it runs on.
macro_rules! run {
    ($query:expr, $on:expr, $way:ident, $then:expr) => {{
        let limit = $query.limit;
        match $on.into() {
            On::SqlitePool(pool) => {
                let bound = $query.bound::<Sqlite>();
                in_time(limit, bound.$way(pool)).await.map($then.0)
            }
            On::Sqlite(connection) => {
                let bound = $query.bound::<Sqlite>();
                in_time(limit, bound.$way(connection)).await.map($then.0)
            }
            On::PostgresPool(pool) => {
                let bound = $query.bound::<Postgres>();
                in_time(limit, bound.$way(pool)).await.map($then.1)
            }
            On::Postgres(connection) => {
                let bound = $query.bound::<Postgres>();
                in_time(limit, bound.$way(connection)).await.map($then.1)
            }
        }
    }};
}

/// What is under way when the time is over is left: its connection is closed unless it answers soon (`postgres.rs`).
async fn in_time<T>(
    limit: Option<Duration>,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match limit {
        None => work.await,
        Some(limit) => match tokio::time::timeout(limit, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())),
        },
    }
}

impl<'v> Query<'v> {
    /// The value of the next placeholder.
    pub(super) fn bind(mut self, value: impl Into<Value<'v>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// For work over many rows that no request waits for: it takes the time that it takes.
    pub(super) fn patiently(mut self) -> Self {
        self.limit = None;
        self
    }

    /// Runs a statement; returns how many rows it changed.
    pub(super) async fn execute<'c>(self, on: impl Into<On<'c>>) -> Result<u64, sqlx::Error> {
        let rows = (
            |done: sqlx::sqlite::SqliteQueryResult| done.rows_affected(),
            |done: sqlx::postgres::PgQueryResult| done.rows_affected(),
        );
        run!(self, on, execute, rows)
    }

    /// The first row.
    pub(super) async fn fetch_one<'c>(self, on: impl Into<On<'c>>) -> Result<Row, sqlx::Error> {
        run!(self, on, fetch_one, (Row::Sqlite, Row::Postgres))
    }

    /// The first row, if there is one.
    pub(super) async fn fetch_optional<'c>(
        self,
        on: impl Into<On<'c>>,
    ) -> Result<Option<Row>, sqlx::Error> {
        let row = (
            |row: Option<SqliteRow>| row.map(Row::Sqlite),
            |row: Option<PgRow>| row.map(Row::Postgres),
        );
        run!(self, on, fetch_optional, row)
    }

    /// All rows.
    pub(super) async fn fetch_all<'c>(
        self,
        on: impl Into<On<'c>>,
    ) -> Result<Vec<Row>, sqlx::Error> {
        let rows = (
            |rows: Vec<SqliteRow>| rows.into_iter().map(Row::Sqlite).collect(),
            |rows: Vec<PgRow>| rows.into_iter().map(Row::Postgres).collect(),
        );
        run!(self, on, fetch_all, rows)
    }

    /// Makes the other transactions of PostgreSQL that want these rows wait until this one ends: a `SELECT` with
    /// `FOR UPDATE` or the like. The statements after it then see what those before have committed. SQLite writes one
    /// transaction at a time anyway, and has no such statement.
    pub(super) async fn lock(self, connection: &mut Connection<'_>) -> Result<(), sqlx::Error> {
        match connection.kind() {
            Kind::Sqlite => Ok(()),
            Kind::Postgres => self.fetch_all(connection).await.map(drop),
        }
    }

    fn bound<DB>(self) -> sqlx::query::Query<'v, DB, DB::Arguments>
    where
        DB: sqlx::Database,
        bool: Encode<'v, DB> + Type<DB>,
        Option<i64>: Encode<'v, DB> + Type<DB>,
        Option<&'v str>: Encode<'v, DB> + Type<DB>,
        Option<&'v [u8]>: Encode<'v, DB> + Type<DB>,
        String: Encode<'v, DB> + Type<DB>,
        Vec<u8>: Encode<'v, DB> + Type<DB>,
    {
        let unbound = sqlx::query(self.sql);
        self.values
            .into_iter()
            .fold(unbound, |query, value| match value {
                Value::Bool(value) => query.bind(value),
                Value::Integer(value) => query.bind(value),
                Value::Text(Some(Cow::Owned(text))) => query.bind(text),
                Value::Text(Some(Cow::Borrowed(text))) => query.bind(Some(text)),
                Value::Text(None) => query.bind(None::<&str>),
                Value::Blob(Some(Cow::Owned(bytes))) => query.bind(bytes),
                Value::Blob(Some(Cow::Borrowed(bytes))) => query.bind(Some(bytes)),
                Value::Blob(None) => query.bind(None::<&[u8]>),
            })
    }
}

/// A row of a result.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of a column, by name or number.
    pub(super) fn try_get<'r, T, I>(&'r self, column: I) -> Result<T, sqlx::Error>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
        I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        match self {
            Self::Sqlite(row) => sqlx::Row::try_get(row, column),
            Self::Postgres(row) => sqlx::Row::try_get(row, column),
        }
    }
}

impl<'c> From<&'c Database> for On<'c> {
    fn from(database: &'c Database) -> Self {
        match database {
            Database::Sqlite(pool) => Self::SqlitePool(pool),
            Database::Postgres(pool) => Self::PostgresPool(pool),
        }
    }
}

impl<'c> From<&'c mut Connection<'_>> for On<'c> {
    fn from(connection: &'c mut Connection<'_>) -> Self {
        match connection {
            Connection::Sqlite(connection) => Self::Sqlite(connection),
            Connection::Postgres(connection) => Self::Postgres(connection),
        }
    }
}

impl<'c> From<&'c mut Transaction> for On<'c> {
    fn from(tx: &'c mut Transaction) -> Self {
        match tx {
            Transaction::Sqlite(tx) => Self::Sqlite(tx),
            Transaction::Postgres(tx) => Self::Postgres(tx),
        }
    }
}

/// Values as they are bound, and those that may be missing.
macro_rules! value {
    ($($kind:ident: $type:ty as $convert:expr;)*) => {
        $(impl<'v> From<$type> for Value<'v> {
            fn from(value: $type) -> Self {
                Self::$kind($convert(value))
            }
        })*
    };
}

value! {
    Bool: bool as std::convert::identity;
    Integer: i64 as Some;
    Integer: Option<i64> as std::convert::identity;
    Text: &'v str as |text| Some(Cow::Borrowed(text));
    Text: &'v String as |text: &'v String| Some(Cow::Borrowed(text.as_str()));
    Text: String as |text| Some(Cow::Owned(text));
    Text: Option<&'v str> as |text: Option<&'v str>| text.map(Cow::Borrowed);
    Blob: &'v [u8] as |bytes| Some(Cow::Borrowed(bytes));
    Blob: Vec<u8> as |bytes| Some(Cow::Owned(bytes));
    Blob: Option<Vec<u8>> as |bytes: Option<Vec<u8>>| bytes.map(Cow::Owned);
}
