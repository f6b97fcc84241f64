//! cargo test of every crate, of the authority on PostgreSQL too, and what of the bench in a browser is arithmetic.

use std::process::Command;

use anyhow::Result;

use super::count::Counts;
use super::{Report, program};
use crate::paths;
use crate::setup::postgres;
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
    report.tests("authority on PostgreSQL", || {
        let server = postgres::for_tests()?;
        program(
            "cargo test on PostgreSQL",
            cargo()
                // The one test program of this name; chosen so, its dependencies are those that are compiled already.
                .args(["test", "--workspace", "--test", "http", "--no-fail-fast"])
                .env("NOD_TEST_POSTGRES", server.url()),
            Counts::of_cargo,
        )
    });
    report.tests("tests of the bench in a browser", || {
        program(
            "node --test bench/web",
            Command::new("node")
                .args(["--test", "--test-reporter=tap"])
                .current_dir(paths::root().join("bench/web")),
            Counts::of_tap,
        )
    });
}
