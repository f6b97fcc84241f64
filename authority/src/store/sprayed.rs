//! Failures by face: keyed sketches, encrypted, for a day.

use nod_protocol::{ids::ModelSetId, random};
use zeroize::Zeroizing;

use super::{
    Store, StoreError,
    database::{Connection, Row, query},
    fixed, from_db, parsed, to_db,
    writer::{Applied, Change},
};
use crate::{
    clock::UnixSeconds,
    recent::Sketch,
    spraying::WINDOW,
    vault::{Cell, SecretKey},
};

/// A failure to be kept.
pub struct NewSprayed {
    /// When.
    pub at: UnixSeconds,
    /// The day whose key its sketch and its claim are made with.
    pub day: u64,
    /// Of which embeddings the sketch is.
    pub set: ModelSetId,
    /// Hash of the claimed ID under the day's key.
    pub claim: [u8; 32],
    /// The face.
    pub sketch: Sketch,
}

/// A failure as stored.
pub struct Sprayed {
    /// Its row: later ones have higher numbers.
    pub id: i64,
    /// When.
    pub at: UnixSeconds,
    /// The day of its key.
    pub day: u64,
    /// Of which embeddings the sketch is.
    pub set: ModelSetId,
    /// Hash of the claimed ID under the day's key.
    pub claim: [u8; 32],
    /// The face.
    pub sketch: Sketch,
}

impl Store {
    /// The random key of a day: the same for all processes, made by the first that asks.
    pub async fn spraying_key(&self, day: u64) -> Result<SecretKey, StoreError> {
        if let Some(key) = self.stored_spraying_key(day).await? {
            return Ok(key);
        }
        let new = Zeroizing::new(random::bytes::<32>().map_err(crate::vault::VaultError::from)?);
        let row = day.to_be_bytes();
        let sealed = self.vault.seal(key_cell(&row), new.as_slice())?;
        query("INSERT INTO spraying_keys (day, key) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING")
            .bind(to_db(day))
            .bind(sealed)
            .execute(&self.database)
            .await?;
        let stored = self.stored_spraying_key(day).await?;
        stored.ok_or(StoreError::Damaged("spraying_keys.day"))
    }

    async fn stored_spraying_key(&self, day: u64) -> Result<Option<SecretKey>, StoreError> {
        let row = query("SELECT key FROM spraying_keys WHERE day = $1")
            .bind(to_db(day))
            .fetch_optional(&self.database)
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let opened = self
            .vault
            .open(key_cell(&day.to_be_bytes()), row.try_get("key")?)?;
        Ok(Some(Zeroizing::new(fixed(&opened, "spraying_keys.key")?)))
    }

    /// The latest failures behind a row and after a moment, in their order. What does not open any more is passed over: it shall not
    /// stop the others.
    pub async fn sprayed_after(
        &self,
        id: i64,
        since: UnixSeconds,
        most: usize,
    ) -> Result<Vec<Sprayed>, StoreError> {
        let rows = query(
            "SELECT id, at, day, model_set, claim, sketch FROM sprayed WHERE id > $1 AND at > $2
             ORDER BY id DESC LIMIT $3",
        )
        .bind(id)
        .bind(to_db(since))
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.database)
        .await?;
        let opened = rows.iter().rev().map(|row| self.sprayed_of_row(row));
        Ok(opened.filter_map(Result::ok).collect())
    }

    /// Keeps a failure.
    pub async fn keep_sprayed(&self, new: NewSprayed) -> Result<(), StoreError> {
        let row = sketch_row(&new.claim, new.day);
        let bytes = Zeroizing::new(new.sketch.to_bytes().collect::<Vec<u8>>());
        let sketch = self.vault.seal(sketch_cell(&row), &bytes)?;
        self.writer.write(Keep { new, sketch }).await?;
        Ok(())
    }

    /// Counts an attempt of which nothing else is kept; with no row, looks for one that is not there.
    pub async fn touch_sprayed(&self, row: Option<i64>) -> Result<(), StoreError> {
        self.writer.write(Touch(row.unwrap_or(0))).await?;
        Ok(())
    }

    /// Forgets a failure.
    pub async fn forget_sprayed(&self, row: i64) -> Result<(), StoreError> {
        self.writer.write(Forget(row)).await?;
        Ok(())
    }

    pub(super) async fn forget_old_sprayed(&self, now: UnixSeconds) -> Result<(), StoreError> {
        query("DELETE FROM sprayed WHERE at <= $1")
            .bind(to_db(now.saturating_sub(WINDOW)))
            .execute(&self.database)
            .await?;
        // A day's last failures count until the end of the next one.
        query("DELETE FROM spraying_keys WHERE day < $1")
            .bind(to_db((now / WINDOW).saturating_sub(1)))
            .execute(&self.database)
            .await?;
        Ok(())
    }

    fn sprayed_of_row(&self, row: &Row) -> Result<Sprayed, StoreError> {
        let claim = fixed(row.try_get("claim")?, "sprayed.claim")?;
        let day = from_db(row.try_get("day")?);
        let place = sketch_row(&claim, day);
        let opened = self
            .vault
            .open(sketch_cell(&place), row.try_get("sketch")?)?;
        let set: &str = row.try_get("model_set")?;
        Ok(Sprayed {
            id: row.try_get("id")?,
            at: from_db(row.try_get("at")?),
            day,
            set: parsed(ModelSetId::parse(set), "sprayed.model_set")?,
            claim,
            sketch: Sketch::from_slice(&opened).ok_or(StoreError::Damaged("sprayed.sketch"))?,
        })
    }
}

/// What a sketch is encrypted for.
pub(super) fn sketch_row(claim: &[u8; 32], day: u64) -> Vec<u8> {
    [claim.as_slice(), &day.to_be_bytes()].concat()
}

pub(super) fn sketch_cell(row: &[u8]) -> Cell<'_> {
    Cell {
        table: "sprayed",
        row,
        column: "sketch",
    }
}

pub(super) fn key_cell(row: &[u8]) -> Cell<'_> {
    Cell {
        table: "spraying_keys",
        row,
        column: "key",
    }
}

struct Keep {
    new: NewSprayed,
    sketch: Vec<u8>,
}

impl Change for Keep {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let new = &self.new;
            let kept = query(
                "INSERT INTO sprayed (at, day, model_set, claim, sketch) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(to_db(new.at))
            .bind(to_db(new.day))
            .bind(new.set.as_str())
            .bind(new.claim.as_slice())
            .bind(self.sketch.as_slice())
            .execute(connection)
            .await?;
            Ok(kept == 1)
        })
    }
}

struct Touch(i64);

impl Change for Touch {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let touched = query("UPDATE sprayed SET tries = tries + 1 WHERE id = $1")
                .bind(self.0)
                .execute(connection)
                .await?;
            Ok(touched == 1)
        })
    }
}

struct Forget(i64);

impl Change for Forget {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let forgotten = query("DELETE FROM sprayed WHERE id = $1")
                .bind(self.0)
                .execute(connection)
                .await?;
            Ok(forgotten == 1)
        })
    }
}
