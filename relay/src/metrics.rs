//! Counts since the process started, in Prometheus' text format: totals, and nothing about anybody.

use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Count {
    /// A sealed request that the gateway has answered.
    Forwarded,
    /// A sealed request that it has not.
    Failed,
    /// A file out of memory.
    Cached,
    /// A file that the authority was asked for.
    Fetched,
    /// A request over its subscriber's limit.
    Limited,
}

const ALL: [(Count, &str, &str); 5] = [
    (
        Count::Forwarded,
        "nod_relay_forwarded_total",
        "Sealed requests that the gateway has answered.",
    ),
    (
        Count::Failed,
        "nod_relay_failed_total",
        "Sealed requests that the gateway has not answered.",
    ),
    (
        Count::Cached,
        "nod_relay_files_cached_total",
        "Files served out of memory.",
    ),
    (
        Count::Fetched,
        "nod_relay_files_fetched_total",
        "Files that the authority was asked for.",
    ),
    (
        Count::Limited,
        "nod_relay_limited_total",
        "Requests over the limit of their address.",
    ),
];

/// All counts.
#[derive(Default)]
pub(crate) struct Metrics([AtomicU64; ALL.len()]);

impl Metrics {
    pub(crate) fn count(&self, what: Count) {
        for ((each, ..), count) in ALL.iter().zip(&self.0) {
            if *each == what {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn render(&self) -> String {
        let lines = ALL.iter().zip(&self.0).map(|((_, name, help), count)| {
            let count = count.load(Ordering::Relaxed);
            format!("# HELP {name} {help}\n# TYPE {name} counter\n{name} {count}\n")
        });
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_counted_by_itself() {
        let metrics = Metrics::default();
        metrics.count(Count::Limited);
        metrics.count(Count::Limited);
        let text = metrics.render();
        assert!(text.contains("\nnod_relay_limited_total 2\n"), "{text}");
        assert!(text.contains("\nnod_relay_forwarded_total 0\n"), "{text}");
    }
}
