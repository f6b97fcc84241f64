//! Whether the time of an answer tells one no from another: prepares as for the load, then has the load generator ask
//! (`bench/load/src/timing.rs`). What the figures mean: docs/timing.md.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::{prepared, programs};

/// Whether the time of an answer tells apart: no, not enrolled, locked, challenge failed.
#[derive(Args)]
pub(crate) struct Options {
    /// Requests of each kind.
    #[arg(long, value_name = "N", default_value_t = 2000)]
    requests: usize,
    /// Random divisions of the same times, for what chance gives.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    permutations: usize,
    /// Cores for the authority. Default: half of them.
    #[arg(long, value_name = "N")]
    cores: Option<usize>,
    /// Where a folder `nod-authority-bench` is made (and an earlier one removed); default: target/bench.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Folder with manifest.json, as an authority serves it; made if not named.
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Where the random numbers of people and tracks begin.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Also write the report to this file.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// Prepares, and runs the load generator.
///
/// # Errors
/// When a program or file is missing, or an answer was a yes.
pub(crate) fn run(options: &Options) -> Result<()> {
    let programs = programs()?;
    let dir = prepared(
        options.dir.as_deref(),
        options.models.as_deref(),
        options.seed,
    )?;
    let mut load = Command::new(programs.join("nod-load"));
    load.arg("timing");
    load.arg("--authority").arg(programs.join("nod-authority"));
    load.arg("--dir").arg(&dir);
    load.args(["--requests", &options.requests.to_string()]);
    load.args(["--permutations", &options.permutations.to_string()]);
    load.args(["--seed", &options.seed.to_string()]);
    if let Some(cores) = options.cores {
        load.args(["--cores", &cores.to_string()]);
    }
    if let Some(record) = &options.record {
        load.arg("--record").arg(record);
    }
    let status = load.status().context("cannot start nod-load")?;
    ensure!(status.success(), "the load generator failed");
    Ok(())
}
