//! Limits on guessing at a resident (NIST SP 800-63B §5.2.2): five failures in a row, then delays that
//! grow from 30 seconds, and a stop at fifty.
//!
//! Counted per claimed ID and site, so that a stranger on one site cannot lock the resident out on
//! another, and whether or not anybody is enrolled under the ID: a limit must not tell. An attempt
//! that comes too early is answered with an ordinary signed no after the ordinary work.

use crate::{
    clock::UnixSeconds,
    store::{Attempts, Store, StoreError},
};

/// Failures without any delay.
const FREE_FAILURES: u32 = 5;
/// After this many failures in a row only an operator helps.
const STOP_AT: u32 = 50;
const FIRST_DELAY: u64 = 30;
const LONGEST_DELAY: u64 = 3600;

/// Counts an attempt before it is looked at; `false` if it comes too early or too late to count.
///
/// Counting first and forgiving after a yes closes the gap in which many attempts at the same time
/// would all see the old count.
pub async fn admit(
    store: &Store,
    subject: &[u8; 32],
    now: UnixSeconds,
) -> Result<bool, StoreError> {
    let seen = store.attempts(subject).await?;
    match after_another(seen, now) {
        // Losing the race against another attempt on the same subject counts as too early.
        Some(next) => store.record_attempt(subject, seen, next).await,
        // Counted and no more: a locked subject must not answer faster than others.
        None => store
            .record_attempt(subject, seen, seen)
            .await
            .map(|_| false),
    }
}

impl Attempts {
    /// Whether only an operator helps.
    pub fn is_stopped(&self) -> bool {
        self.failures >= STOP_AT
    }
}

/// Forgets the failures after a yes.
pub async fn forgive(store: &Store, subject: &[u8; 32]) -> Result<(), StoreError> {
    store.clear_attempts(subject).await
}

/// The record after one more attempt; `None` if it is not admitted now.
fn after_another(seen: Attempts, now: UnixSeconds) -> Option<Attempts> {
    if seen.is_stopped() || now < seen.not_before {
        return None;
    }
    let failures = seen.failures + 1;
    let not_before = match failures.checked_sub(FREE_FAILURES) {
        None => 0,
        Some(beyond) => now + delay(beyond),
    };
    Some(Attempts {
        failures,
        not_before,
    })
}

/// 30 s after the fifth failure in a row, then twice as long each time, at most an hour.
fn delay(beyond: u32) -> u64 {
    FIRST_DELAY
        .checked_shl(beyond)
        .unwrap_or(LONGEST_DELAY)
        .min(LONGEST_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_are_free_then_delays_double_up_to_an_hour() {
        let mut attempts = Attempts::default();
        for _ in 0..4 {
            attempts = after_another(attempts, 1_000).unwrap();
            assert_eq!(attempts.not_before, 0);
        }
        let mut now = 1_000;
        for wait in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
            attempts = after_another(attempts, now).unwrap();
            assert_eq!(attempts.not_before, now + wait);
            assert_eq!(after_another(attempts, now + wait - 1), None);
            now += wait;
        }
    }

    #[test]
    fn fifty_failures_stop() {
        let attempts = Attempts {
            failures: 49,
            not_before: 0,
        };
        let last = after_another(attempts, 5).unwrap();
        assert_eq!(last.failures, 50);
        assert_eq!(after_another(last, u64::MAX), None);
    }
}
