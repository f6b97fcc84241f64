//! Attacks on the movement challenge, and people who follow it: how many of each the authority's judge accepts.
//!
//! The flow: [`script`] (who does what, when) → [`scene`] (seen by a camera and the landmark net, [`net`]) →
//! [`attempt`] (what is sealed) → [`judge`] → [`report`]. The species are [`prints`], [`replays`] and [`tampered`];
//! [`species`] lists them. What this shows and does not: docs/liveness.md.

mod attempt;
mod judge;
pub(crate) mod measure;
mod net;
mod person;
mod prints;
mod replays;
mod report;
mod scene;
mod script;
mod sealed;
mod species;
mod tampered;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::random::Random;
use crate::terminal::say;
use attempt::Workshop;
use report::Tally;
use species::{ATTACKS, GENUINE, Species};

/// What the authority's judge accepts: genuine attempts, and attacks by species.
#[derive(Args)]
pub(crate) struct Options {
    /// Where the random numbers begin; the same seed gives the same figures.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Attempts of each species of attacks; three times as many genuine ones.
    #[arg(long, value_name = "N", default_value_t = 400)]
    count: usize,
    /// Only species whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Also write the report to this file.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// Tries everything and reports.
///
/// # Errors
/// When the measured data is broken or the report cannot be written. What the judge does is a figure, not an error.
pub(crate) fn run(options: &Options) -> Result<()> {
    let workshop = Workshop::open()?;
    let mut whole = report::heading(options.seed, "landmark tracks projected from head models");
    say(&whole);
    let genuine = std::iter::once((&GENUINE, 3 * options.count));
    let attacks = ATTACKS.iter().map(|species| (species, options.count));
    for (species, count) in genuine.chain(attacks) {
        let wanted = |only: &String| species.name.contains(only.as_str());
        if options.only.as_ref().is_some_and(|only| !wanted(only)) {
            continue;
        }
        let tally = tried(&workshop, species, count, options.seed)
            .with_context(|| species.name.to_owned())?;
        let line = report::line(species, &tally);
        say(&line);
        whole += &line;
    }
    say(report::EXPLANATION);
    whole += report::EXPLANATION;
    if let Some(file) = &options.record {
        fs::write(file, whole).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
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
