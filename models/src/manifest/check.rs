//! How a machine finds out that the networks it made compute what they should: feed a ramp, compare
//! a handful of values.

use serde::Deserialize;

use super::Input;

/// A deterministic input and what the network answers to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Smallest value of the ramp.
    pub low: f64,
    /// Largest value of the ramp.
    pub high: f64,
    /// How far each answer may be off.
    pub tolerance: f32,
    /// Answers.
    #[serde(rename = "expect")]
    pub expected: Vec<Expected>,
}

/// One value of one output.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Name of the output.
    pub output: String,
    /// Place in the flattened output.
    pub index: usize,
    /// Value there.
    pub value: f32,
}

impl Check {
    /// The input tensor, flattened: 1 × 3 × height × width.
    #[must_use]
    pub fn input(&self, input: &Input) -> Vec<f32> {
        ramp(3 * input.width * input.height, self.low, self.high)
    }
}

/// `len` values that climb and fall through \[low, high\]:
/// x\[i\] = low + (high − low) · (37·i mod 251) ÷ 250.
///
/// 251 is prime, so the pattern repeats with no row, column or plane of an image, and swapped axes
/// show.
#[must_use]
pub fn ramp(len: usize, low: f64, high: f64) -> Vec<f32> {
    let step = |i: usize| ((37 * i) % 251) as f64 / 250.0;
    (0..len)
        .map(|i| (low + (high - low) * step(i)) as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::ramp;

    #[test]
    fn the_ramp_is_what_the_manifest_was_measured_with() {
        assert_eq!(
            ramp(8, 0.0, 250.0),
            [0.0, 37.0, 74.0, 111.0, 148.0, 185.0, 222.0, 8.0]
        );
        let symmetric = ramp(251, -0.5, 0.5);
        assert_eq!(symmetric[0], -0.5);
        // Every step occurs once in a period: they sum to nothing.
        assert!(symmetric.iter().sum::<f32>().abs() < 1e-4);
        assert_eq!(symmetric.iter().copied().fold(f32::MIN, f32::max), 0.5);
    }
}
