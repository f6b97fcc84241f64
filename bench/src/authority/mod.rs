//! How many sealed verifications an authority answers: prepares what people do before the camera, then has the load
//! generator (`bench/load`) drive a real authority with it.
//!
//! What is measured and how: docs/throughput.md.

pub(crate) mod faults;
pub(crate) mod scale;
pub(crate) mod timing;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use nod_load::performance;

use crate::liveness::performances::performances;
use crate::pictures;
use nod_load::terminal::progress;

/// How many sealed verifications an authority answers, and what each costs it, beside what the cryptography alone costs.
#[derive(Args)]
pub(crate) struct Options {
    /// Seconds that each kind of site is measured at half load.
    #[arg(long, value_name = "N", default_value_t = 20)]
    seconds: u64,
    /// Connections to try at saturation, at most five numbers.
    #[arg(long, value_name = "N,N,…", default_value = "1,2,4,8,16")]
    connections: String,
    /// Cores for the authority; the load generator has the others. Default: half of them.
    #[arg(long, value_name = "N")]
    cores: Option<usize>,
    /// Databases to measure, one after the other.
    #[arg(long, value_name = "NAME,NAME", default_value = "sqlite,postgres")]
    databases: String,
    /// Only this kind of site.
    #[arg(long, value_name = "KIND", value_parser = ["light", "full"])]
    only: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// What each measurement on a real authority is told.
#[derive(Args)]
pub(crate) struct Common {
    /// Where a folder `nod-authority-bench` is made (and an earlier one removed) for the authority's database, on the disk
    /// that is to be measured; default: target/bench.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Folder with manifest.json, as an authority serves it; made if not named.
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Where the random numbers begin: of people, tracks and what befalls them.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Also write the report to this file.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// The model set whose tracks and embeddings are made.
const SET: &str = "open-1";
/// Performances of each order of four and of five movements: about as many as one resident is asked for in a run.
const FOURS: usize = 6;
const FIVES: usize = 3;

/// Prepares, and runs the load generator.
///
/// # Errors
/// When a program or file is missing, or the authority did not answer as it should.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut more = vec![
        ("--connections", options.connections.clone()),
        ("--databases", options.databases.clone()),
        ("--seconds", options.seconds.to_string()),
    ];
    more.extend(options.cores.map(|cores| ("--cores", cores.to_string())));
    more.extend(options.only.clone().map(|kind| ("--only", kind)));
    let is_done = options.common.drive("drive", &more)?;
    ensure!(is_done, "the load generator failed");
    Ok(())
}

impl Common {
    /// Prepares, and has the load generator do a task of its own; whether it says that all was as it should be.
    fn drive(&self, task: &str, more: &[(&str, String)]) -> Result<bool> {
        let programs = programs()?;
        let dir = self.prepared()?;
        let mut load = Command::new(programs.join("nod-load"));
        load.arg(task);
        load.arg("--authority").arg(programs.join("nod-authority"));
        load.arg("--dir").arg(&dir);
        load.args(["--seed", &self.seed.to_string()]);
        for (name, value) in more {
            load.args([name, value.as_str()]);
        }
        if let Some(record) = &self.record {
            load.arg("--record").arg(record);
        }
        let status = load.status().context("cannot start nod-load")?;
        Ok(status.success())
    }

    /// A folder `nod-authority-bench` with what the load generator needs; an earlier one is removed.
    fn prepared(&self) -> Result<PathBuf> {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let default = checkout.context("no checkout")?.join("target/bench");
        // Never the named folder itself: it may hold other things.
        let dir = self
            .dir
            .as_deref()
            .unwrap_or(&default)
            .join("nod-authority-bench");
        if dir.exists() {
            fs::remove_dir_all(&dir).with_context(|| format!("cannot remove {}", dir.display()))?;
        }
        let dist = dir.join("dist/models");
        fs::create_dir_all(&dist).with_context(|| format!("cannot create {}", dist.display()))?;
        let models = pictures::models(self.models.as_deref())?;
        fs::copy(models.join("manifest.json"), dist.join("manifest.json"))
            .with_context(|| format!("no manifest.json in {}", models.display()))?;

        progress("people before the camera: performances of every order of movements");
        let jobs = std::thread::available_parallelism()?.get();
        let file = dir.join("performances");
        let made = performances(SET, FOURS, FIVES, self.seed, jobs)?;
        performance::write(&file, made)?;
        Ok(dir)
    }
}

/// Where the optimised programs are: beside the folder of this one, where `cargo xtask bench authority` has built them.
fn programs() -> Result<PathBuf> {
    let this = env::current_exe().context("where is this program?")?;
    let target = this
        .parent()
        .and_then(Path::parent)
        .context("no build folder")?;
    let programs = target.join("release");
    ensure!(
        programs.join("nod-load").is_file(),
        "no nod-load in {}: run this as `cargo xtask bench …`",
        programs.display()
    );
    Ok(programs)
}
