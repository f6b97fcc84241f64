//! The browser of most end-to-end tests.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::apt;
use crate::paths::on_path;
use crate::step;

/// Names under which Chromium and its relatives are installed.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// Where macOS keeps them.
const APPLICATIONS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
/// Overrides the search; the end-to-end tests read the same variable.
pub(crate) const VARIABLE: &str = "NOD_CHROMIUM";

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
        step::already("browser", &found.display().to_string());
        return Ok(found);
    }
    apt::install(
        &["chromium", "chromium-sandbox", "fonts-liberation"],
        &format!("install Chromium or Google Chrome (or name its program in {VARIABLE})"),
    )?;
    match find() {
        Some(found) => Ok(found),
        None => bail!("apt installed chromium, but there is no program of that name on the PATH"),
    }
}

fn find() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| on_path(name)).or_else(|| {
        APPLICATIONS
            .iter()
            .map(PathBuf::from)
            .find(|file| file.is_file())
    })
}
