//! Counters for the operator, in Prometheus' text format. Totals only: nothing about a person.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Mutex, PoisonError},
};

/// Counts since the process started.
#[derive(Default)]
pub struct Metrics {
    counts: Mutex<BTreeMap<(Counter, String), u64>>,
}

/// What is counted; the label of each is a short, fixed word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Requests by route and status.
    Requests,
    /// Sessions by who opened them.
    Sessions,
    /// Answers by yes and no.
    Answers,
    /// Enrolments by outcome.
    Enrolments,
    /// Codes for telephone numbers, by what became of them.
    PhoneCodes,
    /// Captures at terminals, by what an imported photograph said of them.
    Portraits,
    /// Failed checks of the judge by name.
    FailedChecks,
    /// Passcodes held against a resident's or the decoy's, one Argon2id each, by the level of the session.
    PasscodeChecks,
    /// Device keys' signatures that were verified, by level.
    KeyChecks,
    /// Hand-offs to a phone by what became of them.
    Handoffs,
    /// Captures that lead from one model set to the next, by what became of them.
    Migrations,
    /// Requests that came through a relay, by whether they opened.
    Oblivious,
    /// Attempts that a limit stopped, by what was counted: the claimed ID or the face.
    Stopped,
    /// Requests answered 429, by what has a limit.
    Limited,
    /// Requests that the database did not serve, by what was the matter.
    DatabaseTroubles,
}

/// A value of this moment.
pub struct Gauge {
    /// Its name.
    pub name: &'static str,
    /// What it says, for people.
    pub help: &'static str,
    /// Values, each with its labels in braces or with none.
    pub values: Vec<(String, u64)>,
}

impl Metrics {
    /// Adds one.
    pub fn count(&self, counter: Counter, label: &str) {
        // A poisoned lock only means that a counting thread died; the numbers are still numbers.
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((counter, label.to_owned())).or_insert(0) += 1;
    }

    /// The counters and the given gauges as text.
    pub fn render(&self, gauges: &[Gauge]) -> String {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        let mut last = None;
        for ((counter, label), value) in counts.iter() {
            let (name, help, key) = counter.described();
            if last != Some(*counter) {
                last = Some(*counter);
                // Writing to a String has no error to give.
                let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
            }
            let _ = writeln!(text, "{name}{{{key}=\"{label}\"}} {value}");
        }
        for Gauge { name, help, values } in gauges {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
            for (labels, value) in values {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        }
        text
    }
}

impl Counter {
    fn described(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Requests => (
                "nod_requests_total",
                "Requests by route and status.",
                "request",
            ),
            Self::Sessions => ("nod_sessions_total", "Sessions by who opened them.", "by"),
            Self::Answers => ("nod_answers_total", "Signed answers.", "yes"),
            Self::Enrolments => ("nod_enrolments_total", "Enrolments by outcome.", "outcome"),
            Self::PhoneCodes => (
                "nod_phone_codes_total",
                "Codes for telephone numbers, by what became of them.",
                "step",
            ),
            Self::Portraits => (
                "nod_terminal_portraits_total",
                "Captures at terminals, by what an imported photograph said of them.",
                "portrait",
            ),
            Self::FailedChecks => ("nod_failed_checks_total", "Failed checks.", "check"),
            Self::PasscodeChecks => (
                "nod_passcode_checks_total",
                "Passcode checks, one Argon2id each.",
                "level",
            ),
            Self::KeyChecks => (
                "nod_key_checks_total",
                "Checks of a device key, one ES256 signature each.",
                "level",
            ),
            Self::Handoffs => (
                "nod_handoffs_total",
                "Hand-offs to a phone, by what became of them.",
                "step",
            ),
            Self::Migrations => (
                "nod_migrations_total",
                "Captures in a model set that a resident has no template of, by what became of them.",
                "step",
            ),
            Self::Oblivious => (
                "nod_oblivious_requests_total",
                "Requests that came through a relay.",
                "outcome",
            ),
            Self::Stopped => (
                "nod_stopped_attempts_total",
                "Attempts stopped by a limit, by what was counted.",
                "by",
            ),
            Self::Limited => (
                "nod_limited_requests_total",
                "Requests answered 429, by what has a limit.",
                "by",
            ),
            Self::DatabaseTroubles => (
                "nod_database_troubles_total",
                "Requests that the database did not serve, by what was the matter.",
                "trouble",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_what_prometheus_reads() {
        let metrics = Metrics::default();
        metrics.count(Counter::Answers, "true");
        metrics.count(Counter::Answers, "true");
        metrics.count(Counter::Requests, "GET /healthz 200");
        let text = metrics.render(&[
            Gauge {
                name: "nod_database_up",
                help: "Whether the database answers.",
                values: vec![(String::new(), 1)],
            },
            Gauge {
                name: "nod_cohort_size",
                help: "Templates in the cohort.",
                values: vec![("{model_set=\"open-1\"}".into(), 0)],
            },
        ]);
        assert!(
            text.contains("nod_answers_total{yes=\"true\"} 2\n"),
            "{text}"
        );
        assert!(
            text.contains("nod_requests_total{request=\"GET /healthz 200\"} 1\n"),
            "{text}"
        );
        assert!(
            text.contains("# TYPE nod_database_up gauge\nnod_database_up 1\n"),
            "{text}"
        );
        assert!(
            text.ends_with(
                "# TYPE nod_cohort_size gauge\nnod_cohort_size{model_set=\"open-1\"} 0\n"
            ),
            "{text}"
        );
    }
}
