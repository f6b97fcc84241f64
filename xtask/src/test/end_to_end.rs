//! The whole line: real browsers, real module, real authority, real portraits (`tests/e2e`).
//!
//! The build, the authority's keys and the served folder are made here, in `target/e2e`, apart from the
//! demo's; the tests start the processes themselves, register sites and issue tickets.
//!
//! Each file has an authority, sites and browsers of its own. Most of them wait for one or the other nearly all the
//! time, so two files run side by side; those that follow a clock run alone.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::count::Counts;
use super::{Report, program};
use crate::setup::{chromium, firefox, webkit};
use crate::step::say;
use crate::toolchain::Wasm;
use crate::{bundle, models, paths, services, wasm};

/// Files in which a head must move within a minute, or which print how long something took: both cores are theirs.
const ALONE: [&str; 6] = [
    "browsers.test.mjs",
    "cafe.test.mjs",
    "evidence.test.mjs",
    "journey.test.mjs",
    "movement.test.mjs",
    "puppet.test.mjs",
];

pub(super) fn run(report: &mut Report, wasm: &Wasm) {
    let mut prepared = None;
    report.tests("end to end, two files at a time", || {
        let environment = environment(wasm)?;
        let (alone, others) = files()?;
        let counts = program(
            "node --test, two files at a time",
            node(2, &others).envs(environment.clone()),
            read,
        );
        prepared = Some((environment, alone));
        counts
    });
    // Without what they need, that stage says so and counts as failed.
    if let Some((environment, alone)) = prepared {
        report.tests("end to end, one file at a time", || {
            program(
                "node --test, one file at a time",
                node(1, &alone).envs(environment),
                read,
            )
        });
    }
}

/// Every file of tests: those that run alone, and the others.
fn files() -> Result<(Vec<String>, Vec<String>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".test.mjs") {
            files.push(name);
        }
    }
    files.sort();
    let (alone, others): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|name| ALONE.contains(&name.as_str()));
    ensure!(
        alone.len() == ALONE.len(),
        "not all of {ALONE:?} are in {}",
        folder().display()
    );
    Ok((alone, others))
}

fn folder() -> PathBuf {
    paths::root().join("tests/e2e")
}

fn node(at_a_time: u32, files: &[String]) -> Command {
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=tap"])
        .arg(format!("--test-concurrency={at_a_time}"))
        // A hang is a failure that says where, not a run that never ends.
        .arg("--test-timeout=900000")
        .args(files)
        .current_dir(folder());
    node
}

/// Where the tests find the programs, the browsers and what is served; made here if it is not there yet.
fn environment(wasm: &Wasm) -> Result<Vec<(&'static str, OsString)>> {
    let (data, dist) = serve_folder(wasm)?;
    let built = |name: &str| OsString::from(paths::target().join("debug").join(name));
    let mut environment = vec![
        ("NOD_E2E_AUTHORITY", services::authority().into()),
        ("NOD_E2E_DEMO", services::demo().into()),
        ("NOD_E2E_EVIDENCE", built("nod-evidence")),
        ("NOD_E2E_RELAY", built("nod-relay")),
        ("NOD_E2E_IMPORT", built("nod-import")),
        ("NOD_E2E_CHECK_ANSWER", built("nod-check-answer")),
        ("NOD_E2E_BENCH", built("nod-bench")),
        ("NOD_E2E_DATA", data.into()),
        ("NOD_E2E_DIST", dist.into()),
        (chromium::VARIABLE, chromium::ensure()?.into()),
        (firefox::VARIABLE, firefox::ensure()?.into()),
    ];
    for (name, value) in webkit::ensure()? {
        environment.push((name, value.into()));
    }
    Ok(environment)
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
fn serve_folder(wasm: &Wasm) -> Result<(PathBuf, PathBuf)> {
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
