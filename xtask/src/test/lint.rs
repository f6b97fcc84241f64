//! Formatting, lints for both targets, and the licences and sources of every dependency.

use std::process::Command;
use std::time::Duration;

use super::Report;
use crate::paths;
use crate::setup::cargo_deny;
use crate::step::{self, say};
use crate::toolchain::{TARGET, Wasm, cargo};

/// The database of known vulnerabilities is a download of some megabytes.
const ADVISORIES_LIMIT: Duration = Duration::from_secs(60);

/// A workspace of its own, which is built only to be run (`cargo xtask fuzz`).
const FUZZER: &str = "fuzz/libfuzzer/Cargo.toml";

pub(super) fn run(report: &mut Report, wasm: &Wasm) {
    report.check("formatting", || {
        step::run(
            "cargo fmt --check",
            cargo().args(["fmt", "--all", "--check"]),
        )
    });
    report.check("formatting of the fuzzer", || {
        step::run(
            "cargo fmt --check, fuzzer",
            cargo()
                .args(["fmt", "--check", "--manifest-path"])
                .arg(FUZZER),
        )
    });
    report.check("clippy, native", || {
        step::run(
            "clippy",
            cargo().args([
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "--deny",
                "warnings",
            ]),
        )
    });
    report.check("clippy, wasm", || {
        step::run(
            "clippy for wasm",
            // Not `cargo clippy`: cargo prefers the one in its own folder, whichever compiler is meant.
            wasm.command("cargo-clippy").args([
                "clippy",
                "--package",
                "nod",
                "--package",
                "nod-bench-web",
                "--target",
                TARGET,
                "--",
                "--deny",
                "warnings",
            ]),
        )
    });
    dependencies(report);
}

fn dependencies(report: &mut Report) {
    let deny = |arguments: &[&str]| -> anyhow::Result<Command> {
        let mut command = Command::new(cargo_deny::ensure()?);
        command.args(arguments).current_dir(paths::root());
        Ok(command)
    };
    report.check("licences, bans, sources", || {
        step::run(
            "cargo deny",
            &mut deny(&["check", "licenses", "bans", "sources"])?,
        )
    });
    report.check("licences, bans, sources of the fuzzer", || {
        let mut command = deny(&["--manifest-path", FUZZER, "--config"])?;
        command
            .arg(paths::root().join("deny.toml"))
            .args(["check", "licenses", "bans", "sources"]);
        step::run("cargo deny, fuzzer", &mut command)
    });
    let fetched = deny(&["fetch", "db"]).and_then(|mut fetch| {
        step::finish(
            "advisories: fetch the database",
            &mut fetch,
            ADVISORIES_LIMIT,
        )
    });
    match fetched {
        Ok(()) => report.check("advisories", || {
            step::run(
                "cargo deny advisories",
                &mut deny(&["check", "advisories"])?,
            )
        }),
        Err(_) => say("  advisories: NOT CHECKED, their database cannot be fetched from here"),
    }
}
