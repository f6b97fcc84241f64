//! What very many residents take and cost: prepares as for the load, then has the load generator fill a database
//! (`bench/load/src/scale.rs`). What the figures mean: docs/scale.md.

use anyhow::{Result, ensure};
use clap::Args;

use super::Common;

/// Bytes per resident and verifications per second with very many residents in PostgreSQL; five million take 15 GB and half an hour.
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
    #[command(flatten)]
    common: Common,
}

/// Prepares, and runs the load generator.
///
/// # Errors
/// When a program or file is missing, or the database could not be filled.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut more = vec![
        ("--residents", options.residents.clone()),
        ("--seconds", options.seconds.to_string()),
        ("--connections", options.connections.to_string()),
        ("--shared-buffers", options.shared_buffers.clone()),
    ];
    more.extend(options.cores.map(|cores| ("--cores", cores.to_string())));
    let is_done = options.common.drive("scale", &more)?;
    ensure!(is_done, "the load generator failed");
    Ok(())
}
