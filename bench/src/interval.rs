//! How sure a rate is that was counted.

/// 95 % in a normal distribution.
const Z: f64 = 1.959_964;

/// Wilson's 95 % interval for `hits` of `trials` (E. B. Wilson, "Probable inference, the law of succession,
/// and statistical inference", 1927), both ends 0 to 1; the whole range without trials.
///
/// Where nothing was hit, the upper end is the rule of three (3 / trials). Pairs that share a picture are
/// not independent, so the true interval is wider.
pub(crate) fn wilson(hits: f64, trials: f64) -> (f64, f64) {
    if trials <= 0.0 {
        return (0.0, 1.0);
    }
    if hits <= 0.0 {
        return (0.0, (3.0 / trials).min(1.0));
    }
    let (p, z2) = (hits / trials, Z * Z);
    let centre = p + z2 / (2.0 * trials);
    let spread = Z * (p * (1.0 - p) / trials + z2 / (4.0 * trials * trials)).sqrt();
    let scale = 1.0 + z2 / trials;
    (
        ((centre - spread) / scale).max(0.0),
        ((centre + spread) / scale).min(1.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: statsmodels' `proportion_confint(…, method="wilson")`.
    #[test]
    fn the_interval_is_wilsons() {
        let (low, high) = wilson(8.0, 10.0);
        assert!((low - 0.490_162).abs() < 1e-5 && (high - 0.943_318).abs() < 1e-5);
        let (low, high) = wilson(1.0, 1000.0);
        assert!((low - 0.000_176_5).abs() < 1e-6 && (high - 0.005_642).abs() < 1e-5);
    }

    #[test]
    fn nothing_hit_is_the_rule_of_three() {
        assert_eq!(wilson(0.0, 30_000.0), (0.0, 1e-4));
        assert_eq!(wilson(0.0, 0.0), (0.0, 1.0));
    }
}
