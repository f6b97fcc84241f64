//! Encryption at rest: what the database holds about a resident is ciphertext or a keyed hash.
//!
//! Each cell has its own AES-256-GCM key, derived with HKDF-SHA256 (RFC 5869) from the at-rest key and
//! the cell's place (table, row, column). A ciphertext copied to another row or column does not open
//! there, and 96-bit random nonces stay safe at any number of rows (a key seals a handful of times).
//!
//! Claimed IDs are found by HMAC-SHA256 under the lookup key: a copied database cannot be searched for
//! an ID without that key.

use aes_gcm::{
    Aes256Gcm,
    aead::{Aead, AeadInOut, KeyInit, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use nod_protocol::{
    ids::{ClaimedId, DeviceHandle, SiteKey},
    random::{self, RandomnessUnavailable},
};
use sha2::Sha256;
use zeroize::Zeroizing;

/// A symmetric key of the authority, wiped when dropped; not printable.
pub type SecretKey = Zeroizing<[u8; 32]>;

/// The first byte of every ciphertext: which at-rest key made it. Rotation will add numbers.
const KEY_NUMBER: u8 = 1;
const NONCE: usize = 12;
/// Bytes that a ciphertext is longer than what it holds: key number, nonce, tag.
pub const OVERHEAD: usize = 1 + NONCE + 16;

/// Seals and opens database cells, and computes the keyed hashes that rows are found by.
pub struct Vault {
    /// HKDF-Extract of the at-rest key, which is the same for every cell.
    at_rest: SecretKey,
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
    /// The key or nonce could not be made.
    #[error(transparent)]
    Random(#[from] RandomnessUnavailable),
}

impl Vault {
    /// A vault with the authority's at-rest and lookup keys.
    pub fn new(at_rest: SecretKey, lookup: SecretKey) -> Self {
        let (extracted, _) = Hkdf::<Sha256>::extract(Some(b"nod vault v1"), at_rest.as_slice());
        Self {
            at_rest: Zeroizing::new(extracted.into()),
            lookup,
        }
    }

    /// Encrypts a value for one cell: key number (1 byte), nonce (12), ciphertext with tag.
    pub fn seal(&self, cell: Cell<'_>, plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce = random::bytes::<NONCE>()?;
        let place = cell.place();
        let sealed = self
            .cipher(&place)
            .encrypt(
                &nonce.into(),
                Payload {
                    msg: plaintext,
                    aad: &place,
                },
            )
            .map_err(|_| VaultError::DoesNotOpen)?;
        let mut stored = Vec::with_capacity(1 + NONCE + sealed.len());
        stored.push(KEY_NUMBER);
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
        let (nonce, sealed) = stored
            .strip_prefix(&[KEY_NUMBER])
            .and_then(|rest| rest.split_first_chunk::<NONCE>())
            .ok_or(VaultError::DoesNotOpen)?;
        let place = cell.place();
        opened.extend_from_slice(sealed);
        let outcome = self
            .cipher(&place)
            .decrypt_in_place(&(*nonce).into(), &place, &mut **opened);
        outcome.map_err(|_| {
            opened.clear();
            VaultError::DoesNotOpen
        })
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

    /// The key that sketches of a resident's captures are made with: the internal name, random, is its salt.
    pub fn sketching_key(&self, resident: &[u8; 16]) -> SecretKey {
        Zeroizing::new(self.keyed_hash("sketches", &[resident]))
    }

    /// The keyed hash that a remembered device is stored and found as: another one on every site.
    pub fn device_lookup(&self, handle: &DeviceHandle, site: &SiteKey) -> [u8; 32] {
        self.keyed_hash("device", &[site.as_str().as_bytes(), handle.expose()])
    }

    /// The keyed hash that failed attempts with a device are counted under.
    pub fn device_attempts_lookup(&self, device: &[u8; 32]) -> [u8; 32] {
        self.keyed_hash("device attempts", &[device])
    }

    /// The text of a claimed ID that nobody is enrolled under, since nobody else can compute it: for a device that is not
    /// remembered.
    pub fn nobody(&self, device: &[u8; 32]) -> String {
        let hash = self.keyed_hash("nobody", &[device]);
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The keyed hash that a site's secret, a ticket's code, an import key or a hand-off's secret is stored and found as.
    pub fn token_hash(&self, kind: TokenKind, token: &str) -> [u8; 32] {
        let label = match kind {
            TokenKind::SiteSecret => "site secret",
            TokenKind::TicketCode => "ticket code",
            TokenKind::ImportKey => "import key",
            TokenKind::HandoffLink => "hand-off link",
            TokenKind::HandoffSecret => "hand-off secret",
        };
        self.keyed_hash(label, &[token.as_bytes()])
    }

    /// The keyed hash that a hand-off's code is stored as: a code of six digits means nothing without its hand-off.
    pub fn handoff_code(&self, handoff: &[u8; 32], code: &str) -> [u8; 32] {
        self.keyed_hash("hand-off code", &[handoff, code.as_bytes()])
    }

    /// The keyed hash that shows who made a backup: an authority with the same keys, and nobody has changed it since.
    pub fn backup_mac(&self, manifest: &[u8]) -> [u8; 32] {
        self.keyed_hash("backup", &[manifest])
    }

    fn keyed_hash(&self, label: &str, parts: &[&[u8]]) -> [u8; 32] {
        hmac_sha256(&self.lookup, label, parts)
    }

    /// The cipher with the key of one cell.
    fn cipher(&self, place: &[u8]) -> Aes256Gcm {
        let mut key = Zeroizing::new([0u8; 32]);
        // HKDF refuses only keys shorter and outputs longer than these.
        let expanded = Hkdf::<Sha256>::from_prk(self.at_rest.as_slice())
            .map(|hkdf| hkdf.expand(place, &mut *key));
        debug_assert!(matches!(expanded, Ok(Ok(()))));
        Aes256Gcm::new(&(*key).into())
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
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(Zeroizing::new([1; 32]), Zeroizing::new([2; 32]))
    }

    const CELL: Cell<'_> = Cell {
        table: "templates",
        row: b"row-1",
        column: "embedding",
    };

    #[test]
    fn opens_only_in_its_own_place() {
        let stored = vault().seal(CELL, b"a template").unwrap();
        assert_eq!(
            vault().open(CELL, &stored).unwrap().as_slice(),
            b"a template"
        );
        for elsewhere in [
            Cell {
                table: "residents",
                ..CELL
            },
            Cell {
                row: b"row-2",
                ..CELL
            },
            Cell {
                column: "other",
                ..CELL
            },
        ] {
            assert_eq!(
                vault().open(elsewhere, &stored),
                Err(VaultError::DoesNotOpen)
            );
        }
        let other_key = Vault::new(Zeroizing::new([9; 32]), Zeroizing::new([2; 32]));
        assert_eq!(other_key.open(CELL, &stored), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let stored = vault().seal(CELL, b"a template").unwrap();
        for index in 0..stored.len() {
            let mut changed = stored.clone();
            changed[index] ^= 0x10;
            assert_eq!(
                vault().open(CELL, &changed),
                Err(VaultError::DoesNotOpen),
                "{index}"
            );
        }
        for length in 0..stored.len() {
            assert_eq!(
                vault().open(CELL, &stored[..length]),
                Err(VaultError::DoesNotOpen)
            );
        }
    }

    #[test]
    fn the_same_value_never_looks_the_same() {
        assert_ne!(
            vault().seal(CELL, b"x").unwrap(),
            vault().seal(CELL, b"x").unwrap()
        );
    }

    #[test]
    fn lookups_depend_on_key_label_and_site() {
        let id = ClaimedId::parse("11010519491231002X").unwrap();
        let other_key = Vault::new(Zeroizing::new([1; 32]), Zeroizing::new([3; 32]));
        let (court, hotel) = (
            SiteKey::parse("pk_court").unwrap(),
            SiteKey::parse("pk_hotel").unwrap(),
        );
        assert_eq!(vault().resident_lookup(&id), vault().resident_lookup(&id));
        assert_ne!(vault().resident_lookup(&id), other_key.resident_lookup(&id));
        assert_ne!(
            vault().attempts_lookup(&id, &court),
            vault().attempts_lookup(&id, &hotel)
        );
        assert_ne!(
            vault().token_hash(TokenKind::SiteSecret, "x"),
            vault().token_hash(TokenKind::TicketCode, "x")
        );
        let key = vault().sketching_key(&[1; 16]);
        assert_ne!(*key, *vault().sketching_key(&[2; 16]));
        assert_ne!(*key, *other_key.sketching_key(&[1; 16]));
    }

    /// The primitives have vectors of their own (`wycheproof.rs`); this pins how they are put together, so that
    /// a refactoring cannot silently make every stored value unreadable.
    #[test]
    fn the_stored_form_is_pinned() {
        let key = vault().keyed_hash("resident", &[b"1234"]);
        let again = {
            let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&[2u8; 32]).unwrap();
            mac.update(&8u64.to_be_bytes());
            mac.update(b"resident");
            mac.update(&4u64.to_be_bytes());
            mac.update(b"1234");
            <[u8; 32]>::from(mac.finalize().into_bytes())
        };
        assert_eq!(key, again);
    }
}
