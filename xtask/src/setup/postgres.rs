//! The PostgreSQL that the authority's tests run on a second time, and that the benchmarks use: Debian's programs. The server
//! itself is `bench/postgres`.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nod_postgres::{Options, Server, VARIABLE};

use super::apt;
use crate::paths;
use crate::step;

/// The folder with `initdb` and `postgres`, installed by apt if there is none.
///
/// # Errors
/// When it is missing and cannot be installed.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(found) = nod_postgres::find() {
        step::already("PostgreSQL", &found.display().to_string());
        return Ok(found);
    }
    if let Some(chosen) = env::var_os(VARIABLE) {
        bail!(
            "{VARIABLE} names {}, where there is no initdb and postgres",
            PathBuf::from(chosen).display()
        );
    }
    apt::install(
        &["postgresql"],
        &format!(
            "install PostgreSQL 15 or newer (or name the folder with initdb and postgres in {VARIABLE})"
        ),
    )?;
    nod_postgres::find().context("apt installed postgresql, but there is no initdb")
}

/// A server for the tests: nothing of it is kept, and none of them pulls the plug on it.
///
/// # Errors
/// When the programs are missing, or end at their start; the message carries what they say.
pub(crate) fn for_tests() -> Result<Server> {
    Server::start(Options {
        programs: Some(ensure()?),
        log: Some(paths::target().join("xtask/postgres.log")),
        settings: vec!["max_connections=300".into()],
        ..Options::default()
    })
}
