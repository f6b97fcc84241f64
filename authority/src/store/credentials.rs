//! Device keys of residents: whose, which, and what its authenticator has counted.

mod record;
mod registrations;

use subtle::ConstantTimeEq;

pub use self::{
    record::Credential,
    registrations::{Adding, REGISTRATION_LIFETIME},
};
pub(super) use self::{record::seal_again, registrations::insert_registration};
use super::{
    Alert, ResidentId, Store, StoreError,
    card::owner_of_row,
    database::{Connection, Row, query},
    fixed, from_db, to_db,
    writer::{Applied, Change},
};
use crate::{audit::Event, clock::UnixSeconds, webauthn::PublicKey};

/// Device keys of a resident at most.
pub const CREDENTIALS_KEPT: usize = 5;
const DAY: u64 = 24 * 3600;

/// A key as its owner or an operator may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCredential {
    /// What it is called on its owner's card.
    pub name: [u8; 32],
    /// When it was bound.
    pub created_at: UnixSeconds,
    /// The day when it was last right, at its first second (UTC).
    pub used_on: Option<UnixSeconds>,
}

/// What an assertion is held against: a credential of whoever is claimed, or the decoy's.
pub struct FoundCredential {
    /// Whether it is the claimed resident's. Else an assertion never counts.
    pub is_owners: bool,
    /// The key.
    pub credential: Credential,
    owner: ResidentId,
    lookup: [u8; 32],
}

impl Store {
    /// The credential of this id, if it is the resident's, or the decoy's: the same statement and one decryption either way.
    pub async fn credential(
        &self,
        resident: ResidentId,
        id: &[u8],
    ) -> Result<FoundCredential, StoreError> {
        let row = query(
            "SELECT resident_id, lookup, record, lookup = $2 AS is_owners FROM credentials
             WHERE resident_id = $1 AND lookup = $2
             UNION ALL
             SELECT resident_id, lookup, record, lookup = $2 AS is_owners FROM credentials
             WHERE resident_id = (SELECT resident_id FROM resident_lookups WHERE lookup = $3) AND lookup = $4
             ORDER BY is_owners DESC LIMIT 1",
        )
        .bind(resident.0.as_slice())
        .bind(self.vault.credential_lookup(id).as_slice())
        .bind(self.vault.decoy_lookup().as_slice())
        .bind(self.vault.decoy_credential().as_slice())
        .fetch_optional(&self.database)
        .await?;
        let row = row.ok_or(StoreError::Damaged("the decoy's credential"))?;
        let owner = owner_of_row(&row)?;
        let lookup = fixed(row.try_get("lookup")?, "credentials.lookup")?;
        Ok(FoundCredential {
            is_owners: row.try_get("is_owners")?,
            credential: self.credential_of_row(&owner, &lookup, &row)?,
            owner,
            lookup,
        })
    }

    /// Counts an assertion; `counter` is the authenticator's if the assertion is right. `true` if it is right and the counter has
    /// gone on, or counts nothing (WebAuthn Level 3, §7.2 step 22): one that has not is a copy's, or a copy was there before.
    pub async fn count_assertion(
        &self,
        found: &FoundCredential,
        counter: Option<u32>,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let change = CountAssertion {
            owner: found.owner.0,
            lookup: found.lookup,
            counter: counter.map_or(-1, i64::from),
            day: to_db(now / DAY),
        };
        self.writer.write(change).await
    }

    /// Tells a resident that one of their keys may have been copied.
    pub async fn alert_copied_credential(
        &self,
        resident: ResidentId,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        self.alert(connection, resident, Alert::KeyCopied, now)
            .await?;
        tx.commit().await
    }

    /// The keys of a resident, the oldest first.
    pub async fn credentials_of(
        &self,
        resident: ResidentId,
    ) -> Result<Vec<ListedCredential>, StoreError> {
        query(
            "SELECT lookup, created_at, used_day FROM credentials WHERE resident_id = $1
             ORDER BY created_at, lookup",
        )
        .bind(resident.0.as_slice())
        .fetch_all(&self.database)
        .await?
        .iter()
        .map(|row| self.listed_of_row(row))
        .collect()
    }

    /// What authenticators find them by, so that none makes a second one.
    pub async fn credential_ids(
        &self,
        resident: ResidentId,
    ) -> Result<Vec<Credential>, StoreError> {
        query("SELECT lookup, record FROM credentials WHERE resident_id = $1")
            .bind(resident.0.as_slice())
            .fetch_all(&self.database)
            .await?
            .iter()
            .map(|row| {
                let lookup = fixed(row.try_get("lookup")?, "credentials.lookup")?;
                self.credential_of_row(&resident, &lookup, row)
            })
            .collect()
    }

    /// Removes all keys of a resident, or the one of this name, and tells the resident; how many there were.
    pub async fn forget_credentials(
        &self,
        resident: ResidentId,
        name: Option<&[u8; 32]>,
        now: UnixSeconds,
    ) -> Result<usize, StoreError> {
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        let rows = query("SELECT lookup FROM credentials WHERE resident_id = $1")
            .bind(resident.0.as_slice())
            .fetch_all(&mut *connection)
            .await?;
        let mut count = 0;
        for row in &rows {
            let lookup = fixed(row.try_get("lookup")?, "credentials.lookup")?;
            let own = self.vault.credential_name(&lookup);
            if name.is_some_and(|name| !bool::from(own.ct_eq(name))) {
                continue;
            }
            count += query("DELETE FROM credentials WHERE resident_id = $1 AND lookup = $2")
                .bind(resident.0.as_slice())
                .bind(lookup.as_slice())
                .execute(&mut *connection)
                .await?;
        }
        for _ in 0..count {
            self.alert(connection, resident, Alert::KeyRemoved, now)
                .await?;
            let event = Event::KeyRemoved;
            self.append(connection, event, Some(&resident), now).await?;
        }
        tx.commit().await?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Gives the decoy a key whose private half nobody has, unless it has one.
    pub(super) async fn ensure_decoys_credential(
        &self,
        connection: &mut Connection<'_>,
        decoy: &[u8; 16],
        key: &PublicKey,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let credential = Credential::new(Vec::new().into(), *key, false);
        let lookup = self.vault.decoy_credential();
        let owner = ResidentId(*decoy);
        self.insert_credential(connection, owner, &lookup, &credential, 0, now)
            .await?;
        Ok(())
    }

    fn listed_of_row(&self, row: &Row) -> Result<ListedCredential, StoreError> {
        let lookup = fixed(row.try_get("lookup")?, "credentials.lookup")?;
        let used_day: Option<i64> = row.try_get("used_day")?;
        Ok(ListedCredential {
            name: self.vault.credential_name(&lookup),
            created_at: from_db(row.try_get("created_at")?),
            used_on: used_day.map(|day| from_db(day) * DAY),
        })
    }
}

/// Always changes the row, and then, in a second statement, what a right assertion changes.
struct CountAssertion {
    owner: [u8; 16],
    lookup: [u8; 32],
    /// Below zero: the assertion is wrong, and nothing is less.
    counter: i64,
    day: i64,
}

impl Change for CountAssertion {
    const IS_ONE_STATEMENT: bool = false;

    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            query(
                "UPDATE credentials SET tries = tries + 1 WHERE resident_id = $1 AND lookup = $2",
            )
            .bind(self.owner.as_slice())
            .bind(self.lookup.as_slice())
            .execute(&mut *connection)
            .await?;
            let counted = query(
                "UPDATE credentials SET sign_count = $1, used_day = $2
                 WHERE resident_id = $3 AND lookup = $4 AND (sign_count < $1 OR (sign_count = 0 AND $1 = 0))",
            )
            .bind(self.counter)
            .bind(self.day)
            .bind(self.owner.as_slice())
            .bind(self.lookup.as_slice())
            .execute(connection)
            .await?;
            Ok(counted == 1)
        })
    }
}
