//! The protocol's tests once more, compiled to WebAssembly and run in Node: the seal is made there.

use super::count::Counts;
use super::{Report, program};
use crate::setup::wasm_bindgen;
use crate::toolchain::{TARGET, Wasm};

pub(super) fn run(report: &mut Report, wasm: &Wasm) {
    report.tests("wasm tests", || {
        program(
            "cargo test for wasm",
            wasm.command("cargo")
                .args([
                    "test",
                    "--package",
                    "nod-protocol",
                    "--lib",
                    "--target",
                    TARGET,
                ])
                .env(
                    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
                    wasm_bindgen::test_runner()?,
                ),
            Counts::of_cargo,
        )
    });
}
