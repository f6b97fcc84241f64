//! Whether the time of an answer tells one no from another: prepares as for the load, then has the load generator ask
//! (`bench/load/src/timing.rs`). What the figures mean: docs/timing.md.

use anyhow::{Result, ensure};
use clap::Args;

use super::Common;

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
    #[command(flatten)]
    common: Common,
}

/// Prepares, and runs the load generator.
///
/// # Errors
/// When a program or file is missing, or an answer was a yes.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut more = vec![
        ("--requests", options.requests.to_string()),
        ("--permutations", options.permutations.to_string()),
    ];
    more.extend(options.cores.map(|cores| ("--cores", cores.to_string())));
    let is_done = options.common.drive("timing", &more)?;
    ensure!(is_done, "the load generator failed");
    Ok(())
}
