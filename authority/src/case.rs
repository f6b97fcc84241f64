//! Cases: every no has a number, which the frame shows to the resident and to nobody else, and which an operator looks up
//! (docs/limits.md).
//!
//! Every no, whatever the reason and whoever is claimed: a number tells nothing. What is kept says when, for which site, and whether a
//! limit stopped the attempt; never why a capture or a face was refused. The keyed hash of the claimed ID is kept so that a resident can
//! be told of attempts that were not theirs.

use std::fmt;

use nod_protocol::{ids::SiteKey, random::RandomnessUnavailable};

use crate::{
    challenge::below,
    clock::UnixSeconds,
    state::Authority,
    store::{Case, StoreError},
};

/// Seconds that a case is kept.
pub const KEPT: u64 = 30 * 24 * 3600;

/// Twelve digits, drawn at random: with a million cases a number that was guessed is one of them once in a million times.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseNumber(String);

/// The limit that stopped an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// None: it was looked at like any other.
    Nowhere,
    /// Failures in a row on the claimed ID at the site, or of the device.
    ByClaimedId,
    /// One face on too many claimed IDs.
    ByFace,
}

/// An attempt that was answered no.
pub struct Refused<'a> {
    /// The site that asked.
    pub site: &'a SiteKey,
    /// Whether a limit stopped it.
    pub stopped: Stopped,
    /// Keyed hash of the claimed ID.
    pub claim: [u8; 32],
    /// What its failure counts under.
    pub subject: [u8; 32],
}

/// Keeps a case and returns its number; `None` where that could not be: it is no reason to withhold an answer.
pub async fn open(
    authority: &Authority,
    refused: &Refused<'_>,
    now: UnixSeconds,
) -> Option<CaseNumber> {
    match kept(authority, refused, now).await {
        Ok(number) => number,
        Err(error) => {
            tracing::warn!(%error, "a case was not kept");
            None
        }
    }
}

async fn kept(
    authority: &Authority,
    refused: &Refused<'_>,
    now: UnixSeconds,
) -> Result<Option<CaseNumber>, StoreError> {
    // A number that is taken is drawn again; that it is a second time has never happened.
    for _ in 0..3 {
        let Ok(number) = CaseNumber::draw() else {
            return Ok(None);
        };
        let case = Case {
            number: number.clone(),
            at: now,
            site_key: refused.site.clone(),
            stopped: refused.stopped,
            claim: refused.claim,
            subject: refused.subject,
        };
        if authority.store.add_case(case).await? {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

impl CaseNumber {
    fn draw() -> Result<Self, RandomnessUnavailable> {
        let (first, last) = (below(1_000_000)?, below(1_000_000)?);
        Ok(Self(format!("{first:06}{last:06}")))
    }

    /// Reads what somebody was told or has typed, with or without spaces and hyphens.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let digits: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .collect();
        if digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err("a case number has twelve digits")
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Stopped {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nowhere => "",
            Self::ByClaimedId => "claimed_id",
            Self::ByFace => "face",
        }
    }

    /// Reads [`Stopped::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Nowhere, Self::ByClaimedId, Self::ByFace];
        all.into_iter().find(|one| one.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_say_them() {
        for text in [
            "004219375512",
            "004 219 375 512",
            "004219-375512",
            " 004219375512\n",
        ] {
            assert_eq!(CaseNumber::parse(text).unwrap().as_str(), "004219375512");
        }
        for text in [
            "",
            "4219375512",
            "0042193755123",
            "00421937551x",
            "٠٠٤٢١٩٣٧٥٥١٢",
        ] {
            assert!(CaseNumber::parse(text).is_err(), "{text}");
        }
        let (one, other) = (CaseNumber::draw().unwrap(), CaseNumber::draw().unwrap());
        assert!(one != other && CaseNumber::parse(one.as_str()).is_ok());
    }
}
