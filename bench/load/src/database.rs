//! Where the authority keeps what it knows: its own SQLite file, or a PostgreSQL server that is made for the measurement.
//!
//! PostgreSQL runs on the authority's cores too: so both databases have the same to do it with, and what is left of the
//! machine belongs to the load generator. It is as durable as it comes (`fsync` and `synchronous_commit` are on), on the same disk.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use nod_authority::state::database_path;
use nod_authority::store::Store;
use nod_authority::vault::Vault;
use nod_postgres::{Options, Server};

use crate::machine::Machine;
use crate::server::{processor_time, processor_time_of_ended};

/// The variable by which an authority is told of its PostgreSQL.
pub(crate) const VARIABLE: &str = "NOD_AUTHORITY_DATABASE_URL";

/// Which database.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A database, running if it is a server.
pub(crate) enum Database {
    Sqlite,
    Postgres(Box<Server>),
}

impl Kind {
    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// For the name of a folder.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

impl Database {
    /// Makes it, in this folder and on the authority's cores.
    pub(crate) fn start(kind: Kind, dir: &Path, machine: &Machine) -> Result<Self> {
        Self::start_on(kind, dir, Some(machine.authoritys_cores()))
    }

    /// The same on these cores, or on all of them.
    pub(crate) fn start_on(kind: Kind, dir: &Path, processors: Option<String>) -> Result<Self> {
        Ok(match kind {
            Kind::Sqlite => Self::Sqlite,
            Kind::Postgres => Self::Postgres(Box::new(Server::start(Options {
                within: Some(dir.to_owned()),
                log: Some(dir.join("postgres.log")),
                is_durable: true,
                processors,
                ..Options::default()
            })?)),
        })
    }

    /// The server, if it is one.
    pub(crate) fn server(&mut self) -> Option<&mut Server> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(server) => Some(server),
        }
    }

    /// The address for the authority's settings.
    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(server) => Some(server.url()),
        }
    }

    /// The authority's own way to it.
    pub(crate) async fn store(&self, data: &Path, vault: Arc<Vault>) -> Result<Store> {
        Ok(match self {
            Self::Sqlite => Store::open(&database_path(data), vault, false).await?,
            Self::Postgres(server) => Store::connect(&server.url(), vault).await?,
        })
    }

    /// Processor time that processes of its own have used so far; SQLite has none.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let Self::Postgres(server) = self else {
            return Ok(Duration::ZERO);
        };
        let processes = server.processes();
        let mut sum = match processes.first() {
            Some(first) => processor_time_of_ended(&first.to_string())?,
            None => Duration::ZERO,
        };
        for process in processes {
            // One that has ended since is counted with its parent at the next look.
            sum += processor_time(&process.to_string()).unwrap_or_default();
        }
        Ok(sum)
    }
}
