//! `cargo xtask`: sets up, builds, runs and tests Nod. See `cargo xtask --help`.

mod bench;
mod bundle;
mod compress;
mod contract;
mod demo;
mod digest;
mod fuzz;
mod models;
mod paths;
mod repro;
#[cfg(test)]
mod rules;
mod services;
mod setup;
mod step;
mod test;
mod texts;
mod toolchain;
mod wasm;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Sets up, builds, runs and tests Nod.
///
/// Every command may be repeated: what is there is not done again. Tools and models go to a cache outside
/// the checkout ($NOD_CACHE, $XDG_CACHE_HOME/nod or ~/.cache/nod), the output of each step to
/// target/xtask/.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what building and testing need: wasm target, wasm-pack, wasm-bindgen, wasm-opt, browsers.
    Setup,
    /// Find and convert the networks of models/manifest.toml, and check them by hash and by running them.
    Models,
    /// Build pkg/, and with a root key the folder dist/ that an authority serves.
    Build {
        /// The authority's public root key, which the build pins: root.pub, written by `nod-authority init`.
        #[arg(long, value_name = "FILE")]
        root_key: Option<PathBuf>,
        /// Leave dist/models as it is: for comparing a build with one that is served (docs/reproducible.md).
        #[arg(long, requires = "root_key")]
        without_models: bool,
    },
    /// Build the modules and dist/ twice, in different folders with different homes of cargo, and compare every file;
    /// writes bench/results/repro.txt.
    Repro,
    /// Write the tables of codes, attributes and events anew wherever they are said: documents, types, scripts.
    Generate,
    /// Set up, build and start an authority and three sites on localhost; Ctrl-C stops them.
    Demo,
    /// Run every test: native, wasm, and end to end in Chromium, Firefox and WebKitGTK.
    Test {
        /// Only this part.
        #[arg(long, value_enum, value_name = "PART")]
        only: Option<test::Part>,
    },
    /// Look for inputs that a parser takes wrongly, with libFuzzer (docs/fuzzing.md); of all targets together, writes
    /// bench/results/fuzz.txt.
    Fuzz(fuzz::Options),
    /// Measure: `bench faces` how well faces are told apart, `bench web` how fast it is beside others in a browser.
    /// `cargo xtask bench --help` lists all.
    #[command(disable_help_flag = true)]
    Bench {
        /// Name of the benchmark, and its options.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            step::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Setup => setup::everything(),
        Command::Models => models::prepare().and_then(|_| models::check()),
        Command::Build {
            root_key,
            without_models,
        } => build(root_key, without_models),
        Command::Repro => repro::run(),
        Command::Generate => contract::generate(),
        Command::Demo => demo::run(),
        Command::Test { only } => test::run(only),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Bench { arguments } => bench::run(&arguments),
    }
}

fn build(root_key: Option<PathBuf>, without_models: bool) -> Result<()> {
    setup::node::check()?;
    let toolchain = setup::wasm_target()?;
    step::side_by_side(vec![
        Box::new(|| wasm::CAPTURE.compile(&toolchain)),
        Box::new(setup::cargo_tools),
        Box::new(setup::npm::build),
    ])?;
    wasm::CAPTURE.package(&toolchain)?;
    match root_key {
        Some(file) => {
            let dist = paths::root().join("dist");
            if !without_models {
                models::prepare()?;
                models::lay_out(&dist.join("models"))?;
            }
            bundle::assemble(&dist, &file)
        }
        None => {
            step::say(
                "  dist/ is left as it is: it is assembled around a root key (--root-key FILE)",
            );
            Ok(())
        }
    }
}
