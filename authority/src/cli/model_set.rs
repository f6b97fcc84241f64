//! `nod-authority model-set status`: how far the residents are on the way from one model set to the next.

use std::path::Path;

use clap::Subcommand;
use nod_protocol::ids::ModelSetId;
use serde::Serialize;

use crate::{
    clock::{Clock, SystemClock, UnixSeconds, utc},
    model_sets::ModelSets,
};

#[derive(Subcommand)]
pub(super) enum ModelSetCommand {
    /// Show each model set of the settings: until when it is live, and how many residents have a template of it.
    ///
    /// Who has none when the others end has to enrol again (docs/model-sets.md).
    Status {
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct Status {
    model_set: ModelSetId,
    live: bool,
    until: Option<UnixSeconds>,
    templates: u64,
    pending: u64,
    neither: u64,
}

pub(super) async fn run(data: &Path, command: ModelSetCommand) -> anyhow::Result<()> {
    let ModelSetCommand::Status { json } = command;
    let sets = ModelSets::load(&super::config(data)?)?;
    let now = SystemClock.now();
    let store = super::store(data).await?;
    let mut all = Vec::new();
    for set in sets.all() {
        let counts = store.set_counts(&set.id).await?;
        all.push(Status {
            model_set: set.id.clone(),
            live: sets.contains(&set.id, now),
            until: sets.end(&set.id),
            templates: counts.templates,
            pending: counts.pending,
            neither: counts.neither,
        });
    }
    store.close().await;
    let lines = all.iter().map(|set| {
        let until = set.until.map_or("no end".to_owned(), |until| format!("until {}", utc(until)));
        let state = if set.live { "live" } else { "over" };
        format!(
            "{}: {state}, {until}; {} residents have a template, of {} an embedding waits, {} have neither",
            set.model_set, set.templates, set.pending, set.neither
        )
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    super::print(json, &all, &text)
}
