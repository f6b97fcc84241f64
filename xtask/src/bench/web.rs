//! `bench web`: Nod beside what the web has for faces, in one headless Chromium (`bench/web`). Here everything is made
//! ready that is measured; `bench/web/run.mjs` measures.

use std::ffi::OsString;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Parser;
use nod_models::Prepared;
use serde::Serialize;

use crate::setup::{self, chromium};
use crate::toolchain::Wasm;
use crate::wasm::{BENCH, CAPTURE};
use crate::{bundle, models, paths, step};

/// Measures speed and weight in one headless Chromium, one thread each, beside onnxruntime-web, face-api and human.
///
/// Single networks, a frame (detection and landmarks), frame to embedding, cold start, WebAssembly memory and bytes to
/// download: medians, quartiles and ratios. Builds what it needs; takes some minutes, on a machine that has nothing else
/// to do.
#[derive(Parser)]
#[command(bin_name = "cargo xtask bench web")]
struct Options {
    /// How often everybody is measured in turn, after 10 rounds that are not counted.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    rounds: u32,
    /// How often everybody is started anew.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    cold_starts: u32,
    /// Where the report is written, besides to the terminal; below the checkout if it is a relative path.
    #[arg(long, value_name = "FILE", default_value = "bench/results/web.txt")]
    out: PathBuf,
}

/// What `run.mjs` is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    rounds: u32,
    cold_starts: u32,
    /// As the report quotes it.
    command: String,
    results: PathBuf,
    checkout: PathBuf,
    chromium: PathBuf,
    /// The folder of the modules that are measured.
    module: PathBuf,
    /// The widget that is weighed.
    widget: PathBuf,
    /// The networks as an authority serves them.
    models: PathBuf,
    /// The same networks as the others read them: `<name>.onnx`.
    onnx: PathBuf,
}

/// Runs the bench with these arguments.
///
/// # Errors
/// When something cannot be built, or when a library does not do what is measured.
pub(super) fn run(arguments: &[OsString]) -> Result<()> {
    let options = Options::parse_from(
        iter::once(OsString::from("bench web")).chain(arguments.iter().cloned()),
    );
    let plan = prepare(&options)?;
    let file = folder().join("plan.json");
    fs::write(&file, serde_json::to_vec_pretty(&plan)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    // Its output is the result, so it goes to the terminal and not to a log.
    let status = Command::new("node")
        .arg(paths::root().join("bench/web/run.mjs"))
        .arg(&file)
        .status()
        .context("cannot start node")?;
    if !status.success() {
        bail!("the benchmark failed");
    }
    Ok(())
}

/// Makes everything that is measured.
fn prepare(options: &Options) -> Result<Plan> {
    setup::node::check()?;
    let wasm = setup::wasm_target()?;
    step::side_by_side(vec![
        Box::new(|| compile(&wasm)),
        Box::new(|| {
            setup::cargo_tools()?;
            models::compile_planner()
        }),
        Box::new(|| {
            setup::npm::build()?;
            setup::npm::bench()
        }),
    ])?;
    let chromium = chromium::ensure()?;
    CAPTURE.package(&wasm)?;
    BENCH.package(&wasm)?;
    let prepared = models::prepare()?;

    let folder = folder();
    let (module, widget, served, onnx) = (
        folder.join("module"),
        folder.join("widget"),
        folder.join("models"),
        folder.join("onnx"),
    );
    together(&BENCH.files(), &module)?;
    bundle::widget(&widget)?;
    models::lay_out(&served)?;
    by_name(&prepared, &onnx)?;
    Ok(Plan {
        rounds: options.rounds,
        cold_starts: options.cold_starts,
        command: format!(
            "cargo xtask bench web --rounds {} --cold-starts {}",
            options.rounds, options.cold_starts
        ),
        results: paths::root().join(&options.out),
        checkout: paths::root().to_path_buf(),
        chromium,
        module,
        widget,
        models: served,
        onnx,
    })
}

fn compile(wasm: &Wasm) -> Result<()> {
    CAPTURE.compile(wasm)?;
    BENCH.compile(wasm)
}

/// Copies of files in one folder.
fn together(files: &[PathBuf], folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for file in files {
        let copy = folder.join(file.file_name().unwrap_or_default());
        fs::copy(file, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
    }
    Ok(())
}

/// Copies of the networks under their names.
fn by_name(prepared: &Prepared, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for file in &prepared.manifest.files {
        if let Some(path) = prepared.path(&file.name) {
            let copy = folder.join(format!("{}.onnx", file.name));
            fs::copy(path, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
        }
    }
    Ok(())
}

fn folder() -> PathBuf {
    paths::target().join("bench-web")
}
