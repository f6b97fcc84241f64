//! `nod-plan`: lays out the networks that an authority serves. See `nod-plan --help`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use nod_models::Options;

/// Lays out the networks that an authority serves.
///
/// Finds and checks the networks of models/manifest.toml, makes their plans, and writes <sha256>.plan for each network
/// of the sets that can be had, and manifest.json. Safe to repeat; networks of an earlier build are removed.
#[derive(Parser)]
struct Arguments {
    /// The folder to write, for example dist/models.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The checkout whose settings say where networks are looked for.
    #[arg(long, value_name = "DIR", default_value = ".")]
    checkout: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("nod-plan: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let options = Options::from_env(&arguments.checkout)?;
    let prepared = nod_models::prepare(&options, &mut |step| complain(&step.to_string()))?;
    nod_planner::assemble(&prepared, &arguments.out)?;
    for missing in &prepared.unavailable {
        complain(&format!("without {}: {}", missing.set, missing.reason));
    }
    Ok(())
}

#[allow(
    clippy::print_stderr,
    reason = "a command line program speaks on standard error"
)]
fn complain(text: &str) {
    eprintln!("{text}");
}
