//! cargo test of every crate.

use anyhow::Result;

use super::count::Counts;
use super::{Report, program};
use crate::step;
use crate::toolchain::cargo;

/// Every crate's tests, from one feature resolution: other selections would compile dependencies again.
const TESTS: [&str; 2] = ["test", "--workspace"];

/// Compiles the tests, so that this can overlap with other set-up.
///
/// # Errors
/// When the compilation fails.
pub(super) fn compile() -> Result<()> {
    step::run("native tests: compile", cargo().args(TESTS).arg("--no-run"))
}

pub(super) fn run(report: &mut Report) {
    report.tests("native tests", || {
        program(
            "cargo test",
            cargo().args(TESTS).arg("--no-fail-fast"),
            Counts::of_cargo,
        )
    });
}
