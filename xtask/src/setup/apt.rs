//! Debian packages, installed only when missing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context, Result, bail};

use crate::paths::on_path;
use crate::step::{self, say};

/// Installs those of `packages` that are not there, after one `apt-get update` per run of this program.
/// Nothing that is installed is ever removed for it.
///
/// # Errors
/// Where apt is not there (`elsewhere` then says what to install by hand), where it may not be used, and
/// when it fails.
pub(crate) fn install(packages: &[&str], elsewhere: &str) -> Result<()> {
    // dpkg has one lock; steps that run side by side take turns here instead of failing there.
    static UPDATED: Mutex<bool> = Mutex::new(false);
    let mut updated = UPDATED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);

    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|name| !installed(name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !available() {
        bail!("{elsewhere}, then run this command again");
    }
    let by_hand = format!("apt-get update && apt-get install {}", missing.join(" "));
    let root = am_root()?;
    if !root && on_path("sudo").is_none() {
        bail!("packages are missing and neither root nor sudo is here; run as root: {by_hand}");
    }
    if !root {
        ask_for_password(&by_hand)?;
    }
    if !*updated {
        step::run("apt-get update", &mut apt_get(root, &["update"]))?;
        *updated = true;
    }
    let mut arguments = vec!["install", "--yes", "--no-install-recommends", "--no-remove"];
    arguments.extend(&missing);
    step::run(
        &format!("apt-get install {}", missing.join(" ")),
        &mut apt_get(root, &arguments),
    )
    .with_context(|| format!("run it by hand to see more: {by_hand}"))
}

/// Whether this is a system with apt.
pub(crate) fn available() -> bool {
    on_path("apt-get").is_some() && on_path("dpkg-query").is_some()
}

fn installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|out| out.stdout == b"installed")
}

fn apt_get(root: bool, arguments: &[&str]) -> Command {
    let mut command = Command::new(if root { "env" } else { "sudo" });
    if !root {
        command.arg("env");
    }
    command.args([
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "--option=DPkg::Lock::Timeout=300",
    ]);
    command.args(arguments);
    command
}

/// Lets sudo ask on the terminal now: later its output goes to a log and nobody would see the question.
fn ask_for_password(by_hand: &str) -> Result<()> {
    say("  packages are missing: sudo may ask for your password");
    let status = Command::new("sudo")
        .arg("--validate")
        .status()
        .context("cannot start sudo")?;
    if !status.success() {
        bail!("sudo refused; run as root: {by_hand}");
    }
    Ok(())
}

fn am_root() -> Result<bool> {
    if !Path::new("/usr/bin/id").exists() && on_path("id").is_none() {
        bail!("the program `id` is missing: install coreutils");
    }
    let out = Command::new("id")
        .arg("-u")
        .output()
        .context("cannot start id")?;
    Ok(out.stdout.trim_ascii() == b"0")
}
