//! Attacks on the movement challenge, and people who follow it: how many of each the authority's judge accepts.
//!
//! The flow: [`script`] (who does what, when) → [`scene`] (seen by a camera and the landmark net, [`net`]) →
//! [`attempt`] (what is sealed) → [`judge`] → [`report`]. The species are [`prints`], [`replays`], [`tampered`] and [`reused`];
//! [`species`] lists them. With evidence crops: [`crops`]. What this shows and does not: docs/liveness.md.

mod attempt;
mod crops;
mod judge;
pub(crate) mod measure;
mod net;
pub(crate) mod performances;
mod person;
mod prints;
mod rendered;
mod replays;
mod report;
mod reused;
#[cfg(test)]
mod sample;
mod scene;
mod script;
mod sealed;
mod species;
mod tampered;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use nod::manifest::Manifest;

use crate::pictures;
use crate::random::Random;
use attempt::Workshop;
use nod_load::terminal::say;
use rendered::Studio;
use report::Tally;
use species::{ATTACKS, Expected, GENUINE, Species};

/// What the authority's judge accepts: genuine attempts, and attacks by species.
#[derive(Args)]
pub(crate) struct Options {
    /// Where the random numbers begin; drawn anew for each run unless named, and part of the report.
    #[arg(long, value_name = "N", default_value_t = fresh_seed(), hide_default_value = true)]
    seed: u64,
    /// Attempts of each species of attacks; three times as many genuine ones.
    #[arg(long, value_name = "N", default_value_t = 400)]
    count: usize,
    /// The model set.
    #[arg(long, value_name = "ID", default_value = "open-1")]
    set: String,
    /// Only species whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Instead, films of each of the portraits so many times, rendered and looked at by the pipeline: some 20 s each.
    #[arg(long, value_name = "N", requires = "portraits")]
    rendered: Option<usize>,
    /// Instead, attempts with evidence crops: the keyframes are rendered from the portraits and looked at again as the
    /// authority has them looked at.
    #[arg(long, requires = "portraits", conflicts_with = "rendered")]
    evidence: bool,
    /// With --evidence, also how far crops of photographs agree with landmarks of their own and of other people's: a
    /// folder with a folder of pictures for each person, as LFW has them.
    #[arg(long, value_name = "DIR", requires = "evidence")]
    dir: Option<PathBuf>,
    /// Portraits of the people to render. The same name with other digits at its end is the same person.
    #[arg(value_name = "PICTURE")]
    portraits: Vec<PathBuf>,
    /// Folder with manifest.json and the networks, where pictures are looked at; made if not named.
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Threads, where pictures are looked at.
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// Also write what the judge measured to this file, for calibration.
    #[arg(long, value_name = "FILE")]
    measures: Option<PathBuf>,
    /// Also write the report to this file.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// Another one for each run: an attack that passes by luck should not pass every time, nor never.
fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    // The standard library's hash maps are keyed by the system's random numbers.
    RandomState::new().hash_one(0u8) % 1_000_000
}

/// Tries everything and reports.
///
/// # Errors
/// When the measured data is broken or the report cannot be written. What the judge does is a figure, not an error.
pub(crate) fn run(options: &Options) -> Result<()> {
    let workshop = Workshop::open(&options.set)?;
    let mut record = Record::default();
    let mut columns = judge::COLUMNS;
    match options.rendered {
        Some(count) => rendered(&workshop, options, count, &mut record)?,
        None if options.evidence => {
            columns = crops::COLUMNS;
            crops::run(&workshop, options, &mut record)?;
        }
        None => projected(&workshop, options, &mut record)?,
    }
    record.say(report::EXPLANATION);
    if let Some(file) = &options.record {
        write(file, &record.report)?;
    }
    if let Some(file) = &options.measures {
        write(file, &format!("species,{columns}\n{}", record.measures))?;
    }
    Ok(())
}

impl Options {
    fn wants(&self, species: &str) -> bool {
        let only = self.only.as_ref();
        only.is_none_or(|text| species.contains(text.as_str()))
    }
}

/// What was reported so far.
#[derive(Default)]
struct Record {
    report: String,
    measures: String,
}

impl Record {
    fn say(&mut self, text: &str) {
        say(text);
        self.report += text;
    }

    fn count_as(&mut self, name: &str, expected: Expected, tally: &Tally) {
        self.say(&report::line(name, expected, tally));
        self.measures += &tally.measures(name);
    }

    fn count(&mut self, species: &Species, tally: &Tally) {
        self.count_as(species.name, species.expected, tally);
    }
}

/// Thousands of tracks, projected.
fn projected(workshop: &Workshop, options: &Options, record: &mut Record) -> Result<()> {
    record.say(&report::heading(
        options,
        "landmark tracks projected from head models",
    ));
    let genuine = std::iter::once((&GENUINE, 3 * options.count));
    let attacks = ATTACKS.iter().map(|species| (species, options.count));
    for (species, count) in genuine.chain(attacks) {
        if !options.wants(species.name) {
            continue;
        }
        let tally = tried(workshop, species, count, options.seed)
            .with_context(|| species.name.to_owned())?;
        record.count(species, &tally);
    }
    Ok(())
}

/// A few films, rendered.
fn rendered(
    workshop: &Workshop,
    options: &Options,
    count: usize,
    record: &mut Record,
) -> Result<()> {
    let models = pictures::models(options.models.as_deref())?;
    let json = fs::read_to_string(models.join("manifest.json"))
        .with_context(|| format!("no manifest.json in {}", models.display()))?;
    let pipeline = pictures::load(&models, &Manifest::parse(&json)?, &options.set)?;
    let studio = Studio::open(&options.portraits, pipeline)?;
    let counted = studio.tried(workshop, options, count)?;
    record.say(&report::heading(
        options,
        "rendered films through the pipeline",
    ));
    for (species, tally) in &counted {
        record.count(species, tally);
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Tries a species so many times, each with numbers of its own.
fn tried(workshop: &Workshop, species: &Species, count: usize, seed: u64) -> Result<Tally> {
    let mut tally = Tally::default();
    for number in 0..count {
        let mut random = Random::branch(seed, species.name, number);
        tally.add(&(species.attempt)(workshop, &mut random)?);
    }
    Ok(tally)
}
