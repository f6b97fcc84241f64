//! What a relying party checks before it acts on an answer.

use std::collections::BTreeMap;

use crate::authority::Checked;
use crate::site::Site;

/// Why nothing was done; each has its own page with a way on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// No token came with the form.
    Missing,
    /// The token is not genuine, not fresh, was used before, or is not for this very request.
    Stale,
    /// The answer is a genuine no, or a yes about somebody else.
    NotConfirmed,
    /// The authority cannot be asked right now.
    Away,
}

/// What the page was minted or served for.
pub(crate) struct Asked<'a> {
    pub(crate) action: &'a str,
    /// What the answer signs for, beside the action.
    pub(crate) bind: Option<&'a str>,
}

/// A yes for this site, for what was asked, and for this visit.
pub(crate) struct Confirmed {
    pub(crate) sub: Option<String>,
    /// When the answer was signed, in seconds since 1970.
    pub(crate) at: Option<u64>,
    /// The answer itself, which can be shown to others.
    pub(crate) token: String,
    /// Answers to the questions that the page asked beyond identity.
    pub(crate) answers: BTreeMap<String, bool>,
}

/// Has the token checked by the authority and compares what it is about with what was asked.
pub(crate) async fn confirm(
    site: &Site,
    visit: &str,
    token: Option<String>,
    asked: &Asked<'_>,
    expected_sub: Option<String>,
) -> Result<Confirmed, Refusal> {
    let token = token
        .filter(|token| !token.is_empty())
        .ok_or(Refusal::Missing)?;
    let checked = site
        .authority
        .check(token.clone(), expected_sub)
        .await
        .map_err(|error| {
            tracing::warn!(site = site.name, %error, "no check");
            Refusal::Away
        })?;
    // The nonce is redeemed whatever the answer says: one page view, one answer.
    let ours = checked
        .rp_nonce
        .as_deref()
        .is_some_and(|nonce| site.visitors.redeem_nonce(visit, nonce));
    let checked = judge(site.origin.as_str(), asked, ours, checked)?;
    Ok(Confirmed {
        sub: checked.sub,
        at: checked.iat,
        token,
        answers: checked.answers,
    })
}

fn judge(
    origin: &str,
    asked: &Asked<'_>,
    ours: bool,
    checked: Checked,
) -> Result<Checked, Refusal> {
    if !checked.success {
        tracing::info!(codes = ?checked.error_codes, "token refused");
        return Err(Refusal::Stale);
    }
    let about_this = checked.origin.as_deref() == Some(origin)
        && checked.action.as_deref() == Some(asked.action)
        && checked.bind.as_deref() == asked.bind;
    if !ours || !about_this {
        return Err(Refusal::Stale);
    }
    if !checked.yes {
        return Err(Refusal::NotConfirmed);
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::{Asked, Refusal, judge};
    use crate::authority::Checked;

    const ORIGIN: &str = "http://court.localhost:8081";

    fn answer() -> Checked {
        Checked {
            success: true,
            yes: true,
            origin: Some(ORIGIN.to_owned()),
            action: Some("efile-submit".to_owned()),
            rp_nonce: None,
            bind: Some("hash".to_owned()),
            iat: Some(1_790_000_000),
            sub: Some("s".to_owned()),
            answers: [].into(),
            error_codes: Vec::new(),
        }
    }

    fn refusal(ours: bool, checked: Checked) -> Option<Refusal> {
        let asked = Asked {
            action: "efile-submit",
            bind: Some("hash"),
        };
        judge(ORIGIN, &asked, ours, checked).err()
    }

    #[test]
    fn only_a_yes_about_this_request_counts() {
        assert_eq!(refusal(true, answer()), None);
        assert_eq!(refusal(false, answer()), Some(Refusal::Stale));
        assert_eq!(
            refusal(
                true,
                Checked {
                    yes: false,
                    ..answer()
                }
            ),
            Some(Refusal::NotConfirmed)
        );
        let elsewhere = Some("http://hotel.localhost:8083".to_owned());
        assert_eq!(
            refusal(
                true,
                Checked {
                    origin: elsewhere,
                    ..answer()
                }
            ),
            Some(Refusal::Stale)
        );
        let other = Some("efile-pay".to_owned());
        assert_eq!(
            refusal(
                true,
                Checked {
                    action: other,
                    ..answer()
                }
            ),
            Some(Refusal::Stale)
        );
        for bind in [None, Some("another".to_owned())] {
            assert_eq!(
                refusal(true, Checked { bind, ..answer() }),
                Some(Refusal::Stale)
            );
        }
        assert_eq!(
            refusal(
                true,
                Checked {
                    success: false,
                    ..answer()
                }
            ),
            Some(Refusal::Stale)
        );
    }
}
