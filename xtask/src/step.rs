//! One named step of a command: says when it starts, how long it has been at it and when it ends; the
//! output of the programs it runs goes to a log file, whose path and last lines are shown on failure.
//!
//! Steps may run side by side ([`side_by_side`]), so every line carries the name of its step and nothing
//! is drawn over: the output reads the same on a terminal and in the log of a CI run.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::paths;

/// How often a long step reports that it is still alive.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// How often a running child is looked at. Short, so that quick steps stay quick.
const POLL: Duration = Duration::from_millis(25);
/// Lines of a failed child's log that are shown.
const TAIL: usize = 40;

/// Prints one line to standard output: the one place of this program that does.
#[expect(clippy::print_stdout, reason = "a command-line tool talks to its user")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Prints why the command failed, without the backtrace that `RUST_BACKTRACE` would add: the message says
/// what to do.
#[expect(clippy::print_stderr, reason = "a command-line tool talks to its user")]
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// Runs `work` as the step `name`, with a line before and a line with the elapsed time after it.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say(&format!("→ {name}"));
    let began = Instant::now();
    let result = work();
    match &result {
        Ok(_) => say(&format!("✓ {name} ({})", elapsed(began.elapsed()))),
        Err(_) => say(&format!("✗ {name} ({})", elapsed(began.elapsed()))),
    }
    result
}

/// Says that the step `name` has nothing to do.
pub(crate) fn already(name: &str, why: &str) {
    say(&format!("✓ {name}: {why}"));
}

/// Runs `command` as the step `name`, its output in a log file.
///
/// # Errors
/// When the program cannot be started (the message says so) or ends with a failure (the message carries
/// the log's path and its last lines).
pub(crate) fn run(name: &str, command: &mut Command) -> Result<()> {
    step(name, || quiet(name, command))
}

/// Like [`run`], but ends the program after `limit`.
///
/// # Errors
/// As [`run`], and when the time is over.
pub(crate) fn limited(name: &str, command: &mut Command, limit: Duration) -> Result<()> {
    step(name, || finish(name, command, limit))
}

/// Like [`run`] without the lines before and after it, for one of several programs of a step.
pub(crate) fn quiet(name: &str, command: &mut Command) -> Result<()> {
    finish(name, command, Duration::MAX)
}

/// Like [`limited`], without the lines before and after it.
///
/// # Errors
/// As [`limited`].
pub(crate) fn finish(name: &str, command: &mut Command, limit: Duration) -> Result<()> {
    let (ended, log) = logged(name, command, limit)?;
    let how = match ended {
        Some(status) if status.success() => return Ok(()),
        Some(status) => status.to_string(),
        None => format!("not finished after {}", elapsed(limit)),
    };
    bail!(
        "{name}: {} failed ({how}); its output is in {}:\n{}",
        program(command),
        log.display(),
        tail(&log)
    );
}

/// Runs `command` with its output in a log file; returns how it ended (nothing if it was ended after
/// `limit`), and the log's path.
pub(crate) fn logged(
    name: &str,
    command: &mut Command,
    limit: Duration,
) -> Result<(Option<ExitStatus>, PathBuf)> {
    let log = log_file(name)?;
    let out = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let errors = out.try_clone()?;
    let began = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(errors)
        .spawn()
        .with_context(|| format!("{name}: cannot start {}", program(command)))?;
    let mut next = HEARTBEAT;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((Some(status), log));
        }
        if began.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok((None, log));
        }
        if began.elapsed() >= next {
            next += HEARTBEAT;
            let last = last_line(&log).unwrap_or_default();
            say(&format!("  {name}: {} … {last}", elapsed(began.elapsed())));
        }
        std::thread::sleep(POLL);
    }
}

/// Runs every job on a thread of its own and returns the first failure, after all have ended: a child that
/// is half done is not left behind.
pub(crate) fn side_by_side(jobs: Vec<Job<'_>>) -> Result<()> {
    let results: Vec<Result<()>> = std::thread::scope(|scope| {
        let running: Vec<_> = jobs.into_iter().map(|job| scope.spawn(job)).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| bail!("a step panicked")))
            .collect()
    });
    results.into_iter().collect()
}

/// One of the jobs that run [`side_by_side`].
pub(crate) type Job<'a> = Box<dyn FnOnce() -> Result<()> + Send + 'a>;

/// A duration as people say it: `4.2 s`, `3 min 07 s`.
pub(crate) fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// The last lines of the log of a failed program.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL);
    lines[from..]
        .iter()
        .map(|line| format!("    {line}\n"))
        .collect()
}

/// `target/xtask/<step>.log`, in a folder that exists.
fn log_file(name: &str) -> Result<PathBuf> {
    let folder = paths::target().join("xtask");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let file: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .collect();
    Ok(folder.join(format!("{file}.log")))
}

fn last_line(log: &Path) -> Option<String> {
    let file = File::open(log).ok()?;
    let line = BufReader::new(file)
        .lines()
        .map_while(Result::ok)
        .filter(|l| !l.trim().is_empty())
        .last()?;
    Some(line.trim().chars().take(80).collect())
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(elapsed(Duration::from_millis(4_200)), "4.2 s");
        assert_eq!(elapsed(Duration::from_secs(187)), "3 min 07 s");
    }

    #[test]
    fn a_failure_names_the_log_and_shows_its_end() {
        let error = quiet(
            "failing step",
            Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]),
        )
        .unwrap_err()
        .to_string();
        assert!(error.contains("failing-step.log"), "{error}");
        assert!(error.contains("out") && error.contains("err"), "{error}");
    }

    #[test]
    fn every_side_by_side_job_ends_before_the_failure_is_reported() {
        let slow = std::sync::atomic::AtomicBool::new(false);
        let result = side_by_side(vec![
            Box::new(|| bail!("first")),
            Box::new(|| {
                std::thread::sleep(Duration::from_millis(50));
                slow.store(true, std::sync::atomic::Ordering::SeqCst);
                Ok(())
            }),
        ]);
        assert_eq!(result.unwrap_err().to_string(), "first");
        assert!(slow.load(std::sync::atomic::Ordering::SeqCst));
    }
}
