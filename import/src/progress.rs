//! How far the run is: a bar on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Shared by all threads of a run; written to the standard error.
pub struct Progress {
    begun: Instant,
    total: u64,
    counts: Mutex<Counts>,
    bar: Option<ProgressBar>,
}

struct Counts {
    done: u64,
    refused: u64,
    /// When the last line was written.
    told: Instant,
}

/// Lines come this often where there is no terminal.
const PERIOD: Duration = Duration::from_secs(10);

impl Progress {
    /// For `total` photographs that are still to be looked at.
    pub fn begin(total: usize) -> Self {
        let now = Instant::now();
        let total = total as u64;
        Self {
            begun: now,
            total,
            counts: Mutex::new(Counts {
                done: 0,
                refused: 0,
                told: now,
            }),
            bar: std::io::stderr().is_terminal().then(|| bar(total)),
        }
    }

    /// One more row is done.
    pub fn count(&self, is_refused: bool) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.done += 1;
        counts.refused += u64::from(is_refused);
        if let Some(bar) = &self.bar {
            bar.set_position(counts.done);
            bar.set_message(format!("{} refused", counts.refused));
        } else if counts.told.elapsed() >= PERIOD {
            counts.told = Instant::now();
            say(&format!(
                "{} of {} done, {} refused, {:.1} images/s",
                counts.done,
                self.total,
                counts.refused,
                rate(counts.done, self.begun.elapsed())
            ));
        }
    }

    /// Takes the bar away; returns the number of photographs done and the time they took.
    pub fn end(&self) -> (u64, Duration) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        (counts.done, self.begun.elapsed())
    }
}

/// A line for the operator.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Photographs a second; 0 where no time has passed.
pub fn rate(done: u64, time: Duration) -> f64 {
    if time.is_zero() {
        0.0
    } else {
        done as f64 / time.as_secs_f64()
    }
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    let style = "{bar:40} {pos}/{len}  {msg}  {per_sec} images  {eta} left";
    // The template is a constant and valid; the default bar would do as well.
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
