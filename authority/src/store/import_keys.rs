//! Keys that let an importer ask for portrait tickets.

use super::{
    Store, StoreError,
    database::{Row, query},
    from_db, to_db,
};
use crate::{audit::Event, clock::UnixSeconds};

/// An import key as stored; the key itself is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportKey {
    /// Public name.
    pub id: String,
    /// Written into every ticket that it asks for.
    pub issuer: String,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// From when on it is worth nothing.
    pub revoked_at: Option<UnixSeconds>,
}

impl Store {
    /// Stores a new key under its hash.
    pub async fn add_import_key(
        &self,
        key: &ImportKey,
        key_hash: &[u8; 32],
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin().await?;
        query("INSERT INTO import_keys (id, key_hash, issuer, created_at) VALUES ($1, $2, $3, $4)")
            .bind(&key.id)
            .bind(key_hash.as_slice())
            .bind(&key.issuer)
            .bind(to_db(key.created_at))
            .execute(&mut tx)
            .await?;
        let event = Event::ImportKeyIssued;
        self.append(&mut tx.connection(), event, None, key.created_at)
            .await?;
        tx.commit().await
    }

    /// The key with this hash, unless it was revoked.
    pub async fn import_key(&self, key_hash: &[u8; 32]) -> Result<Option<ImportKey>, StoreError> {
        let row = query(
            "SELECT id, issuer, created_at, revoked_at FROM import_keys
             WHERE key_hash = $1 AND revoked_at IS NULL",
        )
        .bind(key_hash.as_slice())
        .fetch_optional(&self.database)
        .await?;
        row.map(|row| key_of_row(&row)).transpose()
    }

    /// All keys, the oldest first, revoked ones included.
    pub async fn import_keys(&self) -> Result<Vec<ImportKey>, StoreError> {
        query("SELECT id, issuer, created_at, revoked_at FROM import_keys ORDER BY created_at, id")
            .fetch_all(&self.database)
            .await?
            .iter()
            .map(key_of_row)
            .collect()
    }

    /// Revokes a key, and with it the tickets that it got and nobody used; `false` if there is no such key
    /// in use.
    pub async fn revoke_import_key(&self, id: &str, now: UnixSeconds) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let revoked =
            query("UPDATE import_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
                .bind(to_db(now))
                .bind(id)
                .execute(&mut tx)
                .await?;
        if revoked == 1 {
            let event = Event::ImportKeyRevoked;
            self.append(&mut tx.connection(), event, None, now).await?;
            tx.commit().await?;
        }
        Ok(revoked == 1)
    }
}

fn key_of_row(row: &Row) -> Result<ImportKey, StoreError> {
    Ok(ImportKey {
        id: row.try_get("id")?,
        issuer: row.try_get("issuer")?,
        created_at: from_db(row.try_get("created_at")?),
        revoked_at: row.try_get::<Option<i64>, _>("revoked_at")?.map(from_db),
    })
}
