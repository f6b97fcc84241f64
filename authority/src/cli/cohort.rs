//! `nod-authority cohort draw` and `cohort list`: whom scores are normalised against.

use std::{
    io::{IsTerminal, Write},
    path::Path,
};

use anyhow::{bail, ensure};
use clap::{Args, Subcommand};
use nod_protocol::ids::ModelSetId;
use serde::Serialize;

use crate::{
    clock::{Clock, SystemClock},
    cohorts::{FOLLOW_EVERY, MIN_IDENTITIES},
    model_sets::{ModelSet, ModelSets},
    store::{DrawnCohort, ResidentId, Store, StoreError},
};

/// More members cost every verification time and tell nothing new.
const MOST: usize = 20_000;

#[derive(Subcommand)]
pub(super) enum CohortCommand {
    /// Choose residents at random whose templates scores are normalised against from now on.
    ///
    /// Draw again when many people have been enrolled since. Running servers take the new cohort up
    /// by themselves within seconds, and templates enrolled before still verify.
    Draw(Draw),
    /// Show every draw and what is left of it.
    List {
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub(super) struct Draw {
    /// Model set to draw for; default: every live one.
    #[arg(long, value_parser = |text: &str| ModelSetId::parse(text).map_err(|e| e.to_string()))]
    model_set: Option<ModelSetId>,
    /// Members, at least 500; fewer are taken if there are not as many residents.
    #[arg(long, default_value_t = 2500)]
    size: usize,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// One entry of `cohort draw --json` and `cohort list --json`.
#[derive(Serialize)]
struct Entry {
    model_set: ModelSetId,
    version: u32,
    drawn_at: u64,
    drawn: usize,
    members: usize,
}

pub(super) async fn run(data: &Path, command: CohortCommand) -> anyhow::Result<()> {
    match command {
        CohortCommand::Draw(arguments) => draw(data, arguments).await,
        CohortCommand::List { json } => list(data, json).await,
    }
}

async fn draw(data: &Path, arguments: Draw) -> anyhow::Result<()> {
    ensure!(
        (MIN_IDENTITIES..=MOST).contains(&arguments.size),
        "a cohort has {MIN_IDENTITIES} to {MOST} members"
    );
    let sets = ModelSets::load(&super::config(data)?)?;
    let chosen: Vec<&ModelSet> = sets
        .live(SystemClock.now())
        .iter()
        .filter(|set| arguments.model_set.as_ref().is_none_or(|id| set.id == *id))
        .collect();
    ensure!(!chosen.is_empty(), "no live model set has this name");
    let store = super::store(data).await?;
    let mut drawn = Vec::new();
    for set in chosen {
        drawn.push(draw_set(&store, set, arguments.size).await?);
    }
    store.close().await;
    let text = format!(
        "{}\nRunning servers use it within {} seconds.",
        lines(&drawn),
        FOLLOW_EVERY.as_secs()
    );
    let entries: Vec<Entry> = drawn.into_iter().map(Entry::from).collect();
    super::print(arguments.json, &entries, &text)
}

async fn draw_set(store: &Store, set: &ModelSet, size: usize) -> anyhow::Result<DrawnCohort> {
    ensure!(
        set.normalisation().is_some(),
        "model set {} has no thresholds for normalised scores",
        set.id
    );
    let residents = store.random_residents(&set.id, size).await?;
    let members = readable(store, set, residents).await?;
    let enough = if members.len() < MIN_IDENTITIES {
        None
    } else {
        store
            .replace_cohort(&set.id, &members, MIN_IDENTITIES, SystemClock.now())
            .await?
    };
    match enough {
        Some(drawn) => Ok(drawn),
        None => bail!(
            "model set {} has usable templates of {} residents, and a cohort needs {MIN_IDENTITIES}: \
             nothing was changed. Without a cohort the tightened raw threshold decides; enrol or \
             import more people and draw again",
            set.id,
            members.len()
        ),
    }
}

/// Those whose templates open and have the set's size: a server could not load the others.
async fn readable(
    store: &Store,
    set: &ModelSet,
    residents: Vec<ResidentId>,
) -> anyhow::Result<Vec<ResidentId>> {
    let total = residents.len();
    let mut members = Vec::with_capacity(total);
    for (done, resident) in residents.into_iter().enumerate() {
        show_progress(&set.id, done, total);
        match store.template(resident, &set.id).await {
            Ok(Some(template)) if template.values().len() == set.dimensions => {
                members.push(resident);
            }
            // Erased since, or not usable.
            Ok(_) | Err(StoreError::Damaged(_) | StoreError::Vault(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    show_progress(&set.id, total, total);
    if members.len() < total {
        note(&format!(
            "{} of {total} templates of {} cannot be read and were left out\n",
            total - members.len(),
            set.id
        ));
    }
    Ok(members)
}

/// Every hundredth, on the standard error: a line that is written over, or lines in a file.
fn show_progress(set: &ModelSetId, done: usize, total: usize) {
    if !done.is_multiple_of(100) && done != total {
        return;
    }
    let text = format!("{set}: {done} of {total} templates read");
    let is_last = done == total;
    if std::io::stderr().is_terminal() {
        note(&format!("\r{text}{}", if is_last { "\n" } else { "" }));
    } else {
        note(&format!("{text}\n"));
    }
}

/// A standard error that is closed is no reason to stop.
fn note(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

async fn list(data: &Path, json: bool) -> anyhow::Result<()> {
    super::config(data)?;
    let store = super::store(data).await?;
    let cohorts = store.cohorts().await?;
    store.close().await;
    let text = if cohorts.is_empty() {
        "No cohort was drawn yet: the tightened raw threshold decides.".to_owned()
    } else {
        lines(&cohorts)
    };
    let entries: Vec<Entry> = cohorts.into_iter().map(Entry::from).collect();
    super::print(json, &entries, &text)
}

fn lines(cohorts: &[DrawnCohort]) -> String {
    let line = |cohort: &DrawnCohort| {
        format!(
            "{} version {}: {} members, {} left",
            cohort.model_set, cohort.version, cohort.drawn, cohort.members
        )
    };
    cohorts.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl From<DrawnCohort> for Entry {
    fn from(cohort: DrawnCohort) -> Self {
        Self {
            model_set: cohort.model_set,
            version: cohort.version,
            drawn_at: cohort.drawn_at,
            drawn: cohort.drawn,
            members: cohort.members,
        }
    }
}
