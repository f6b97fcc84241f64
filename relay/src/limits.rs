//! How often one subscriber may ask: buckets of tokens, in memory. An entry is forgotten once its bucket is full again, which
//! is after a minute at the latest.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::address::Subscriber;

/// Subscribers that are told apart; beyond them all others share one bucket.
const MOST: usize = 100_000;
/// How often a full table is looked through for buckets that may be forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// A limit for one kind of requests.
pub(crate) struct Limits {
    per_minute: f64,
    most: usize,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    buckets: HashMap<Subscriber, Bucket>,
    shared: Option<Bucket>,
    swept: Option<Instant>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Limits {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self {
            per_minute: f64::from(per_minute),
            most: MOST,
            table: Mutex::default(),
        }
    }

    /// Takes a token, if there is one. A full bucket has those of a minute.
    pub(crate) fn allows(&self, subscriber: Subscriber, now: Instant) -> bool {
        // A poisoned lock only means that a counting thread died.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let full = Bucket {
            tokens: self.per_minute,
            at: now,
        };
        if !table.buckets.contains_key(&subscriber) && table.buckets.len() >= self.most {
            let was_swept = |at| now.saturating_duration_since(at) < SWEEP_EVERY;
            if !table.swept.is_some_and(was_swept) {
                let is_used = |bucket: &Bucket| self.tokens(bucket, now) < self.per_minute;
                table.buckets.retain(|_, bucket| is_used(bucket));
                table.swept = Some(now);
            }
            if table.buckets.len() >= self.most {
                return self.take(table.shared.get_or_insert(full), now);
            }
        }
        self.take(table.buckets.entry(subscriber).or_insert(full), now)
    }

    fn take(&self, bucket: &mut Bucket, now: Instant) -> bool {
        let tokens = self.tokens(bucket, now);
        let is_allowed = tokens >= 1.0;
        *bucket = Bucket {
            tokens: if is_allowed { tokens - 1.0 } else { tokens },
            at: now,
        };
        is_allowed
    }

    fn tokens(&self, bucket: &Bucket, now: Instant) -> f64 {
        let seconds = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.tokens + seconds * self.per_minute / 60.0).min(self.per_minute)
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, time::Duration};

    use axum::http::HeaderMap;

    use super::*;
    use crate::address::subscriber;

    fn who(last: u8) -> Subscriber {
        let peer = IpAddr::from([192, 0, 2, last]);
        subscriber(peer, &HeaderMap::new(), &[])
    }

    #[test]
    fn a_minutes_worth_at_once_and_then_as_time_goes() {
        let limits = Limits::new(60);
        let begin = Instant::now();
        let allowed = |who, at: u64| limits.allows(who, begin + Duration::from_secs(at));
        assert_eq!((0..100).filter(|_| allowed(who(1), 0)).count(), 60);
        assert!(allowed(who(2), 0), "another subscriber is not concerned");
        assert!(!allowed(who(1), 0) && allowed(who(1), 2) && allowed(who(1), 2));
        assert!(!allowed(who(1), 2));
        assert_eq!((0..100).filter(|_| allowed(who(1), 600)).count(), 60);
    }

    #[test]
    fn the_table_has_an_end_and_forgets_who_has_not_asked_for_a_minute() {
        let mut limits = Limits::new(2);
        limits.most = 3;
        let begin = Instant::now();
        for last in 0..3 {
            assert!(limits.allows(who(last), begin));
        }
        // All places are taken: two tokens for everybody else together.
        assert!(limits.allows(who(4), begin) && limits.allows(who(5), begin));
        assert!(!limits.allows(who(6), begin));
        assert!(limits.allows(who(6), begin + Duration::from_secs(61)));
        let table = limits.table.lock().unwrap();
        assert_eq!(table.buckets.len(), 1);
    }
}
