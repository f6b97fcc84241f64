//! The two databases behind one interface: SQLite in the authority's own process, and a PostgreSQL that several share.
//!
//! A statement is written once, in the SQL that both understand: placeholders are `$1`, `$2`, … in the order of
//! [`Query::bind`], whole numbers are of 64 bits, and nothing is left to a type that only one of them would guess. The
//! few that must differ ask for the [`Kind`].

use std::borrow::Cow;

use sqlx::{
    ColumnIndex, Decode, Encode, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection,
    SqlitePool, Type, pool::PoolConnection, postgres::PgRow, sqlite::SqliteRow,
};

use super::StoreError;

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
            Self::Sqlite(pool) => Transaction::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Transaction::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED")
                    .await?,
            ),
        })
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

    /// Makes it durable.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
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
}

/// A statement in the SQL of both databases.
pub(super) fn query<'v>(sql: &'static str) -> Query<'v> {
    Query {
        sql,
        values: Vec::new(),
    }
}

/// What stands for a placeholder. PostgreSQL has to know the type of a missing one too.
pub(super) enum Value<'v> {
    Bool(bool),
    Integer(i64),
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
    ($query:expr, $on:expr, $way:ident, $then:expr) => {
        match $on.into() {
            On::SqlitePool(pool) => $query.bound::<Sqlite>().$way(pool).await.map($then.0),
            On::Sqlite(connection) => $query.bound::<Sqlite>().$way(connection).await.map($then.0),
            On::PostgresPool(pool) => $query.bound::<Postgres>().$way(pool).await.map($then.1),
            On::Postgres(connection) => {
                let bound = $query.bound::<Postgres>();
                bound.$way(connection).await.map($then.1)
            }
        }
    };
}

impl<'v> Query<'v> {
    /// The value of the next placeholder.
    pub(super) fn bind(mut self, value: impl Into<Value<'v>>) -> Self {
        self.values.push(value.into());
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
        i64: Encode<'v, DB> + Type<DB>,
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
    Integer: i64 as std::convert::identity;
    Text: &'v str as |text| Some(Cow::Borrowed(text));
    Text: &'v String as |text: &'v String| Some(Cow::Borrowed(text.as_str()));
    Text: String as |text| Some(Cow::Owned(text));
    Text: Option<&'v str> as |text: Option<&'v str>| text.map(Cow::Borrowed);
    Blob: &'v [u8] as |bytes| Some(Cow::Borrowed(bytes));
    Blob: Vec<u8> as |bytes| Some(Cow::Owned(bytes));
    Blob: Option<Vec<u8>> as |bytes: Option<Vec<u8>>| bytes.map(Cow::Owned);
}
