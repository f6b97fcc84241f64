//! How well a model set tells people apart: LFW-style lists of pairs, and every pair of the same pictures.
//!
//! The flow: list → pictures → embeddings → scores (raw, and normalised against a cohort of other people) →
//! figures → the printed report.

mod album;
mod cross_fit;
mod figures;
mod fusion;
mod in_use;

mod list;
mod look_alikes;
mod report;
mod scores;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use nod::manifest::Manifest;
use nod_authority::compare::normalise::Normalisation;
use nod_protocol::ids::ModelSetId;
use serde::Deserialize;

use crate::pictures;
use album::Album;
use figures::Figures;
use in_use::Thresholds;
use list::List;
use nod_load::terminal::say;

/// How well each model set tells faces apart.
///
/// Runs the project's own pipeline on a list of pairs in the form of LFW: pictures at
/// `<dir>/<Name>/<Name>_0001.jpg`; lines `Name 1 2` (one person) and `Name 1 Other 2` (two), separated by
/// tabs; a first line with the number of pairs of each kind, after the number of folds if there are several.
#[derive(Args)]
pub(crate) struct Options {
    /// Folder of the pictures.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The list of pairs.
    #[arg(long, value_name = "FILE")]
    pairs: PathBuf,
    /// Only this model set; all that are on this machine otherwise.
    #[arg(long, value_name = "ID")]
    set: Option<String>,
    /// Folder with manifest.json and the networks, as an authority serves them; made if not named.
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// How many of the largest cohort scores count, instead of the number in the manifest.
    #[arg(long, value_name = "K")]
    top: Option<usize>,
    /// Threads.
    #[arg(long, value_name = "N", default_value_t = threads())]
    jobs: usize,
    /// Also write the report to this file.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// Measures and reports.
///
/// # Errors
/// When the list or a picture cannot be read, or a network does not run. A picture without a face is a
/// figure of the report, not an error.
pub(crate) fn run(options: &Options) -> Result<()> {
    let text = fs::read_to_string(&options.pairs)
        .with_context(|| format!("cannot read {}", options.pairs.display()))?;
    let list = List::parse(&text).with_context(|| options.pairs.display().to_string())?;
    let models = pictures::models(options.models.as_deref())?;
    let json = fs::read_to_string(models.join("manifest.json"))
        .with_context(|| format!("no manifest.json in {}", models.display()))?;
    let manifest = Manifest::parse(&json)?;

    let mut whole = report::heading(&list, &options.pairs);
    say(&whole);
    for set in manifest.set_ids() {
        if options.set.as_deref().is_some_and(|only| only != set) {
            continue;
        }
        let pipeline = pictures::load(&models, &manifest, set)?;
        let album = Album::embed(&pipeline, &list, &options.dir, options.jobs)?;
        let (mut rule, thresholds) = policy(&json, set)?;
        rule.top = options.top.unwrap_or(rule.top);
        let id = ModelSetId::parse(set)?;
        let figures = Figures::measure(&list, &album, &id, rule, thresholds)?;
        let part = report::of_set(set, &figures);
        say(&part);
        whole += &part;
    }
    if let Some(file) = &options.record {
        fs::write(file, whole).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// How the authority compares faces of this set; the pipeline's manifest skips what only concerns scores.
fn policy(json: &str, set: &str) -> Result<(Normalisation, Thresholds)> {
    #[derive(Deserialize)]
    struct Sets {
        sets: Vec<Set>,
    }
    #[derive(Deserialize)]
    struct Set {
        id: String,
        normalisation: Rule,
        thresholds: Levels,
    }
    #[derive(Deserialize)]
    struct Rule {
        top: usize,
        centre: bool,
        floor: f32,
    }
    #[derive(Deserialize)]
    struct Levels {
        light: Level,
    }
    #[derive(Deserialize)]
    struct Level {
        cosine: f32,
        normalised: f32,
    }
    let sets: Sets = serde_json::from_str(json).context("manifest.json")?;
    let found = sets.sets.into_iter().find(|one| one.id == set);
    let Set {
        normalisation,
        thresholds,
        ..
    } = found.context("the manifest does not have the set")?;
    let rule = Normalisation {
        top: normalisation.top,
        centre: normalisation.centre,
    };
    let thresholds = Thresholds {
        cosine: thresholds.light.cosine,
        normalised: thresholds.light.normalised,
        floor: normalisation.floor,
    };
    Ok((rule, thresholds))
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
