//! The capture module: root crate → `pkg/`, a package that npm could publish.
//!
//! cargo decides whether anything must be compiled, and the digest of what it made decides whether the two
//! slow steps after it (wasm-bindgen, wasm-opt) must run again: there is no list of inputs to keep right.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::digest::sha256_hex;
use crate::toolchain::{TARGET, Wasm, output};
use crate::{paths, step};

/// The stem of the files in `pkg/`: the element that sites embed is called `nod.js` already.
pub(crate) const NAME: &str = "nod_wasm";

/// The cargo profile of the capture module; native code has other needs.
const PROFILE: &str = "wasm";

/// Compiles the module (cargo only). Tools that are still being installed are not needed for it.
///
/// # Errors
/// When the compilation fails.
pub(crate) fn compile(wasm: &Wasm) -> Result<()> {
    // Exactly what wasm-pack will ask for, so that it finds the work done.
    step::run(
        "capture module: compile",
        wasm.command("cargo")
            .args(["build", "--lib", "--profile", PROFILE, "--target", TARGET]),
    )
}

/// Makes `pkg/` from the compiled module, unless it was made from this very module before.
///
/// # Errors
/// When wasm-pack or a program it calls fails.
pub(crate) fn package(wasm: &Wasm) -> Result<PathBuf> {
    let folder = paths::root().join("pkg");
    let inputs = inputs(wasm)?;
    let stamp = paths::target().join("xtask/pkg.inputs");
    let whole = [
        "package.json",
        &format!("{NAME}.js"),
        &format!("{NAME}_bg.wasm"),
    ]
    .iter()
    .all(|name| folder.join(name).is_file());
    if whole && fs::read_to_string(&stamp).is_ok_and(|there| there == inputs) {
        copy_texts(&folder)?;
        step::already("capture module: pkg/", "unchanged");
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    step::run(
        "capture module: wasm-bindgen, wasm-opt, pkg/",
        wasm.command("wasm-pack").args([
            "build",
            "--profile",
            PROFILE,
            "--target",
            "web",
            "--out-dir",
            "pkg",
            "--out-name",
            NAME,
        ]),
    )?;
    fs::write(&stamp, inputs).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(folder)
}

/// Brings the package's copies of the texts up to date, for which the module need not be made again.
fn copy_texts(package: &Path) -> Result<()> {
    for name in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        let file = paths::root().join(name);
        if file.exists() {
            fs::copy(&file, package.join(name)).with_context(|| format!("cannot copy {name}"))?;
        }
    }
    Ok(())
}

/// What `pkg/` is made from: the compiled module, the tools, and the settings of wasm-pack in Cargo.toml.
fn inputs(wasm: &Wasm) -> Result<String> {
    let module = paths::target().join(TARGET).join(PROFILE).join("nod.wasm");
    let mut lines = vec![format!("module {}", sha256_hex(&read(&module)?))];
    let manifest = paths::root().join("Cargo.toml");
    lines.push(format!("Cargo.toml {}", sha256_hex(&read(&manifest)?)));
    for program in ["wasm-pack", "wasm-bindgen", "wasm-opt"] {
        lines.push(output(wasm.command(program).arg("--version"))?);
    }
    Ok(lines.join("\n"))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}
