//! Times as arguments.

pub(super) const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;

/// `90s`, `30m`, `12h`, `7d` in seconds.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let units = [('s', 1), ('m', MINUTE), ('h', HOUR), ('d', DAY)];
    units
        .into_iter()
        .find_map(|(unit, seconds)| {
            let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
            number.checked_mul(seconds)
        })
        .ok_or_else(|| "expected a time like 90s, 30m, 12h or 7d".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        assert_eq!(parse("0s"), Ok(0));
        assert_eq!(parse("90s"), Ok(90));
        assert_eq!(parse("2m"), Ok(120));
        assert_eq!(parse("12h"), Ok(12 * 3600));
        assert_eq!(parse("365d"), Ok(365 * DAY));
        for bad in [
            "",
            "d",
            "1",
            "1w",
            "-1s",
            "1.5h",
            "99999999999999999999d",
            "9999999999999999999d",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
