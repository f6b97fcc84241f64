//! What readiness goes by besides a look at the database: changes that failed lately, and clocks that differ.
//!
//! A full or read-only database answers what it is asked, so that a look does not show what is the matter. What requests met
//! is kept for some seconds: a balancer sends the next ones elsewhere, and then some here again, which show whether it is over.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::store::Trouble;

/// How long a failure speaks against this process.
const LATELY: Duration = Duration::from_secs(10);
/// Seconds by which this process's clock may differ from the database's. The time that somebody moved before the camera is
/// measured between two requests that may meet two processes, and the judge allows for about as much.
const CLOCKS: i64 = 2;

/// What was seen of the database by requests and by housekeeping.
#[derive(Default)]
pub struct DatabaseWatch(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    trouble: Option<(Trouble, Instant)>,
    clock_ahead: i64,
}

impl DatabaseWatch {
    /// A request met this.
    pub fn had(&self, trouble: Trouble) {
        if trouble.is_of_changes() {
            self.lock().trouble = Some((trouble, Instant::now()));
        }
    }

    /// What a look does not show, if a request met it lately.
    pub fn lately(&self) -> Option<Trouble> {
        let (trouble, at) = self.lock().trouble?;
        (at.elapsed() < LATELY).then_some(trouble)
    }

    /// This process's clock was seen ahead of the database's by so many seconds (negative: behind).
    pub fn saw_clock(&self, ahead: i64) {
        self.lock().clock_ahead = ahead;
    }

    /// By how much it differed when it was last seen.
    pub fn clock_ahead(&self) -> i64 {
        self.lock().clock_ahead
    }

    /// Whether the clocks agree well enough.
    pub fn clocks_agree(&self) -> bool {
        self.clock_ahead().abs() <= CLOCKS
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        // A poisoned lock only means that a thread died; what was seen was seen.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_look_would_show_is_left_to_the_look() {
        let watch = DatabaseWatch::default();
        watch.had(Trouble::Locked);
        watch.had(Trouble::Unreachable);
        assert_eq!(watch.lately(), None);
        watch.had(Trouble::Full);
        watch.had(Trouble::Slow);
        assert_eq!(watch.lately(), Some(Trouble::Full));
    }

    #[test]
    fn clocks_may_differ_by_two_seconds() {
        let watch = DatabaseWatch::default();
        for (ahead, agree) in [
            (0, true),
            (2, true),
            (-2, true),
            (3, false),
            (i64::MIN + 1, false),
        ] {
            watch.saw_clock(ahead);
            assert_eq!(watch.clocks_agree(), agree, "{ahead}");
        }
    }
}
