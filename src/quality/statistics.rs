//! Percentile and deviation of plain numbers.

/// The value below which `part` (0 to 1) of the values lie; NaN when there are none. Reorders them.
pub(super) fn percentile(values: &mut [f32], part: f32) -> f32 {
    let at = (values.len() as f32 * part) as usize;
    let at = at.min(values.len().saturating_sub(1));
    if values.is_empty() {
        return f32::NAN;
    }
    *values.select_nth_unstable_by(at, f32::total_cmp).1
}

/// Standard deviation; 0 when there are no values.
pub(super) fn deviation(values: &[f32]) -> f32 {
    let n = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / n;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_run_are_its_members() {
        let mut run: Vec<f32> = (0..100).rev().map(|v| v as f32).collect();
        assert_eq!(percentile(&mut run, 0.5), 50.0);
        assert_eq!(percentile(&mut run, 0.95), 95.0);
        assert_eq!(percentile(&mut run, 1.0), 99.0);
        assert!(percentile(&mut [], 0.5).is_nan());
    }

    #[test]
    fn the_deviation_of_two_values_is_half_their_distance() {
        assert_eq!(deviation(&[2.0, 8.0]), 3.0);
        assert_eq!(deviation(&[]), 0.0);
    }
}
