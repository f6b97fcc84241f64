//! `nod-authority site rotate-secret` and `site remove`.

use std::path::Path;

use anyhow::bail;
use clap::Args;
use nod_protocol::ids::SiteKey;
use serde::Serialize;

use super::{Added, new_secret};
use crate::{sites::BELIEVED, vault::TokenKind};

/// Which site.
#[derive(Args)]
pub(in crate::cli) struct Named {
    /// Public key name, for example pk_court.
    #[arg(long, value_parser = |text: &str| SiteKey::parse(text).map_err(|e| e.to_string()))]
    pub(super) sitekey: SiteKey,
    /// Print one line of JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// `site remove --json`.
#[derive(Serialize)]
struct Removed<'a> {
    sitekey: &'a SiteKey,
    forgotten_devices: u64,
}

/// A new secret in the place of the old one, which is worth nothing as soon as running servers have read that.
pub(super) async fn rotate_secret(data: &Path, named: Named) -> anyhow::Result<()> {
    let Named { sitekey, json } = named;
    let secret = new_secret()?;
    let store = crate::cli::store(data).await?;
    let hash = store.vault().token_hash(TokenKind::SiteSecret, &secret);
    let is_there = store.replace_site_secret(&sitekey, &hash).await;
    store.close().await;
    if !is_there? {
        bail!("no site has the key {sitekey}");
    }
    let text = format!(
        "New secret for the back end of {sitekey} (shown once, not kept): {}\n\
         Running servers refuse the old one within {BELIEVED} seconds. What the site asks with it until its back end has \
         the new one is refused; answers in browsers stay valid and can be checked with the new one.",
        *secret
    );
    let added = Added {
        sitekey: &sitekey,
        secret: &secret,
    };
    crate::cli::print(json, &added, &text)
}

/// Takes a registration back, with the devices that stood for residents there.
pub(super) async fn remove(data: &Path, named: Named) -> anyhow::Result<()> {
    let Named { sitekey, json } = named;
    let store = crate::cli::store(data).await?;
    let removed = store.remove_site(&sitekey).await;
    store.close().await;
    let Some(forgotten_devices) = removed? else {
        bail!("no site has the key {sitekey}");
    };
    let text = format!(
        "Removed {sitekey}, and {forgotten_devices} devices that were remembered there. Running servers refuse it within \
         {BELIEVED} seconds."
    );
    let removed = Removed {
        sitekey: &sitekey,
        forgotten_devices,
    };
    crate::cli::print(json, &removed, &text)
}
