//! `nod-authority restore` and `after-restore`: an older state of an authority in the place of a newer one
//! (docs/operations.md).
//!
//! What was spent, checked or revoked since the backup was made would come back to life with it. So everything that was under
//! way ends: whoever was in front of a camera begins again.

use std::{
    fs::{self, File},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, ensure};
use clap::Args;
use serde::Serialize;

use super::{
    backup::{DATABASE, ROOT, SETTINGS, copy_keys},
    manifest::{Manifest, copy_new},
};
use crate::{
    clock::{Clock, SystemClock, utc},
    config::Config,
    keys::{KeyRing, KeySource},
    store::{Ended, Store, check_sqlite, newest_schema, settle_sqlite},
};

/// Where from.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    nod-authority restore --data /var/lib/nod --from /backup/nod-2026-11-30 --keys-from /media/vault/nod-keys\n  \
    nod-authority restore --data /tmp/drill --from /backup/nod-2026-11-30 --keys-from /media/vault/nod-keys\n\n\
    The second is a drill beside the running authority: it changes nothing but /tmp/drill.")]
pub(super) struct Restore {
    /// A folder that `backup` made.
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// The private keys: a folder that `backup --keys-to` made, or another copy of the directory keys. Not needed where all
    /// are variables (NOD_AUTHORITY_KEY_…).
    #[arg(long, value_name = "FOLDER")]
    keys_from: Option<PathBuf>,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// Nothing but the form of the output.
#[derive(Args)]
#[command(
    after_help = "Example, after pg_restore and before the first `serve`, once for all servers:\n  \
    nod-authority after-restore --data /var/lib/nod"
)]
pub(super) struct AfterRestore {
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// `restore --json` and `after-restore --json`.
#[derive(Serialize)]
struct Restored {
    #[serde(skip_serializing_if = "Option::is_none")]
    made_at: Option<u64>,
    residents: u64,
    ended_sessions: u64,
    ended_tickets: u64,
    revoked_import_keys: u64,
}

/// Where a restoration is under way: a folder of the data directory, so that everything stays on one disk.
const STAGE: &str = ".restoring";

pub(super) async fn run(data: &Path, arguments: Restore) -> anyhow::Result<()> {
    let Restore {
        from,
        keys_from,
        json,
    } = arguments;
    let is_new = prepare(data)?;
    let stage = data.join(STAGE);
    let restored = restore(&from, keys_from.as_deref(), &stage).await;
    let restored = restored.and_then(|restored| {
        move_up(&stage, data)?;
        Ok(restored)
    });
    if restored.is_err() {
        let _ = fs::remove_dir_all(&stage);
        if is_new {
            // Only if nothing is in it.
            let _ = fs::remove_dir(data);
        }
    }
    let (manifest, residents, ended) = restored?;
    let head = format!(
        "Restored {} to what it was at {}: {residents} residents.",
        data.display(),
        utc(manifest.made_at)
    );
    report(json, Some(manifest.made_at), residents, ended, &head)
}

/// The same for a database that its own tools have restored.
pub(super) async fn after(data: &Path, arguments: AfterRestore) -> anyhow::Result<()> {
    let store = super::store(data).await?;
    let checked = settle(&store).await;
    store.close().await;
    let (residents, ended) = checked?;
    let head = format!("The keys belong to the database: {residents} residents.");
    report(arguments.json, None, residents, ended, &head)
}

/// Makes sure of an empty data directory; returns whether it is new.
fn prepare(data: &Path) -> anyhow::Result<bool> {
    let is_new = match fs::read_dir(data) {
        Ok(mut entries) => {
            ensure!(
                entries.next().is_none(),
                "{} is not empty: restoring never changes what is there (move it away, and keep it until all is well)",
                data.display()
            );
            false
        }
        Err(_) => {
            let mut builder = fs::DirBuilder::new();
            builder.mode(0o700).create(data).with_context(|| {
                format!("cannot make {} (its parent must exist)", data.display())
            })?;
            true
        }
    };
    let mut builder = fs::DirBuilder::new();
    let stage = data.join(STAGE);
    builder
        .mode(0o700)
        .create(&stage)
        .with_context(|| format!("cannot make {}", stage.display()))?;
    Ok(is_new)
}

async fn restore(
    from: &Path,
    keys_from: Option<&Path>,
    stage: &Path,
) -> anyhow::Result<(Manifest, u64, Ended)> {
    let (manifest, sealed) = Manifest::read(from)?;
    ensure!(
        manifest.schema <= newest_schema(),
        "the backup was made by a newer program ({}): its database has schema {}, this program knows {}",
        manifest.version,
        manifest.schema,
        newest_schema()
    );
    for name in [DATABASE, SETTINGS, ROOT] {
        ensure!(manifest.has(name), "the backup has no {name}");
        copy_new(&from.join(name), &stage.join(name))?;
    }
    let text = fs::read_to_string(stage.join(SETTINGS))?;
    let config = Config::parse(&text, SETTINGS, super::environment())?;
    ensure!(
        config.database.is_none(),
        "NOD_AUTHORITY_DATABASE_URL names a PostgreSQL, and the backup has a SQLite file: unset it"
    );
    let keys = stage.join("keys");
    fs::DirBuilder::new().mode(0o700).create(&keys)?;
    if let Some(keys_from) = keys_from {
        copy_keys(keys_from, &keys)?;
    }
    let source = KeySource::with(stage, super::given_keys()?);
    let vault = source.vault(SystemClock.now()).context(
        "the keys that the database is encrypted with are missing (--keys-from, or variables)",
    )?;
    sealed.check(&vault)?;
    // All of them, as `serve` will read them: the root's signatures too. Keys of an old backup may be over by now; then there
    // is a key to rotate, and no reason not to restore.
    if let Err(error) = KeyRing::read(&source, SystemClock.now()) {
        KeyRing::read(&source, manifest.made_at).map_err(|_| error)?;
    }
    let database = stage.join(DATABASE);
    let copied = check_sqlite(&database)
        .await
        .context("the database of the backup is not sound")?;
    ensure!(
        copied.schema == manifest.schema,
        "the list of files says schema {}, the database has {}",
        manifest.schema,
        copied.schema
    );
    let store = Store::open(&database, Arc::new(vault), false).await?;
    let settled = settle(&store).await;
    store.close().await;
    let (residents, ended) = settled?;
    settle_sqlite(&database).await?;
    Ok((manifest, residents, ended))
}

/// Checks the keys against everybody in the database, and ends what was under way.
async fn settle(store: &Store) -> anyhow::Result<(u64, Ended)> {
    let residents = store
        .check_keys()
        .await
        .context("the keys and the database do not belong together")?;
    let ended = store.end_what_was_under_way(SystemClock.now()).await?;
    Ok((residents, ended))
}

/// Moves everything into place, the settings last: without them nothing is served.
fn move_up(stage: &Path, data: &Path) -> anyhow::Result<()> {
    // SQLite's log is empty and its index of it made anew.
    for leftover in ["nod.sqlite-wal", "nod.sqlite-shm"] {
        let _ = fs::remove_file(stage.join(leftover));
    }
    for name in [DATABASE, "keys", ROOT, SETTINGS] {
        fs::rename(stage.join(name), data.join(name))
            .with_context(|| format!("cannot move {name} into {}", data.display()))?;
    }
    fs::remove_dir(stage)?;
    File::open(data)?.sync_all()?;
    Ok(())
}

fn report(
    json: bool,
    made_at: Option<u64>,
    residents: u64,
    ended: Ended,
    head: &str,
) -> anyhow::Result<()> {
    let text = format!(
        "{head}\n\
         Ended: {} sessions, {} tickets, {} import keys, and every answer that was not checked yet.\n\
         What was done since the backup is undone. Do again, from your own records: erasures, frozen and unlocked \
         enrolments, forgotten devices, new secrets of sites, sites that were removed.",
        ended.sessions, ended.tickets, ended.import_keys,
    );
    let restored = Restored {
        made_at,
        residents,
        ended_sessions: ended.sessions,
        ended_tickets: ended.tickets,
        revoked_import_keys: ended.import_keys,
    };
    super::print(json, &restored, &text)
}
