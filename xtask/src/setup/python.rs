//! What the Python example for back ends (`examples/check-answer/python`) is tested with, and what checks the interface.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::apt;
use crate::{digest, paths, step};

/// Names another interpreter that has PyJWT and cryptography.
const VARIABLE: &str = "NOD_E2E_PYTHON";

/// Debian's Python with the library that the example uses, unless the variable names another one.
///
/// # Errors
/// When it is missing and cannot be installed.
pub(crate) fn ensure() -> Result<()> {
    if env::var_os(VARIABLE).is_some() {
        return Ok(());
    }
    apt::install(
        &["python3", "python3-jwt", "python3-cryptography"],
        "install Python 3 and `pip install 'PyJWT[crypto]'`, name that interpreter in NOD_E2E_PYTHON",
    )
}

/// The program `schemathesis` in an environment of its own in the cache, of the versions and hashes that are committed.
///
/// # Errors
/// When Python is missing and cannot be installed, or when pip fails.
pub(crate) fn schemathesis() -> Result<PathBuf> {
    let lock = paths::root().join("tests/interface/requirements.txt");
    let text = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    // Another lock is another folder, so that checkouts of several versions do not disturb each other.
    let version = &digest::sha256_hex(&text)[..12];
    let folder = paths::tools()?.join(format!("schemathesis-{version}"));
    let program = folder.join("bin/schemathesis");
    // Written last: what was broken off is made anew.
    let complete = folder.join("complete");
    if complete.is_file() {
        step::already("schemathesis", &folder.display().to_string());
        return Ok(program);
    }
    apt::install(
        &["python3", "python3-venv"],
        "install Python 3.11 or newer with its module venv",
    )?;
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    step::run(
        "schemathesis: an environment for Python",
        Command::new("python3").args(["-m", "venv"]).arg(&folder),
    )?;
    step::run(
        "schemathesis: install",
        Command::new(folder.join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(["--require-hashes", "--only-binary=:all:", "--requirement"])
            .arg(&lock),
    )?;
    fs::write(&complete, version)?;
    Ok(program)
}
