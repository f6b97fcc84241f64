//! What the database holds in the end, read past the authority: nobody is half there, and nothing belongs to nobody.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use nod_authority::state::database_path;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use super::scene::{Scene, lock};
use crate::database;

/// A question to the database, what was found, and what is right.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) found: i64,
    pub(crate) due: i64,
}

/// The decoy is a resident too.
const DECOY: i64 = 1;

/// What is asked, in words and in the SQL of both databases, and what is right, given the number of people.
type Question = (&'static str, &'static str, fn(i64) -> i64);

const QUESTIONS: [Question; 8] = [
    (
        "residents, the decoy among them",
        "SELECT COUNT(*) FROM residents",
        |people| people + DECOY,
    ),
    (
        "residents without a template, or with more than one for a model set",
        "SELECT COUNT(*) FROM residents AS r
         WHERE (SELECT COUNT(*) FROM templates AS t WHERE t.resident_id = r.id AND t.model_set = 'open-1') <> 1",
        |_| 0,
    ),
    (
        "residents who cannot be found by their ID",
        "SELECT COUNT(*) FROM residents AS r
         WHERE NOT EXISTS (SELECT 1 FROM resident_lookups AS l WHERE l.resident_id = r.id)",
        |_| 0,
    ),
    (
        "residents whose ticket is not spent, the decoy aside",
        "SELECT COUNT(*) FROM residents AS r
         WHERE r.ticket_id <> 'decoy'
           AND NOT EXISTS (SELECT 1 FROM tickets AS t WHERE t.id = r.ticket_id AND t.spent_at IS NOT NULL)",
        |_| 0,
    ),
    (
        "spent tickets that enrolled nobody, or more than one",
        "SELECT COUNT(*) FROM tickets AS t
         WHERE t.spent_at IS NOT NULL
           AND (SELECT COUNT(*) FROM residents AS r WHERE r.ticket_id = t.id) <> 1",
        |_| 0,
    ),
    (
        "residents who set a passcode and have none",
        "SELECT COUNT(*) FROM residents WHERE passcode IS NULL",
        |_| 0,
    ),
    (
        "templates, captures and lookups of nobody",
        "SELECT (SELECT COUNT(*) FROM templates WHERE resident_id NOT IN (SELECT id FROM residents))
              + (SELECT COUNT(*) FROM recent_captures WHERE resident_id NOT IN (SELECT id FROM residents))
              + (SELECT COUNT(*) FROM resident_lookups WHERE resident_id NOT IN (SELECT id FROM residents))",
        |_| 0,
    ),
    (
        "residents answered with yes whose capture is not remembered",
        "SELECT COUNT(*) FROM residents AS r
         WHERE NOT EXISTS (SELECT 1 FROM recent_captures AS c WHERE c.resident_id = r.id)",
        |_| 0,
    ),
];

/// Asks all of them; on SQLite whether the file is whole too.
pub(crate) fn rows(scene: &Scene, people: usize) -> Result<Vec<Row>> {
    let people = i64::try_from(people)?;
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build()?;
    runtime.block_on(async {
        let mut database = Past::connect(scene).await?;
        let mut rows = Vec::new();
        for (what, sql, due) in QUESTIONS {
            rows.push(Row {
                what,
                found: database.number(sql).await.context(what)?,
                due: due(people),
            });
        }
        if let Past::Sqlite(connection) = &mut database {
            let said: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
                .fetch_all(connection)
                .await?;
            rows.push(Row {
                what: "complaints of SQLite's integrity check",
                found: i64::from(said != ["ok"]),
                due: 0,
            });
        }
        Ok(rows)
    })
}

enum Past {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Past {
    async fn connect(scene: &Scene) -> Result<Self> {
        Ok(match &scene.url {
            None => {
                let options = SqliteConnectOptions::new().filename(database_path(&scene.data));
                Self::Sqlite(options.connect().await?)
            }
            Some(url) => Self::Postgres(PgConnection::connect(url).await?),
        })
    }

    async fn number(&mut self, sql: &'static str) -> Result<i64> {
        Ok(match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await?,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await?,
        })
    }
}

/// What `nod-authority audit verify` says, where the program has that command.
pub(crate) fn audit(scene: &Scene) -> Result<Option<String>> {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&scene.program);
        let url = scene.url.as_deref().map(|url| (database::VARIABLE, url));
        command.args(arguments).envs(url).output()
    };
    let help = run(&["audit", "verify", "--help"]).context("cannot start the authority")?;
    if !help.status.success() {
        return Ok(None);
    }
    let data = scene
        .data
        .to_str()
        .context("a folder whose name is no text")?;
    let _running = lock(&scene.database);
    let said = run(&["audit", "verify", "--data", data])?;
    ensure!(
        said.status.success(),
        "audit verify: {}",
        String::from_utf8_lossy(&said.stderr).trim()
    );
    let said = String::from_utf8_lossy(&said.stdout);
    Ok(Some(said.trim().to_owned()))
}
