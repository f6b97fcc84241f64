//! The modules for browsers: the capture module, root crate → `pkg/`, a package that npm could publish; and the one that
//! the bench in a browser measures, which is made in the same way.
//!
//! cargo decides whether anything must be compiled, and the digest of what it made decides whether the two
//! slow steps after it (wasm-bindgen, wasm-opt) must run again: there is no list of inputs to keep right.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::digest::sha256_hex;
use crate::toolchain::{TARGET, Wasm, output};
use crate::{paths, step};

/// The cargo profile of the modules; native code has other needs.
const PROFILE: &str = "wasm";

/// A crate that becomes a module with its bindings.
pub(crate) struct Module {
    /// As the steps call it.
    title: &'static str,
    /// The crate.
    package: &'static str,
    /// Its folder in the checkout.
    folder: &'static str,
    /// Where the package is made, in the checkout.
    out: &'static str,
    /// The stem of the files in the package.
    pub(crate) name: &'static str,
}

/// What residents' browsers run.
pub(crate) const CAPTURE: Module = Module {
    title: "capture module",
    package: "nod",
    folder: ".",
    out: "pkg",
    // The element that sites embed is called `nod.js` already.
    name: "nod_wasm",
};

/// The same code with the calls that only the bench needs.
pub(crate) const BENCH: Module = Module {
    title: "bench module",
    package: "nod-bench-web",
    folder: "bench/web/nod",
    out: "target/bench-web/pkg",
    name: "nod_bench_web",
};

impl Module {
    /// Compiles the module (cargo only). Tools that are still being installed are not needed for it.
    ///
    /// # Errors
    /// When the compilation fails.
    pub(crate) fn compile(&self, wasm: &Wasm) -> Result<()> {
        // Exactly what wasm-pack will ask for, so that it finds the work done.
        step::run(
            &format!("{}: compile", self.title),
            wasm.command("cargo").args([
                "build",
                "--lib",
                "--package",
                self.package,
                "--profile",
                PROFILE,
                "--target",
                TARGET,
            ]),
        )
    }

    /// Makes the package from the compiled module, unless it was made from this very module before.
    ///
    /// # Errors
    /// When wasm-pack or a program it calls fails.
    pub(crate) fn package(&self, wasm: &Wasm) -> Result<PathBuf> {
        let folder = paths::root().join(self.out);
        let inputs = self.inputs(wasm)?;
        let stamp = paths::target().join(format!("xtask/{}.inputs", self.name));
        let whole = [
            "package.json",
            &format!("{}.js", self.name),
            &format!("{}_bg.wasm", self.name),
        ]
        .iter()
        .all(|name| folder.join(name).is_file());
        if whole && fs::read_to_string(&stamp).is_ok_and(|there| there == inputs) {
            copy_texts(&folder)?;
            step::already(&format!("{}: {}/", self.title, self.out), "unchanged");
            return Ok(folder);
        }
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        step::run(
            &format!("{}: wasm-bindgen, wasm-opt, {}/", self.title, self.out),
            wasm.command("wasm-pack")
                .args(["build", self.folder, "--profile", PROFILE])
                .args(["--target", "web", "--out-name", self.name, "--out-dir"])
                .arg(&folder),
        )?;
        fs::write(&stamp, inputs).with_context(|| format!("cannot write {}", stamp.display()))?;
        Ok(folder)
    }

    /// What the package is made from: the compiled module, the tools, and the settings of wasm-pack in Cargo.toml.
    fn inputs(&self, wasm: &Wasm) -> Result<String> {
        let module = paths::target()
            .join(TARGET)
            .join(PROFILE)
            .join(format!("{}.wasm", self.package.replace('-', "_")));
        let mut lines = vec![format!("module {}", sha256_hex(&read(&module)?))];
        let manifest = paths::root().join(self.folder).join("Cargo.toml");
        lines.push(format!("Cargo.toml {}", sha256_hex(&read(&manifest)?)));
        for program in ["wasm-pack", "wasm-bindgen", "wasm-opt"] {
            lines.push(output(wasm.command(program).arg("--version"))?);
        }
        Ok(lines.join("\n"))
    }
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

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the heading of wasm-pack's settings to the end of the list, without comments.
    fn settings(module: &Module) -> String {
        let manifest = paths::root().join(module.folder).join("Cargo.toml");
        let text = fs::read_to_string(manifest).unwrap();
        let (_, settings) = text.split_once("[package.metadata.wasm-pack").unwrap();
        let lines = settings
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'));
        lines.collect::<Vec<_>>().join("\n").trim().to_owned()
    }

    #[test]
    fn the_benchs_module_is_optimised_as_the_shipped_one() {
        assert!(settings(&CAPTURE).contains("wasm-opt"));
        assert_eq!(settings(&CAPTURE), settings(&BENCH));
    }
}
