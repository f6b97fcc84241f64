//! What very many residents take and cost: prepares as for the load, then has the load generator fill a database
//! (`bench/load/src/scale.rs`). What the figures mean: docs/scale.md.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::{prepared, programs};

/// Bytes per resident and verifications per second with very many residents in PostgreSQL; five million take 15 GB and an hour.
#[derive(Args)]
pub(crate) struct Options {
    /// How many residents there are at each stage.
    #[arg(long, value_name = "N,N,…", default_value = "1000000,5000000")]
    residents: String,
    /// Seconds that each stage is measured at half load.
    #[arg(long, value_name = "N", default_value_t = 20)]
    seconds: u64,
    /// Connections at saturation.
    #[arg(long, value_name = "N", default_value_t = 16)]
    connections: usize,
    /// PostgreSQL's shared_buffers.
    #[arg(long, value_name = "SIZE", default_value = "1GB")]
    shared_buffers: String,
    /// Cores for the authority and PostgreSQL. Default: half of them.
    #[arg(long, value_name = "N")]
    cores: Option<usize>,
    /// Where a folder `nod-authority-bench` is made (and an earlier one removed), with the database; default: target/bench.
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
/// When a program or file is missing, or the database could not be filled.
pub(crate) fn run(options: &Options) -> Result<()> {
    let programs = programs()?;
    let dir = prepared(
        options.dir.as_deref(),
        options.models.as_deref(),
        options.seed,
    )?;
    let mut load = Command::new(programs.join("nod-load"));
    load.args(["scale", "--residents", &options.residents]);
    load.args(["--shared-buffers", &options.shared_buffers]);
    load.args(["--seconds", &options.seconds.to_string()]);
    load.args(["--connections", &options.connections.to_string()]);
    load.args(["--seed", &options.seed.to_string()]);
    load.arg("--authority").arg(programs.join("nod-authority"));
    load.arg("--dir").arg(&dir);
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
