//! The counts as ISO/IEC 30107-3 words them.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Options;
use super::species::{Expected, Verdict};
use crate::interval::wilson;

/// What became of all attempts of one species.
#[derive(Default)]
pub(super) struct Tally {
    attempts: usize,
    accepted: usize,
    /// How often each check failed.
    failed: BTreeMap<&'static str, usize>,
    /// What was measured, a line each.
    measures: Vec<String>,
}

impl Tally {
    /// Counts one attempt.
    pub(super) fn add(&mut self, verdict: &Verdict) {
        self.attempts += 1;
        if verdict.failed.is_empty() {
            self.accepted += 1;
        }
        for check in &verdict.failed {
            *self.failed.entry(check).or_default() += 1;
        }
        self.measures.extend(verdict.measures.clone());
    }

    /// What was measured: one line for each attempt, after the species' name.
    pub(super) fn measures(&self, species: &str) -> String {
        let lines = self.measures.iter();
        lines
            .map(|line| format!("\"{species}\",{line}\n"))
            .collect()
    }

    /// What went wrong for this species: people refused, or attacks accepted.
    pub(super) fn errors(&self, expected: Expected) -> usize {
        match expected {
            Expected::Accept(_) => self.attempts - self.accepted,
            Expected::Refuse(_) | Expected::Nothing => self.accepted,
        }
    }

    /// The checks that failed most often, with the part of the attempts.
    fn most(&self) -> String {
        let mut checks: Vec<_> = self.failed.iter().collect();
        checks.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), **name));
        let named = checks.iter().take(3).map(|(name, count)| {
            let part = 100.0 * **count as f64 / self.attempts.max(1) as f64;
            format!("{name} {part:.0} %")
        });
        named.collect::<Vec<_>>().join(", ")
    }
}

/// The first lines of the report.
pub(super) fn heading(options: &Options, how: &str) -> String {
    let Options { set, seed, .. } = options;
    format!(
        "Liveness judge, {how}, {set}, seed {seed}\n\
         {:50} {:>6} {:>5} {:>8}  {:17} {:>12}  checks failed most\n",
        "species", "tried", "wrong", "rate", "95 %", "goal"
    )
}

/// The line of one species.
pub(super) fn line(name: &str, expected: Expected, tally: &Tally) -> String {
    let errors = tally.errors(expected);
    let (low, high) = wilson(errors as f64, tally.attempts as f64);
    let rate = errors as f64 / tally.attempts.max(1) as f64;
    let goal = match expected {
        Expected::Accept(most) | Expected::Refuse(most) => {
            let kept = if rate <= most { "" } else { " MISSED" };
            format!("≤ {:.0} %{kept}", 100.0 * most)
        }
        Expected::Nothing => "none".to_owned(),
    };
    let kind = match expected {
        Expected::Accept(_) => "BPCER",
        Expected::Refuse(_) | Expected::Nothing => "APCER",
    };
    let mut line = String::new();
    // Writing to a String has no error to give.
    let _ = writeln!(
        line,
        "{:50} {:>6} {errors:>5} {:>8}  {:17} {goal:>12}  {}",
        format!("{kind} {name}"),
        tally.attempts,
        percent(rate),
        format!("{} to {}", percent(low), percent(high)),
        tally.most()
    );
    line
}

/// What the figures mean.
pub(super) const EXPLANATION: &str = "\
APCER: part of the attacks of a species that are accepted; BPCER: part of the genuine attempts that are refused \
(ISO/IEC 30107-3).\n\
All of this is simulated: see docs/liveness.md for what it does and does not show. No certification is claimed.\n\
Where the goal is \"none\", a landmark track cannot tell, and the species is expected to pass.\n";

fn percent(rate: f64) -> String {
    format!("{:.1} %", 100.0 * rate)
}

#[cfg(test)]
mod tests {
    use super::super::species::{ATTACKS, GENUINE};
    use super::*;

    fn tally(accepted: usize, refused: usize) -> Tally {
        let mut tally = Tally::default();
        for _ in 0..accepted {
            tally.add(&Verdict {
                failed: vec![],
                measures: Some("0.5".into()),
            });
        }
        for _ in 0..refused {
            tally.add(&Verdict {
                failed: vec!["steps_in_order", "head_has_depth"],
                measures: None,
            });
        }
        tally
    }

    #[test]
    fn people_refused_and_attacks_accepted_are_the_errors() {
        let genuine = line(GENUINE.name, GENUINE.expected, &tally(98, 2));
        assert!(
            genuine.contains("BPCER genuine") && genuine.contains("2.0 %"),
            "{genuine}"
        );
        assert!(!genuine.contains("MISSED") && genuine.contains("head_has_depth 2 %"));
        let attack = line(ATTACKS[0].name, ATTACKS[0].expected, &tally(6, 94));
        assert!(attack.contains("APCER") && attack.contains("6.0 %") && attack.contains("MISSED"));
    }

    #[test]
    fn measures_carry_the_name_of_their_species() {
        assert_eq!(tally(2, 1).measures("a, b"), "\"a, b\",0.5\n".repeat(2));
    }

    #[test]
    fn no_species_is_counted_twice() {
        let mut names: Vec<_> = ATTACKS.iter().map(|species| species.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ATTACKS.len());
    }
}
