//! How many tests passed and failed, from what the test programs print.

use std::ops::AddAssign;

/// Tests that ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tests that passed.
    pub(crate) passed: u32,
    /// Tests that failed or were cut short.
    pub(crate) failed: u32,
}

impl Counts {
    /// One check that passed or failed as a whole.
    pub(crate) fn one(passed: bool) -> Self {
        Self {
            passed: u32::from(passed),
            failed: u32::from(!passed),
        }
    }

    /// Sums the `test result:` lines of cargo test, or of wasm-bindgen's runner, which prints the same.
    pub(crate) fn of_cargo(log: &str) -> Self {
        let mut sum = Self::default();
        for line in log.lines() {
            let Some((_, result)) = line.split_once("test result: ") else {
                continue;
            };
            sum.passed += number_before(result, " passed");
            sum.failed += number_before(result, " failed");
        }
        sum
    }

    /// Reads the summary at the end of the TAP that `node --test` prints.
    pub(crate) fn of_tap(log: &str) -> Self {
        let value = |name: &str| -> u32 {
            let line = log
                .lines()
                .rev()
                .find_map(|line| line.strip_prefix("# ")?.strip_prefix(name));
            line.and_then(|rest| rest.trim().parse().ok()).unwrap_or(0)
        };
        Self {
            passed: value("pass "),
            failed: value("fail ") + value("cancelled "),
        }
    }

    /// Reads the totals of a report in JUnit's form.
    pub(crate) fn of_junit(report: &str) -> Self {
        let head = report.split("<testsuites").nth(1).unwrap_or_default();
        let head = head.split('>').next().unwrap_or_default();
        let value = |name: &str| -> u32 {
            let text = head.split(&format!(" {name}=\"")).nth(1);
            let digits = text.and_then(|text| text.split('"').next());
            digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
        };
        let failed = value("failures") + value("errors");
        let skipped = value("skipped") + value("disabled");
        Self {
            passed: value("tests").saturating_sub(failed + skipped),
            failed,
        }
    }

    /// The counts of a program that also says by its exit code whether all went well. A failure without
    /// a failed test (it did not compile, it crashed) counts as one, and so does a run without any test:
    /// a check that looks at nothing has not passed.
    pub(crate) fn with_exit(mut self, success: bool) -> Self {
        if (!success || self.passed == 0) && self.failed == 0 {
            self.failed = 1;
        }
        self
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The number that ends where `word` begins: `ok. 12 passed; …`.
fn number_before(text: &str, word: &str) -> u32 {
    let before = text.split(word).next().unwrap_or_default();
    before
        .rsplit(' ')
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn sums_every_test_program_of_cargo() {
        let log = "running 12 tests\ntest result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
                   test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(
            Counts::of_cargo(log),
            Counts {
                passed: 15,
                failed: 2
            }
        );
    }

    #[test]
    fn reads_the_summary_of_node() {
        let log = "ok 1 - enrols\n# tests 9\n# suites 2\n# pass 6\n# fail 2\n# cancelled 1\n# skipped 0\n";
        assert_eq!(
            Counts::of_tap(log),
            Counts {
                passed: 6,
                failed: 3
            }
        );
    }

    #[test]
    fn a_crash_and_an_empty_run_are_failures() {
        assert_eq!(
            Counts::of_cargo("error: could not compile").with_exit(false),
            Counts {
                passed: 0,
                failed: 1
            }
        );
        assert_eq!(
            Counts::of_cargo("").with_exit(true),
            Counts {
                passed: 0,
                failed: 1
            }
        );
        let good = Counts {
            passed: 2,
            failed: 0,
        };
        assert_eq!(good.with_exit(true), good);
        assert_eq!(
            good.with_exit(false),
            Counts {
                passed: 2,
                failed: 1
            }
        );
    }
}
