//! `cargo xtask repro`: are the modules and the folder that an authority serves the same wherever they are built?
//!
//! The checkout is copied to two folders with names of different length; the second is built with another home of cargo, as
//! on another machine. Both are built from nothing. Every file of both `dist/` folders is compared, models aside: those
//! are named by their hash, and what is served under the name is checked by the page.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::digest::sha256_hex;
use crate::setup;
use crate::step::{self, say, step};
use crate::toolchain::output;
use crate::{paths, wasm};

/// P-256's own generator (SEC 2 §2.4.2): any point will do where nothing is ever sealed to what it signs.
const ROOT_KEY: &str =
    "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";

/// SHA-256 of files by their path.
type Hashes = BTreeMap<String, String>;

/// Builds twice, compares, writes the result.
///
/// # Errors
/// When a build fails, or when a file differs; the message names the files.
pub(crate) fn run() -> Result<()> {
    let wasm = setup::wasm_target()?;
    let folder = paths::target().join("repro");
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let (one, two) = (folder.join("one"), folder.join("another-checkout"));
    let home = folder.join("another-home");
    // All before the long builds, in which somebody may go on writing and compile this program anew.
    let this = folder.join("xtask");
    fs::create_dir_all(&folder)?;
    fs::copy(
        std::env::current_exe().context("where is this program?")?,
        &this,
    )?;
    for copy in [&one, &two] {
        step(&format!("{}: copy", name_of(copy)), || copy_sources(copy))?;
    }
    let (one, two) = (built(&this, &one, None)?, built(&this, &two, Some(&home))?);
    let report = report(&one, &two, &wasm)?;
    let file = paths::root().join("bench/results/repro.txt");
    fs::write(&file, report).with_context(|| format!("cannot write {}", file.display()))?;
    let differing = differing(&one, &two);
    ensure!(
        differing.is_empty(),
        "these files differ: {}",
        differing.join(", ")
    );
    say(&format!("{} files are the same in both", one.len()));
    Ok(())
}

/// Hashes of `dist/` of a copy of the checkout, built from nothing.
fn built(this: &Path, copy: &Path, home: Option<&Path>) -> Result<Hashes> {
    let key = copy.join("root.pub");
    fs::write(&key, format!("{ROOT_KEY}\n"))?;
    let mut command = Command::new(this);
    command
        .args(["build", "--without-models", "--root-key"])
        .arg(&key)
        .current_dir(copy)
        .env_remove("CARGO_TARGET_DIR")
        .env(paths::CHECKOUT, copy);
    if let Some(home) = home {
        fs::create_dir_all(home)?;
        // The same sources, under another name.
        let own = paths::cargo_home()?;
        for name in ["registry", "config.toml"] {
            if own.join(name).exists() {
                symlink(own.join(name), home.join(name))?;
            }
        }
        command.env("CARGO_HOME", home);
    }
    step::run(&format!("{}: build", name_of(copy)), &mut command)?;
    let mut hashes = Hashes::new();
    hash_below(&copy.join("dist"), "", &mut hashes)?;
    Ok(hashes)
}

/// Every file that git knows or would take.
fn copy_sources(copy: &Path) -> Result<()> {
    let files = output(
        Command::new("git")
            .args([
                "ls-files",
                "--cached",
                "--others",
                "--exclude-standard",
                "-z",
            ])
            .current_dir(paths::root()),
    )?;
    for name in files.split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (paths::root().join(name), copy.join(name));
        if !from.is_file() {
            continue;
        }
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(&from, &to).with_context(|| format!("cannot copy {name}"))?;
    }
    Ok(())
}

fn hash_below(folder: &Path, prefix: &str, hashes: &mut Hashes) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = format!("{prefix}{}", name_of(&path));
        if path.is_dir() {
            hash_below(&path, &format!("{name}/"), hashes)?;
        } else {
            hashes.insert(name, sha256_hex(&fs::read(&path)?));
        }
    }
    if hashes.is_empty() {
        bail!("{} is empty", folder.display());
    }
    Ok(())
}

/// Files that are not the same in both, or only in one.
fn differing(one: &Hashes, two: &Hashes) -> Vec<String> {
    let names = one.keys().chain(two.keys());
    let mut differing: Vec<String> = names
        .filter(|name| one.get(*name) != two.get(*name))
        .cloned()
        .collect();
    differing.sort();
    differing.dedup();
    differing
}

fn report(one: &Hashes, two: &Hashes, wasm: &crate::toolchain::Wasm) -> Result<String> {
    let today = output(Command::new("date").args(["-u", "+%Y-%m-%d"]))?;
    let machine = output(Command::new("uname").args(["-s", "-r", "-m"]))?;
    let commit = output(
        Command::new("git")
            .args(["describe", "--always", "--dirty"])
            .current_dir(paths::root()),
    )?;
    let mut text = format!("cargo xtask repro\n{today}, {machine}, commit {commit}\n");
    for program in ["rustc", "wasm-pack", "wasm-bindgen", "wasm-opt"] {
        let version = output(wasm.command(program).arg("--version"))?;
        text += &format!("{version}\n");
    }
    let differing = differing(one, two);
    text += &format!(
        "\n{} files of dist/ (without models), built from nothing in two folders with two homes of cargo: {}\n\n",
        one.len(),
        if differing.is_empty() {
            "all the same".to_owned()
        } else {
            format!("different: {}", differing.join(", "))
        }
    );
    // What an outsider compares; the rest follows from these and from the checkout.
    let modules: Vec<PathBuf> = wasm::CAPTURE.files();
    let wanted = modules.iter().map(|path| name_of(path));
    let wanted: Vec<String> = wanted.chain(["nod.js".into(), "frame.js".into()]).collect();
    for (name, hash) in one {
        if wanted
            .iter()
            .any(|file| name.ends_with(&format!("/{file}")))
        {
            text += &format!("{hash}  {name}\n");
        }
    }
    Ok(text)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_different_or_only_there_once_is_named() {
        let hashes = |files: &[(&str, &str)]| -> Hashes {
            let own = |(name, hash): &(&str, &str)| ((*name).to_owned(), (*hash).to_owned());
            files.iter().map(own).collect()
        };
        let one = hashes(&[("a", "1"), ("b", "2"), ("c", "3")]);
        assert!(differing(&one, &one).is_empty());
        let two = hashes(&[("a", "1"), ("b", "9"), ("d", "3")]);
        assert_eq!(differing(&one, &two), ["b", "c", "d"]);
    }
}
