//! What libFuzzer said, and what is kept of it.

use std::process::Command;

use anyhow::Result;

use crate::paths;
use crate::toolchain::output;

/// One target's run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    name: String,
    executions: u64,
    /// Of the whole run.
    per_second: u64,
    /// Edges of the program's graph that were reached, and features: edges with how often, and comparisons.
    edges: u64,
    features: u64,
    /// Inputs that each reach something of their own.
    inputs: u64,
    /// Files with inputs of which something does not hold.
    pub(crate) findings: Vec<String>,
}

impl Outcome {
    /// Of libFuzzer's output.
    pub(crate) fn read(name: &str, log: &str, findings: Vec<String>) -> Self {
        let status = log.lines().rev().find(|line| line.contains(" cov: "));
        let status = status.unwrap_or_default();
        Self {
            name: name.to_owned(),
            executions: number_after(log, "stat::number_of_executed_units:"),
            per_second: number_after(log, "stat::average_exec_per_sec:"),
            edges: number_after(status, " cov:"),
            features: number_after(status, " ft:"),
            inputs: number_after(status, " corp:"),
            findings,
        }
    }

    /// For a table under [`HEADINGS`].
    pub(crate) fn line(&self) -> String {
        format!(
            "{:<12}{:>14}{:>10}{:>8}{:>10}{:>8}{:>10}",
            self.name,
            grouped(self.executions),
            grouped(self.per_second),
            grouped(self.edges),
            grouped(self.features),
            grouped(self.inputs),
            self.findings.len()
        )
    }
}

const HEADINGS: &str = "target          executions  a second   edges  features  inputs  findings";

/// All targets of one command.
pub(crate) struct Run {
    command: String,
    machine: String,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Run {
    pub(crate) fn begin(command: String) -> Result<Self> {
        let today = output(Command::new("date").args(["-u", "+%Y-%m-%d"]))?;
        let machine = output(Command::new("uname").args(["-s", "-r", "-m"]))?;
        let rustc = output(Command::new("rustc").arg("--version"))?;
        let commit = output(
            Command::new("git")
                .args(["describe", "--always", "--dirty"])
                .current_dir(paths::root()),
        )?;
        Ok(Self {
            command,
            machine: format!("{today}, {machine}, commit {commit}\n{rustc}"),
            outcomes: Vec::new(),
        })
    }

    pub(crate) fn text(&self) -> Result<String> {
        let cores = std::thread::available_parallelism()?;
        let lines: String = self.outcomes.iter().map(|o| o.line() + "\n").collect();
        let executions: u64 = self.outcomes.iter().map(|o| o.executions).sum();
        let findings: usize = self.outcomes.iter().map(|o| o.findings.len()).sum();
        Ok(format!(
            "{}\n{}\none of {cores} cores, targets one after the other\n\n{HEADINGS}\n{lines}\n{} executions, {findings} findings\n",
            self.command,
            self.machine,
            grouped(executions)
        ))
    }
}

/// The first number after a word; 0 if there is none.
fn number_after(text: &str, word: &str) -> u64 {
    let after = text.split_once(word).map_or("", |(_, after)| after);
    let digits = after.trim_start().split(|c: char| !c.is_ascii_digit());
    let digits = digits.into_iter().next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

/// `1234567` as people write it: `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_libfuzzer_says_in_the_end() {
        let log = "#2\tINITED cov: 3 ft: 3 corp: 1/1b exec/s: 0 rss: 27Mb\n\
            #2000000\tDONE   cov: 413 ft: 1300 corp: 61/26Kb lim: 4096 exec/s: 20000 rss: 27Mb\n\
            Done 2000000 runs in 100 second(s)\n\
            stat::number_of_executed_units: 2000000\n\
            stat::average_exec_per_sec:     20000\n";
        let outcome = Outcome::read("ids", log, vec![]);
        assert_eq!(outcome.executions, 2_000_000);
        assert_eq!(
            (outcome.edges, outcome.features, outcome.inputs),
            (413, 1300, 61)
        );
        assert_eq!(outcome.per_second, 20_000);
        assert_eq!(Outcome::read("ids", "", vec![]).executions, 0);
        assert_eq!(outcome.line().len(), HEADINGS.len());
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
