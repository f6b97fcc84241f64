//! Processes of an authority killed at random while people use it: prepares what they do before the camera, then has
//! `nod-load faults` do it.
//!
//! What is done and checked: docs/faults.md.

use anyhow::{Result, ensure};
use clap::Args;

use super::Common;

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
    #[command(flatten)]
    common: Common,
}

/// Prepares, and has it done.
///
/// # Errors
/// When a program or file is missing, or something was lost.
pub(crate) fn run(options: &Options) -> Result<()> {
    let more = [
        ("--people", options.people.to_string()),
        ("--at-once", options.at_once.to_string()),
        ("--databases", options.databases.clone()),
    ];
    let is_done = options.common.drive("faults", &more)?;
    ensure!(is_done, "the authority did not stand it");
    Ok(())
}
