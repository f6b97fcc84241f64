//! `nod-authority resident duplicates`: who else has this face. Off unless the settings say `duplicate_search = true`.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use clap::Args;
use nod_protocol::ids::Level;
use serde::Serialize;

use crate::{
    clock::{Clock, SystemClock},
    compare::{Comparison, same_person},
    model_sets::{ModelSet, ModelSets},
    store::{ResidentId, Store},
};

#[derive(Args)]
#[command(
    after_help = "Compares with every template, so that among many residents strangers are found too: 1 in 10,000 at the \
    threshold of level full. What is found is a reason to look at documents, and proves nothing (docs/duplicates.md)."
)]
pub(in crate::cli) struct Search {
    /// ID number of the resident whose face is looked for; "-" reads it from the standard input.
    #[arg(long)]
    id: String,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// `--json`.
#[derive(Serialize)]
struct Found {
    /// Residents who were compared.
    compared: u64,
    /// Strangers who are to be expected among so many.
    expected_strangers: f64,
    alike: Vec<Alike>,
}

/// Somebody with the same face, as far as a comparison tells.
#[derive(Serialize)]
struct Alike {
    id: String,
    issuer: String,
    /// Seconds since 1970.
    enrolled_at: u64,
}

/// The false match rate that the threshold of level full was calibrated to (models/README.md).
const FALSE_MATCH_RATE: f64 = 1e-4;

pub(super) async fn run(data: &Path, search: Search) -> anyhow::Result<()> {
    let config = crate::cli::config(data)?;
    ensure!(
        config.duplicate_search,
        "the search for one face among all residents is off: `duplicate_search = true` in the settings allows it, where the law does"
    );
    let claimed_id = crate::cli::claimed_id(search.id)?;
    let now = SystemClock.now();
    let sets = ModelSets::load(&config)?;
    let store = crate::cli::store(data).await?;
    let Some(resident) = store.enrolled(&claimed_id).await? else {
        bail!("nobody is enrolled under this ID");
    };
    // In the log before anything is compared.
    store.record_search(resident, now).await?;
    let set = sets.live(now).first().context("no model set is live")?;
    let found = among_all(&store, set, resident).await;
    store.close().await;
    let found = found?;
    crate::cli::print(search.json, &found, &found.text())
}

async fn among_all(store: &Store, set: &ModelSet, whose: ResidentId) -> anyhow::Result<Found> {
    let Some(face) = store.template(whose, &set.id).await? else {
        bail!("this resident has no template of the model set {}", set.id);
    };
    let mut found = Found {
        compared: 0,
        expected_strangers: 0.0,
        alike: Vec::new(),
    };
    let mut last = None;
    loop {
        let page = store.templates_after(&set.id, last).await?;
        let Some(end) = page.last() else {
            break;
        };
        last = Some(end.resident);
        for seen in &page {
            if seen.resident == whose {
                continue;
            }
            found.compared += 1;
            let is_alike =
                same_person(&face, &seen.embedding, set, Level::Full) == Ok(Comparison::Same);
            if let (true, Some(holder)) = (is_alike, store.holder(seen.resident).await?) {
                found.alike.push(Alike {
                    id: holder.id.expose().to_owned(),
                    issuer: holder.issuer,
                    enrolled_at: holder.enrolled_at,
                });
            }
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let compared = found.compared as f64;
    found.expected_strangers = compared * FALSE_MATCH_RATE;
    Ok(found)
}

impl Found {
    fn text(&self) -> String {
        let mut text = format!(
            "Compared with {} templates; {:.1} strangers are to be expected among so many.",
            self.compared, self.expected_strangers
        );
        if self.alike.is_empty() {
            text += "\nNobody else has this face.";
        }
        for alike in &self.alike {
            text += &format!(
                "\n{}  enrolled {} (Unix time) by {}",
                alike.id, alike.enrolled_at, alike.issuer
            );
        }
        text
    }
}
