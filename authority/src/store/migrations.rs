//! The schema's history, compiled in: the binary needs no files beside it.

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// A step and its way back.
struct Step {
    version: i64,
    /// `0001_sites`: what it is called in its folder and, without the number, in the database.
    file: &'static str,
    up: &'static str,
    down: &'static str,
}

/// Steps from their files. A released step is never edited, only followed by another.
macro_rules! steps {
    ($folder:literal: $($version:literal $file:literal,)*) => {
        [$(Step {
            version: $version,
            file: $file,
            up: include_str!(concat!("../../migrations/", $folder, "/", $file, ".up.sql")),
            down: include_str!(concat!("../../migrations/", $folder, "/", $file, ".down.sql")),
        }),*]
    };
}

const SQLITE: &[Step] = &steps! { "sqlite":
    1 "0001_sites",
    2 "0002_residents",
    3 "0003_sessions",
    4 "0004_cohorts",
    5 "0005_import",
    6 "0006_evidence",
    7 "0007_recent_captures",
    8 "0008_handoffs",
    9 "0009_resident_lookups",
    10 "0010_devices",
    11 "0011_limits",
    12 "0012_audit",
    13 "0013_card",
    14 "0014_pending_templates",
    15 "0015_tries",
    16 "0016_secret_overlap",
    17 "0017_attributes",
    18 "0018_claim_handles",
    19 "0019_credentials",
    20 "0020_terminals",
};
/// A history of its own: it begins with what SQLite's had come to.
const POSTGRES: &[Step] = &steps! { "postgres":
    1 "0001_sites",
    2 "0002_residents",
    3 "0003_tickets",
    4 "0004_sessions",
    5 "0005_cohorts",
    6 "0006_devices",
    7 "0007_limits",
    8 "0008_audit",
    9 "0009_card",
    10 "0010_pending_templates",
    11 "0011_tries",
    12 "0012_secret_overlap",
    13 "0013_attributes",
    14 "0014_claim_handles",
    15 "0015_credentials",
    16 "0016_terminals",
};

/// The number of the newest step of a SQLite file.
pub(super) fn newest_of_sqlite() -> i64 {
    SQLITE.iter().map(|step| step.version).max().unwrap_or(0)
}

/// Runs the steps that a SQLite file lacks, each in its own transaction.
pub(super) fn sqlite() -> Migrator {
    migrator(SQLITE)
}

/// The same for a PostgreSQL database, under a lock that lets one process at a time do so.
pub(super) fn postgres() -> Migrator {
    migrator(POSTGRES)
}

fn migrator(steps: &'static [Step]) -> Migrator {
    let both_ways = steps.iter().flat_map(|step| {
        [
            (MigrationType::ReversibleUp, step.up),
            (MigrationType::ReversibleDown, step.down),
        ]
        .map(|(kind, sql)| {
            let name = step.file.trim_start_matches(|c: char| c.is_ascii_digit());
            let name = name.trim_start_matches('_').replace('_', " ").into();
            Migration::new(step.version, name, kind, sql.into_sql_str(), false)
        })
    });
    Migrator::with_migrations(both_ways.collect())
}

#[cfg(test)]
mod tests {
    use sqlx::{Row, SqlitePool};

    use super::*;

    async fn tables(pool: &SqlitePool) -> Vec<String> {
        sqlx::query(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'
             AND name NOT LIKE 'sqlite%' ORDER BY name",
        )
        .fetch_all(pool)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
    }

    /// A database with every step done, for as long as its folder is there.
    async fn migrated() -> (tempfile::TempDir, SqlitePool) {
        let dir = tempfile::tempdir().unwrap();
        let url = format!(
            "sqlite://{}?mode=rwc",
            dir.path().join("m.sqlite").display()
        );
        let pool = SqlitePool::connect(&url).await.unwrap();
        sqlite().run(&pool).await.unwrap();
        (dir, pool)
    }

    #[tokio::test]
    async fn templates_outlive_the_cohorts_and_lose_their_statistics_with_them() {
        let (_dir, pool) = migrated().await;
        for sql in [
            "INSERT INTO residents (id, lookup, claimed_id, level, passcode, consent_version, consent_at, issuer,
                                    ticket_id, created_at)
             VALUES (x'01', x'02', x'03', 'full', NULL, '1', 0, 'i', 't', 0)",
            "INSERT INTO templates (resident_id, model_set, embedding, created_at, statistics, cohort)
             VALUES (x'01', 'open-1', x'04', 0, x'05', 'v1 n500 k100')",
            "INSERT INTO cohorts VALUES ('open-1', 1, 0, 1)",
            "INSERT INTO cohort_members VALUES ('open-1', 1, x'01')",
        ] {
            sqlx::query(sql).execute(&pool).await.unwrap();
        }
        sqlite().undo(&pool, 3).await.unwrap();
        assert!(
            !tables(&pool)
                .await
                .iter()
                .any(|name| name.contains("cohort"))
        );
        sqlite().run(&pool).await.unwrap();
        let row = sqlx::query("SELECT embedding, statistics, cohort FROM templates")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(row.get::<Vec<u8>, _>("embedding"), [4]);
        assert_eq!(row.get::<Option<Vec<u8>>, _>("statistics"), None);
        assert_eq!(row.get::<&str, _>("cohort"), "");
        // Members go with the template, and templates with their owner.
        sqlx::query("INSERT INTO cohorts VALUES ('open-1', 1, 0, 1)")
            .execute(&pool)
            .await
            .unwrap();
        sqlx::query("INSERT INTO cohort_members VALUES ('open-1', 1, x'01')")
            .execute(&pool)
            .await
            .unwrap();
        sqlx::query("DELETE FROM residents")
            .execute(&pool)
            .await
            .unwrap();
        for table in [
            "SELECT COUNT(*) FROM templates",
            "SELECT COUNT(*) FROM cohort_members",
        ] {
            let row = sqlx::query(table).fetch_one(&pool).await.unwrap();
            assert_eq!(row.get::<i64, _>(0), 0, "{table}");
        }
    }

    /// Crops are off where nobody asked for them, also for the sites of an older database.
    #[tokio::test]
    async fn sites_from_before_evidence_ask_for_none() {
        let (_dir, pool) = migrated().await;
        sqlite().undo(&pool, 5).await.unwrap();
        let old = "INSERT INTO sites
            (site_key, name, secret_hash, alternative, level, still, kiosk, created_at)
            VALUES ('pk_old', 'Old', x'01', 'a', 'light', 1, 0, 0)";
        sqlx::query(old).execute(&pool).await.unwrap();
        sqlite().run(&pool).await.unwrap();
        let row = sqlx::query("SELECT name, evidence FROM sites")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(row.get::<&str, _>("name"), "Old");
        assert_eq!(row.get::<i64, _>("evidence"), 0);
    }

    #[tokio::test]
    async fn every_step_goes_up_and_down_and_up_again() {
        let (_dir, pool) = migrated().await;
        let full = tables(&pool).await;
        assert_eq!(full.len(), 34, "{full:?}");
        sqlite().undo(&pool, 0).await.unwrap();
        assert!(tables(&pool).await.is_empty());
        sqlite().run(&pool).await.unwrap();
        sqlite().run(&pool).await.unwrap();
        assert_eq!(tables(&pool).await, full);
    }
}
