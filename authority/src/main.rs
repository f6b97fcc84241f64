//! `nod-authority`: see `nod-authority --help`.

use std::process::ExitCode;

use clap::Parser;
use nod_authority::cli::{self, Cli};

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Cli::parse()).await
}
