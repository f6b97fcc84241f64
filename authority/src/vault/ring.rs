//! The at-rest keys by number, and what is derived of each.

use aes_gcm::{Aes256Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{SecretKey, VaultError};
use crate::clock::UnixSeconds;

/// Which at-rest key sealed a value: its first byte. From 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyNumber(pub u8);

/// The at-rest keys of an authority. Not printable, and not copied.
pub struct AtRestKeys(Vec<AtRestKey>);

struct AtRestKey {
    number: KeyNumber,
    key: SecretKey,
    in_use_from: UnixSeconds,
}

/// What seals and opens at the moment.
pub(super) struct Ring {
    keys: Vec<Derived>,
    sealing: KeyNumber,
}

struct Derived {
    number: KeyNumber,
    /// HKDF-Extract of the key, which is the same for every cell.
    extracted: SecretKey,
    /// What rotates templates.
    templates: SecretKey,
}

impl std::fmt::Display for KeyNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl AtRestKeys {
    /// One key, number 1.
    #[must_use]
    pub fn first(key: SecretKey) -> Self {
        Self::only(KeyNumber(1), key, 0)
    }

    /// One key of another number, where those before it are retired.
    #[must_use]
    pub fn only(number: KeyNumber, key: SecretKey, in_use_from: UnixSeconds) -> Self {
        Self(vec![AtRestKey {
            number,
            key,
            in_use_from,
        }])
    }

    /// These and another one, which seals from then on.
    #[must_use]
    pub fn and(mut self, number: KeyNumber, key: SecretKey, in_use_from: UnixSeconds) -> Self {
        self.0.retain(|other| other.number != number);
        self.0.push(AtRestKey {
            number,
            key,
            in_use_from,
        });
        self.0.sort_by_key(|key| key.number);
        self
    }

    /// Each number, and from when on it seals.
    pub fn numbers(&self) -> impl Iterator<Item = (KeyNumber, UnixSeconds)> {
        self.0.iter().map(|key| (key.number, key.in_use_from))
    }

    /// The one that seals at this time: of those whose time has come the one with the highest number; before that the lowest.
    #[must_use]
    pub fn sealing(&self, now: UnixSeconds) -> KeyNumber {
        let come = self.0.iter().filter(|key| key.in_use_from <= now);
        let newest = come.map(|key| key.number).max();
        let first = self.0.iter().map(|key| key.number).min();
        newest.or(first).unwrap_or(KeyNumber(1))
    }
}

impl Ring {
    pub(super) fn of(at_rest: &AtRestKeys, now: UnixSeconds) -> Self {
        let derived = at_rest.0.iter().map(|AtRestKey { number, key, .. }| {
            let (extracted, _) = Hkdf::<Sha256>::extract(Some(b"nod vault v1"), key.as_slice());
            let extracted = Zeroizing::new(extracted.into());
            Derived {
                number: *number,
                // Places of cells begin with the length of a table's name in eight bytes: none is this text.
                templates: expanded(&extracted, b"nod template protection v1"),
                extracted,
            }
        });
        Self {
            keys: derived.collect(),
            sealing: at_rest.sealing(now),
        }
    }

    pub(super) fn is_of(&self, at_rest: &AtRestKeys, now: UnixSeconds) -> bool {
        let own = self.keys.iter().map(|key| key.number);
        self.sealing == at_rest.sealing(now) && own.eq(at_rest.0.iter().map(|key| key.number))
    }

    pub(super) fn sealing(&self) -> KeyNumber {
        self.sealing
    }

    /// The cipher with the key of one cell.
    pub(super) fn cipher(&self, number: KeyNumber, place: &[u8]) -> Result<Aes256Gcm, VaultError> {
        let key = expanded(&self.key(number)?.extracted, place);
        Ok(Aes256Gcm::new(&(*key).into()))
    }

    /// What new templates are rotated by, and whose that is.
    pub(super) fn templates_now(&self) -> (KeyNumber, SecretKey) {
        let mut keys = self.keys.iter();
        let key = keys.find(|key| key.number == self.sealing);
        // There is always one: `sealing` is taken from these.
        let templates = key.map(|key| key.templates.clone());
        (self.sealing, templates.unwrap_or_default())
    }

    /// What templates are rotated by.
    pub(super) fn templates(&self, number: KeyNumber) -> Result<&SecretKey, VaultError> {
        Ok(&self.key(number)?.templates)
    }

    fn key(&self, number: KeyNumber) -> Result<&Derived, VaultError> {
        let mut keys = self.keys.iter();
        keys.find(|key| key.number == number)
            .ok_or(VaultError::NoKey(number))
    }
}

/// HKDF-Expand to a key.
fn expanded(extracted: &SecretKey, info: &[u8]) -> SecretKey {
    let mut key = Zeroizing::new([0; 32]);
    // HKDF refuses only keys shorter and outputs longer than these.
    let expanded = Hkdf::<Sha256>::from_prk(extracted.as_slice())
        .map(|hkdf| hkdf.expand(info, key.as_mut_slice()));
    debug_assert!(matches!(expanded, Ok(Ok(()))));
    key
}
