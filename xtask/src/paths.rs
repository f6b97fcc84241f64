//! Where things lie: the checkout, its build folder, and the cache outside it.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result};

/// Names another checkout to work on than the one that this program was compiled in (`repro.rs`).
pub(crate) const CHECKOUT: &str = "NOD_XTASK_CHECKOUT";

/// The root of the checkout.
pub(crate) fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let own = here.parent().unwrap_or(here);
        env::var_os(CHECKOUT).map_or_else(|| own.to_owned(), PathBuf::from)
    })
}

/// Cargo's own folder, where it keeps the sources of dependencies: `$CARGO_HOME` or `~/.cargo`.
///
/// # Errors
/// When neither variable is set.
pub(crate) fn cargo_home() -> Result<PathBuf> {
    if let Some(dir) = env::var_os("CARGO_HOME") {
        return Ok(PathBuf::from(dir));
    }
    let home = env::var_os("HOME").context("neither CARGO_HOME nor HOME is set")?;
    Ok(Path::new(&home).join(".cargo"))
}

/// Cargo's build folder: `CARGO_TARGET_DIR`, or `target` in the checkout.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// The cache of tools and models, shared by all checkouts: `$NOD_CACHE`, `$XDG_CACHE_HOME/nod` or
/// `~/.cache/nod`.
///
/// # Errors
/// When none of these variables nor `HOME` is set.
pub(crate) fn cache() -> Result<PathBuf> {
    if let Some(dir) = env::var_os("NOD_CACHE") {
        return Ok(root().join(dir));
    }
    if let Some(dir) = env::var_os("XDG_CACHE_HOME") {
        return Ok(Path::new(&dir).join("nod"));
    }
    let home = env::var_os("HOME").context(
        "neither NOD_CACHE nor HOME is set: set NOD_CACHE to a folder for tools and models",
    )?;
    Ok(Path::new(&home).join(".cache/nod"))
}

/// Programs that set-up installs with `cargo install`.
pub(crate) fn tools() -> Result<PathBuf> {
    Ok(cache()?.join("tools"))
}

/// Programs that set-up installs with npm.
pub(crate) fn npm() -> Result<PathBuf> {
    Ok(cache()?.join("npm"))
}

/// The first file called `name` on the PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
}
