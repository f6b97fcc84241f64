//! `cargo xtask test`: every check of the project, a table of what each took, and one line that sums it up.

pub(crate) mod count;
mod end_to_end;
mod interface;
mod lint;
mod native;
mod wasm_tests;

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::setup;
use crate::step::{self, Job, elapsed, say, side_by_side};
use crate::toolchain::Wasm;
use crate::wasm::CAPTURE;
use count::Counts;

/// A part of the tests.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Formatting, clippy for both targets, licences and sources of dependencies.
    Lint,
    /// cargo test of every crate.
    Native,
    /// schemathesis against a running authority and its OpenAPI document.
    Interface,
    /// The protocol's tests, compiled to WebAssembly.
    Wasm,
    /// The whole line in a real browser.
    E2e,
}

/// Runs all parts, or one.
///
/// # Errors
/// When a test fails, or when what the tests need cannot be set up.
pub(crate) fn run(only: Option<Part>) -> Result<()> {
    let wants = |part| only.is_none_or(|one| one == part);
    let mut report = Report::default();
    let began = Instant::now();

    setup::node::check()?;
    let wasm = setup::wasm_target()?;
    report.needs("set-up", || set_up(&wasm, &wants))?;
    if wants(Part::Lint) {
        lint::run(&mut report, &wasm);
    }
    if wants(Part::Native) {
        native::run(&mut report);
    }
    if wants(Part::Interface) {
        interface::run(&mut report);
    }
    if wants(Part::Wasm) {
        wasm_tests::run(&mut report, &wasm);
    }
    if wants(Part::E2e) {
        end_to_end::run(&mut report, &wasm);
    }
    report.finish(began.elapsed())
}

/// Installs what the wanted parts need, and compiles what is slow to compile. The module's long pole is one
/// crate on one core; tools and native tests take the other core meanwhile, so that neither core waits.
fn set_up(wasm: &Wasm, wants: &impl Fn(Part) -> bool) -> Result<()> {
    let mut native: Vec<fn() -> Result<()>> = Vec::new();
    let mut jobs: Vec<Job<'_>> = Vec::new();
    if wants(Part::E2e) {
        jobs.push(Box::new(|| CAPTURE.compile(wasm)));
        jobs.push(Box::new(|| {
            setup::npm::build()?;
            setup::test_tools()
        }));
        native.push(setup::cargo_tools);
    } else if wants(Part::Wasm) {
        native.push(|| setup::wasm_bindgen::ensure().map(drop));
    }
    if wants(Part::Lint) {
        native.push(|| setup::cargo_deny::ensure().map(drop));
    }
    if wants(Part::Native) {
        native.push(|| setup::postgres::ensure().map(drop));
    }
    if wants(Part::Interface) {
        native.push(|| setup::python::schemathesis().map(drop));
    }
    if wants(Part::Interface) && !wants(Part::Native) {
        native.push(crate::services::build);
    }
    if wants(Part::Native) || wants(Part::E2e) {
        native.push(native::compile);
    }
    jobs.push(Box::new(|| native.into_iter().try_for_each(|job| job())));
    side_by_side(jobs)
}

/// What ran, how long it took and how it ended.
#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<(String, Duration, Option<Counts>)>,
}

impl Report {
    /// Runs a stage that is no test itself; without it the rest makes no sense.
    fn needs(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let began = Instant::now();
        work()?;
        self.lines.push((name.to_owned(), began.elapsed(), None));
        Ok(())
    }

    /// Runs one check that passes or fails as a whole.
    fn check(&mut self, name: &str, work: impl FnOnce() -> Result<()>) {
        self.tests(name, || work().map(|()| Counts::one(true)));
    }

    /// Runs a stage of several tests. An error counts as one failed test, and the next stage still runs.
    fn tests(&mut self, name: &str, work: impl FnOnce() -> Result<Counts>) {
        let began = Instant::now();
        let counts = work().unwrap_or_else(|error| {
            say(&format!("{error:#}"));
            Counts::one(false)
        });
        self.lines
            .push((name.to_owned(), began.elapsed(), Some(counts)));
    }

    fn finish(self, whole: Duration) -> Result<()> {
        let mut sum = Counts::default();
        say("");
        for (name, time, counts) in &self.lines {
            let counts = counts.map_or_else(String::new, |counts| {
                sum += counts;
                format!("{} passed, {} failed", counts.passed, counts.failed)
            });
            say(&format!("  {name:<34} {:>12}   {counts}", elapsed(*time)));
        }
        say(&format!("  {:<34} {:>12}", "in all", elapsed(whole)));
        say(&format!("{} passed, {} failed", sum.passed, sum.failed));
        if sum.failed > 0 {
            // The summary stays the last line: no error message follows it.
            std::process::exit(1);
        }
        Ok(())
    }
}

/// Runs a test program and reads its counts from its output; on failure shows which tests failed.
pub(crate) fn program(
    name: &str,
    command: &mut Command,
    read: impl Fn(&str) -> Counts,
) -> Result<Counts> {
    let mut counts = Counts::default();
    let outcome = step::step(name, || {
        let (status, log) = step::logged(name, command, Duration::MAX)?;
        let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        let success = status.is_some_and(|status| status.success());
        counts = read(&text).with_exit(success);
        if counts.failed > 0 {
            bail!(
                "{name}: output in {}:\n{}",
                log.display(),
                failures(&text).unwrap_or_else(|| step::tail(&log))
            );
        }
        Ok(())
    });
    if let Err(error) = outcome {
        if counts == Counts::default() {
            return Err(error);
        }
        say(&format!("{error:#}"));
    }
    Ok(counts)
}

/// Lines of the report on one failed test that are shown.
const SHOWN: usize = 20;

/// The failed tests with what is said of each, as cargo test and TAP name them; `None` if no test is named.
fn failures(text: &str) -> Option<String> {
    let mut shown = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if !is_failure(line) {
            continue;
        }
        shown += &format!("    {}\n", line.trim());
        // TAP says why in the block of YAML that follows.
        if lines.next_if(|line| line.trim() == "---").is_some() {
            let block = lines.by_ref().take_while(|line| line.trim() != "...");
            for line in block.take(SHOWN) {
                shown += &format!("      {}\n", line.trim());
            }
        }
    }
    (!shown.is_empty()).then_some(shown)
}

fn is_failure(line: &str) -> bool {
    let line = line.trim_start();
    (line.starts_with("test ") && line.ends_with("FAILED")) || line.starts_with("not ok ")
}

#[cfg(test)]
mod tests {
    use super::failures;

    #[test]
    fn a_failed_test_is_shown_with_its_reason() {
        let tap = "ok 1 - enrols\n    not ok 2 - verifies\n      ---\n      error: 'no'\n      ...\nnot ok 3 - cancels\n# pass 1\n";
        let shown = "    not ok 2 - verifies\n      error: 'no'\n    not ok 3 - cancels\n";
        assert_eq!(failures(tap).as_deref(), Some(shown));
        assert_eq!(
            failures("test a ... ok\ntest b ... FAILED\n").as_deref(),
            Some("    test b ... FAILED\n")
        );
        assert_eq!(failures("error: could not compile"), None);
    }
}
