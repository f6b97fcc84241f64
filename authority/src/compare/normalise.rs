//! Adaptive symmetric score normalisation (AS-norm): how unusual a score is for both of its sides.
//!
//! A raw cosine of 0.5 between two people means one thing where faces lie far apart in the embedder's
//! space and another where they crowd. AS-norm measures each side against the strangers most like it:
//!
//! ```text
//! s' = ½ [ (s − μp) ÷ σp + (s − μt) ÷ σt ]
//! ```
//!
//! with s the score of probe p and template t, and μ, σ mean and deviation of the K largest scores of a
//! side against a cohort of other people. Source: P. Matějka and others, "Analysis of Score
//! Normalization in Multilingual Speaker Recognition", Interspeech 2017, doi:10.21437/Interspeech.2017-803
//! (adaptive s-norm, each side with its own nearest cohort members). Why and how: docs/cohort.md.

/// How scores of a model set are normalised; part of what its thresholds were calibrated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Normalisation {
    /// K: how many of the largest cohort scores count.
    pub top: usize,
    /// Whether the cohort's mean is taken off every embedding, which is then scaled to norm 1 again,
    /// before any score is computed. For embedders whose vectors all point roughly one way.
    pub centre: bool,
}

/// Mean and deviation of the largest cohort scores of one embedding, both in units of the cosine.
///
/// Derived from a face: not printable, stored encrypted.
#[derive(Clone, Copy)]
pub struct Statistics {
    /// −1 to 1.
    pub mean: f32,
    /// Population standard deviation, 0 to 1.
    pub deviation: f32,
}

/// Deviations below this count as this: scores of a tiny, uniform neighbourhood would otherwise be
/// divided by almost nothing, and any difference would look enormous. Measured deviations are above
/// ten times as large.
const SMALLEST_DEVIATION: f32 = 1e-3;

/// The normalised score, in deviations above what the nearest strangers of both sides reach (0 = as
/// like as those, typically 5 and more for one person).
///
/// NaN if any number is NaN; a comparison with a threshold is then false.
#[must_use]
pub fn normalised(score: f32, probe: Statistics, template: Statistics) -> f32 {
    let one_side = |side: Statistics| (score - side.mean) / floored(side.deviation);
    0.5 * (one_side(probe) + one_side(template))
}

/// `f32::max` would turn a NaN into the floor and hide that something went wrong.
fn floored(deviation: f32) -> f32 {
    if deviation < SMALLEST_DEVIATION {
        SMALLEST_DEVIATION
    } else {
        deviation
    }
}

impl Statistics {
    /// Of scores in any order. `None` if there are none.
    #[must_use]
    pub fn of(scores: &[f32]) -> Option<Self> {
        if scores.is_empty() {
            return None;
        }
        let count = scores.len() as f64;
        let mean = scores.iter().map(|score| f64::from(*score)).sum::<f64>() / count;
        let variance = scores
            .iter()
            .map(|score| (f64::from(*score) - mean).powi(2))
            .sum::<f64>()
            / count;
        Some(Self {
            mean: mean as f32,
            deviation: variance.sqrt() as f32,
        })
    }

    /// Mean and deviation as little-endian f32, the form inside the store's encryption.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 8] {
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&self.mean.to_le_bytes());
        bytes[4..].copy_from_slice(&self.deviation.to_le_bytes());
        bytes
    }

    /// Reads [`Statistics::to_bytes`]; `None` for another length or anything but finite numbers.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (mean, deviation) = bytes.split_first_chunk::<4>()?;
        let read = Self {
            mean: f32::from_le_bytes(*mean),
            deviation: f32::from_le_bytes(deviation.try_into().ok()?),
        };
        (read.mean.is_finite() && read.deviation.is_finite()).then_some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statistics(mean: f32, deviation: f32) -> Statistics {
        Statistics { mean, deviation }
    }

    #[test]
    fn both_sides_count_half_and_order_does_not_matter() {
        let (probe, template) = (statistics(0.3, 0.1), statistics(0.2, 0.05));
        // ½ [(0.5 − 0.3) ÷ 0.1 + (0.5 − 0.2) ÷ 0.05] = ½ [2 + 6]
        assert!((normalised(0.5, probe, template) - 4.0).abs() < 1e-5);
        assert_eq!(
            normalised(0.5, probe, template),
            normalised(0.5, template, probe)
        );
    }

    #[test]
    fn statistics_are_of_the_population() {
        let of = Statistics::of(&[0.2, 0.4, 0.4, 0.6]).unwrap();
        assert!((of.mean - 0.4).abs() < 1e-6);
        assert!((of.deviation - 0.02f32.sqrt()).abs() < 1e-6);
        assert!(Statistics::of(&[]).is_none());
    }

    #[test]
    fn nothing_is_divided_by_almost_nothing_and_nan_stays_nan() {
        let uniform = statistics(0.4, 0.0);
        assert!((normalised(0.41, uniform, uniform) - 10.0).abs() < 0.01);
        for broken in [statistics(f32::NAN, 0.1), statistics(0.1, f32::NAN)] {
            assert!(normalised(0.9, broken, uniform).is_nan());
            assert!(normalised(0.9, uniform, broken).is_nan());
        }
        assert!(normalised(f32::NAN, uniform, uniform).is_nan());
    }

    #[test]
    fn bytes_go_there_and_back_and_broken_ones_are_refused() {
        let back = Statistics::from_bytes(&statistics(-0.25, 0.0625).to_bytes()).unwrap();
        assert_eq!((back.mean, back.deviation), (-0.25, 0.0625));
        let nan = statistics(f32::NAN, 0.1).to_bytes();
        for bytes in [&nan[..], &[0; 7], &[0; 9], &[]] {
            assert!(Statistics::from_bytes(bytes).is_none());
        }
    }
}
