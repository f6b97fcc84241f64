//! Who is at the browser: a cookie names the visit, the rest is kept here, in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, header};
use base64ct::{Base64UrlUnpadded, Encoding};

use crate::accounts::Account;

/// A page left open in a few tabs keeps working; more nonces than this are not kept.
const NONCES_KEPT: usize = 8;
/// Old visits make room: a demo needs no clock for that.
const VISITS_KEPT: usize = 10_000;

/// Visits by cookie, and which pseudonym belongs to which account.
pub(crate) struct Visitors {
    /// Its name: two registrations may share an origin.
    cookie: &'static str,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    visits: HashMap<String, Visit>,
    links: HashMap<&'static str, String>,
}

#[derive(Default)]
struct Visit {
    account: Option<&'static Account>,
    nonces: Vec<String>,
}

impl Visitors {
    /// Nobody yet.
    pub(crate) fn new(cookie: &'static str) -> Self {
        Self {
            cookie,
            kept: Mutex::default(),
        }
    }

    /// The visit the request's cookie names, if it is one of ours.
    pub(crate) fn current(&self, headers: &HeaderMap) -> Option<String> {
        let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
        let mut pairs = cookies
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='));
        let (_, id) = pairs.find(|(name, _)| *name == self.cookie)?;
        self.kept().visits.contains_key(id).then(|| id.to_owned())
    }

    /// Begins a visit, signed in or not; the second value is for `Set-Cookie`.
    pub(crate) fn begin(
        &self,
        account: Option<&'static Account>,
    ) -> anyhow::Result<(String, String)> {
        let id = random_text()?;
        let mut kept = self.kept();
        if kept.visits.len() >= VISITS_KEPT {
            kept.visits.clear();
        }
        kept.visits.insert(
            id.clone(),
            Visit {
                account,
                nonces: Vec::new(),
            },
        );
        // A site behind TLS adds `Secure`; the demo runs on loopback without.
        let cookie = format!("{}={id}; Path=/; HttpOnly; SameSite=Lax", self.cookie);
        Ok((id, cookie))
    }

    /// Ends a visit.
    pub(crate) fn end(&self, visit: &str) {
        self.kept().visits.remove(visit);
    }

    /// The account this visit is signed in to.
    pub(crate) fn account(&self, visit: &str) -> Option<&'static Account> {
        self.kept().visits.get(visit)?.account
    }

    /// A fresh `rp_nonce` that this visit, and no other, may redeem once.
    pub(crate) fn issue_nonce(&self, visit: &str) -> anyhow::Result<String> {
        let nonce = random_text()?;
        if let Some(visit) = self.kept().visits.get_mut(visit) {
            if visit.nonces.len() == NONCES_KEPT {
                visit.nonces.remove(0);
            }
            visit.nonces.push(nonce.clone());
        }
        Ok(nonce)
    }

    /// Whether the visit was issued this nonce and did not redeem it yet.
    pub(crate) fn redeem_nonce(&self, visit: &str, nonce: &str) -> bool {
        let mut kept = self.kept();
        let Some(visit) = kept.visits.get_mut(visit) else {
            return false;
        };
        let Some(at) = visit.nonces.iter().position(|issued| issued == nonce) else {
            return false;
        };
        visit.nonces.remove(at);
        true
    }

    /// The pseudonym linked to an account.
    pub(crate) fn linked(&self, account: &Account) -> Option<String> {
        self.kept().links.get(account.id).cloned()
    }

    /// Links a pseudonym to an account that has none. False when the account has another one, or the
    /// pseudonym belongs to another account: one resident, one account.
    pub(crate) fn link(&self, account: &'static Account, sub: &str) -> bool {
        let mut kept = self.kept();
        if let Some(known) = kept.links.get(account.id) {
            return known == sub;
        }
        if kept.links.values().any(|known| known == sub) {
            return false;
        }
        kept.links.insert(account.id, sub.to_owned());
        true
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every change under this lock is one call: a panic elsewhere leaves nothing half-done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 128 random bits.
pub(crate) fn random_text() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(Base64UrlUnpadded::encode_string(&bytes))
}

#[cfg(test)]
mod tests {
    use super::Visitors;
    use crate::accounts::ACCOUNTS;

    #[test]
    fn a_nonce_is_redeemed_once_and_by_its_own_visit() {
        let visitors = Visitors::new("visit");
        let (mine, _) = visitors.begin(None).unwrap();
        let (other, _) = visitors.begin(None).unwrap();
        let nonce = visitors.issue_nonce(&mine).unwrap();
        assert!(!visitors.redeem_nonce(&other, &nonce));
        assert!(visitors.redeem_nonce(&mine, &nonce));
        assert!(!visitors.redeem_nonce(&mine, &nonce));
    }

    #[test]
    fn one_resident_has_one_account() {
        let visitors = Visitors::new("visit");
        let [alex, bo, _] = ACCOUNTS;
        assert!(visitors.link(alex, "s1"));
        assert!(visitors.link(alex, "s1"));
        assert!(!visitors.link(alex, "s2"));
        assert!(!visitors.link(bo, "s1"));
        assert!(visitors.link(bo, "s2"));
    }
}
