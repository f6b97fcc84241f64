//! Telling two kinds of times apart: AUC (Mann and Whitney, 1947) and the two-sample statistic of Kolmogorov and Smirnov, each
//! held against random divisions of the same times.

use std::time::Duration;

use nod_load::random::Random;

/// Times of one kind, in milliseconds, in order.
pub(super) struct Times(Vec<f64>);

impl Times {
    pub(super) fn of(times: &[Duration]) -> Self {
        let mut millis: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        millis.sort_by(f64::total_cmp);
        Self(millis)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len().max(1) as f64
    }

    /// The nearest rank; 0 of nothing.
    pub(super) fn quantile(&self, part: f64) -> f64 {
        let rank = (part * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
    }
}

/// Two kinds held against each other.
pub(super) struct Comparison {
    median: f64,
    auc: f64,
    /// 99 % of the random divisions are no further from 0.5.
    auc_by_chance: f64,
    ks: f64,
    ks_by_chance: f64,
}

/// Normal quantiles of 95 % for the error of either sort, together: 1.645 twice.
const ERRORS: f64 = 3.29;

impl Comparison {
    pub(super) fn of(
        first: &Times,
        second: &Times,
        permutations: usize,
        random: &mut Random,
    ) -> Self {
        // By time, with what it is of; ties stay together in both statistics.
        let mut all: Vec<(f64, bool)> = first.0.iter().map(|time| (*time, false)).collect();
        all.extend(second.0.iter().map(|time| (*time, true)));
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (times, mut kinds): (Vec<f64>, Vec<bool>) = all.into_iter().unzip();
        let (auc, ks) = separation(&times, &kinds);
        let (mut aucs, mut kss) = (Vec::new(), Vec::new());
        for _ in 0..permutations {
            random.shuffle(&mut kinds);
            let (auc, ks) = separation(&times, &kinds);
            aucs.push((auc - 0.5).abs());
            kss.push(ks);
        }
        Self {
            median: second.quantile(0.5) - first.quantile(0.5),
            auc,
            auc_by_chance: most(aucs),
            ks,
            ks_by_chance: most(kss),
        }
    }

    /// `median difference, AUC (0.5 ± by chance), KS (by chance), answers`.
    pub(super) fn line(&self) -> String {
        let Self {
            median,
            auc,
            auc_by_chance,
            ks,
            ks_by_chance,
        } = self;
        let off = (auc - 0.5).abs();
        // Where nothing was found, as many as the most that chance would have hidden.
        let (at_least, off) = match off > *auc_by_chance {
            true => ("", off),
            false => ("> ", *auc_by_chance),
        };
        let answers = format!("{at_least}{:.0}", answers(off));
        format!(
            "{median:>+9.3}   {auc:.3} (± {auc_by_chance:.3}) {ks:>7.3} ({ks_by_chance:.3}) {answers:>10}"
        )
    }
}

/// Noether, "Sample size determination for some common nonparametric tests", 1987: N = (z + z')² ÷ 12 c (1 − c) (p − ½)², halves.
fn answers(off: f64) -> f64 {
    (ERRORS * ERRORS / (3.0 * off * off)).ceil()
}

/// What 99 % are not above.
fn most(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * 0.99).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// AUC and KS of times in order, each of the first kind or of the second.
fn separation(times: &[f64], kinds: &[bool]) -> (f64, f64) {
    let (mut firsts, mut seconds) = (0.0_f64, 0.0_f64);
    let of_second = kinds.iter().filter(|kind| **kind).count().max(1) as f64;
    let of_first = (kinds.len() as f64 - of_second).max(1.0);
    let (mut wins, mut ks) = (0.0, 0.0_f64);
    let mut at = 0;
    while at < times.len() {
        // Equal times count half, and are one step of the distributions.
        let (mut ties, mut of) = ((0.0, 0.0), at);
        while of < times.len() && times[of] == times[at] {
            if kinds[of] {
                ties.1 += 1.0;
            } else {
                ties.0 += 1.0;
            }
            of += 1;
        }
        wins += ties.1 * (firsts + ties.0 / 2.0);
        firsts += ties.0;
        seconds += ties.1;
        ks = ks.max((firsts / of_first - seconds / of_second).abs());
        at = of;
    }
    (wins / (of_first * of_second), ks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(of: impl Iterator<Item = u64>) -> Times {
        let times: Vec<Duration> = of.map(Duration::from_micros).collect();
        Times::of(&times)
    }

    #[test]
    fn what_is_apart_is_told_apart_and_what_is_the_same_is_not() {
        let mut random = Random::seeded(7);
        let mut some = |slower: u64| {
            let drawn: Vec<u64> = (0..500)
                .map(|_| slower + random.below(1000) as u64)
                .collect();
            times(drawn.into_iter())
        };
        let (a, b, slower) = (some(0), some(0), some(300));
        let mut random = Random::seeded(8);
        let same = Comparison::of(&a, &b, 500, &mut random);
        assert!((same.auc - 0.5).abs() < same.auc_by_chance, "{}", same.auc);
        assert!(same.line().contains("> "));
        let apart = Comparison::of(&a, &slower, 500, &mut random);
        // Uniform, moved by 0.3 of its width: 1 - 0.7² / 2.
        assert!((apart.auc - 0.755).abs() < 0.04, "{}", apart.auc);
        assert!((apart.ks - 0.3).abs() < 0.07, "{}", apart.ks);
        assert!(apart.auc - 0.5 > 4.0 * apart.auc_by_chance);
        assert!((0.25..0.35).contains(&apart.median));
    }

    #[test]
    fn the_statistics_are_those_of_the_books() {
        // 1 2 2 4 against 2 3 5: of 12 pairs 8 are won and 2 are ties.
        let all = [1.0, 2.0, 2.0, 2.0, 3.0, 4.0, 5.0];
        let kinds = [false, false, false, true, true, false, true];
        let (auc, ks) = separation(&all, &kinds);
        assert!((auc - 9.0 / 12.0).abs() < 1e-12);
        assert!((ks - (0.75 - 1.0 / 3.0)).abs() < 1e-12);
        assert_eq!(answers(0.1), 361.0);
        let quantiles = times(1..=100);
        assert!((quantiles.quantile(0.5) - 0.05).abs() < 1e-12);
        assert!((quantiles.quantile(0.99) - 0.099).abs() < 1e-12);
    }
}
