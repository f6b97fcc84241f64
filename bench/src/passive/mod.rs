//! Would a passive check help? A network that looks at one frame and says "live" or "picture of a picture", tried on
//! photographs and on simulated recaptures of them ([`recapture`]).
//!
//! Nothing deployed uses one: docs/liveness.md has the figures and says why.

mod net;
mod recapture;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use image::RgbaImage;
use nod::image::Frame;
use nod::manifest::Manifest;
use nod::pipeline::Pipeline;

use self::net::PassiveNet;
use self::recapture::{RECAPTURES, Recapture};
use crate::head::camera::Camera;
use crate::head::picture::Picture;
use crate::interval::wilson;
use crate::pictures;
use crate::random::Random;
use nod_load::terminal::{progress, say};

/// How well a passive network tells photographs from simulated recaptures of the same photographs.
#[derive(Args)]
pub(crate) struct Options {
    /// The network: MiniFASNetV2 as ONNX (80 × 80, BGR 0 to 255; three classes, the second is "live").
    #[arg(long, value_name = "FILE")]
    net: PathBuf,
    /// Folder of photographs, the first of each subfolder is taken; stands for people before the camera.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// At most so many photographs.
    #[arg(long, value_name = "N", default_value_t = 400)]
    count: usize,
    /// The model set whose detector finds the face.
    #[arg(long, value_name = "ID", default_value = "open-1")]
    set: String,
    /// Folder with manifest.json and the networks, as an authority serves them; made if not named.
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Where the random numbers begin.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Also write the report to this file.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// Part of the live frames that a threshold may refuse: the whole judge's goal.
const BPCER: f64 = 0.03;

/// Scores of one species; none where no face was found.
struct Scores {
    name: &'static str,
    live: Vec<f32>,
    unseen: usize,
}

/// Looks at every photograph, live and recaptured, and reports.
///
/// # Errors
/// When a file cannot be read or a network does not run.
pub(crate) fn run(options: &Options) -> Result<()> {
    let models = pictures::models(options.models.as_deref())?;
    let json = fs::read_to_string(models.join("manifest.json"))
        .with_context(|| format!("no manifest.json in {}", models.display()))?;
    let pipeline = pictures::load(&models, &Manifest::parse(&json)?, &options.set)?;
    let net = PassiveNet::open(&options.net)?;
    let files = photographs(&options.dir, options.count)?;

    let mut all: Vec<Scores> = RECAPTURES.iter().map(|r| Scores::of(r.name)).collect();
    for (number, file) in files.iter().enumerate() {
        let photograph = image::open(file)
            .with_context(|| file.display().to_string())?
            .into_rgba8();
        for (recapture, scores) in RECAPTURES.iter().zip(&mut all) {
            let mut random = Random::branch(options.seed, recapture.name, number);
            match look(&net, &pipeline, &photograph, recapture, &mut random)? {
                Some(score) => scores.live.push(score),
                None => scores.unseen += 1,
            }
        }
        progress(&format!("{} of {} photographs", number + 1, files.len()));
    }
    let report = report(options, &all);
    say(&report);
    if let Some(file) = &options.record {
        fs::write(file, &report).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// The first photograph of each subfolder, in order of names.
fn photographs(dir: &Path, count: usize) -> Result<Vec<PathBuf>> {
    let entries = |folder: &Path| -> Result<Vec<PathBuf>> {
        let read = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        let mut paths = read
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    };
    let mut files = Vec::new();
    for folder in entries(dir)?.iter().filter(|path| path.is_dir()) {
        files.extend(entries(folder)?.into_iter().next());
    }
    ensure!(!files.is_empty(), "no photographs in {}", dir.display());
    // Spread over the whole alphabet.
    let step = files.len().div_ceil(count.max(1));
    Ok(files.into_iter().step_by(step).collect())
}

/// The score of one frame, 0 (a picture) to 1 (live).
fn look(
    net: &PassiveNet,
    pipeline: &Pipeline,
    photograph: &RgbaImage,
    recapture: &Recapture,
    random: &mut Random,
) -> Result<Option<f32>> {
    let camera = Camera::any(random);
    let shown: Picture = (recapture.show)(photograph, random)?;
    let taken = camera.take(shown, random).into_rgba()?;
    let frame = Frame::new(taken.width(), taken.height(), taken.as_raw())?;
    let Some(seen) = pipeline.look(&frame)?.seen else {
        return Ok(None);
    };
    net.live(&frame, &seen.face).map(Some)
}

fn report(options: &Options, all: &[Scores]) -> String {
    let mut text = format!(
        "cargo xtask bench passive, seed {}: one frame each, photographs as they are and recaptured (simulated)\n",
        options.seed
    );
    let Some((live, recaptured)) = all.split_first() else {
        return text;
    };
    let threshold = live.quantile(BPCER);
    let refused = live.below(0.5);
    text += &format!(
        "live: {} frames, {} without a face; refused at 0.5: {}; {:.0} % are refused at {threshold:.3}\n",
        live.live.len(),
        live.unseen,
        rate(refused, live.live.len()),
        100.0 * BPCER,
    );
    for species in recaptured {
        let accepted = |at| species.live.len() - species.below(at);
        text += &format!(
            "{}: AUC {:.3}; accepted at 0.5: {}; at {threshold:.3}: {}; without a face {}\n",
            species.name,
            auc(&live.live, &species.live),
            rate(accepted(0.5), species.live.len()),
            rate(accepted(threshold), species.live.len()),
            species.unseen,
        );
    }
    text
}

impl Scores {
    fn of(name: &'static str) -> Self {
        Self {
            name,
            live: Vec::new(),
            unseen: 0,
        }
    }

    fn below(&self, threshold: f32) -> usize {
        self.live.iter().filter(|score| **score < threshold).count()
    }

    /// The score that this part of them is below.
    fn quantile(&self, part: f64) -> f32 {
        let mut sorted = self.live.clone();
        sorted.sort_by(f32::total_cmp);
        let at = (part * sorted.len() as f64) as usize;
        sorted.get(at).copied().unwrap_or(0.0)
    }
}

fn rate(hits: usize, trials: usize) -> String {
    let (hits, trials) = (hits as f64, trials as f64);
    let (low, high) = wilson(hits, trials);
    format!(
        "{:.1} % (95 %: {:.1} to {:.1})",
        100.0 * hits / trials.max(1.0),
        100.0 * low,
        100.0 * high
    )
}

/// The chance that a live frame scores above a recaptured one (the area under the ROC curve), ties half.
fn auc(live: &[f32], recaptured: &[f32]) -> f64 {
    let above = live.iter().map(|one| {
        let wins = recaptured.iter().filter(|other| one > other).count() as f64;
        let ties = recaptured.iter().filter(|other| one == *other).count() as f64;
        wins + ties / 2.0
    });
    above.sum::<f64>() / (live.len() * recaptured.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_one_where_all_are_told_apart_and_half_where_none_is() {
        assert_eq!(auc(&[0.8, 0.9], &[0.1, 0.2, 0.3]), 1.0);
        assert_eq!(auc(&[0.5, 0.5], &[0.5]), 0.5);
        assert_eq!(auc(&[0.1], &[0.8, 0.9]), 0.0);
    }

    #[test]
    fn a_quantile_leaves_its_part_below() {
        let mut scores = Scores::of("any");
        scores.live = (0..100).map(|i| i as f32).collect();
        assert_eq!(scores.below(scores.quantile(0.03)), 3);
    }
}
