//! Key files: private ones are created with mode 0600, never overwritten, and refused when looser.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::ids::KeyId;
use zeroize::Zeroizing;

use super::KeyError;

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
    write_new(path, line.as_bytes(), 0o600)
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
    write_new(path, format!("{text}\n").as_bytes(), 0o644)
}

/// Reads a text file.
pub(super) fn read_public(path: &Path) -> Result<String, KeyError> {
    fs::read_to_string(path).map_err(|source| file_error(path, source))
}

/// Key files `<prefix><kid>.key` with their ids, oldest first.
pub(super) fn named_keys(dir: &Path, prefix: &str) -> Result<Vec<(KeyId, PathBuf)>, KeyError> {
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
        keys.push((written, kid, path));
    }
    keys.sort();
    Ok(keys.into_iter().map(|(_, kid, path)| (kid, path)).collect())
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), KeyError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .map_err(|source| file_error(path, source))
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

fn file_error(path: &Path, source: std::io::Error) -> KeyError {
    KeyError::File {
        path: path.to_owned(),
        source,
    }
}
