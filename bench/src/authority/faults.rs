//! Processes of an authority killed at random while people use it: prepares what they do before the camera, then has
//! `nod-load faults` do it.
//!
//! What is done and checked: docs/faults.md.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::{prepared, programs};

/// Kills an authority's processes and its database at random while people enrol and verify, and checks that nothing is lost,
/// counted twice or half there.
#[derive(Args)]
pub(crate) struct Options {
    /// Residents: each enrols and verifies.
    #[arg(long, value_name = "N", default_value_t = 500)]
    people: usize,
    /// How many of them at the same time.
    #[arg(long, value_name = "N", default_value_t = 100)]
    at_once: usize,
    /// Databases, one after the other: one process of the authority on SQLite, two on PostgreSQL.
    #[arg(long, value_name = "NAME,NAME", default_value = "sqlite,postgres")]
    databases: String,
    /// Where a folder `nod-authority-bench` is made (and an earlier one removed); default: target/bench.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Folder with manifest.json, as an authority serves it; made if not named.
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Where the random numbers of people, tracks and kills begin.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Also write the report to this file.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// Prepares, and has it done.
///
/// # Errors
/// When a program or file is missing, or something was lost.
pub(crate) fn run(options: &Options) -> Result<()> {
    let programs = programs()?;
    let dir = prepared(
        options.dir.as_deref(),
        options.models.as_deref(),
        options.seed,
    )?;
    let mut load = Command::new(programs.join("nod-load"));
    load.arg("faults")
        .args(["--people", &options.people.to_string()])
        .args(["--at-once", &options.at_once.to_string()])
        .args(["--databases", &options.databases])
        .args(["--seed", &options.seed.to_string()]);
    load.arg("--authority").arg(programs.join("nod-authority"));
    load.arg("--dir").arg(&dir);
    if let Some(record) = &options.record {
        load.arg("--record").arg(record);
    }
    let status = load.status().context("cannot start nod-load")?;
    ensure!(status.success(), "the authority did not stand it");
    Ok(())
}
