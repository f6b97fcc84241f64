//! The networks: found, converted and verified by the crate `nod-models`, laid out for an authority by `nod-plan`.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use nod_models::{Options, Prepared};

use crate::paths;
use crate::step::{self, say, step};
use crate::test::{self, count::Counts};
use crate::toolchain::cargo;

/// The test of the root crate that holds the networks against the manifest.
const CHECK: &str = "networks_answer_the_ramp_as_the_manifest_says";

/// Makes sure of the networks; what is in the cache is only hashed again.
///
/// # Errors
/// When a file is wrong, or when a set that is required cannot be had.
pub(crate) fn prepare() -> Result<Prepared> {
    step("models", || {
        let options = Options::from_env(paths::root())?;
        Ok(nod_models::prepare(&options, &mut |progress| {
            say(&format!("  {progress}"))
        })?)
    })
}

/// Compiles the program that makes plans. It is a program of its own so that this one compiles without a reader of ONNX;
/// with the whole workspace's features, so that the tests find it compiled.
///
/// # Errors
/// When the compilation fails.
pub(crate) fn compile_planner() -> Result<()> {
    step::run(
        "planner: compile",
        cargo().args(["build", "--workspace", "--bin", "nod-plan"]),
    )
}

/// Writes what an authority serves of the networks: their plans, and `manifest.json`.
///
/// # Errors
/// When [`prepare`] would fail, or the folder cannot be written.
pub(crate) fn lay_out(folder: &Path) -> Result<()> {
    compile_planner()?;
    step::run(
        "plans",
        Command::new(paths::target().join("debug/nod-plan"))
            .arg("--checkout")
            .arg(paths::root())
            .arg("--out")
            .arg(folder),
    )
}

/// Runs each network on the input that the manifest describes and compares what comes out with its table.
/// The engine is the one of the module, compiled natively: the test is the root crate's.
///
/// # Errors
/// When a network answers something else.
pub(crate) fn check() -> Result<()> {
    let mut cargo = cargo();
    cargo.args([
        "test",
        "--workspace",
        "--test",
        "pipeline",
        "--",
        "--exact",
        CHECK,
    ]);
    let counts = test::program("models: run them", &mut cargo, Counts::of_cargo)?;
    if counts.failed > 0 {
        bail!("a network does not answer as models/manifest.toml says");
    }
    Ok(())
}
