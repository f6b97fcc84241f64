//! When a key is in use and how long it is still known afterwards: pure, with the time as an argument.
//!
//! ```text
//! answer key    published ─────────┬─ signs ────────────────┬─ published ─────────┐ of no use
//!               sites fetch it     │ in_use_from            │ the next one's      │ the next one's
//!               before it signs    │                        │ in_use_from         │ others_until
//!
//! sealing key                      ┬─ handed out ───────────┬─ still opens ───────┐ of no use
//!                                  │ in_use_from            │ the next one's …    │ … or the config's not_after
//! ```
//!
//! What ends a key stands beside the one that comes after it, so that a rotation is one file that appears, and a key without a
//! successor has no end: time alone never leaves an authority without one.

use serde::{Deserialize, Serialize};

use crate::clock::UnixSeconds;

/// What stands beside a key. Absent: in use at once (a sealing key: when its config says), until another is.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Times {
    /// First second at which an answer key signs, a sealing key is handed out.
    #[serde(default)]
    pub(super) in_use_from: UnixSeconds,
    /// First second at which the keys that were in use before it are of no use any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) others_until: Option<UnixSeconds>,
    /// First second at which this key is of no use any more because an operator said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retired_at: Option<UnixSeconds>,
}

/// A key's time, in seconds since 1970; the ends are the first seconds after it, `None` if there is none to be seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// It signs, or is handed out, from here
    pub in_use_from: UnixSeconds,
    /// to here, where another takes over or it ends;
    pub in_use_until: Option<UnixSeconds>,
    /// what it signed can be checked, what was sealed to it is opened, until here.
    pub until: Option<UnixSeconds>,
}

impl Span {
    /// Whether it is of any use: published, or opening what was sealed to it.
    pub fn is_known(&self, now: UnixSeconds) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// The same within the validity of a config.
    pub(super) fn within(self, not_before: UnixSeconds, not_after: UnixSeconds) -> Self {
        Self {
            in_use_from: self.in_use_from.max(not_before),
            in_use_until: earlier(self.in_use_until, Some(not_after)),
            until: earlier(self.until, Some(not_after)),
        }
    }
}

/// The spans of keys that belong together, in their order.
pub(super) fn spans(times: &[Times]) -> Vec<Span> {
    times.iter().map(|own| span(*own, times)).collect()
}

/// Which key is in use: of those whose time has come, the one that came last; among equals the last.
pub(super) fn in_use(spans: impl Iterator<Item = Span>, now: UnixSeconds) -> Option<usize> {
    spans
        .enumerate()
        .filter(|(_, span)| span.in_use_from <= now && span.is_known(now))
        .max_by_key(|(_, span)| span.in_use_from)
        .map(|(index, _)| index)
}

/// The first second from now on at which no key is in use, if there is one.
pub(super) fn first_gap(spans: &[Span], now: UnixSeconds) -> Option<UnixSeconds> {
    // Nothing changes between one key's end and the next.
    let ends = spans.iter().filter_map(|span| span.until);
    let mut moments: Vec<_> = ends.filter(|end| *end > now).chain([now]).collect();
    moments.sort_unstable();
    moments
        .into_iter()
        .find(|moment| in_use(spans.iter().copied(), *moment).is_none())
}

fn span(own: Times, all: &[Times]) -> Span {
    // One that is retired before its time comes takes over from nobody.
    let successors = all
        .iter()
        .filter(|other| other.in_use_from > own.in_use_from)
        .filter(|other| other.retired_at.is_none_or(|end| end > other.in_use_from));
    let mut span = Span {
        in_use_from: own.in_use_from,
        in_use_until: None,
        until: own.retired_at,
    };
    for next in successors {
        span.in_use_until = earlier(span.in_use_until, Some(next.in_use_from));
        // No key goes before the one that takes over from it is there.
        let end = next.others_until.map(|end| end.max(next.in_use_from));
        span.until = earlier(span.until, end);
    }
    span.in_use_until = earlier(span.in_use_until, span.until);
    span
}

fn earlier(one: Option<UnixSeconds>, other: Option<UnixSeconds>) -> Option<UnixSeconds> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(in_use_from: u64, others_until: Option<u64>, retired_at: Option<u64>) -> Times {
        Times {
            in_use_from,
            others_until,
            retired_at,
        }
    }

    fn used(all: &[Times], now: u64) -> Option<usize> {
        in_use(spans(all).into_iter(), now)
    }

    fn known(all: &[Times], now: u64) -> Vec<bool> {
        spans(all).iter().map(|span| span.is_known(now)).collect()
    }

    #[test]
    fn keys_without_times_are_used_as_they_always_were() {
        let old = [Times::default(); 3];
        assert_eq!(used(&old, 5), Some(2));
        assert_eq!(known(&old, u64::MAX), [true; 3]);
        assert_eq!(first_gap(&spans(&old), 5), None);
    }

    #[test]
    fn a_new_key_is_known_before_it_is_used_and_the_old_one_after() {
        let keys = [Times::default(), times(100, Some(130), None)];
        for (now, which, of_use) in [
            (50, 0, [true, true]),
            (99, 0, [true, true]),
            (100, 1, [true, true]),
            (129, 1, [true, true]),
            (130, 1, [false, true]),
            (u64::MAX, 1, [false, true]),
        ] {
            assert_eq!(
                (used(&keys, now), known(&keys, now)),
                (Some(which), of_use.to_vec())
            );
        }
        let first = spans(&keys)[0];
        assert_eq!((first.in_use_until, first.until), (Some(100), Some(130)));
        assert_eq!(first_gap(&spans(&keys), 50), None);
    }

    #[test]
    fn an_earlier_rotation_keeps_its_times_when_a_later_one_is_planned() {
        let keys = [
            Times::default(),
            times(100, Some(130), None),
            times(110, Some(140), None),
        ];
        assert_eq!((used(&keys, 105), used(&keys, 110)), (Some(1), Some(2)));
        assert_eq!(known(&keys, 130), [false, true, true]);
        assert_eq!(known(&keys, 140), [false, false, true]);
    }

    #[test]
    fn one_that_is_retired_before_its_time_takes_over_from_nobody() {
        let keys = [Times::default(), times(100, Some(130), Some(60))];
        assert_eq!(used(&keys, 200), Some(0));
        assert_eq!(known(&keys, 200), [true, false]);
    }

    #[test]
    fn a_gap_is_seen_before_it_comes() {
        let alone = [times(0, None, Some(70))];
        assert_eq!(first_gap(&spans(&alone), 50), Some(70));
        // The old one would sign again, but what it signs would outlive it.
        let leaked = [Times::default(), times(100, Some(130), Some(110))];
        assert_eq!(first_gap(&spans(&leaked), 110), Some(130));
        let waiting = [times(0, None, Some(50)), times(100, Some(130), None)];
        assert_eq!(first_gap(&spans(&waiting), 50), Some(50));
    }

    #[test]
    fn a_key_never_goes_before_its_successor_has_come() {
        let wrong = [Times::default(), times(100, Some(40), None)];
        assert_eq!(first_gap(&spans(&wrong), 0), None);
        assert_eq!(used(&wrong, 99), Some(0));
    }

    #[test]
    fn a_config_bounds_its_keys_time() {
        let span = spans(&[times(10, None, None)])[0].within(20, 30);
        assert_eq!((span.in_use_from, span.until), (20, Some(30)));
    }

    #[test]
    fn what_stands_in_the_file_is_pinned() {
        let text = r#"{"in_use_from":100,"others_until":130}"#;
        let read: Times = serde_json::from_str(text).unwrap();
        assert_eq!(read, times(100, Some(130), None));
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        assert!(serde_json::from_str::<Times>(r#"{"in_use_form":100}"#).is_err());
        assert_eq!(
            serde_json::from_str::<Times>("{}").unwrap(),
            Times::default()
        );
    }
}
