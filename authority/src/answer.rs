//! The signed answer: what the site learns, and nothing else.

use std::collections::BTreeMap;

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::{
    answer::Claims,
    ids::{Bind, Level, Question, SiteKey},
};
use subtle::ConstantTimeEq;

use crate::{
    clock::UnixSeconds, error::Error, keys::KeyRing, metrics::Counter, open::Opened,
    state::Authority, store::ResidentId, vault::hmac_sha256,
};

/// What was found out about a capture.
pub struct Finding {
    /// The answer.
    pub yes: bool,
    /// What the answer calls the resident, if anything; only with a yes.
    pub sub: Option<String>,
    /// Answers to the questions of the session; in the answer only with a yes.
    pub answers: BTreeMap<Question, bool>,
    /// What was proved besides the face.
    pub factors: Factors,
}

/// Second factors that were given and are the claimed resident's.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Factors {
    /// The passcode.
    pub passcode: bool,
    /// A signature of a device key.
    pub key: bool,
}

impl Factors {
    /// Whether there is one at all.
    pub fn any(self) -> bool {
        self.passcode || self.key
    }
}

/// Signs the answer to an opened capture.
///
/// Every no has the same claims: no pseudonym, no methods, no answers to questions. `acr` is the level that was asked for, and
/// `amr` follows from it and, at level full, from which second factor it was: how a resident was captured (still or moving), and
/// what they gave that was not asked for, is their own business.
pub fn sign(
    authority: &Authority,
    opened: &Opened,
    finding: Finding,
    now: UnixSeconds,
) -> Result<String, Error> {
    let level = opened.session.level;
    let issuer = authority.config.issuer.as_str();
    let mut claims = Claims::new(issuer, &opened.context, finding.yes, level, now)?;
    if finding.yes {
        claims.amr = methods(level, finding.factors);
        claims.sub = finding.sub;
        claims.answers = finding.answers;
    }
    let key = opened.keys.answer_key(now);
    let key = key.ok_or(Error::Internal("no answer key"))?;
    let token = key.sign(&claims).ok_or(Error::Busy)?;
    authority
        .metrics
        .count(Counter::Answers, if claims.yes { "true" } else { "false" });
    Ok(token)
}

/// The resident's name at one site: HMAC-SHA256 of site and internal id, so that two sites cannot link
/// theirs and deleting the resident deletes the link.
pub fn pseudonym(keys: &KeyRing, site: &SiteKey, resident: ResidentId) -> String {
    let parts = [site.as_str().as_bytes(), resident.0.as_slice()];
    Base64UrlUnpadded::encode_string(&hmac_sha256(&keys.pairwise, "pairwise", &parts))
}

/// The resident's name within one group at a kiosk: HMAC-SHA256 of site, `bind`, day (UTC) and internal id. A site that has several
/// people check in together tells by it that they are several. Another `bind` gives another name, and so does another day: a
/// site that says the same `bind` for ever has no name that lasts.
pub fn name_in_group(
    keys: &KeyRing,
    site: &SiteKey,
    bind: &Bind,
    now: UnixSeconds,
    resident: ResidentId,
) -> String {
    let day = (now / DAY).to_be_bytes();
    let parts = [
        site.as_str().as_bytes(),
        bind.as_str().as_bytes(),
        day.as_slice(),
        resident.0.as_slice(),
    ];
    let name = hmac_sha256(&keys.pairwise, "pairwise in a group", &parts);
    Base64UrlUnpadded::encode_string(&name)
}

const DAY: u64 = 24 * 3600;

/// What a site may call a resident.
pub struct Names {
    /// The pseudonym at the site, which a kiosk is not told.
    lasting: String,
    /// What the answer says: at a kiosk the name in its group, where there is one.
    pub told: Option<String>,
}

impl Names {
    /// Those of a resident at an opened session's site.
    pub fn of(opened: &Opened, resident: ResidentId, now: UnixSeconds) -> Self {
        let (keys, site) = (&opened.keys, &opened.site.site_key);
        let lasting = pseudonym(keys, site, resident);
        let told = if opened.site.kiosk {
            let bind = opened.context.bind.as_ref();
            bind.map(|bind| name_in_group(keys, site, bind, now, resident))
        } else {
            Some(lasting.clone())
        };
        Self { lasting, told }
    }

    /// Whether one of them is what the site expects, by a pseudonym that it was told or by an ID number
    /// ([`crate::expected`]); a site that expects nobody takes anybody.
    pub fn are_expected(&self, expected: Option<&str>) -> bool {
        let told = self.told.as_deref().unwrap_or(&self.lasting);
        is_expected(&self.lasting, expected) | is_expected(told, expected)
    }
}

/// Whether a pseudonym is the one that the site expects; a site that expects none takes any.
pub fn is_expected(sub: &str, expected: Option<&str>) -> bool {
    expected.is_none_or(|expected| sub.as_bytes().ct_eq(expected.as_bytes()).into())
}

/// Authentication methods (RFC 8176) that a yes at a level stands for.
///
/// `pop` and not `hwk` for a device key: without attestation nobody knows what keeps it.
pub fn methods(level: Level, factors: Factors) -> Vec<String> {
    let second = level >= Level::Full;
    let names = [
        ("face", true),
        ("pin", second && factors.passcode),
        ("pop", second && factors.key),
    ];
    let names = names.iter().filter(|(_, holds)| *holds);
    names.map(|(name, _)| (*name).to_owned()).collect()
}
