//! Files whose hash is known, and writing them so that a half-written one is never seen.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use tempfile::{Builder, NamedTempFile};

use crate::Error;

/// Beginning of the names of files that are still being written.
const PARTIAL: &str = ".partial-";
/// A partial file this old belongs to a run that was killed.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The name, hash and size that a file must have.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// For messages.
    pub name: &'a str,
    /// In lower-case hexadecimal.
    pub sha256: &'a str,
    /// Its length.
    pub bytes: u64,
}

impl Wanted<'_> {
    /// Reads the file at `path` if there is one.
    ///
    /// Another hash is an error, not a missing file: somebody put it there on purpose, or altered it.
    pub fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        match fs::read(path) {
            Ok(bytes) => self.verified(bytes, &path.display().to_string()).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", path)(error)),
        }
    }

    /// Gives the bytes back if they are the wanted ones. `place` is where they came from, for the error.
    pub fn verified(&self, bytes: Vec<u8>, place: &str) -> Result<Vec<u8>, Error> {
        let found = hex::encode(Sha256::digest(&bytes));
        if found == self.sha256 && bytes.len() as u64 == self.bytes {
            return Ok(bytes);
        }
        Err(Error::WrongFile {
            file: self.name.to_owned(),
            place: place.to_owned(),
            expected: self.sha256.to_owned(),
            expected_bytes: self.bytes,
            found,
            found_bytes: bytes.len() as u64,
        })
    }
}

/// Writes a whole file or nothing: beside its place, to the disk, then by renaming.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |error| Error::io("write", path)(error);
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    let mut partial = partial_file(folder)?;
    partial.write_all(bytes).map_err(failed)?;
    partial.as_file().sync_all().map_err(failed)?;
    // Dropping `partial` instead, on any error above, removes it.
    partial.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A file in `folder` that disappears unless it is renamed.
pub(crate) fn partial_file(folder: &Path) -> Result<NamedTempFile, Error> {
    let mut builder = Builder::new();
    builder.prefix(PARTIAL);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The files are public and an authority may run as somebody else; the umask still applies.
        builder.permissions(fs::Permissions::from_mode(0o644));
    }
    builder
        .tempfile_in(folder)
        .map_err(Error::io("write to", folder))
}

/// A folder in `folder` that disappears with the handle.
pub(crate) fn partial_folder(folder: &Path) -> Result<tempfile::TempDir, Error> {
    Builder::new()
        .prefix(PARTIAL)
        .tempdir_in(folder)
        .map_err(Error::io("write to", folder))
}

/// Creates a folder and those above it.
pub fn create_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(Error::io("create", folder))
}

/// Removes what killed runs left behind. Younger partial files may belong to a run beside this one.
pub(crate) fn sweep(folder: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("list", folder))?;
    for entry in entries.flatten() {
        let partial = entry.file_name().to_string_lossy().starts_with(PARTIAL);
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified
            .ok()
            .and_then(|time| SystemTime::now().duration_since(time).ok());
        if partial && age.is_some_and(|age| age > ABANDONED) {
            let path = entry.path();
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            removed.map_err(Error::io("remove", path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // SHA-256 of "abc": FIPS 180-4, example B.1.
    const ABC: Wanted<'_> = Wanted {
        name: "abc",
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        bytes: 3,
    };

    #[test]
    fn only_the_wanted_bytes_pass() {
        assert_eq!(ABC.verified(b"abc".to_vec(), "here").unwrap(), b"abc");
        let error = ABC
            .verified(b"ab".to_vec(), "here")
            .unwrap_err()
            .to_string();
        assert!(error.contains("abc from here"), "{error}");
        assert!(
            error.contains(ABC.sha256) && error.contains("(2 bytes)"),
            "{error}"
        );
    }

    #[test]
    fn a_write_that_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the way: the rename fails after everything was written.
        let path = folder.path().join("model.onnx");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("occupied"), b"").unwrap();
        assert!(matches!(write(&path, b"abc"), Err(Error::Io { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn sweeping_takes_abandoned_partial_files_only() {
        let folder = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - ABANDONED * 2;
        for (name, time) in [
            (".partial-old", old),
            (".partial-new", SystemTime::now()),
            ("kept", old),
        ] {
            let file = fs::File::create(folder.path().join(name)).unwrap();
            file.set_modified(time).unwrap();
        }
        sweep(folder.path()).unwrap();
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, [".partial-new", "kept"]);
    }
}
