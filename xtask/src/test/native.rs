//! cargo test of every crate.

use super::count::Counts;
use super::{Report, program};
use crate::toolchain::cargo;

pub(super) fn run(report: &mut Report) {
    report.tests("native tests", || {
        program(
            "cargo test",
            cargo().args(["test", "--workspace", "--no-fail-fast"]),
            Counts::of_cargo,
        )
    });
}
