//! The schema's history: every step of either database goes up, down and up again, and leaves what it found.

use std::{path::Path, sync::Arc};

use nod_authority::{
    store::Store,
    vault::{AtRestKeys, Vault},
};
use sqlx::{
    Connection, PgConnection, SqliteConnection,
    migrate::{MigrationType, Migrator},
};

use crate::harness::{TestDatabase, is_postgres};

/// Every column, index, constraint, trigger and function, as the database describes them.
///
/// SQLite makes `sqlite_sequence` by itself with the first AUTOINCREMENT, and lets nobody drop it.
const SQLITE: &str = "SELECT o.type || ' ' || o.name || ' ' || COALESCE(c.name || ' ' || c.type || ' ' || c.\"notnull\"
                                 || ' ' || c.pk || ' ' || COALESCE(c.dflt_value, ''), '')
     FROM sqlite_schema AS o LEFT JOIN pragma_table_info(o.name) AS c
     WHERE o.tbl_name NOT LIKE '\\_%' ESCAPE '\\' AND o.name <> 'sqlite_sequence' ORDER BY 1";
const POSTGRES: &str = "SELECT d FROM (
         SELECT concat_ws(' ', 'column', c.relname, c.relpersistence, a.attname, format_type(a.atttypid, a.atttypmod),
                          a.attnotnull, a.attcollation::regcollation, pg_get_expr(v.adbin, v.adrelid)) AS d, c.relnamespace AS n
             FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
             LEFT JOIN pg_attrdef AS v ON v.adrelid = c.oid AND v.adnum = a.attnum
             WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relname <> '_sqlx_migrations' AND c.relkind IN ('r', 'p')
         UNION ALL SELECT pg_get_indexdef(i.indexrelid), c.relnamespace
             FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid WHERE c.relname <> '_sqlx_migrations'
         UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)), connamespace
             FROM pg_constraint WHERE conrelid::regclass::text <> '_sqlx_migrations'
         UNION ALL SELECT pg_get_triggerdef(t.oid), c.relnamespace
             FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
         UNION ALL SELECT concat_ws(' ', 'function', proname, prosrc), pronamespace FROM pg_proc
     ) AS described WHERE n = 'public'::regnamespace ORDER BY 1";

/// A database with nothing in it.
enum Empty {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Empty {
    async fn at(database: &TestDatabase, file: &Path) -> Self {
        match database.url() {
            Some(url) => Self::Postgres(PgConnection::connect(&url).await.unwrap()),
            None => {
                let url = format!("sqlite:{}?mode=rwc", file.display());
                Self::Sqlite(SqliteConnection::connect(&url).await.unwrap())
            }
        }
    }

    async fn up_to(&mut self, steps: &Migrator, version: i64) {
        match self {
            Self::Sqlite(connection) => steps.run_to(version, connection).await.unwrap(),
            Self::Postgres(connection) => steps.run_to(version, connection).await.unwrap(),
        }
    }

    async fn down_to(&mut self, steps: &Migrator, version: i64) {
        match self {
            Self::Sqlite(connection) => steps.undo(connection, version).await.unwrap(),
            Self::Postgres(connection) => steps.undo(connection, version).await.unwrap(),
        }
    }

    async fn schema(&mut self) -> Vec<String> {
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(SQLITE).fetch_all(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(POSTGRES).fetch_all(connection).await,
        }
        .unwrap()
    }
}

#[tokio::test]
async fn every_step_goes_up_and_down_and_up_again() {
    let kind = if is_postgres() { "postgres" } else { "sqlite" };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("migrations")
        .join(kind);
    let steps = Migrator::new(folder).await.unwrap();
    let versions: Vec<i64> = steps
        .iter()
        .filter(|step| step.migration_type == MigrationType::ReversibleUp)
        .map(|step| step.version)
        .collect();
    assert!(versions.len() > 10, "{versions:?}");

    let dir = tempfile::tempdir().unwrap();
    let database = TestDatabase::empty();
    let mut empty = Empty::at(&database, &dir.path().join("steps.sqlite")).await;
    let mut before = (0, Vec::new());
    assert_eq!(empty.schema().await, before.1);
    for version in versions {
        empty.up_to(&steps, version).await;
        let after = empty.schema().await;
        assert_ne!(after, before.1, "{kind} {version} does nothing");
        empty.down_to(&steps, before.0).await;
        assert_eq!(empty.schema().await, before.1, "{kind} {version} down");
        empty.up_to(&steps, version).await;
        assert_eq!(empty.schema().await, after, "{kind} {version} up again");
        before = (version, after);
    }
    // The files are those that the program has, all of them.
    assert_eq!(
        of_the_store(&dir.path().join("store.sqlite")).await,
        before.1
    );
    // And all at once.
    empty.down_to(&steps, 0).await;
    assert_eq!(empty.schema().await, Vec::<String>::new());
    empty.up_to(&steps, before.0).await;
    assert_eq!(empty.schema().await, before.1);
}

async fn of_the_store(file: &Path) -> Vec<String> {
    let vault = Arc::new(Vault::new(
        &AtRestKeys::first([0; 32].into()),
        [0; 32].into(),
        0,
    ));
    let database = TestDatabase::empty();
    let store = match database.url() {
        Some(url) => Store::connect(&url, vault).await,
        None => Store::open(file, vault, true).await,
    };
    store.unwrap().close().await;
    Empty::at(&database, file).await.schema().await
}
