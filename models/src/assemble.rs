//! Lays out what an authority serves: each network under its hash, and `manifest.json`.

use std::fs;
use std::path::Path;

use crate::Error;
use crate::catalogue::Catalogue;
use crate::manifest::File;
use crate::prepare::Prepared;
use crate::store::{self, Wanted};

/// Writes `<sha256>.onnx` for every network of the available sets, and `manifest.json`, which lists
/// these sets only. Networks of an earlier build are removed.
///
/// Safe to repeat: a file that has its hash is left alone.
///
/// # Errors
/// [`Error::Io`], or [`Error::WrongFile`] if the cache has been altered since it was prepared.
pub fn assemble(prepared: &Prepared, folder: &Path) -> Result<(), Error> {
    store::create_folder(folder)?;
    let manifest = &prepared.manifest;
    let sets = || manifest.sets.iter().filter(|set| prepared.has(&set.id));
    let served = |file: &&File| sets().any(|set| set.roles().contains(&file.name.as_str()));
    let files: Vec<&File> = manifest.files.iter().filter(served).collect();
    for file in &files {
        if let Some(path) = prepared.path(&file.name) {
            place(file, path, &folder.join(file.served_name()))?;
        }
    }
    remove_others(folder, &files)?;
    let catalogue = Catalogue::of(manifest, |set| prepared.has(&set.id));
    let json = serde_json::to_vec_pretty(&catalogue)
        .map_err(|error| Error::Manifest(error.to_string()))?;
    store::write(&folder.join("manifest.json"), &json)
}

fn place(file: &File, from: &Path, to: &Path) -> Result<(), Error> {
    let wanted = Wanted {
        name: &file.name,
        sha256: &file.sha256,
        bytes: file.bytes,
    };
    if matches!(wanted.read(to), Ok(Some(_))) {
        return Ok(());
    }
    match wanted.read(from)? {
        Some(bytes) => store::write(to, &bytes),
        None => Err(Error::io("read", from)(std::io::ErrorKind::NotFound.into())),
    }
}

fn remove_others(folder: &Path, files: &[&File]) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("list", folder))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let network = name.ends_with(".onnx");
        if network && !files.iter().any(|file| file.served_name() == name) {
            fs::remove_file(entry.path()).map_err(Error::io("remove", entry.path()))?;
        }
    }
    Ok(())
}
