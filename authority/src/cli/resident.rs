//! `nod-authority resident unlock`: the way back from too many failures.

use std::path::Path;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(super) enum ResidentCommand {
    /// Forget the failed attempts on an ID number at every site, after checking who asks.
    Unlock(Unlock),
}

#[derive(Args)]
pub(super) struct Unlock {
    /// ID number; "-" reads it from the standard input.
    #[arg(long)]
    id: String,
}

pub(super) async fn run(data: &Path, command: ResidentCommand) -> anyhow::Result<()> {
    let ResidentCommand::Unlock(Unlock { id }) = command;
    let claimed_id = super::claimed_id(id)?;
    let store = super::store(data).await?;
    for site in store.sites().await? {
        let subject = store.vault().attempts_lookup(&claimed_id, &site.site_key);
        store.clear_attempts(&subject).await?;
    }
    store.close().await;
    // The same words whether anybody is enrolled or was locked: this is no way to find out.
    super::print(false, &(), "Failed attempts on this ID are forgotten.")
}
