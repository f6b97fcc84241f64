//! cargo test of every crate.

use anyhow::Result;

use super::count::Counts;
use super::{Report, program};
use crate::step;
use crate::toolchain::cargo;

/// Compiles every program and every test, so that this can overlap with other set-up.
///
/// All at once, because cargo compiles a dependency again for every other selection of crates that enables
/// other features in it: the end-to-end tests use the programs that are made here.
///
/// # Errors
/// When the compilation fails.
pub(super) fn compile() -> Result<()> {
    step::run(
        "programs and native tests: compile",
        cargo().args(["build", "--workspace", "--all-targets"]),
    )
}

pub(super) fn run(report: &mut Report) {
    report.tests("native tests", || {
        program(
            "cargo test",
            cargo().args(["test", "--workspace", "--no-fail-fast"]),
            Counts::of_cargo,
        )
    });
}
