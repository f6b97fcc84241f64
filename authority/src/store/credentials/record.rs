//! A credential as it is stored: one encrypted record.
//!
//! ```text
//! backup eligible 1 | public key 65 | length of the id 2 | id | zeros up to a multiple of 256
//! ```

use zeroize::Zeroizing;

use super::super::{
    ResidentId, Store, StoreError,
    database::{Connection, Row, query},
    to_db,
};
use crate::{
    clock::UnixSeconds,
    vault::{Cell, Vault, VaultError},
    webauthn::PublicKey,
};

const PLACE: &str = "credentials.record";
/// The length of an id tells whose make an authenticator is.
const STEP: usize = 256;

/// A device key, opened. Not printable: an id tells whose device it is.
pub struct Credential {
    /// What the authenticator finds it by.
    pub id: Zeroizing<Vec<u8>>,
    /// Its public half.
    pub key: PublicKey,
    /// Whether it may be on several devices.
    pub backup_eligible: bool,
}

impl Credential {
    pub(super) fn new(id: Zeroizing<Vec<u8>>, key: PublicKey, backup_eligible: bool) -> Self {
        Self {
            id,
            key,
            backup_eligible,
        }
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let length = u16::try_from(self.id.len()).unwrap_or(u16::MAX);
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.id.len() + 2 * STEP));
        bytes.push(u8::from(self.backup_eligible));
        bytes.extend_from_slice(self.key.as_bytes());
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&self.id);
        let filled = bytes.len().next_multiple_of(STEP);
        bytes.resize(filled, 0);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (backup_eligible, rest) = bytes.split_first()?;
        let (key, rest) = rest.split_first_chunk::<65>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let id = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
        Some(Self {
            id: Zeroizing::new(id.to_vec()),
            key: PublicKey::from_bytes(*key).ok()?,
            backup_eligible: *backup_eligible != 0,
        })
    }
}

impl Store {
    /// Of a row with `record`.
    pub(super) fn credential_of_row(
        &self,
        owner: &ResidentId,
        lookup: &[u8; 32],
        row: &Row,
    ) -> Result<Credential, StoreError> {
        let place = credential_row(&owner.0, lookup);
        let opened = self
            .vault
            .open(record_cell(&place), row.try_get("record")?)?;
        Credential::from_bytes(&opened).ok_or(StoreError::Damaged(PLACE))
    }

    /// `false` if it is there already, its owner is gone or has revoked everything, or somebody else has a credential of this id
    /// (§7.1 step 26).
    pub(super) async fn insert_credential(
        &self,
        connection: &mut Connection<'_>,
        owner: ResidentId,
        lookup: &[u8; 32],
        credential: &Credential,
        counter: u32,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let place = credential_row(&owner.0, lookup);
        let record = self
            .vault
            .seal(record_cell(&place), &credential.to_bytes())?;
        let inserted = query(
            "INSERT INTO credentials (resident_id, lookup, record, sign_count, created_at)
             SELECT id, $1, $2, $3, $4 FROM residents
             WHERE id = $5 AND revoked_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM credentials WHERE lookup = $1)
             ON CONFLICT (resident_id, lookup) DO NOTHING",
        )
        .bind(lookup.as_slice())
        .bind(record)
        .bind(i64::from(counter))
        .bind(to_db(now))
        .bind(owner.0.as_slice())
        .execute(connection)
        .await?;
        Ok(inserted == 1)
    }
}

/// The same record sealed with the key that is in use now.
pub(in super::super) fn seal_again(vault: &Vault, row: &Row) -> Result<Vec<u8>, StoreError> {
    let owner = super::fixed(row.try_get("resident_id")?, "credentials.resident_id")?;
    let lookup = super::fixed(row.try_get("lookup")?, "credentials.lookup")?;
    let place = credential_row(&owner, &lookup);
    let sealed: Result<_, VaultError> =
        vault.seal_again(record_cell(&place), row.try_get("record")?);
    Ok(sealed?)
}

/// The primary key as bytes: both parts have a fixed length.
fn credential_row(owner: &[u8; 16], lookup: &[u8; 32]) -> [u8; 48] {
    let mut row = [0; 48];
    let (front, back) = row.split_at_mut(16);
    front.copy_from_slice(owner);
    back.copy_from_slice(lookup);
    row
}

fn record_cell(row: &[u8]) -> Cell<'_> {
    Cell {
        table: "credentials",
        row,
        column: "record",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(id: &[u8]) -> Credential {
        let key = crate::webauthn::fixture::SoftKey::new(3, "id.example.gov").public();
        Credential::new(
            id.to_vec().into(),
            PublicKey::from_bytes(key).unwrap(),
            true,
        )
    }

    #[test]
    fn a_record_comes_back_and_has_one_length_for_usual_ids() {
        for (length, filled) in [
            (0, 256),
            (16, 256),
            (64, 256),
            (188, 256),
            (189, 512),
            (1023, 1280),
        ] {
            let sent = credential(&vec![7; length]);
            let bytes = sent.to_bytes();
            assert_eq!(bytes.len(), filled, "{length}");
            let back = Credential::from_bytes(&bytes).unwrap();
            assert!(back.id == sent.id && back.key == sent.key && back.backup_eligible);
        }
    }

    #[test]
    fn what_is_no_record_is_none() {
        let bytes = credential(&[7; 16]).to_bytes();
        for length in 0..84 {
            assert!(
                Credential::from_bytes(&bytes[..length]).is_none(),
                "{length}"
            );
        }
        let mut off_the_curve = bytes.to_vec();
        off_the_curve[20] ^= 1;
        assert!(Credential::from_bytes(&off_the_curve).is_none());
    }
}
