//! Lays out what an authority serves: the plan of each network under its hash, and `manifest.json`.

mod catalogue;
mod planned;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use nod_models::manifest::File;
use nod_models::store::{self, Wanted};
use nod_models::{Error, Prepared};
use thiserror::Error;

use self::catalogue::Catalogue;
use self::planned::Planned;
use crate::PlanError;

/// Why a folder cannot be laid out.
#[derive(Debug, Error)]
pub enum AssembleError {
    /// A file cannot be read or written, or is not what the manifest names.
    #[error(transparent)]
    Files(#[from] Error),
    /// A network does something that the engine cannot do.
    #[error("{file} has no plan: {reason}")]
    Plan {
        /// Name of the file in the manifest.
        file: String,
        /// What the planner met.
        reason: PlanError,
    },
}

/// Writes `<sha256>.plan` for every network of the available sets, and `manifest.json`, which lists
/// these sets only. Networks of an earlier build are removed.
///
/// A plan is made of the verified ONNX file, and only of it: the same file gives the same plan. Safe to repeat.
///
/// # Errors
/// When a file cannot be read or written, when the cache has been altered since it was prepared, or when a network does
/// something that the engine cannot do.
pub fn assemble(prepared: &Prepared, folder: &Path) -> Result<(), AssembleError> {
    store::create_folder(folder)?;
    let manifest = &prepared.manifest;
    let sets = || manifest.sets.iter().filter(|set| prepared.has(&set.id));
    let served = |file: &&File| sets().any(|set| set.roles().contains(&file.name.as_str()));
    let mut plans = HashMap::new();
    for file in manifest.files.iter().filter(served) {
        if let Some(path) = prepared.path(&file.name) {
            let plan = Planned::of(file, path)?;
            place(&plan, &folder.join(plan.served_name()))?;
            plans.insert(file.name.clone(), plan);
        }
    }
    remove_others(folder, &plans)?;
    let catalogue = Catalogue::of(manifest, &plans, |set| prepared.has(&set.id));
    let json = serde_json::to_vec_pretty(&catalogue)
        .map_err(|error| Error::Manifest(error.to_string()))?;
    Ok(store::write(&folder.join("manifest.json"), &json)?)
}

/// A file that has its hash is left alone; one that was altered is written anew.
fn place(plan: &Planned, to: &Path) -> Result<(), AssembleError> {
    let wanted = Wanted {
        name: &plan.name,
        sha256: &plan.sha256,
        bytes: plan.bytes.len() as u64,
    };
    if matches!(wanted.read(to), Ok(Some(_))) {
        return Ok(());
    }
    Ok(store::write(to, &plan.bytes)?)
}

fn remove_others(folder: &Path, plans: &HashMap<String, Planned>) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("list", folder))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let network = [".onnx", ".plan"].iter().any(|end| name.ends_with(end));
        if network && !plans.values().any(|plan| plan.served_name() == name) {
            fs::remove_file(entry.path()).map_err(Error::io("remove", entry.path()))?;
        }
    }
    Ok(())
}
