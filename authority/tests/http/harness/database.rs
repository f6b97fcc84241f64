//! The database of a test: the SQLite file of its data directory, or one of its own on a PostgreSQL server.
//!
//! The variable `NOD_TEST_POSTGRES` has the address of a database on a server, with a user that may do everything there
//! (`postgres://postgres@127.0.0.1/postgres`). Every test then gets a database that is dropped at its end, copied from one
//! with the schema, which stays. `cargo xtask test` runs the tests both ways, with a server that it starts for them.

use std::{
    future::Future,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use nod_authority::{
    state::database_path,
    store::Store,
    vault::{AtRestKeys, Vault},
};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, FromRow, PgConnection, SqliteConnection,
    postgres::PgRow,
    sqlite::{SqliteConnectOptions, SqliteRow},
};

const VARIABLE: &str = "NOD_TEST_POSTGRES";

/// Where a test's database is. A PostgreSQL one is gone when this is dropped.
pub(crate) enum TestDatabase {
    /// In the data directory.
    Sqlite,
    /// The name of a database on the server.
    Postgres(String),
    /// The address of a database on a server of a test's own.
    At(String),
}

impl TestDatabase {
    /// An empty database, with the schema if it is one of PostgreSQL.
    pub(crate) fn new() -> Self {
        Self::copied_from(template)
    }

    /// One without a schema.
    pub(crate) fn empty() -> Self {
        Self::copied_from(|| "template0")
    }

    fn copied_from(template: fn() -> &'static str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        if !is_postgres() {
            return Self::Sqlite;
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("nod_test_{}_{number}", std::process::id());
        let create = format!("CREATE DATABASE {name} TEMPLATE {}", template());
        on_the_server(&create);
        Self::Postgres(name)
    }

    /// The address for an authority's settings.
    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(name) => Some(url_of(name)),
            Self::At(url) => Some(url.clone()),
        }
    }

    /// The lines of an authority's settings that name it; at their end, because they begin a table.
    pub(crate) fn settings(&self) -> String {
        let table = |url| format!("\n[database]\nurl = \"{url}\"\n");
        self.url().map_or_else(String::new, table)
    }

    /// A connection that the store knows nothing of.
    pub(crate) async fn past_the_store(&self, data: &Path) -> Past {
        match self {
            Self::Sqlite => {
                let options = SqliteConnectOptions::new().filename(database_path(data));
                Past::Sqlite(options.connect().await.unwrap())
            }
            Self::Postgres(name) => Past::Postgres(connect(&url_of(name)).await),
            Self::At(url) => Past::Postgres(connect(url).await),
        }
    }

    /// Everything that lies on the disk: SQLite's file and log; the files of PostgreSQL's tables and indexes.
    pub(crate) fn bytes(&self, data: &Path) -> Vec<u8> {
        match self {
            Self::Sqlite => files(data),
            Self::Postgres(_) | Self::At(_) => {
                let url = self.url().unwrap();
                wait_for(async move { relations(&url).await }).concat()
            }
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Self::Postgres(name) = self {
            on_the_server(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// Whether the tests run on PostgreSQL.
pub(crate) fn is_postgres() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// The database that all others are copied from: much faster than 80 partitions each time.
fn template() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let name = format!("nod_test_{}", std::process::id());
        on_the_server(&format!("CREATE DATABASE {name} TEMPLATE template0"));
        let url = url_of(&name);
        wait_for(async move {
            let vault = Arc::new(Vault::new(
                &AtRestKeys::first([0; 32].into()),
                [0; 32].into(),
                0,
            ));
            Store::connect(&url, vault).await.unwrap().close().await;
        });
        name
    })
}

fn on_the_server(sql: &str) {
    let sql = sql.to_owned();
    let url = std::env::var(VARIABLE).unwrap();
    wait_for(async move {
        let mut server = connect(&url).await;
        server.execute(AssertSqlSafe(sql)).await.unwrap();
        server.close().await.unwrap();
    });
}

/// The server's address with the name of another database.
fn url_of(name: &str) -> String {
    let server = std::env::var(VARIABLE).unwrap();
    let (place, asks) = match server.split_once('?') {
        Some((place, asks)) => (place, format!("?{asks}")),
        None => (server.as_str(), String::new()),
    };
    let (place, _) = place.rsplit_once('/').unwrap();
    format!("{place}/{name}{asks}")
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// On a thread and runtime of its own: also for what is not asynchronous, and where things are dropped.
fn wait_for<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
    };
    let thread = std::thread::spawn(move || runtime().unwrap().block_on(work));
    thread.join().unwrap()
}

fn files(data: &Path) -> Vec<u8> {
    let is_database = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("nod.sqlite")
    };
    let paths = std::fs::read_dir(data).unwrap();
    let paths = paths.map(|entry| entry.unwrap().path());
    let files: Vec<Vec<u8>> = paths
        .filter(is_database)
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    assert!(files.len() >= 2, "database and write-ahead log");
    files.concat()
}

async fn relations(url: &str) -> Vec<Vec<u8>> {
    let mut connection = connect(url).await;
    connection.execute("CHECKPOINT").await.unwrap();
    let files = sqlx::query_scalar(
        "SELECT pg_read_binary_file(pg_relation_filepath(c.oid)) FROM pg_class AS c
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname IN ('public', 'pg_toast')
           -- An index of one page is empty.
           AND (c.relkind IN ('r', 't') OR (c.relkind = 'i' AND pg_relation_size(c.oid) > 8192))",
    );
    files.fetch_all(&mut connection).await.unwrap()
}

/// A connection past the store.
pub(crate) enum Past {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Past {
    /// A connection to a PostgreSQL, if it gives one.
    pub(crate) async fn postgres(url: &str) -> Option<Self> {
        PgConnection::connect(url).await.ok().map(Self::Postgres)
    }

    /// Runs statements; returns how many rows they changed.
    pub(crate) async fn execute(&mut self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => connection.execute(sql).await.unwrap().rows_affected(),
            Self::Postgres(connection) => connection.execute(sql).await.unwrap().rows_affected(),
        }
    }

    /// Whether the database refuses a statement.
    pub(crate) async fn refused(&mut self, sql: &str) -> bool {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => connection.execute(sql).await.is_err(),
            Self::Postgres(connection) => connection.execute(sql).await.is_err(),
        }
    }

    /// The rows of a query.
    pub(crate) async fn rows<T>(&mut self, sql: &str) -> Vec<T>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::query_as(sql).fetch_all(connection).await.unwrap(),
            Self::Postgres(connection) => sqlx::query_as(sql).fetch_all(connection).await.unwrap(),
        }
    }

    /// Bytes as they are written in a statement.
    pub(crate) fn blob(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Self::Sqlite(_) => format!("x'{hex}'"),
            Self::Postgres(_) => format!("'\\x{hex}'::bytea"),
        }
    }

    /// Makes the database refuse new rows of a table for which a condition on `NEW` holds.
    pub(crate) async fn refuse(&mut self, table: &str, condition: &str) {
        let sql = match self {
            Self::Sqlite(_) => format!(
                "CREATE TRIGGER refused BEFORE INSERT ON {table} WHEN {condition}
                 BEGIN SELECT RAISE(FAIL, 'refused'); END"
            ),
            Self::Postgres(_) => format!(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
                     AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
                 CREATE TRIGGER refused BEFORE INSERT ON {table} FOR EACH ROW WHEN ({condition})
                     EXECUTE FUNCTION refuse()"
            ),
        };
        self.execute(&sql).await;
    }

    /// Keeps everybody else from the sessions until [`Past::unlock`].
    pub(crate) async fn lock(&mut self) {
        let sql = match self {
            Self::Sqlite(_) => "BEGIN EXCLUSIVE",
            Self::Postgres(_) => "BEGIN; LOCK TABLE sessions",
        };
        self.execute(sql).await;
    }

    pub(crate) async fn unlock(&mut self) {
        self.execute("ROLLBACK").await;
    }
}
