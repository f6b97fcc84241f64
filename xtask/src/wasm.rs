//! The modules for browsers: the capture module, root crate → `pkg/`, a package that npm could publish; and the one that
//! the bench in a browser measures, which is made in the same way. Each is made twice: with the vectors that every
//! browser has that Nod supports, and with relaxed SIMD, where to multiply and add is one instruction. A module with it
//! does not validate where it is missing, so the page chooses (`www/frame/module.js`).
//!
//! cargo decides whether anything must be compiled, and the digest of what it made decides whether the two
//! slow steps after it (wasm-bindgen, wasm-opt) must run again: there is no list of inputs to keep right.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::digest::sha256_hex;
use crate::toolchain::{TARGET, Wasm, output};
use crate::{paths, step};

/// The cargo profile of the modules; native code has other needs.
const PROFILE: &str = "wasm";

/// A crate that becomes modules with their bindings.
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
    name: &'static str,
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

/// What a module uses of WebAssembly's vectors.
#[derive(Clone, Copy)]
enum Vectors {
    /// The 128-bit ones, which `.cargo/config.toml` names.
    Fixed,
    /// Those, and instructions that leave the last bit to the processor.
    Relaxed,
}

/// One of a crate's two modules.
#[derive(Clone, Copy)]
struct Build<'a>(&'a Module, Vectors);

impl Module {
    /// Compiles both (cargo only). Tools that are still being installed are not needed for it.
    ///
    /// # Errors
    /// When the compilation fails.
    pub(crate) fn compile(&self, wasm: &Wasm) -> Result<()> {
        self.builds().iter().try_for_each(|one| one.compile(wasm))
    }

    /// Makes the packages from the compiled modules, unless they were made from these very modules before.
    ///
    /// # Errors
    /// When wasm-pack or a program it calls fails.
    pub(crate) fn package(&self, wasm: &Wasm) -> Result<()> {
        self.builds().iter().try_for_each(|one| one.package(wasm))
    }

    /// Each module of the packages, and what calls it.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.builds().iter().flat_map(Build::files).collect()
    }

    fn builds(&self) -> [Build<'_>; 2] {
        [Vectors::Fixed, Vectors::Relaxed].map(|vectors| Build(self, vectors))
    }
}

impl Build<'_> {
    fn compile(&self, wasm: &Wasm) -> Result<()> {
        // Exactly what wasm-pack will ask for, so that it finds the work done.
        step::run(
            &format!("{}: compile", self.title()),
            self.command(wasm, "cargo")?.args([
                "build",
                "--lib",
                "--package",
                self.0.package,
                "--profile",
                PROFILE,
                "--target",
                TARGET,
            ]),
        )
    }

    fn package(&self, wasm: &Wasm) -> Result<()> {
        let folder = self.folder();
        let inputs = self.inputs(wasm)?;
        let stamp = paths::target().join(format!("xtask/{}.inputs", self.name()));
        let whole =
            folder.join("package.json").is_file() && self.files().iter().all(|f| f.is_file());
        if whole && fs::read_to_string(&stamp).is_ok_and(|there| there == inputs) {
            copy_texts(&folder)?;
            step::already(&self.title(), "unchanged");
            return Ok(());
        }
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        step::run(
            &format!("{}: wasm-bindgen, wasm-opt", self.title()),
            self.command(wasm, "wasm-pack")?
                .args(["build", self.0.folder, "--profile", PROFILE])
                .args(["--target", "web", "--out-name", &self.name(), "--out-dir"])
                .arg(&folder),
        )?;
        fs::write(&stamp, inputs).with_context(|| format!("cannot write {}", stamp.display()))
    }

    /// What the package is made from: the compiled module, the tools, and the settings of wasm-pack in Cargo.toml.
    fn inputs(&self, wasm: &Wasm) -> Result<String> {
        let module = self
            .target()
            .join(TARGET)
            .join(PROFILE)
            .join(format!("{}.wasm", self.0.package.replace('-', "_")));
        let mut lines = vec![format!("module {}", sha256_hex(&read(&module)?))];
        let manifest = paths::root().join(self.0.folder).join("Cargo.toml");
        lines.push(format!("Cargo.toml {}", sha256_hex(&read(&manifest)?)));
        for program in ["wasm-pack", "wasm-bindgen", "wasm-opt"] {
            lines.push(output(wasm.command(program).arg("--version"))?);
        }
        Ok(lines.join("\n"))
    }

    fn files(&self) -> [PathBuf; 2] {
        ["js", "wasm"].map(|kind| {
            let module = if kind == "wasm" { "_bg" } else { "" };
            self.folder()
                .join(format!("{}{module}.{kind}", self.name()))
        })
    }

    fn title(&self) -> String {
        match self.1 {
            Vectors::Fixed => self.0.title.to_owned(),
            Vectors::Relaxed => format!("{}, relaxed SIMD", self.0.title),
        }
    }

    fn name(&self) -> String {
        match self.1 {
            Vectors::Fixed => self.0.name.to_owned(),
            Vectors::Relaxed => format!("{}_relaxed", self.0.name),
        }
    }

    fn folder(&self) -> PathBuf {
        match self.1 {
            Vectors::Fixed => paths::root().join(self.0.out),
            Vectors::Relaxed => self.target().join(self.name()),
        }
    }

    /// Where cargo puts what it compiles: in one folder each build would be compiled anew whenever it has its turn.
    fn target(&self) -> PathBuf {
        match self.1 {
            Vectors::Fixed => paths::target(),
            Vectors::Relaxed => paths::target().join("relaxed"),
        }
    }

    fn command(&self, wasm: &Wasm, program: &str) -> Result<Command> {
        let mut command = wasm.command(program);
        let features = match self.1 {
            // As in `.cargo/config.toml`, which this takes the place of.
            Vectors::Fixed => "target-feature=+simd128",
            Vectors::Relaxed => "target-feature=+simd128,+relaxed-simd",
        };
        // Messages of panics name the files of dependencies; where those lie on this machine is nobody's business, and would
        // make another module of the same sources elsewhere.
        let sources = format!(
            "--remap-path-prefix={}=/cargo",
            paths::cargo_home()?.display()
        );
        command.env(
            "CARGO_ENCODED_RUSTFLAGS",
            ["-C", features, &sources].join("\u{1f}"),
        );
        if let Vectors::Relaxed = self.1 {
            command.env("CARGO_TARGET_DIR", self.target());
        }
        Ok(command)
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
