//! Measurements: natively the crate `nod-bench`, in a browser `bench/web`.
//!
//! `bench authority` and `bench timing` measure a server and `bench faults` kills it, so the server and what drives it are built as
//! they are deployed.

mod web;

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::say;
use crate::toolchain::cargo;
use crate::{paths, setup, step};

/// Runs the benchmark that the first argument names with the other arguments.
///
/// # Errors
/// When the compilation or the benchmark fails.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    match arguments.split_first() {
        Some((name, rest)) if name == "web" => web::run(rest),
        Some((name, _)) if name != "help" && !name.to_string_lossy().starts_with('-') => {
            native(arguments)
        }
        // It knows its own benchmarks only.
        _ => {
            say("In a browser, beside other libraries: cargo xtask bench web --help. Natively:");
            native(arguments)
        }
    }
}

/// Compiled as the tests are (arithmetic at level 3), so that nothing is compiled twice. Its output is the result, so it
/// goes to the terminal and not to a log.
fn native(arguments: &[OsString]) -> Result<()> {
    step::run(
        "benchmarks: compile",
        // With the whole workspace's features, as the tests: a selection of its own would compile the engine
        // again.
        cargo().args(["build", "--workspace", "--all-targets"]),
    )?;
    let is_of_the_authority = arguments.first().is_some_and(|name| {
        ["authority", "faults", "scale", "timing"]
            .iter()
            .any(|one| name == one)
    });
    if is_of_the_authority {
        step::run(
            "authority and load generator: compile, optimised",
            cargo().args([
                "build",
                "--release",
                "--workspace",
                "--bin",
                "nod-authority",
                "--bin",
                "nod-load",
            ]),
        )?;
    }
    let mut bench = Command::new(paths::target().join("debug/nod-bench"));
    if is_of_the_authority {
        // The folder of its programs; a server of its own is started with them.
        bench.env(nod_postgres::VARIABLE, setup::postgres::ensure()?);
    }
    let status = bench
        .args(arguments)
        .status()
        .context("cannot start nod-bench")?;
    if !status.success() {
        bail!("the benchmark failed");
    }
    Ok(())
}
