//! `nod-authority resident unlock` and `resident erase`: the way back from too many failures, and the
//! way out.

use std::path::Path;

use anyhow::bail;
use clap::{Args, Subcommand};
use nod_protocol::ids::ClaimedId;

use crate::store::{Erasure, Store, Traces};

#[derive(Subcommand)]
pub(super) enum ResidentCommand {
    /// Forget the failed attempts on an ID number at every site, after checking who asks.
    Unlock(Named),
    /// Delete a resident for good: templates, passcode, place in the cohort. There is no way back but
    /// a new enrolment.
    Erase(Named),
}

#[derive(Args)]
pub(super) struct Named {
    /// ID number; "-" reads it from the standard input.
    #[arg(long)]
    id: String,
}

pub(super) async fn run(data: &Path, command: ResidentCommand) -> anyhow::Result<()> {
    let (ResidentCommand::Unlock(Named { id }) | ResidentCommand::Erase(Named { id })) = &command;
    let claimed_id = super::claimed_id(id.clone())?;
    let store = super::store(data).await?;
    let text = match command {
        ResidentCommand::Unlock(_) => unlock(&store, &claimed_id).await,
        ResidentCommand::Erase(_) => erase(&store, &claimed_id).await,
    };
    store.close().await;
    super::print(false, &(), text?)
}

async fn unlock(store: &Store, claimed_id: &ClaimedId) -> anyhow::Result<&'static str> {
    for site in store.sites().await? {
        let subject = store.vault().attempts_lookup(claimed_id, &site.site_key);
        store.clear_attempts(&subject).await?;
    }
    // The same words whether anybody is enrolled or was locked: this is no way to find out.
    Ok("Failed attempts on this ID are forgotten.")
}

async fn erase(store: &Store, claimed_id: &ClaimedId) -> anyhow::Result<&'static str> {
    match store.erase(claimed_id).await? {
        Erasure::NotEnrolled => bail!("nobody is enrolled under this ID"),
        Erasure::Erased(traces) => Ok(match traces {
            Traces::None => "Erased. Running servers forget a cohort member within seconds.",
            Traces::InTheLog => {
                "Erased. Running servers forget a cohort member within seconds. Encrypted copies stay in \
                 the write-ahead log until the database's next checkpoint: the log was in use."
            }
            Traces::UntilReused => {
                "Erased. Running servers forget a cohort member within seconds. Encrypted copies stay in \
                 PostgreSQL's files until VACUUM has freed their space and it is used again, and in its log and \
                 backups as long as those are kept."
            }
        }),
    }
}
