//! npm packages: wasm-opt for the build, what the frame is served with, what the end-to-end tests import, and what the
//! bench in a browser measures Nod beside.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{paths, step};

/// The npm package that carries wasm-opt as a Node program; Debian's own is too old for the features used.
const BINARYEN: &str = "132.0.0";

/// Installs what a build needs: wasm-opt, and Fluent, which the frame is served with.
///
/// # Errors
/// When npm fails.
pub(crate) fn build() -> Result<()> {
    wasm_opt()?;
    locked("packages of the frame", "www")
}

/// Installs wasm-opt into the cache.
fn wasm_opt() -> Result<()> {
    let folder = paths::npm()?;
    let name = format!("wasm-opt (binaryen {BINARYEN})");
    if installed_version(&folder, "binaryen").as_deref() == Some(BINARYEN) {
        step::already(&name, "installed");
        return Ok(());
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    step::run(
        &name,
        Command::new("npm")
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--save-exact",
                "--prefix",
            ])
            .arg(&folder)
            .arg(format!("binaryen@{BINARYEN}"))
            .current_dir(&folder),
    )
}

/// Installs the packages of the end-to-end tests, exactly as their lock file says.
///
/// # Errors
/// When npm fails.
pub(crate) fn end_to_end() -> Result<()> {
    locked("packages of the end-to-end tests", "tests/e2e")
}

/// Installs what the Node example for back ends needs, exactly as its lock file says.
///
/// # Errors
/// When npm fails.
pub(crate) fn examples() -> Result<()> {
    locked("packages of the examples", "examples/check-answer/node")
}

/// Installs the packages of the bench in a browser, exactly as their lock file says.
///
/// # Errors
/// When npm fails.
pub(crate) fn bench() -> Result<()> {
    locked("packages of the bench in a browser", "bench/web")
}

/// Installs the packages of a folder of the checkout.
fn locked(name: &str, folder: &str) -> Result<()> {
    let folder = paths::root().join(folder);
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    // npm leaves its own record in node_modules, but in another order: keep ours beside it.
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|there| there == wanted) {
        step::already(name, "installed");
        return Ok(());
    }
    step::run(
        name,
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&folder),
    )?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

fn installed_version(folder: &Path, package: &str) -> Option<String> {
    let file = folder
        .join("node_modules")
        .join(package)
        .join("package.json");
    let parsed: serde_json::Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    Some(parsed.get("version")?.as_str()?.to_owned())
}
