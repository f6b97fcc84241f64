//! The pipeline of a model set, from files, as every measurement needs it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nod::manifest::Manifest;
use nod::pipeline::{Models, Pipeline};

use nod_load::terminal::progress;

/// The folder of networks: the named one, or one that is made from the cache and its sources.
///
/// # Errors
/// When the networks cannot be had.
pub(crate) fn models(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(folder) = named {
        return Ok(folder.to_owned());
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checkout = here.parent().unwrap_or(here);
    let folder = checkout.join("target/bench/models");
    let options = nod_models::Options::from_env(checkout)?;
    let prepared = nod_models::prepare(&options, &mut |line| progress(&line.to_string()))?;
    nod_planner::assemble(&prepared, &folder)?;
    Ok(folder)
}

/// The pipeline of one model set.
///
/// # Errors
/// When a network is missing, or is not the one that the manifest names.
pub(crate) fn load(folder: &Path, manifest: &Manifest, set: &str) -> Result<Pipeline> {
    let mut models = Models::default();
    for file in manifest.needed(&[set.to_owned()])? {
        let path = folder.join(&file.file);
        let plan =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        models.load(manifest, &file.name, &plan)?;
    }
    Ok(Pipeline::assemble(manifest, set, &models)?)
}
