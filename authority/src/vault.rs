//! Encryption at rest: what the database holds about a resident is ciphertext or a keyed hash.
//!
//! Each cell has its own AES-256-GCM key, derived with HKDF-SHA256 (RFC 5869) from the at-rest key and
//! the cell's place (table, row, column). A ciphertext copied to another row or column does not open
//! there, and 96-bit random nonces stay safe at any number of rows (a key seals a handful of times). At-rest keys are numbered,
//! and the first byte of a ciphertext says whose it is: the newest in use seals, the others open until everything is
//! sealed again ([`ring`]).
//!
//! Claimed IDs are found by HMAC-SHA256 under the lookup key: a copied database cannot be searched for
//! an ID without that key.

mod ring;
mod templates;

use std::sync::{Arc, PoisonError, RwLock};

use aes_gcm::aead::{Aead, AeadInOut, KeyInit, Payload};
use hmac::{Hmac, Mac};
use nod_protocol::{
    ids::{ClaimHandle, ClaimedId, DeviceHandle, SiteKey},
    random::{self, RandomnessUnavailable},
};
use sha2::Sha256;
use zeroize::Zeroizing;

pub use self::ring::{AtRestKeys, KeyNumber};
use self::{ring::Ring, templates::Rotations};
use crate::clock::UnixSeconds;

/// A symmetric key of the authority, wiped when dropped; not printable.
pub type SecretKey = Zeroizing<[u8; 32]>;

const NONCE: usize = 12;
/// Bytes that a ciphertext is longer than what it holds: key number, nonce, tag.
pub const OVERHEAD: usize = 1 + NONCE + 16;

/// Seals and opens database cells, and computes the keyed hashes that rows are found by.
pub struct Vault {
    ring: RwLock<Arc<Ring>>,
    /// Templates in memory are in the coordinates of this key ([`templates`]), also when it is gone from the ring.
    home: KeyNumber,
    home_key: SecretKey,
    rotations: Rotations,
    lookup: SecretKey,
}

/// The place of a value in the database; part of its encryption.
#[derive(Clone, Copy)]
pub struct Cell<'a> {
    /// Table name.
    pub table: &'static str,
    /// Primary key of the row.
    pub row: &'a [u8],
    /// Column name.
    pub column: &'static str,
}

/// Why a cell could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Wrong key, wrong place or a changed ciphertext: AES-GCM does not say which.
    #[error("a stored value does not open with the at-rest key in its place")]
    DoesNotOpen,
    /// Another process seals with a newer key already, or an old one was taken away too early.
    #[error("a stored value is sealed with at-rest key {0}, which is not there")]
    NoKey(KeyNumber),
    /// A template of another size, or none at all.
    #[error("a stored template is not in the form of one")]
    NoTemplate,
    /// The key or nonce could not be made.
    #[error(transparent)]
    Random(#[from] RandomnessUnavailable),
}

impl Vault {
    /// A vault with the authority's at-rest and lookup keys, as they are at this time.
    pub fn new(at_rest: &AtRestKeys, lookup: SecretKey, now: UnixSeconds) -> Self {
        let ring = Ring::of(at_rest, now);
        let (home, home_key) = ring.templates_now();
        Self {
            home,
            home_key,
            ring: RwLock::new(Arc::new(ring)),
            rotations: Rotations::default(),
            lookup,
        }
    }

    /// Takes over at-rest keys that were added or taken away, and seals with the one that is in use now.
    pub fn adopt(&self, at_rest: &AtRestKeys, now: UnixSeconds) {
        if self.ring().is_of(at_rest, now) {
            return;
        }
        let ring = Ring::of(at_rest, now);
        tracing::info!(seals = ring.sealing().0, "at-rest keys");
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    /// The number of the key that seals now.
    pub fn sealing(&self) -> KeyNumber {
        self.ring().sealing()
    }

    /// Encrypts a value for one cell: key number (1 byte), nonce (12), ciphertext with tag.
    pub fn seal(&self, cell: Cell<'_>, plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.seal_with(&self.ring(), cell, plaintext)
    }

    fn seal_with(
        &self,
        ring: &Ring,
        cell: Cell<'_>,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let number = ring.sealing();
        let nonce = random::bytes::<NONCE>()?;
        let place = cell.place();
        let sealed = ring
            .cipher(number, &place)?
            .encrypt(
                &nonce.into(),
                Payload {
                    msg: plaintext,
                    aad: &place,
                },
            )
            .map_err(|_| VaultError::DoesNotOpen)?;
        let mut stored = Vec::with_capacity(1 + NONCE + sealed.len());
        stored.push(number.0);
        stored.extend_from_slice(&nonce);
        stored.extend_from_slice(&sealed);
        Ok(stored)
    }

    /// Decrypts what [`Vault::seal`] made for the same cell.
    pub fn open(&self, cell: Cell<'_>, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let mut opened = Zeroizing::new(Vec::with_capacity(stored.len()));
        self.open_into(cell, stored, &mut opened)?;
        Ok(opened)
    }

    /// The same into memory that has held the last value: many are opened without wiping each. Empty after an error. What has
    /// no room for the value is moved, and leaves what it held behind.
    pub fn open_into(
        &self,
        cell: Cell<'_>,
        stored: &[u8],
        opened: &mut Zeroizing<Vec<u8>>,
    ) -> Result<(), VaultError> {
        opened.clear();
        let (number, rest) = stored.split_first().ok_or(VaultError::DoesNotOpen)?;
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE>()
            .ok_or(VaultError::DoesNotOpen)?;
        let place = cell.place();
        let cipher = self.ring().cipher(KeyNumber(*number), &place)?;
        opened.extend_from_slice(sealed);
        let outcome = cipher.decrypt_in_place(&(*nonce).into(), &place, &mut **opened);
        outcome.map_err(|_| {
            opened.clear();
            VaultError::DoesNotOpen
        })
    }

    /// The same value sealed with the key that is in use now.
    pub fn seal_again(&self, cell: Cell<'_>, stored: &[u8]) -> Result<Vec<u8>, VaultError> {
        let opened = self.open(cell, stored)?;
        self.seal(cell, &opened)
    }

    fn ring(&self) -> Arc<Ring> {
        // A poisoned lock only means that a thread died while it held it; what it holds is whole.
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.clone()
    }

    /// The keyed hash that a resident's row is found by.
    pub fn resident_lookup(&self, claimed_id: &ClaimedId) -> [u8; 32] {
        self.keyed_hash("resident", &[claimed_id.expose().as_bytes()])
    }

    /// The keyed hash of the decoy that stands in for whoever is not enrolled; no claimed ID has it.
    pub fn decoy_lookup(&self) -> [u8; 32] {
        self.keyed_hash("decoy", &[])
    }

    /// The keyed hash that failed attempts on a claimed ID at one site are counted under.
    ///
    /// Counting per site keeps a stranger on one site from locking the resident out everywhere.
    pub fn attempts_lookup(&self, claimed_id: &ClaimedId, site: &SiteKey) -> [u8; 32] {
        self.keyed_hash(
            "attempts",
            &[site.as_str().as_bytes(), claimed_id.expose().as_bytes()],
        )
    }

    /// The key of the audit log's heads and subjects: of its own by its label, and known to nobody who lacks the lookup key.
    pub fn audit_key(&self) -> SecretKey {
        Zeroizing::new(self.keyed_hash("audit log", &[]))
    }

    /// The keyed hash that the row of somebody who has revoked their credential is found by: no verification computes it.
    pub fn revoked_lookup(&self, claimed_id: &ClaimedId) -> [u8; 32] {
        self.keyed_hash("revoked resident", &[claimed_id.expose().as_bytes()])
    }

    /// What a device is called on its owner's card: not what it is found by.
    pub fn device_name(&self, device: &[u8; 32]) -> [u8; 32] {
        self.keyed_hash("device name", &[device])
    }

    /// The key that sketches of a resident's captures are made with: the internal name, random, is its salt.
    pub fn sketching_key(&self, resident: &[u8; 16]) -> SecretKey {
        Zeroizing::new(self.keyed_hash("sketches", &[resident]))
    }

    /// The keyed hash that a remembered device is stored and found as: another one on every site.
    pub fn device_lookup(&self, handle: &DeviceHandle, site: &SiteKey) -> [u8; 32] {
        self.keyed_hash("device", &[site.as_str().as_bytes(), handle.expose()])
    }

    /// The keyed hash that a device key is stored and found as.
    pub fn credential_lookup(&self, id: &[u8]) -> [u8; 32] {
        self.keyed_hash("credential", &[id])
    }

    /// The same of the decoy's; no credential's id has it.
    pub fn decoy_credential(&self) -> [u8; 32] {
        self.keyed_hash("decoy credential", &[])
    }

    /// What a device key is called on its owner's card: not what it is found by.
    pub fn credential_name(&self, lookup: &[u8; 32]) -> [u8; 32] {
        self.keyed_hash("credential name", &[lookup])
    }

    /// What authenticators know a resident by (WebAuthn Level 3, §14.6.1: nothing personal): the same for all of their keys, so
    /// that a device that makes another puts it in the place of the one before.
    pub fn user_handle(&self, resident: &[u8; 16]) -> [u8; 32] {
        self.keyed_hash("user handle", &[resident])
    }

    /// The keyed hash that failed attempts with a device are counted under.
    pub fn device_attempts_lookup(&self, device: &[u8; 32]) -> [u8; 32] {
        self.keyed_hash("device attempts", &[device])
    }

    /// The keyed hash that a claim handle is stored and found as.
    pub fn handle_lookup(&self, handle: &ClaimHandle) -> [u8; 32] {
        self.keyed_hash("claim handle", &[handle.expose()])
    }

    /// The keyed hash that failed attempts with handles of whoever has this claimed ID are counted under, at one site: apart from
    /// those of people who know the ID and never had a handle.
    pub fn handle_attempts_lookup(&self, claimed_id: &ClaimedId, site: &SiteKey) -> [u8; 32] {
        self.keyed_hash(
            "handle attempts",
            &[site.as_str().as_bytes(), claimed_id.expose().as_bytes()],
        )
    }

    /// The text of a claimed ID that nobody is enrolled under, since nobody else can compute it: for a device that is not
    /// remembered, and a handle that stands for nobody.
    pub fn nobody(&self, lookup: &[u8; 32]) -> String {
        let hash = self.keyed_hash("nobody", &[lookup]);
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The keyed hash that a site's secret, a ticket's code, an import key, a hand-off's, a card's or a registration's secret is stored and
    /// found as.
    pub fn token_hash(&self, kind: TokenKind, token: &str) -> [u8; 32] {
        let label = match kind {
            TokenKind::SiteSecret => "site secret",
            TokenKind::TicketCode => "ticket code",
            TokenKind::ImportKey => "import key",
            TokenKind::HandoffLink => "hand-off link",
            TokenKind::HandoffSecret => "hand-off secret",
            TokenKind::CardAnswer => "card answer",
            TokenKind::CardSecret => "card secret",
            TokenKind::OperatorSecret => "operator secret",
            TokenKind::Shift => "operator shift",
            TokenKind::Waiting => "terminal enrolment",
            TokenKind::KeyRegistration => "key registration",
        };
        self.keyed_hash(label, &[token.as_bytes()])
    }

    /// The keyed hash that a hand-off's code is stored as: a code of six digits means nothing without its hand-off.
    pub fn handoff_code(&self, handoff: &[u8; 32], code: &str) -> [u8; 32] {
        self.keyed_hash("hand-off code", &[handoff, code.as_bytes()])
    }

    /// The keyed hash that a code for a telephone is stored as: six digits mean nothing without their enrolment.
    pub fn phone_code(&self, enrolment: &str, code: &str) -> [u8; 32] {
        self.keyed_hash("phone code", &[enrolment.as_bytes(), code.as_bytes()])
    }

    /// The keyed hash that a bucket of requests is stored and found as.
    pub fn bucket(&self, bucket: Bucket<'_>) -> [u8; 32] {
        match bucket {
            Bucket::Address { network, day } => {
                self.keyed_hash("requests address", &[network, &day.to_be_bytes()])
            }
            Bucket::Relay { network, day } => {
                self.keyed_hash("requests relay", &[network, &day.to_be_bytes()])
            }
            Bucket::SiteSessions(site) => {
                self.keyed_hash("requests sessions", &[site.as_str().as_bytes()])
            }
            Bucket::SiteChecks(site) => {
                self.keyed_hash("requests checks", &[site.as_str().as_bytes()])
            }
            Bucket::Device(device) => self.keyed_hash("requests device", &[device]),
        }
    }

    /// The keyed hash that shows who made a backup: an authority with the same keys, and nobody has changed it since.
    pub fn backup_mac(&self, manifest: &[u8]) -> [u8; 32] {
        self.keyed_hash("backup", &[manifest])
    }

    fn keyed_hash(&self, label: &str, parts: &[&[u8]]) -> [u8; 32] {
        hmac_sha256(&self.lookup, label, parts)
    }
}

/// Which secrets of others are stored as keyed hashes.
#[derive(Clone, Copy)]
pub enum TokenKind {
    /// A site's back-end secret (`sk_…`).
    SiteSecret,
    /// An enrolment ticket's code.
    TicketCode,
    /// An import key (`ik_…`).
    ImportKey,
    /// The handle in a hand-off's link.
    HandoffLink,
    /// The secret of one side of a hand-off (`hd_…`, `hp_…`).
    HandoffSecret,
    /// A signed answer that opens a card.
    CardAnswer,
    /// The secret of an opened card (`mc_…`).
    CardSecret,
    /// An operator's secret (`op_…`).
    OperatorSecret,
    /// What an operator who is signed in works with (`os_…`).
    Shift,
    /// What a phone waits with for the operator's decision (`ew_…`).
    Waiting,
    /// The secret that a device key is registered with, once (`kr_…`).
    KeyRegistration,
}

/// Whose requests are counted.
#[derive(Clone, Copy)]
pub enum Bucket<'a> {
    /// One address's, or one network's, on one day.
    Address {
        /// The bytes that count.
        network: &'a [u8],
        /// Days since 1970.
        day: u64,
    },
    /// What a relay at one address carries on one day.
    Relay {
        /// The bytes that count.
        network: &'a [u8],
        /// Days since 1970.
        day: u64,
    },
    /// Sessions for a site.
    SiteSessions(&'a SiteKey),
    /// Answers that a site has checked.
    SiteChecks(&'a SiteKey),
    /// A device's, by its keyed hash.
    Device(&'a [u8; 32]),
}

impl Cell<'_> {
    /// The place as bytes; lengths in front keep neighbouring parts from running into each other.
    fn place(&self) -> Vec<u8> {
        let mut place = Vec::with_capacity(96);
        for part in [self.table.as_bytes(), self.row, self.column.as_bytes()] {
            place.extend_from_slice(&(part.len() as u64).to_be_bytes());
            place.extend_from_slice(part);
        }
        place
    }
}

/// HMAC-SHA256 (RFC 2104) over a label and length-prefixed parts.
pub(crate) fn hmac_sha256(key: &SecretKey, label: &str, parts: &[&[u8]]) -> [u8; 32] {
    // RFC 2104 §2: a key shorter than the block is filled up with zeros.
    let mut block = Zeroizing::new([0u8; 64]);
    block[..32].copy_from_slice(key.as_slice());
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&(*block).into());
    for part in [label.as_bytes()].iter().chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
#[path = "vault/wycheproof.rs"]
mod wycheproof;

#[cfg(test)]
#[path = "vault/tests.rs"]
mod tests;
