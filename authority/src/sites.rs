//! Registered sites in memory: every request needs its site, and sites hardly ever change.
//!
//! A command registers sites beside a running server, so what is kept is believed for a few seconds only, and that a site is
//! *not* there is never kept: a new one is known at once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use nod_protocol::ids::SiteKey;

use crate::{clock::UnixSeconds, store::Site};

/// Seconds that a site is believed to be as it was read.
pub const BELIEVED: u64 = 5;

/// What was read lately. As many entries as there are sites at most.
#[derive(Default)]
pub struct Sites(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    sites: HashMap<SiteKey, (Site, UnixSeconds)>,
    /// Keyed hash of a back end's secret → its site, and when that was read.
    secrets: HashMap<[u8; 32], (SiteKey, UnixSeconds)>,
}

impl Sites {
    /// The site with this key, if it was read lately.
    pub fn by_key(&self, key: &SiteKey, now: UnixSeconds) -> Option<Site> {
        self.lock().fresh(key, now)
    }

    /// The site whose back end's secret has this hash, if it was read lately.
    pub fn by_secret(&self, hash: &[u8; 32], now: UnixSeconds) -> Option<Site> {
        let kept = self.lock();
        let (key, read) = kept.secrets.get(hash)?;
        if is_fresh(*read, now) {
            kept.fresh(key, now)
        } else {
            None
        }
    }

    /// Keeps what was read from the database at this time; with the hash that it was found by, if by that.
    pub fn keep(&self, site: &Site, found_by: Option<&[u8; 32]>, now: UnixSeconds) {
        let mut kept = self.lock();
        let key = &site.site_key;
        if let Some(hash) = found_by {
            // A site has one secret: an earlier one opens nothing any more.
            kept.secrets.retain(|_, (of, _)| of != key);
            kept.secrets.insert(*hash, (key.clone(), now));
        }
        kept.sites.insert(key.clone(), (site.clone(), now));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        // A poisoned lock only means that a thread died while it held it; each entry is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn fresh(&self, key: &SiteKey, now: UnixSeconds) -> Option<Site> {
        let (site, read) = self.sites.get(key)?;
        is_fresh(*read, now).then(|| site.clone())
    }
}

/// A clock that was set back is no reason to believe for longer.
fn is_fresh(read: UnixSeconds, now: UnixSeconds) -> bool {
    read <= now && now - read < BELIEVED
}

#[cfg(test)]
mod tests {
    use nod_protocol::ids::{Action, Level, Origin};

    use super::*;

    fn site(key: &str, still: bool) -> Site {
        Site {
            site_key: SiteKey::parse(key).unwrap(),
            name: "City court".into(),
            alternative: "https://court.example.gov/counter".into(),
            level: Level::Light,
            still,
            kiosk: false,
            evidence: false,
            sessions_per_minute: None,
            origins: vec![Origin::parse("https://court.example.gov").unwrap()],
            ask: vec![],
            actions: vec![(Action::parse("check-in").unwrap(), "Check in".into())],
        }
    }

    #[test]
    fn what_was_read_is_believed_for_seconds() {
        let (sites, court) = (Sites::default(), site("pk_court", true));
        let key = &court.site_key;
        assert_eq!(sites.by_key(key, 100), None);
        sites.keep(&court, None, 100);
        assert_eq!(sites.by_key(key, 104), Some(court.clone()));
        assert_eq!(sites.by_key(key, 105), None);
        assert_eq!(sites.by_key(key, 99), None, "a clock that was set back");
        sites.keep(&site("pk_court", false), None, 105);
        assert_eq!(sites.by_key(key, 106), Some(site("pk_court", false)));
    }

    #[test]
    fn a_secret_is_believed_as_long_as_it_was_read_itself() {
        let (sites, court) = (Sites::default(), site("pk_court", true));
        sites.keep(&court, Some(&[1; 32]), 100);
        assert_eq!(sites.by_secret(&[1; 32], 104), Some(court.clone()));
        assert_eq!(sites.by_secret(&[2; 32], 104), None);
        // The site is asked for by its key all the time; that makes its old secret no younger.
        sites.keep(&court, None, 104);
        assert_eq!(sites.by_secret(&[1; 32], 106), None);
        sites.keep(&court, Some(&[2; 32]), 106);
        assert_eq!(sites.by_secret(&[1; 32], 106), None);
        assert_eq!(sites.by_secret(&[2; 32], 106), Some(court));
    }
}
