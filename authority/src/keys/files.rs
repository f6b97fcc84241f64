//! Key files: private ones have mode 0600 and are refused when looser; each appears whole or not at all.
//!
//! A file is written beside its place under a name that begins with a dot, brought to the disk, and renamed. So whoever reads
//! the directory, at any moment and after any crash, sees old files and new ones, and never a part of one.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::ids::KeyId;
use zeroize::Zeroizing;

use super::KeyError;

/// One change of the directory.
pub(super) enum Step {
    /// A new private key.
    Private(String, Zeroizing<Vec<u8>>),
    /// A new text that anybody may read.
    Public(String, String),
    /// A text in place of another, or a new one.
    Replace(String, String),
    /// A file goes, if it is there.
    Remove(String),
}

/// Makes the changes in their order. Whoever orders them sees to it that any first few of them leave a directory that can be
/// loaded.
pub(super) fn apply(dir: &Path, steps: &[Step]) -> Result<(), KeyError> {
    for step in steps {
        match step {
            Step::Private(name, key) => write_private(&dir.join(name), key)?,
            Step::Public(name, text) => write_public(&dir.join(name), text)?,
            Step::Replace(name, text) => replace(&dir.join(name), text)?,
            Step::Remove(name) => remove(&dir.join(name))?,
        }
    }
    Ok(())
}

/// Keeps other commands from changing the directory until it is dropped.
pub(super) fn lock(dir: &Path) -> Result<File, KeyError> {
    let path = dir.join(".lock");
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)
        .and_then(|file| file.lock().map(|()| file));
    file.map_err(|source| file_error(&path, source))
}

/// Creates a directory that only its owner may enter; an error if it is there.
pub(super) fn create_private_dir(path: &Path) -> Result<(), KeyError> {
    fs::DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(|source| file_error(path, source))
}

/// Refuses a directory that others may enter or list.
pub(super) fn check_private_dir(path: &Path) -> Result<(), KeyError> {
    refuse_loose(path, 0o700)
}

/// Writes key bytes as base64url to a new file with mode 0600.
pub(super) fn write_private(path: &Path, key: &[u8]) -> Result<(), KeyError> {
    let mut line = Zeroizing::new(Base64UrlUnpadded::encode_string(key));
    line.push('\n');
    refuse_existing(path)?;
    put(path, line.as_bytes(), 0o600)
}

/// Reads what [`write_private`] wrote, from a file that nobody else may read.
pub(super) fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    refuse_loose(path, 0o600)?;
    let line = Zeroizing::new(read_public(path)?);
    Base64UrlUnpadded::decode_vec(line.trim())
        .map(Zeroizing::new)
        .map_err(|_| KeyError::Invalid(path.to_owned()))
}

/// Writes a text that everybody may read to a new file.
pub(super) fn write_public(path: &Path, text: &str) -> Result<(), KeyError> {
    refuse_existing(path)?;
    replace(path, text)
}

/// Reads a text file.
pub(super) fn read_public(path: &Path) -> Result<String, KeyError> {
    fs::read_to_string(path).map_err(|source| file_error(path, source))
}

/// Reads a text file that need not be there.
pub(super) fn read_if_there(path: &Path) -> Result<Option<String>, KeyError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(file_error(path, source)),
    }
}

/// Ids of the key files `<prefix><kid>.key`, oldest first.
pub(super) fn named_keys(dir: &Path, prefix: &str) -> Result<Vec<KeyId>, KeyError> {
    let mut keys = Vec::new();
    for entry in fs::read_dir(dir).map_err(|source| file_error(dir, source))? {
        let entry = entry.map_err(|source| file_error(dir, source))?;
        let path = entry.path();
        let name = entry.file_name();
        let Some(kid) = name
            .to_str()
            .and_then(|name| name.strip_prefix(prefix))
            .and_then(|name| name.strip_suffix(".key"))
        else {
            continue;
        };
        let kid = KeyId::parse(kid).map_err(|_| KeyError::Invalid(path.clone()))?;
        let written = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .map_err(|source| file_error(&path, source))?;
        keys.push((written, kid));
    }
    keys.sort();
    Ok(keys.into_iter().map(|(_, kid)| kid).collect())
}

/// What tells whether a directory is as it was: who may enter, and each file whose name does not begin with a dot.
#[derive(PartialEq, Eq)]
pub(super) struct Look {
    mode: u32,
    files: Vec<Seen>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    name: OsString,
    inode: u64,
    length: u64,
    mode: u32,
    /// Of the last change of anything about it; seconds and nanoseconds.
    changed: (i64, i64),
}

/// Looks at a directory without reading a file.
pub(super) fn look(dir: &Path) -> Result<Look, KeyError> {
    let failed = |source| file_error(dir, source);
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        // Gone since it was listed: the next look sees the difference.
        if let Ok(metadata) = entry.metadata() {
            files.push(Seen {
                name,
                inode: metadata.ino(),
                length: metadata.len(),
                mode: metadata.mode(),
                changed: (metadata.ctime(), metadata.ctime_nsec()),
            });
        }
    }
    files.sort();
    let mode = fs::metadata(dir).map_err(failed)?.mode();
    Ok(Look { mode, files })
}

fn replace(path: &Path, text: &str) -> Result<(), KeyError> {
    put(path, format!("{text}\n").as_bytes(), 0o644)
}

fn remove(path: &Path) -> Result<(), KeyError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(file_error(path, source)),
        _ => Ok(()),
    }
}

/// Only for names that nobody else takes meanwhile: of a new directory, or under [`lock`].
fn refuse_existing(path: &Path) -> Result<(), KeyError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(file_error(path, source)),
        Ok(_) => Err(file_error(path, io::ErrorKind::AlreadyExists.into())),
    }
}

/// Temporary file, disk, rename, disk.
fn put(path: &Path, bytes: &[u8], mode: u32) -> Result<(), KeyError> {
    let failed = |source| file_error(path, source);
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(failed(io::ErrorKind::InvalidInput.into()));
    };
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(".new");
    let temporary = dir.join(hidden);
    // Left by a command that was killed.
    remove(&temporary)?;
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, path))
        .and_then(|()| File::open(dir)?.sync_all());
    written.map_err(|source| {
        let _ = fs::remove_file(&temporary);
        failed(source)
    })
}

fn refuse_loose(path: &Path, wanted: u32) -> Result<(), KeyError> {
    let metadata = fs::metadata(path).map_err(|source| file_error(path, source))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & !wanted == 0 {
        Ok(())
    } else {
        Err(KeyError::LoosePermissions {
            path: path.to_owned(),
            mode,
            wanted,
        })
    }
}

pub(super) fn file_error(path: &Path, source: io::Error) -> KeyError {
    KeyError::File {
        path: PathBuf::from(path),
        source,
    }
}
