//! Programs from crates.io, each pinned to one version, installed into the cache.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::paths;
use crate::step;
use crate::toolchain::{cargo, output};

/// A program that is installed with `cargo install`.
pub(crate) struct Tool<'a> {
    /// The crate.
    pub(crate) package: &'static str,
    /// Its exact version.
    pub(crate) version: &'a str,
    /// The program whose `--version` tells whether it is there.
    pub(crate) program: &'static str,
    /// The optimisation level to compile it with: time is lost twice by optimising what runs for a moment.
    pub(crate) opt_level: &'static str,
}

impl Tool<'_> {
    /// Installs the program unless it is there in this version.
    ///
    /// # Errors
    /// When `cargo install` fails.
    pub(crate) fn ensure(&self) -> Result<PathBuf> {
        let file = paths::tools()?.join("bin").join(self.program);
        let name = format!("{} {}", self.package, self.version);
        if file.is_file() && self.is_installed(&file) {
            step::already(&name, "installed");
            return Ok(file);
        }
        // Without --locked: the lock file inside a crate may name versions that a mirror of the registry
        // does not carry yet.
        let mut install = cargo();
        install
            .args([
                "install",
                self.package,
                "--version",
                self.version,
                "--force",
                "--root",
            ])
            .arg(paths::tools()?)
            // Its own build folder, so that an interrupted installation goes on where it stopped.
            .env(
                "CARGO_TARGET_DIR",
                paths::cache()?.join("build").join(self.package),
            )
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", self.opt_level)
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        step::run(&name, &mut install)?;
        let build = paths::cache()?.join("build").join(self.package);
        std::fs::remove_dir_all(&build)
            .with_context(|| format!("cannot remove {}", build.display()))?;
        Ok(file)
    }

    fn is_installed(&self, file: &std::path::Path) -> bool {
        output(Command::new(file).arg("--version"))
            .is_ok_and(|text| text.split_whitespace().any(|word| word == self.version))
    }
}
