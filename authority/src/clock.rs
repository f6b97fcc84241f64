//! Time as an argument: whatever decides by time is given a [`Clock`] or an instant, and asks no global.
//!
//! Expiry and replay then are plain tests, and nothing sleeps in them.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;

/// Seconds since 1970-01-01T00:00:00Z.
pub type UnixSeconds = u64;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in whole seconds.
    fn now(&self) -> UnixSeconds;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixSeconds {
        // A clock before 1970 is broken; reading it as 1970 makes every key "not yet valid", which
        // is reported, instead of stopping the process here.
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs())
    }
}

/// How far midnight of a place is from UTC's: `+08:00`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct UtcOffset {
    minutes: i16,
}

impl UtcOffset {
    /// Seconds since 1970 began there.
    pub fn local(self, now: UnixSeconds) -> u64 {
        now.saturating_add_signed(i64::from(self.minutes) * 60)
    }
}

impl TryFrom<String> for UtcOffset {
    type Error = &'static str;

    /// `+hh:mm` or `-hh:mm` (RFC 3339 §5.6), at most 14 hours: no place is further.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let read = || {
            let (sign, rest) = text.split_at_checked(1)?;
            let (hours, minutes) = rest.split_once(':')?;
            let number = |part: &str| -> Option<i16> {
                let is_number = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
                is_number.then(|| part.parse().ok())?
            };
            let minutes = number(hours)? * 60 + number(minutes).filter(|number| *number < 60)?;
            let minutes = (minutes <= 14 * 60).then_some(minutes)?;
            match sign {
                "+" => Some(minutes),
                "-" => Some(-minutes),
                _ => None,
            }
        };
        let minutes = read().ok_or("expected an offset from UTC like +08:00")?;
        Ok(Self { minutes })
    }
}

/// Year, month and day of a day since 1970 (proleptic Gregorian calendar).
pub fn civil(days: u64) -> (u64, u64, u64) {
    // Years that begin in March end with their leap day: 400 of them have 146,097 days, and day 0 of the count is 719,468 days
    // before 1970.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
    let month = (months_since_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// A time as people read it, for example `2027-01-15 08:00:00 UTC`.
pub fn utc(seconds: UnixSeconds) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The first second of a day written as `2027-01-15`, from 1970 on.
pub fn start_of_day(day: &str) -> Option<UnixSeconds> {
    let mut parts = day.splitn(3, '-');
    let mut number = |digits: usize| -> Option<u64> {
        let part = parts.next().filter(|part| part.len() == digits)?;
        part.bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| part.parse().ok())?
    };
    let (year, month, date) = (number(4)?, number(2)?, number(2)?);
    if year < 1970 || !(1..=12).contains(&month) || date < 1 {
        return None;
    }
    // The way back of `utc`: years that begin in March.
    let (years, months) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (era, of_era) = (years / 400, years % 400);
    let days =
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * months + 2) / 5 + date
            - 1;
    let seconds = days.checked_sub(719_468)? * 86_400;
    // 30 February is written as another day.
    utc(seconds).starts_with(day).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Held against `date -u -d @SECONDS`.
    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_800, "2000-03-01 00:00:00 UTC"),
            (1_800_000_000, "2027-01-15 08:00:00 UTC"),
            (1_835_395_199, "2028-02-28 23:59:59 UTC"),
            (1_835_395_200, "2028-02-29 00:00:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(utc(seconds), text);
            let day = text.split(' ').next().unwrap();
            assert_eq!(start_of_day(day), Some(seconds - seconds % 86_400));
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2027",
            "2027-1-5",
            "2027-13-01",
            "2027-00-10",
            "2027-02-29",
            "2027-04-31",
            "1969-12-31",
            "2027-01-15 ",
            "+027-01-15",
            "2027-01-15-1",
            "99999-01-01",
        ] {
            assert_eq!(start_of_day(text), None, "{text}");
        }
        assert_eq!(start_of_day("2028-02-29"), Some(1_835_395_200));
    }

    #[test]
    fn offsets_move_midnight_and_what_is_none_is_refused() {
        let offset = |text: &str| UtcOffset::try_from(text.to_owned());
        // 2027-01-15 08:00:00 UTC.
        for (text, local) in [
            ("+00:00", 1_800_000_000),
            ("-00:00", 1_800_000_000),
            ("+08:00", 1_800_028_800),
            ("-03:30", 1_799_987_400),
            ("+14:00", 1_800_050_400),
        ] {
            assert_eq!(offset(text).unwrap().local(1_800_000_000), local, "{text}");
        }
        assert_eq!(offset("-01:00").unwrap().local(60), 0);
        for text in [
            "", "8", "08:00", "+8:00", "+08:60", "+14:01", "+0800", "Z", "+08:00 ", "é8:00",
        ] {
            assert!(offset(text).is_err(), "{text}");
        }
    }
}
