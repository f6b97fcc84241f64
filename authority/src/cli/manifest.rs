//! What a backup consists of: files, their hashes, and a keyed hash over those that only the authority's keys make.
//!
//! `backup.json` lists the other files with length and SHA-256; `backup.mac` is HMAC-SHA256 of its bytes under the lookup key.
//! The list is written last: a folder without it is no finished backup.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::vault::Vault;

const LIST: &str = "backup.json";
const MAC: &str = "backup.mac";
/// The only form so far.
const FORMAT: u32 = 1;
/// Bytes that are read at a time.
const CHUNK: usize = 64 * 1024;

/// The list of a backup's files.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: u32,
    /// The program that made it.
    pub(super) version: String,
    /// Seconds since 1970: as the database was then.
    pub(super) made_at: u64,
    /// Newest step of the database's schema.
    pub(super) schema: i64,
    files: Vec<Entry>,
}

/// One file of it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    bytes: u64,
    /// In hexadecimal digits.
    sha256: String,
}

impl Manifest {
    /// Lists the files of a folder that are there, brings all to the disk and seals the list.
    pub(super) fn write(
        folder: &Path,
        names: &[&str],
        (made_at, schema): (u64, i64),
        vault: &Vault,
    ) -> anyhow::Result<Self> {
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            files.push(Entry::of(folder, name)?);
        }
        let manifest = Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            schema,
            files,
        };
        let text = serde_json::to_vec_pretty(&manifest)?;
        write_new(&folder.join(MAC), hex(&vault.backup_mac(&text)).as_bytes())?;
        write_new(&folder.join(LIST), &text)?;
        File::open(folder)?.sync_all()?;
        Ok(manifest)
    }

    /// Reads the list of a backup and holds every file against it.
    pub(super) fn read(folder: &Path) -> anyhow::Result<(Self, Sealed)> {
        let text = fs::read(folder.join(LIST)).with_context(|| {
            format!(
                "{} has no readable {LIST}: it is no finished backup",
                folder.display()
            )
        })?;
        let mac = fs::read_to_string(folder.join(MAC))
            .with_context(|| format!("{} has no readable {MAC}", folder.display()))?;
        let manifest: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{LIST} is not the list of a backup"))?;
        ensure!(
            manifest.format == FORMAT,
            "the backup has form {}, this program knows form {FORMAT}",
            manifest.format
        );
        for entry in &manifest.files {
            entry.check(folder)?;
        }
        Ok((manifest, Sealed { text, mac }))
    }

    /// Whether a file belongs to it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.files.iter().any(|entry| entry.name == name)
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|entry| entry.bytes).sum()
    }
}

/// A list as it was read, with its keyed hash.
pub(super) struct Sealed {
    text: Vec<u8>,
    mac: String,
}

impl Sealed {
    /// Refuses a backup that was made with other keys or changed since.
    pub(super) fn check(&self, vault: &Vault) -> anyhow::Result<()> {
        let expected = hex(&vault.backup_mac(&self.text));
        let is_ours: bool = expected.as_bytes().ct_eq(self.mac.trim().as_bytes()).into();
        ensure!(
            is_ours,
            "the keys do not belong to this backup, or somebody has changed its list of files"
        );
        Ok(())
    }
}

impl Entry {
    fn of(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let path = folder.join(name);
        let (bytes, sha256) = digest(&path)?;
        Ok(Self {
            name: name.to_owned(),
            bytes,
            sha256,
        })
    }

    fn check(&self, folder: &Path) -> anyhow::Result<()> {
        let is_plain = !self.name.is_empty() && !self.name.contains('/') && self.name != "..";
        ensure!(is_plain, "the list of files names {:?}", self.name);
        let (bytes, sha256) = digest(&folder.join(&self.name))?;
        if (bytes, &sha256) != (self.bytes, &self.sha256) {
            bail!(
                "{} is damaged: it has {bytes} bytes with SHA-256 {sha256}, and was written with {} bytes and {}",
                self.name,
                self.bytes,
                self.sha256
            );
        }
        Ok(())
    }
}

/// Writes a new file that only its owner may read, and brings it to the disk.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = new_file(path)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Copies a file to a new one that only its owner may read, and brings it to the disk.
pub(super) fn copy_new(from: &Path, to: &Path) -> anyhow::Result<()> {
    let mut source = File::open(from).with_context(|| format!("cannot read {}", from.display()))?;
    let mut copy = new_file(to)?;
    io::copy(&mut source, &mut copy)
        .and_then(|_| copy.sync_all())
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

fn new_file(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))
}

/// Length and SHA-256 of a file, which is brought to the disk if it was just written.
fn digest(path: &Path) -> anyhow::Result<(u64, String)> {
    let reading = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(reading)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = file.read(&mut chunk).with_context(reading)?;
        let Some(part) = chunk.get(..count).filter(|part| !part.is_empty()) else {
            break;
        };
        hash.update(part);
        bytes += part.len() as u64;
    }
    Ok((bytes, hex(&hash.finalize())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
