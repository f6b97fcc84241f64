//! The whole line: real browsers, real module, real authority, real portraits (`tests/e2e`).
//!
//! The build, the authority's keys and the served folder are made here, in `target/e2e`, apart from the
//! demo's; the tests start the processes themselves, register sites and issue tickets.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use super::count::Counts;
use super::{Report, program};
use crate::setup::{chromium, firefox, webkit};
use crate::step::say;
use crate::toolchain::Wasm;
use crate::{bundle, models, paths, services, wasm};

pub(super) fn run(report: &mut Report, wasm: &Wasm) {
    report.tests("end to end", || {
        let (data, dist) = serve_folder(wasm)?;
        program(
            "node --test",
            Command::new("node")
                // One file at a time: they share the ports of the sites.
                .args(["--test", "--test-reporter=tap", "--test-concurrency=1"])
                // A hang is a failure that says where, not a run that never ends.
                .arg("--test-timeout=900000")
                .current_dir(paths::root().join("tests/e2e"))
                .env("NOD_E2E_AUTHORITY", services::authority())
                .env("NOD_E2E_DEMO", services::demo())
                .env(
                    "NOD_E2E_EVIDENCE",
                    paths::target().join("debug/nod-evidence"),
                )
                .env(
                    "NOD_E2E_CHECK_ANSWER",
                    paths::target().join("debug/nod-check-answer"),
                )
                .env("NOD_E2E_BENCH", paths::target().join("debug/nod-bench"))
                .env("NOD_E2E_DATA", data)
                .env("NOD_E2E_DIST", dist)
                .env(chromium::VARIABLE, chromium::ensure()?)
                .env(firefox::VARIABLE, firefox::ensure()?)
                .envs(webkit::ensure()?),
            read,
        )
    });
}

/// What the tests measure and say; shown as they say it.
const FIGURES: [&str; 8] = [
    "click to answer",
    "movement challenge",
    "module in",
    "and native",
    "first visit, ",
    "from picture to picture",
    "from the camera to the hint",
    "long tasks",
];

/// Reads the counts, and shows the figures that the tests measured.
fn read(tap: &str) -> Counts {
    for line in tap
        .lines()
        .filter(|line| FIGURES.iter().any(|figure| line.contains(figure)))
    {
        say(&format!("  {}", line.trim_start_matches(['#', ' ', '\\'])));
    }
    Counts::of_tap(tap)
}

/// A new authority's data and a dist around its root key.
fn serve_folder(wasm: &Wasm) -> Result<(std::path::PathBuf, std::path::PathBuf)> {
    wasm::CAPTURE.compile(wasm)?;
    wasm::CAPTURE.package(wasm)?;
    models::prepare()?;

    let folder = paths::target().join("e2e");
    let (data, dist) = (folder.join("data"), folder.join("dist"));
    if data.exists() {
        fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    services::init(&data, &dist)?;
    models::lay_out(&dist.join("models"))?;
    bundle::assemble(&dist, &services::root_key(&data))?;
    Ok((data, dist))
}
