//! The wish to stop: from the keyboard, or because going on makes no sense.

use std::process;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shared by all threads of a run.
#[derive(Default)]
pub struct Stop {
    wanted: Mutex<bool>,
    changed: Condvar,
}

/// Exit code of a run that was stopped from the keyboard: 128 + SIGINT, as shells have it.
pub const INTERRUPTED: u8 = 130;

impl Stop {
    /// SIGINT (Ctrl-C) and SIGTERM: the first lets what is under way finish, the second ends the process. The
    /// journal is good after either.
    pub fn on_interrupt(self: &Arc<Self>) -> Result<(), ctrlc::Error> {
        let stop = Arc::clone(self);
        ctrlc::set_handler(move || {
            if stop.is_wanted() {
                process::exit(i32::from(INTERRUPTED));
            }
            stop.want();
        })
    }

    /// Nothing new shall be begun.
    pub fn want(&self) {
        *self.lock() = true;
        self.changed.notify_all();
    }

    /// Whether somebody wants to stop.
    pub fn is_wanted(&self) -> bool {
        *self.lock()
    }

    /// Waits for a time, or until somebody wants to stop; `true` if somebody does.
    pub fn wait(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut wanted = self.lock();
        while !*wanted {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            wanted = self
                .changed
                .wait_timeout(wanted, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        *wanted
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, bool> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_with_its_time_or_with_the_wish_to_stop() {
        let stop = Arc::new(Stop::default());
        assert!(!stop.wait(Duration::from_millis(1)));
        let other = Arc::clone(&stop);
        let waiting = std::thread::spawn(move || other.wait(Duration::from_secs(60)));
        stop.want();
        assert!(waiting.join().unwrap());
        assert!(stop.is_wanted());
    }
}
