//! Who may register a device key: for ten minutes, and once.

use super::{
    super::{
        Alert, ResidentId, Store, StoreError,
        card::owner_of_row,
        database::{Connection, query},
        to_db,
    },
    CREDENTIALS_KEPT, Credential,
};
use crate::{audit::Event, clock::UnixSeconds, webauthn::NewKey};

/// Seconds that a registration may take.
pub const REGISTRATION_LIFETIME: u64 = 10 * 60;

/// How a registration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adding {
    /// The key is the resident's.
    Added,
    /// Nobody may register with this secret (any more).
    NotValid,
    /// The resident has as many as one may have.
    TooMany,
    /// It is bound already, or its owner has ended everything meanwhile.
    Known,
}

impl Store {
    /// Lets a resident register one key with the secret of this hash.
    pub async fn allow_registration(
        &self,
        secret: &[u8; 32],
        resident: ResidentId,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let mut taken = self.database.take().await?;
        insert_registration(&mut taken.connection(), secret, &resident, now).await
    }

    /// Whose key the secret of this hash lets one register.
    pub async fn registration(
        &self,
        secret: &[u8; 32],
        now: UnixSeconds,
    ) -> Result<Option<ResidentId>, StoreError> {
        let row = query(
            "SELECT resident_id FROM credential_registrations WHERE secret = $1 AND expires_at > $2",
        )
        .bind(secret.as_slice())
        .bind(to_db(now))
        .fetch_optional(&self.database)
        .await?;
        row.as_ref().map(owner_of_row).transpose()
    }

    /// Binds a key and spends the secret: both, or neither.
    pub async fn add_credential(
        &self,
        secret: &[u8; 32],
        new: NewKey,
        now: UnixSeconds,
    ) -> Result<Adding, StoreError> {
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        let spent = query(
            "DELETE FROM credential_registrations WHERE secret = $1 AND expires_at > $2
             RETURNING resident_id",
        )
        .bind(secret.as_slice())
        .bind(to_db(now))
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = spent else {
            return Ok(Adding::NotValid);
        };
        let owner = owner_of_row(&row)?;
        // Two at the same time count one another.
        query("SELECT id FROM residents WHERE id = $1 FOR UPDATE")
            .bind(owner.0.as_slice())
            .lock(connection)
            .await?;
        let row = query("SELECT COUNT(*) AS bound FROM credentials WHERE resident_id = $1")
            .bind(owner.0.as_slice())
            .fetch_one(&mut *connection)
            .await?;
        if usize::try_from(row.try_get::<i64, _>("bound")?).unwrap_or(0) >= CREDENTIALS_KEPT {
            return Ok(Adding::TooMany);
        }
        let lookup = self.vault.credential_lookup(&new.id);
        let credential = Credential::new(new.id, new.key, new.backup_eligible);
        let inserted =
            self.insert_credential(connection, owner, &lookup, &credential, new.counter, now);
        if !inserted.await? {
            return Ok(Adding::Known);
        }
        self.alert(connection, owner, Alert::KeyAdded, now).await?;
        self.append(connection, Event::KeyAdded, Some(&owner), now)
            .await?;
        tx.commit().await?;
        Ok(Adding::Added)
    }

    /// Those that nobody can use any more.
    pub(in super::super) async fn forget_registrations(
        &self,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        query("DELETE FROM credential_registrations WHERE expires_at <= $1")
            .bind(to_db(now))
            .execute(&self.database)
            .await?;
        Ok(())
    }
}

/// Within an enrolment, or by itself.
pub(in super::super) async fn insert_registration(
    connection: &mut Connection<'_>,
    secret: &[u8; 32],
    resident: &ResidentId,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO credential_registrations (secret, resident_id, expires_at)
         SELECT $1, id, $2 FROM residents WHERE id = $3",
    )
    .bind(secret.as_slice())
    .bind(to_db(now + REGISTRATION_LIFETIME))
    .bind(resident.0.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}
