//! The second browser of the end-to-end tests. It speaks WebDriver BiDi itself: no driver beside it is needed.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::apt;
use crate::paths::on_path;
use crate::step;

/// Names under which it is installed.
const NAMES: [&str; 2] = ["firefox-esr", "firefox"];
/// Where macOS keeps it.
const APPLICATION: &str = "/Applications/Firefox.app/Contents/MacOS/firefox";
/// Overrides the search; the end-to-end tests read the same variable.
pub(crate) const VARIABLE: &str = "NOD_FIREFOX";

/// The browser's program, installed by apt if there is none.
///
/// # Errors
/// When there is no browser and apt cannot install one; the message says what to install.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(chosen) = env::var_os(VARIABLE) {
        let file = PathBuf::from(chosen);
        if !file.is_file() {
            bail!("{VARIABLE} names {}, which is not there", file.display());
        }
        return Ok(file);
    }
    if let Some(found) = find() {
        step::already("Firefox", &found.display().to_string());
        return Ok(found);
    }
    let elsewhere = format!("install Firefox (or name its program in {VARIABLE})");
    apt::install(&["firefox-esr"], &elsewhere)?;
    match find() {
        Some(found) => Ok(found),
        None => {
            bail!("apt installed firefox-esr, but there is no program of that name on the PATH")
        }
    }
}

fn find() -> Option<PathBuf> {
    NAMES
        .iter()
        .find_map(|name| on_path(name))
        .or_else(|| Some(PathBuf::from(APPLICATION)).filter(|file| file.is_file()))
}
