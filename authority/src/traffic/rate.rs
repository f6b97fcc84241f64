//! How many a minute.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 1 to 1,000,000 in a minute. There is no zero, which would turn something off, and no "unlimited".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerMinute(u32);

/// The highest limit.
const MOST: u32 = 1_000_000;

impl PerMinute {
    /// For defaults; what is out of range becomes the nearest that is not.
    pub const fn at_most(number: u32) -> Self {
        Self(match number {
            0 => 1,
            1..=MOST => number,
            _ => MOST,
        })
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for PerMinute {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        match u32::try_from(number) {
            Ok(number @ 1..=MOST) => Ok(Self(number)),
            _ => Err("expected 1 to 1000000 a minute"),
        }
    }
}

impl From<PerMinute> for i64 {
    fn from(per_minute: PerMinute) -> Self {
        Self::from(per_minute.0)
    }
}

impl std::str::FromStr for PerMinute {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.trim().parse::<i64>().unwrap_or(0))
    }
}

impl<'de> Deserialize<'de> for PerMinute {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::try_from(i64::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

impl Serialize for PerMinute {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_limit_of_nothing_and_none_without_end() {
        for text in ["0", "-1", "1000001", "", "many", "4294967297"] {
            assert!(text.parse::<PerMinute>().is_err(), "{text}");
        }
        for (text, number) in [("1", 1), (" 300", 300), ("1000000", 1_000_000)] {
            assert_eq!(text.parse::<PerMinute>().unwrap().get(), number);
        }
    }
}
