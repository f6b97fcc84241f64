//! The networks, found, converted and verified by the crate `nod-models`.

use anyhow::{Result, bail};
use nod_models::{Options, Prepared};

use crate::paths;
use crate::step::{say, step};
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

/// Runs each network on the input that the manifest describes and compares what comes out with its table.
/// The engine is the one of the module, compiled natively: the test is the root crate's.
///
/// # Errors
/// When a network answers something else.
pub(crate) fn check() -> Result<()> {
    let mut cargo = cargo();
    cargo.args([
        "test",
        "--package",
        "nod",
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
