//! The compiler for wasm32-unknown-unknown: the one that runs this program where it has the target, else
//! Debian's, behind a folder of shims (`setup/sysroot.rs`). The native build always uses the former.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths;

/// The target of the capture module.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A cargo and rustc that compile for [`TARGET`].
#[derive(Clone)]
pub(crate) struct Wasm {
    /// The folder of shims that must come first on the PATH; none for the compiler that is there anyway.
    shims: Option<PathBuf>,
    /// What `rustc --version` says: an input of the build.
    pub(crate) version: String,
}

impl Wasm {
    /// The compiler on the PATH, if it has the target.
    pub(crate) fn on_path() -> Option<Self> {
        Self::probe(None)
    }

    /// The compiler behind `shims`, if it is there and has the target.
    pub(crate) fn behind(shims: &Path) -> Option<Self> {
        shims
            .join("rustc")
            .is_file()
            .then(|| Self::probe(Some(shims.to_path_buf())))?
    }

    fn probe(shims: Option<PathBuf>) -> Option<Self> {
        let mut found = Self {
            shims,
            version: String::new(),
        };
        let library =
            output(
                found
                    .command("rustc")
                    .args(["--print", "target-libdir", "--target", TARGET]),
            )
            .ok()?;
        let has_std = std::fs::read_dir(library)
            .ok()?
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"));
        if !has_std {
            return None;
        }
        found.version = output(found.command("rustc").arg("--version")).ok()?;
        Some(found)
    }

    /// `program` (`cargo`, `rustc`, `wasm-pack`) with this compiler and the installed tools on its PATH.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut path: Vec<PathBuf> = self.shims.iter().cloned().collect();
        path.extend(paths::tools().map(|dir| dir.join("bin")));
        path.extend(paths::npm().map(|dir| dir.join("node_modules/.bin")));
        path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let file = path
            .iter()
            .map(|dir| dir.join(program))
            .find(|file| file.is_file());
        let mut command = Command::new(file.unwrap_or_else(|| PathBuf::from(program)));
        scrub(&mut command);
        if let Some(shims) = &self.shims {
            // What rustup and cargo set for the compiler that runs this program would win over the shims.
            for name in [
                "RUSTUP_TOOLCHAIN",
                "CARGO",
                "RUSTC",
                "RUSTDOC",
                "LD_LIBRARY_PATH",
            ] {
                command.env_remove(name);
            }
            // clippy is a compiler of its own that does not go through the shim of rustc.
            if let Some(sysroot) = shims.parent() {
                command.env("SYSROOT", sysroot);
            }
        }
        command.env(
            "PATH",
            env::join_paths(path).unwrap_or_else(|_| OsString::new()),
        );
        command.current_dir(paths::root());
        command
    }
}

/// The native cargo, in the checkout.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    scrub(&mut command);
    command.current_dir(paths::root());
    command
}

/// What a program prints, trimmed.
///
/// # Errors
/// When it cannot be started or fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = command
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    if !out.status.success() {
        bail!(
            "{name} failed ({}): {}",
            out.status,
            String::from_utf8_lossy(&out.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// Removes what `cargo run` tells this program about its own package: a build script that watches one of
/// these variables would otherwise run again each time cargo is called from here and from a shell in turn.
fn scrub(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_")
            || text.starts_with("CARGO_MANIFEST_")
            || text == "CARGO_BIN_NAME"
        {
            command.env_remove(&name);
        }
    }
}
