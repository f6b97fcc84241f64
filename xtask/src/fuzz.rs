//! `cargo xtask fuzz`: gives the targets of `fuzz/` to libFuzzer, one after the other, and says what came of it
//! (docs/fuzzing.md).
//!
//! Needs a C++ compiler beside stable Rust. Code is instrumented for coverage and keeps the checks of a debug build. There
//! is no sanitizer: those need an unstable compiler, and what they look for is what safe code has not.

mod report;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use self::report::{Outcome, Run};
use crate::step::{self, say, step};
use crate::toolchain::{cargo, output};
use crate::{digest, paths};

/// What `cargo fuzz` passes to a compiler without sanitizers: counters on edges, and what is compared with what.
const INSTRUMENTED: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg",
    "fuzzing",
];

/// Seconds for each target, if nothing else is asked for.
const SECONDS: u64 = 60;
/// Seconds after which one input has hung.
const HANGS: &str = "-timeout=10";
/// Names that libFuzzer gives to what it finds.
const FINDINGS: [&str; 4] = ["crash-", "timeout-", "oom-", "leak-"];

/// How long, and what.
#[derive(Args)]
pub(crate) struct Options {
    /// So many seconds for each target (60 if neither is given).
    #[arg(long, value_name = "N", conflicts_with = "runs")]
    seconds: Option<u64>,
    /// So many executions of each target.
    #[arg(long, value_name = "N")]
    runs: Option<u64>,
    /// Only targets that need none of the authority's code, and compile in a fraction of the time.
    #[arg(long)]
    protocol: bool,
    /// Instead: keep of all inputs that were found the fewest that reach as much, as fuzz/corpus.
    #[arg(long, conflicts_with_all = ["seconds", "runs"])]
    minimise: bool,
    /// Targets, by the names of their folders in fuzz/corpus; all, if none is named.
    targets: Vec<String>,
}

/// Runs targets in turn; of all of them, writes bench/results/fuzz.txt.
///
/// # Errors
/// When something was found (the message names the inputs), or when libFuzzer cannot be built.
pub(crate) fn run(options: &Options) -> Result<()> {
    let fuzzer = Fuzzer::build(options.protocol)?;
    let all = fuzzer.prepare()?;
    let unknown = options.targets.iter().find(|name| !all.contains(*name));
    if let Some(name) = unknown {
        bail!("no target {name}; there are {all:?}");
    }
    let is_wanted = |name: &&String| options.targets.is_empty() || options.targets.contains(name);
    let wanted: Vec<&String> = all.iter().filter(is_wanted).collect();
    if options.minimise {
        return wanted
            .iter()
            .try_for_each(|name| step(&format!("{name}: minimise"), || fuzzer.minimise(name)));
    }
    let mut run = Run::begin(options.command())?;
    for name in &wanted {
        let outcome = step(&format!("{name}: fuzz"), || fuzzer.fuzz(name, options))?;
        say(&format!("  {}", outcome.line()));
        run.outcomes.push(outcome);
    }
    let text = run.text()?;
    say(&format!("\n{text}"));
    if wanted.len() == all.len() {
        let file = paths::root().join("bench/results/fuzz.txt");
        fs::write(&file, &text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let findings: Vec<String> = run.outcomes.into_iter().flat_map(|o| o.findings).collect();
    ensure!(findings.is_empty(), "found: {}", findings.join(", "));
    Ok(())
}

impl Options {
    /// As it was typed.
    fn command(&self) -> String {
        let mut command = "cargo xtask fuzz".to_owned();
        match (self.seconds, self.runs) {
            (_, Some(runs)) => command += &format!(" --runs {runs}"),
            (Some(seconds), None) => command += &format!(" --seconds {seconds}"),
            (None, None) => {}
        }
        if self.protocol {
            command += " --protocol";
        }
        for name in &self.targets {
            command += &format!(" {name}");
        }
        command
    }
}

/// The program with all targets in it.
struct Fuzzer {
    program: PathBuf,
    /// Seeds, dictionaries and inputs: all but the committed ones.
    folder: PathBuf,
}

impl Fuzzer {
    fn build(without_authority: bool) -> Result<Self> {
        let rustc = output(Command::new("rustc").arg("-vV"))?;
        let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.context("rustc does not say what it compiles for")?;
        let folder = paths::target().join("fuzz");
        let features: &[&str] = if without_authority {
            &["--no-default-features"]
        } else {
            &[]
        };
        step::run(
            "fuzz targets: compile, instrumented",
            cargo()
                .args(["build", "--release", "--locked", "--manifest-path"])
                .arg(paths::root().join("fuzz/libfuzzer/Cargo.toml"))
                // With a target named, build scripts and macros are compiled without the flags.
                .args(["--target", host, "--target-dir"])
                .arg(folder.join("build"))
                .args(features)
                .env("RUSTFLAGS", INSTRUMENTED.join(" ")),
        )?;
        let program = folder
            .join("build")
            .join(host)
            .join("release/nod-libfuzzer");
        Ok(Self { program, folder })
    }

    fn command(&self, target: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .current_dir(paths::root().join("fuzz"))
            .env("NOD_FUZZ_TARGET", target);
        command
    }

    /// Writes the seeds of all targets; returns the targets' names.
    fn prepare(&self) -> Result<BTreeSet<String>> {
        let folder = self.folder.join("prepared");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        output(self.command("").env("NOD_FUZZ_PREPARE", &folder))?;
        names_in(&folder)
    }

    fn prepared(&self, target: &str) -> PathBuf {
        self.folder.join("prepared").join(target)
    }

    /// Inputs that were found here and are not committed; they stay for the next run.
    fn found(&self, target: &str) -> Result<PathBuf> {
        let found = self.folder.join("found").join(target);
        fs::create_dir_all(&found)?;
        Ok(found)
    }

    fn longest(&self, target: &str) -> Result<String> {
        let longest = fs::read_to_string(self.prepared(target).join("longest"))?;
        Ok(format!("-max_len={longest}"))
    }

    fn fuzz(&self, target: &str, options: &Options) -> Result<Outcome> {
        let prepared = self.prepared(target);
        let corpus = corpus(target)?;
        let artifacts = paths::root().join("fuzz/artifacts");
        fs::create_dir_all(&artifacts)?;
        let before = findings(&artifacts, target)?;
        let mut command = self.command(target);
        command
            .args(["-print_final_stats=1", HANGS])
            .arg(self.longest(target)?)
            .arg(format!("-artifact_prefix=artifacts/{target}-"));
        if fs::metadata(prepared.join("dictionary"))?.len() > 0 {
            command.arg(format!("-dict={}", prepared.join("dictionary").display()));
        }
        match (options.runs, options.seconds.unwrap_or(SECONDS)) {
            (Some(runs), _) => command.arg(format!("-runs={runs}")),
            (None, seconds) => command.arg(format!("-max_total_time={seconds}")),
        };
        // New inputs go to the first folder.
        command
            .arg(self.found(target)?)
            .arg(&corpus)
            .arg(prepared.join("seeds"));
        let (status, log) = step::logged(&format!("fuzz {target}"), &mut command, Duration::MAX)?;
        let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        let after = findings(&artifacts, target)?;
        let new = after.difference(&before).cloned().collect::<Vec<_>>();
        let outcome = Outcome::read(target, &text, new);
        let ended_well = status.is_some_and(|status| status.success());
        ensure!(
            ended_well || !outcome.findings.is_empty(),
            "{target}: libFuzzer failed; its output is in {}:\n{}",
            log.display(),
            step::tail(&log)
        );
        Ok(outcome)
    }

    /// What seeds reach needs no input in git, so they come first and are left out.
    fn minimise(&self, target: &str) -> Result<()> {
        let merged = self.folder.join("merged").join(target);
        if merged.exists() {
            fs::remove_dir_all(&merged)?;
        }
        fs::create_dir_all(&merged)?;
        let mut seeds = BTreeSet::new();
        for name in names_in(&self.prepared(target).join("seeds"))? {
            let seed = self.prepared(target).join("seeds").join(&name);
            fs::copy(&seed, merged.join(&name))?;
            seeds.insert(name);
        }
        let corpus = corpus(target)?;
        let mut command = self.command(target);
        command
            // One input for each place in the code, and not for each number of times that it is passed: settings alone would
            // have thousands.
            .args(["-merge=1", "-use_counters=0", HANGS])
            .arg(self.longest(target)?)
            .arg(&merged)
            .arg(&corpus)
            .arg(self.found(target)?);
        step::quiet(&format!("minimise {target}"), &mut command)?;
        for name in names_in(&corpus)?.iter().filter(|name| !is_named(name)) {
            fs::remove_file(corpus.join(name))?;
        }
        for name in names_in(&merged)?.difference(&seeds) {
            let input = fs::read(merged.join(name))?;
            let short = &digest::sha256_hex(&input)[..12];
            fs::write(corpus.join(short), input)?;
        }
        Ok(())
    }
}

/// Whether somebody named an input, as what was once a finding: such ones stay, whatever they reach.
fn is_named(input: &str) -> bool {
    !input.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The committed inputs.
fn corpus(target: &str) -> Result<PathBuf> {
    let corpus = paths::root().join("fuzz/corpus").join(target);
    fs::create_dir_all(&corpus)?;
    Ok(corpus)
}

fn findings(artifacts: &Path, target: &str) -> Result<BTreeSet<String>> {
    let is_finding = |name: &String| {
        let rest = name
            .strip_prefix(target)
            .and_then(|rest| rest.strip_prefix('-'));
        rest.is_some_and(|rest| FINDINGS.iter().any(|kind| rest.starts_with(kind)))
    };
    let names = names_in(artifacts)?.into_iter().filter(is_finding);
    Ok(names.map(|name| format!("fuzz/artifacts/{name}")).collect())
}

fn names_in(folder: &Path) -> Result<BTreeSet<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_once_a_finding_keeps_its_name() {
        assert!(is_named("an-id-that-grows") && !is_named("00c0ffee1234"));
    }

    #[test]
    fn the_recorded_command_is_the_typed_one() {
        let options = |runs, seconds, targets: &[&str]| Options {
            seconds,
            runs,
            protocol: false,
            minimise: false,
            targets: targets.iter().map(|name| (*name).to_owned()).collect(),
        };
        let command = options(Some(5), None, &["ids"]).command();
        assert_eq!(command, "cargo xtask fuzz --runs 5 ids");
        let command = options(None, Some(90), &[]).command();
        assert_eq!(command, "cargo xtask fuzz --seconds 90");
    }
}
