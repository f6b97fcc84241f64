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
    /// By the keyed hash of a back end's secret. Two of a site, while it goes from one to the next.
    secrets: HashMap<[u8; 32], Secret>,
}

/// Whose a secret is.
struct Secret {
    of: SiteKey,
    read: UnixSeconds,
    /// The moment from which on it is nobody's, if another has taken its place.
    until: Option<UnixSeconds>,
}

impl Sites {
    /// The site with this key, if it was read lately.
    pub fn by_key(&self, key: &SiteKey, now: UnixSeconds) -> Option<Site> {
        self.lock().fresh(key, now)
    }

    /// The site whose back end's secret has this hash, if it was read lately.
    pub fn by_secret(&self, hash: &[u8; 32], now: UnixSeconds) -> Option<Site> {
        let kept = self.lock();
        let secret = kept.secrets.get(hash)?;
        if secret.is_good(now) {
            kept.fresh(&secret.of, now)
        } else {
            None
        }
    }

    /// Keeps what was read from the database at this time.
    pub fn keep(&self, site: &Site, now: UnixSeconds) {
        self.lock().keep(site, now);
    }

    /// Keeps what was found by the hash of a secret, which is good until a moment if another has taken its place.
    pub fn keep_found(
        &self,
        site: &Site,
        hash: &[u8; 32],
        until: Option<UnixSeconds>,
        now: UnixSeconds,
    ) {
        let mut kept = self.lock();
        let of = site.site_key.clone();
        // What the site had earlier goes with the first that is read after it: no list of old ones grows here.
        kept.secrets
            .retain(|_, other| other.of != of || other.is_good(now));
        let secret = Secret {
            of,
            read: now,
            until,
        };
        kept.secrets.insert(*hash, secret);
        kept.keep(site, now);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        // A poisoned lock only means that a thread died while it held it; each entry is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Secret {
    fn is_good(&self, now: UnixSeconds) -> bool {
        is_fresh(self.read, now) && self.until.is_none_or(|until| now < until)
    }
}

impl Kept {
    fn keep(&mut self, site: &Site, now: UnixSeconds) {
        self.sites
            .insert(site.site_key.clone(), (site.clone(), now));
    }

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
        sites.keep(&court, 100);
        assert_eq!(sites.by_key(key, 104), Some(court.clone()));
        assert_eq!(sites.by_key(key, 105), None);
        assert_eq!(sites.by_key(key, 99), None, "a clock that was set back");
        sites.keep(&site("pk_court", false), 105);
        assert_eq!(sites.by_key(key, 106), Some(site("pk_court", false)));
    }

    #[test]
    fn a_secret_is_believed_as_long_as_it_was_read_itself() {
        let (sites, court) = (Sites::default(), site("pk_court", true));
        sites.keep_found(&court, &[1; 32], None, 100);
        assert_eq!(sites.by_secret(&[1; 32], 104), Some(court.clone()));
        assert_eq!(sites.by_secret(&[2; 32], 104), None);
        // The site is asked for by its key all the time; that makes its old secret no younger.
        sites.keep(&court, 104);
        assert_eq!(sites.by_secret(&[1; 32], 106), None);
        sites.keep_found(&court, &[2; 32], None, 106);
        assert_eq!(sites.by_secret(&[1; 32], 106), None);
        assert_eq!(sites.by_secret(&[2; 32], 106), Some(court));
    }

    #[test]
    fn two_secrets_of_a_site_are_kept_side_by_side_and_the_old_one_ends_in_its_second() {
        let (sites, court) = (Sites::default(), site("pk_court", true));
        sites.keep_found(&court, &[1; 32], Some(103), 100);
        sites.keep_found(&court, &[2; 32], None, 101);
        assert_eq!(sites.by_secret(&[1; 32], 102), Some(court.clone()));
        assert_eq!(sites.by_secret(&[2; 32], 102), Some(court.clone()));
        assert_eq!(sites.by_secret(&[1; 32], 103), None);
        assert_eq!(sites.by_secret(&[2; 32], 103), Some(court.clone()));
        // Of what is no good any more nothing stays.
        sites.keep_found(&court, &[2; 32], None, 103);
        assert_eq!(sites.lock().secrets.len(), 1);
    }
}
