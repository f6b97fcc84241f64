//! `nod-authority import-key new`, `list` and `revoke`: who may import reference photographs.

use std::path::Path;

use anyhow::ensure;
use base64ct::{Base64UrlUnpadded, Encoding};
use clap::{Args, Subcommand};
use nod_protocol::random;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    clock::{Clock, SystemClock},
    store::ImportKey,
    vault::TokenKind,
};

#[derive(Subcommand)]
pub(super) enum ImportKeyCommand {
    /// Make an import key and print it, once.
    New(New),
    /// Show the import keys, without the keys themselves.
    List {
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a key worthless, and the tickets that it got and nobody used.
    Revoke {
        /// Name of the key, as `list` shows it.
        id: String,
    },
}

#[derive(Args)]
pub(super) struct New {
    /// Who imports: written into every enrolment that the key allows.
    #[arg(long)]
    issuer: String,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// `import-key new --json`. The key is printed here and nowhere else.
#[derive(Serialize)]
struct Made<'a> {
    id: &'a str,
    key: &'a str,
}

/// One entry of `import-key list --json`; times are seconds since 1970.
#[derive(Serialize)]
struct Listed {
    id: String,
    issuer: String,
    created_at: u64,
    revoked_at: Option<u64>,
}

pub(super) async fn run(data: &Path, command: ImportKeyCommand) -> anyhow::Result<()> {
    // Refuses an unusable directory with a better message than a missing database would give.
    super::config(data)?;
    match command {
        ImportKeyCommand::New(arguments) => new(data, arguments).await,
        ImportKeyCommand::List { json } => list(data, json).await,
        ImportKeyCommand::Revoke { id } => revoke(data, &id).await,
    }
}

async fn new(data: &Path, arguments: New) -> anyhow::Result<()> {
    let issuer = arguments.issuer.trim();
    ensure!(
        (1..=64).contains(&issuer.len()),
        "an issuer has 1 to 64 characters"
    );
    let key = Zeroizing::new(format!("ik_{}", token::<32>()?.as_str()));
    let stored = ImportKey {
        id: format!("i{}", token::<6>()?.as_str()),
        issuer: issuer.to_owned(),
        created_at: SystemClock.now(),
        revoked_at: None,
    };
    let store = super::store(data).await?;
    let hash = store.vault().token_hash(TokenKind::ImportKey, &key);
    store.add_import_key(&stored, &hash).await?;
    store.close().await;
    let text = format!(
        "Import key {} for {issuer} (shown once, not kept): {}\n\
         Revoke it when the import is done: nod-authority import-key revoke {}",
        stored.id, *key, stored.id
    );
    let made = Made {
        id: &stored.id,
        key: &key,
    };
    super::print(arguments.json, &made, &text)
}

async fn list(data: &Path, json: bool) -> anyhow::Result<()> {
    let store = super::store(data).await?;
    let keys: Vec<Listed> = store
        .import_keys()
        .await?
        .into_iter()
        .map(Listed::from)
        .collect();
    store.close().await;
    let lines: Vec<String> = keys.iter().map(Listed::line).collect();
    let text = if lines.is_empty() {
        "No import keys yet.".to_owned()
    } else {
        lines.join("\n")
    };
    super::print(json, &keys, &text)
}

async fn revoke(data: &Path, id: &str) -> anyhow::Result<()> {
    let store = super::store(data).await?;
    let is_revoked = store.revoke_import_key(id, SystemClock.now()).await?;
    store.close().await;
    ensure!(is_revoked, "no import key {id} is in use");
    super::print(false, &(), &format!("Import key {id} is revoked."))
}

fn token<const N: usize>() -> anyhow::Result<Zeroizing<String>> {
    let bytes = Zeroizing::new(random::bytes::<N>()?);
    Ok(Zeroizing::new(Base64UrlUnpadded::encode_string(
        bytes.as_slice(),
    )))
}

impl From<ImportKey> for Listed {
    fn from(key: ImportKey) -> Self {
        Self {
            id: key.id,
            issuer: key.issuer,
            created_at: key.created_at,
            revoked_at: key.revoked_at,
        }
    }
}

impl Listed {
    fn line(&self) -> String {
        let state = if self.revoked_at.is_some() {
            "revoked"
        } else {
            "in use"
        };
        format!("{}  {}  {state}", self.id, self.issuer)
    }
}
