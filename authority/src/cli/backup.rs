//! `nod-authority backup`: a copy of an authority that can be restored, made while it serves (docs/operations.md).

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde::Serialize;

use super::manifest::{Manifest, copy_new};
use crate::{
    clock::{Clock, SystemClock, utc},
    state::database_path,
    store::{check_sqlite, copy_sqlite},
};

/// The database of a backup.
pub(super) const DATABASE: &str = "nod.sqlite";
/// Its settings.
pub(super) const SETTINGS: &str = "config.toml";
/// The root's public key.
pub(super) const ROOT: &str = "root.pub";

/// Where to.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    nod-authority backup --data /var/lib/nod --to /backup/nod-2026-11-30\n  \
    nod-authority backup --data /var/lib/nod --to /backup/nod-2026-11-30 --keys-to /media/vault/nod-keys\n\n\
    A backup without keys shows nobody a face, a number or a passcode, and cannot be restored without them. Keep them apart: \
    who has both has everything. With PostgreSQL, its own tools copy the database (docs/operations.md).")]
pub(super) struct Backup {
    /// New folder for database, settings and the root's public key; never one that is there.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// New folder for the private keys, in another place than the backup.
    #[arg(long, value_name = "FOLDER")]
    keys_to: Option<PathBuf>,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// `backup --json`.
#[derive(Serialize)]
struct Made<'a> {
    folder: &'a Path,
    keys: Option<&'a Path>,
    made_at: u64,
    schema: i64,
    bytes: u64,
}

pub(super) async fn run(data: &Path, arguments: Backup) -> anyhow::Result<()> {
    let config = super::config(data)?;
    ensure!(
        config.database.is_none(),
        "the database is a PostgreSQL: its own tools copy it (pg_dump, pg_basebackup; docs/operations.md says what else to \
         keep)"
    );
    let Backup { to, keys_to, json } = arguments;
    if let Some(keys) = &keys_to {
        ensure!(
            !keys.starts_with(&to) && !to.starts_with(keys),
            "the keys belong in another place than the backup: who has both has everything"
        );
    }
    let mut made = Vec::new();
    let manifest = copy(data, &to, keys_to.as_deref(), &mut made).await;
    if manifest.is_err() {
        // Nothing of what was there before is among them.
        for folder in &made {
            let _ = fs::remove_dir_all(folder);
        }
    }
    let manifest = manifest?;
    let mut text = format!(
        "Backed up as of {} to {}: {} bytes, each file with its hash in backup.json.",
        utc(manifest.made_at),
        to.display(),
        manifest.bytes()
    );
    match &keys_to {
        Some(keys) => {
            text += &format!("\nPrivate keys are in {}.", keys.display());
            if keys.join("root.key").exists() {
                text += " root.key is among them: it belongs on a machine without a network.";
            }
        }
        None => text += "\nPrivate keys are not in it, and it is worth nothing without them.",
    }
    let made = Made {
        folder: &to,
        keys: keys_to.as_deref(),
        made_at: manifest.made_at,
        schema: manifest.schema,
        bytes: manifest.bytes(),
    };
    super::print(json, &made, &text)
}

/// Makes the folders, which are named in `made` as soon as they are there.
async fn copy(
    data: &Path,
    to: &Path,
    keys_to: Option<&Path>,
    made: &mut Vec<PathBuf>,
) -> anyhow::Result<Manifest> {
    let vault = super::keys_of(data)?.vault(SystemClock.now())?;
    let keys = data.join("keys");
    new_folder(to, made)?;
    // Before the database, so that no key is missing that it needs and that is retired meanwhile; and after it those that are
    // new.
    if let Some(keys_to) = keys_to {
        new_folder(keys_to, made)?;
        copy_keys(&keys, keys_to)?;
    }
    let made_at = SystemClock.now();
    let database = to.join(DATABASE);
    copy_sqlite(&database_path(data), &database)
        .await
        .with_context(|| format!("cannot copy the database to {}", database.display()))?;
    fs::set_permissions(&database, fs::Permissions::from_mode(0o600))?;
    // SQLite does not bring such a copy to the disk.
    fs::File::open(&database)?.sync_all()?;
    let copied = check_sqlite(&database)
        .await
        .context("the copy is not sound")?;
    if let Some(keys_to) = keys_to {
        copy_keys(&keys, keys_to)?;
    }
    for name in [SETTINGS, ROOT] {
        copy_new(&data.join(name), &to.join(name))?;
    }
    let names = [DATABASE, SETTINGS, ROOT];
    Manifest::write(to, &names, (made_at, copied.schema), &vault)
}

/// A folder that nobody else may enter.
fn new_folder(path: &Path, made: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.mode(0o700).create(path).with_context(|| {
        format!(
            "cannot make {} (a backup never changes an existing folder; its parent must exist)",
            path.display()
        )
    })?;
    made.push(path.to_owned());
    Ok(())
}

/// Copies the files of a key directory that are not there yet.
pub(super) fn copy_keys(from: &Path, to: &Path) -> anyhow::Result<()> {
    let reading = || format!("cannot read {}", from.display());
    for entry in fs::read_dir(from).with_context(reading)? {
        let entry = entry.with_context(reading)?;
        let name = entry.file_name();
        // `.lock`, and files that are just being written.
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        if is_hidden || to.join(&name).exists() {
            continue;
        }
        if !entry.file_type().with_context(reading)?.is_file() {
            bail!("{} is no file", entry.path().display());
        }
        copy_new(&entry.path(), &to.join(&name))?;
        // Keys are put in their order by when their files were written.
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        let copy = fs::File::options().write(true).open(to.join(&name))?;
        copy.set_modified(written.with_context(reading)?)?;
    }
    fs::File::open(to)?.sync_all()?;
    Ok(())
}
