//! Days and months of the civil calendar (proleptic Gregorian), as far as questions need them. No type here prints itself:
//! most of them are somebody's date of birth.

use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroize;

use crate::clock::{UnixSeconds, UtcOffset, civil};

/// A day.
#[derive(PartialEq, Eq, PartialOrd, Ord, Zeroize)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// A month.
#[derive(PartialEq, Eq, PartialOrd, Ord, Zeroize)]
pub struct Month {
    year: u16,
    month: u8,
}

/// Years that a record may name: a misspelt one is noticed.
const YEARS: std::ops::RangeInclusive<u16> = 1850..=2199;

impl Date {
    /// A day that there is.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let Month { year, month } = Month::new(year, month)?;
        let is_there = (1..=days_in(year, month)).contains(&day);
        is_there.then_some(Self { year, month, day })
    }

    /// The day that it is at this time where midnight is as the offset says.
    pub fn of(now: UnixSeconds, offset: UtcOffset) -> Self {
        let (year, month, day) = civil(offset.local(now) / 86_400);
        // A month and a day of a month fit, and years do for longer than any clock runs.
        Self {
            year: u16::try_from(year).unwrap_or(u16::MAX),
            month: u8::try_from(month).unwrap_or(u8::MAX),
            day: u8::try_from(day).unwrap_or(u8::MAX),
        }
    }

    /// A day written as `1990-02-28`.
    pub fn parse(text: &str) -> Option<Self> {
        let (month, day) = text.split_at_checked(7)?;
        let Month { year, month } = Month::parse(month)?;
        Self::new(
            year,
            month,
            digits(day.strip_prefix('-')?, 2)?.try_into().ok()?,
        )
    }

    /// As it is parsed.
    pub fn written(&self) -> String {
        let Self { year, month, day } = self;
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Whether somebody born on this day is that old on another: from the first moment of the birthday on (Family Law Reform
    /// Act 1969 s. 9; BGB § 187 (2) and § 188 (2)). In a year without one, who was born on 29 February is a year older from
    /// 1 March on (BGB § 188 (3)).
    pub(super) fn is_years_before(&self, years: u8, today: &Self) -> bool {
        let Self { year, month, day } = self;
        (u32::from(*year) + u32::from(years), *month, *day)
            <= (u32::from(today.year), today.month, today.day)
    }

    /// Digits as a number: 19900228.
    pub(super) fn to_number(&self) -> u32 {
        (u32::from(self.year) * 100 + u32::from(self.month)) * 100 + u32::from(self.day)
    }

    pub(super) fn from_number(number: u32) -> Option<Self> {
        let Month { year, month } = Month::from_number(number / 100)?;
        Self::new(year, month, u8::try_from(number % 100).ok()?)
    }
}

impl Month {
    /// A month that there is.
    pub fn new(year: u16, month: u8) -> Option<Self> {
        let is_there = YEARS.contains(&year) && (1..=12).contains(&month);
        is_there.then_some(Self { year, month })
    }

    /// A month written as `2026-10`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        Self::new(digits(year, 4)?, digits(month, 2)?.try_into().ok()?)
    }

    /// As it is parsed.
    pub fn written(&self) -> String {
        let Self { year, month } = self;
        format!("{year:04}-{month:02}")
    }

    /// Whole months from this one to the one of a day; negative if it is still to come.
    pub(super) fn months_until(&self, today: &Date) -> i32 {
        let count = |year: u16, month: u8| i32::from(year) * 12 + i32::from(month);
        count(today.year, today.month) - count(self.year, self.month)
    }

    /// Digits as a number: 202610.
    pub(super) fn to_number(&self) -> u32 {
        u32::from(self.year) * 100 + u32::from(self.month)
    }

    pub(super) fn from_number(number: u32) -> Option<Self> {
        let year = u16::try_from(number / 100).ok()?;
        Self::new(year, u8::try_from(number % 100).ok()?)
    }
}

/// So many digits and nothing else.
fn digits(text: &str, count: usize) -> Option<u16> {
    let is_number = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Written(
            Self::parse,
            "a day that there is, as \"1990-02-28\"",
        ))
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Written(Self::parse, "a month, as \"2026-10\""))
    }
}

/// What reads a text, and what it should have been. Errors do not repeat it.
pub(super) struct Written<T>(pub(super) fn(&str) -> Option<T>, pub(super) &'static str);

impl<T> de::Visitor<'_> for Written<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.1)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).ok_or_else(|| E::custom(format_args!("expected {}", self.1)))
    }
}
