//! Times of many calls.

use std::time::Duration;

/// Times, in no order.
#[derive(Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that this percentage of the calls did not exceed (nearest rank), in milliseconds; 0 of none.
    pub(crate) fn percentile(&self, percent: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        let time = sorted.get(rank.max(1) - 1);
        time.map_or(0.0, |time| time.as_secs_f64() * 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile(50.0), 0.0);
        for millis in (1..=200).rev() {
            latencies.add(Duration::from_millis(millis));
        }
        assert_eq!(latencies.percentile(50.0), 100.0);
        assert_eq!(latencies.percentile(99.0), 198.0);
        assert_eq!(latencies.percentile(100.0), 200.0);
    }
}
