//! Genuine and impostor scores, and the rates at a threshold. A pair matches at or above the threshold.

/// A comparison's score and how much it counts.
#[derive(Clone, Copy)]
pub(super) struct Score {
    pub(super) value: f32,
    pub(super) weight: f64,
}

/// Scores of one kind in ascending order, with the weight at and above each.
#[derive(Default)]
struct Side {
    values: Vec<f32>,
    /// `above[i]` is the weight of `values[i..]`; one longer than `values`, the last is 0.
    above: Vec<f64>,
}

/// Scores of pairs of one person and of two.
pub(super) struct Scores {
    genuine: Side,
    impostor: Side,
}

impl Scores {
    pub(super) fn new(genuine: Vec<Score>, impostor: Vec<Score>) -> Self {
        Self {
            genuine: Side::new(genuine),
            impostor: Side::new(impostor),
        }
    }

    /// Numbers of genuine and of impostor comparisons.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.genuine.values.len(), self.impostor.values.len())
    }

    /// Part of the genuine weight that matches.
    pub(super) fn true_match_rate(&self, threshold: f32) -> f64 {
        self.genuine.rate(threshold)
    }

    /// Part of the impostor weight that matches.
    pub(super) fn false_match_rate(&self, threshold: f32) -> f64 {
        self.impostor.rate(threshold)
    }

    /// How many impostor comparisons match.
    pub(super) fn false_matches(&self, threshold: f32) -> usize {
        self.impostor.values.len() - self.impostor.below(threshold)
    }

    /// The lowest threshold whose false match rate is at most `rate`: just above the impostor score that
    /// would be one too many.
    pub(super) fn threshold(&self, rate: f64) -> f32 {
        let allowed = self.impostor.total() * rate;
        // `above` falls, so the first index that is allowed is where the matches begin.
        let from = self.impostor.above.partition_point(|w| *w > allowed);
        match from
            .checked_sub(1)
            .and_then(|i| self.impostor.values.get(i))
        {
            Some(one_too_many) => one_too_many.next_up(),
            None => f32::NEG_INFINITY,
        }
    }

    /// The highest accuracy that any threshold reaches (both kinds weighing the same), and the threshold.
    pub(super) fn best_accuracy(&self) -> (f64, f32) {
        self.candidates()
            .map(|t| (self.accuracy(t), t))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap_or((0.0, 0.0))
    }

    /// Part of the comparisons that a threshold decides rightly, both kinds weighing the same.
    pub(super) fn accuracy(&self, threshold: f32) -> f64 {
        (self.true_match_rate(threshold) + 1.0 - self.false_match_rate(threshold)) / 2.0
    }

    /// Where both kinds of error are equally frequent.
    pub(super) fn equal_error_rate(&self) -> f64 {
        self.candidates()
            .map(|t| (1.0 - self.true_match_rate(t), self.false_match_rate(t)))
            .min_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs()))
            .map_or(1.0, |(rejected, accepted)| (rejected + accepted) / 2.0)
    }

    fn candidates(&self) -> impl Iterator<Item = f32> {
        self.genuine
            .values
            .iter()
            .chain(&self.impostor.values)
            .copied()
    }
}

impl Side {
    fn new(mut scores: Vec<Score>) -> Self {
        scores.sort_by(|a, b| a.value.total_cmp(&b.value));
        let mut above = vec![0.0; scores.len() + 1];
        for (i, score) in scores.iter().enumerate().rev() {
            above[i] = above[i + 1] + score.weight;
        }
        Self {
            values: scores.into_iter().map(|score| score.value).collect(),
            above,
        }
    }

    fn below(&self, threshold: f32) -> usize {
        self.values.partition_point(|value| *value < threshold)
    }

    fn total(&self) -> f64 {
        self.above.first().copied().unwrap_or(0.0)
    }

    fn rate(&self, threshold: f32) -> f64 {
        let matching = self.above.get(self.below(threshold)).copied();
        matching.unwrap_or(0.0) / self.total().max(f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(values: &[f32]) -> Vec<Score> {
        values
            .iter()
            .map(|&value| Score { value, weight: 1.0 })
            .collect()
    }

    #[test]
    fn rates_count_what_is_at_or_above_the_threshold() {
        let scores = Scores::new(scores(&[0.9, 0.4, 0.7, 0.8]), scores(&[0.1, 0.5, 0.2, 0.3]));
        assert_eq!(scores.true_match_rate(0.7), 0.75);
        assert_eq!(scores.false_match_rate(0.3), 0.5);
        assert_eq!(scores.false_matches(0.3), 2);
        let (accuracy, at) = scores.best_accuracy();
        assert_eq!((accuracy, at), (0.875, 0.7));
        assert_eq!(scores.equal_error_rate(), 0.25);
    }

    #[test]
    fn the_threshold_is_the_lowest_that_keeps_the_rate() {
        let scores = Scores::new(vec![], scores(&[0.1, 0.2, 0.3, 0.4]));
        for (rate, matches) in [(0.0, 0), (0.24, 0), (0.25, 1), (0.5, 2), (1.0, 4)] {
            assert_eq!(scores.false_matches(scores.threshold(rate)), matches);
        }
    }

    #[test]
    fn equal_scores_are_let_in_together_or_not_at_all() {
        let scores = Scores::new(vec![], scores(&[0.1, 0.3, 0.3, 0.3]));
        assert_eq!(scores.false_matches(scores.threshold(0.5)), 0);
    }

    #[test]
    fn weights_count_instead_of_numbers() {
        let heavy = Score {
            value: 0.9,
            weight: 3.0,
        };
        let light = Score {
            value: 0.1,
            weight: 1.0,
        };
        let scores = Scores::new(vec![heavy, light], vec![heavy, light]);
        assert_eq!(scores.true_match_rate(0.5), 0.75);
        assert_eq!(scores.false_matches(scores.threshold(0.5)), 0);
    }
}
