//! The eight-digit passcode: which ones are refused, and how one is kept and checked.
//!
//! Eight digits are few: Argon2id (RFC 9106) makes each guess cost, the vault encrypts the result, and
//! the limits of [`crate::limits`] stop online guessing.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use nod_protocol::ids::{ClaimedId, Passcode};

/// Why a passcode is too easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Few different digits, or a block said again: 11112222, 12341234.
    Repeats,
    /// Five or more digits that each step by one: 12345608, 98765001.
    Run,
    /// A calendar date between 1900 and 2099, in any of the three usual orders.
    Date,
    /// Digits of the resident's own ID number.
    PartOfId,
}

impl Weakness {
    /// The name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Repeats => "passcode_repeats",
            Self::Run => "passcode_run",
            Self::Date => "passcode_date",
            Self::PartOfId => "passcode_part_of_id",
        }
    }
}

/// A passcode could not be hashed, or the stored hash is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the passcode could not be hashed")]
pub struct HashError;

/// The first reason to refuse a new passcode, if there is one.
pub fn weakness(passcode: &Passcode, claimed_id: &ClaimedId) -> Option<Weakness> {
    let digits = passcode.expose().as_bytes();
    if repeats(digits) {
        Some(Weakness::Repeats)
    } else if has_run(digits) {
        Some(Weakness::Run)
    } else if is_date(passcode.expose()) {
        Some(Weakness::Date)
    } else if claimed_id.expose().contains(passcode.expose()) {
        Some(Weakness::PartOfId)
    } else {
        None
    }
}

/// Argon2id with the crate's parameters (19 MiB, 2 passes, 1 lane: the OWASP minimum) and a random
/// salt, as a PHC string. Takes tens of milliseconds: call it off the async threads.
pub fn hash(passcode: &Passcode) -> Result<String, HashError> {
    Argon2::default()
        .hash_password(passcode.expose().as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|_| HashError)
}

/// Whether the passcode belongs to the PHC string. Costs the same whether it does or not, and whether
/// one was typed at all: `None` is hashed as an empty text, which no passcode equals.
pub fn verify(passcode: Option<&Passcode>, phc: &str) -> Result<bool, HashError> {
    let expected = PasswordHash::new(phc).map_err(|_| HashError)?;
    let typed = passcode.map_or("", Passcode::expose);
    let matches = Argon2::default()
        .verify_password(typed.as_bytes(), &expected)
        .is_ok();
    Ok(matches && passcode.is_some())
}

fn repeats(digits: &[u8]) -> bool {
    let different = (b'0'..=b'9').filter(|digit| digits.contains(digit)).count();
    let (first, second) = digits.split_at(digits.len() / 2);
    different < 4 || first == second
}

fn has_run(digits: &[u8]) -> bool {
    // Modulo ten, so that 78901 and 21098 count as runs too.
    let steps_by = |step: u8| {
        digits.windows(5).any(|five| {
            five.windows(2)
                .all(|pair| (pair[0] - b'0' + step) % 10 == pair[1] - b'0')
        })
    };
    steps_by(1) || steps_by(9)
}

fn is_date(digits: &str) -> bool {
    let number = |range: std::ops::Range<usize>| {
        digits
            .get(range)
            .and_then(|part| part.parse::<u16>().ok())
            .unwrap_or(0)
    };
    let is_day_of = |year: u16, month: u16, day: u16| {
        (1900..=2099).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
    };
    is_day_of(number(0..4), number(4..6), number(6..8))
        || is_day_of(number(4..8), number(2..4), number(0..2))
        || is_day_of(number(4..8), number(0..2), number(2..4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(passcode: &str) -> Option<Weakness> {
        let id = ClaimedId::parse("11010573920416002X").unwrap();
        weakness(&Passcode::parse(passcode).unwrap(), &id)
    }

    #[test]
    fn easy_passcodes_are_refused_by_reason() {
        for (passcode, why) in [
            ("00000000", Weakness::Repeats),
            ("11112222", Weakness::Repeats),
            ("12121213", Weakness::Repeats),
            ("46924692", Weakness::Repeats),
            ("12345670", Weakness::Run),
            ("87654399", Weakness::Run),
            ("27890146", Weakness::Run),
            ("19491231", Weakness::Date),
            ("31121949", Weakness::Date),
            ("12311949", Weakness::Date),
            ("20240731", Weakness::Date),
            ("73920416", Weakness::PartOfId),
        ] {
            assert_eq!(judged(passcode), Some(why), "{passcode}");
        }
        for passcode in ["27182818", "94730528", "60419375", "30049987"] {
            assert_eq!(judged(passcode), None, "{passcode}");
        }
    }

    #[test]
    fn the_hash_knows_its_passcode_and_no_other() {
        let right = Passcode::parse("94730528").unwrap();
        let wrong = Passcode::parse("94730529").unwrap();
        let phc = hash(&right).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$") && !phc.contains("94730528"));
        assert_eq!(verify(Some(&right), &phc), Ok(true));
        assert_eq!(verify(Some(&wrong), &phc), Ok(false));
        assert_eq!(verify(None, &phc), Ok(false));
        assert_eq!(verify(Some(&right), "not a hash"), Err(HashError));
        assert_ne!(hash(&right).unwrap(), phc, "the salt is fresh");
    }
}
