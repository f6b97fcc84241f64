//! Enrolled residents and their templates: found by keyed hash, stored as ciphertext.

use nod_protocol::{
    context::TicketContext,
    ids::{ClaimedId, Level, ModelSetId, TicketKind},
    payload::Embedding,
    random,
};
use sqlx::{Row, Sqlite, Transaction, sqlite::SqliteRow};
use zeroize::Zeroizing;

use super::{Store, StoreError, StoredStatistics, fixed, parsed, to_db};
use crate::{
    clock::UnixSeconds,
    vault::{Cell, VaultError},
};

/// A resident's internal name: random, never shown; pseudonyms are made from it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ResidentId(pub [u8; 16]);

/// What a comparison needs to know about an enrolled resident. Not printable.
pub struct Resident {
    /// False for the decoy that stands in where nobody is enrolled: never a yes.
    pub enrolled: bool,
    /// The internal name.
    pub id: ResidentId,
    /// The level of the enrolment.
    pub level: Level,
    /// Argon2id hash (PHC string) of the passcode, if one was set.
    pub passcode: Option<Zeroizing<String>>,
    /// One template per model set.
    pub templates: Vec<StoredTemplate>,
}

/// A template with the set that made it.
pub struct StoredTemplate {
    /// Templates of different sets are never compared.
    pub model_set: ModelSetId,
    /// The fused embedding of the enrolment.
    pub embedding: Embedding,
    /// Its cohort statistics, if they were computed; maybe against an earlier cohort.
    pub statistics: Option<StoredStatistics>,
}

/// A resident about to be enrolled.
pub struct NewResident<'a> {
    /// The ID that the ticket was issued for.
    pub claimed_id: &'a ClaimedId,
    /// Argon2id hash of the new passcode.
    pub passcode: Option<&'a str>,
    /// One embedding per live model set.
    pub templates: Vec<(&'a ModelSetId, &'a Embedding)>,
    /// The ticket that allows the enrolment; it is spent with it.
    pub ticket: &'a TicketContext,
}

/// How an enrolment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolment {
    /// Stored, and the ticket is spent.
    Stored,
    /// The ticket was spent or ran out in the meantime; nothing was stored.
    TicketNotValid,
    /// Somebody is enrolled under this ID; nothing was changed, the ticket is still valid.
    Exists,
}

impl Store {
    /// The resident enrolled under a claimed ID, or the decoy if nobody is: the same statements and
    /// decryptions either way, so that the time taken does not tell.
    pub async fn resident(&self, claimed_id: &ClaimedId) -> Result<Resident, StoreError> {
        let lookup = self.vault.resident_lookup(claimed_id);
        let row = sqlx::query(
            "SELECT id, level, passcode, lookup = ? AS enrolled FROM residents
             WHERE lookup IN (?, ?) ORDER BY enrolled DESC LIMIT 1",
        )
        .bind(lookup.as_slice())
        .bind(lookup.as_slice())
        .bind(self.vault.decoy_lookup().as_slice())
        .fetch_one(&self.pool)
        .await?;
        let id: [u8; 16] = fixed(row.try_get("id")?, "residents.id")?;
        let templates = sqlx::query(
            "SELECT model_set, embedding, statistics, cohort FROM templates WHERE resident_id = ?",
        )
        .bind(id.as_slice())
        .fetch_all(&self.pool)
        .await?;
        let level: String = row.try_get("level")?;
        Ok(Resident {
            enrolled: row.try_get("enrolled")?,
            id: ResidentId(id),
            level: Level::from_name(&level).ok_or(StoreError::Damaged("residents.level"))?,
            passcode: self.passcode_of_row(&id, &row)?,
            templates: templates
                .iter()
                .map(|row| self.template_of_row(&id, row))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Spends the ticket and stores the resident: both, or neither.
    pub async fn enrol(
        &self,
        new: &NewResident<'_>,
        now: UnixSeconds,
    ) -> Result<Enrolment, StoreError> {
        let mut tx = self.pool.begin().await?;
        if !spend_ticket(&mut tx, new.ticket, now).await? {
            return Ok(Enrolment::TicketNotValid);
        }
        let lookup = self.vault.resident_lookup(new.claimed_id);
        let Some(id) = self.insert_resident(&mut tx, &lookup, new, now).await? else {
            // Dropping the transaction takes the spending of the ticket back.
            return Ok(Enrolment::Exists);
        };
        self.insert_templates(&mut tx, &id, new, now).await?;
        tx.commit().await?;
        Ok(Enrolment::Stored)
    }

    /// Makes sure that the decoy is there and has a template for each of these sets.
    pub async fn ensure_decoy(
        &self,
        decoy: &NewResident<'_>,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let lookup = self.vault.decoy_lookup();
        let mut tx = self.pool.begin().await?;
        let id = match self.insert_resident(&mut tx, &lookup, decoy, now).await? {
            Some(id) => id,
            None => {
                let row = sqlx::query("SELECT id FROM residents WHERE lookup = ?")
                    .bind(lookup.as_slice())
                    .fetch_one(&mut *tx)
                    .await?;
                fixed(row.try_get("id")?, "residents.id")?
            }
        };
        self.insert_templates(&mut tx, &id, decoy, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Inserts the row; `None` if the claimed ID is enrolled already (never replaced).
    async fn insert_resident(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        lookup: &[u8; 32],
        new: &NewResident<'_>,
        now: UnixSeconds,
    ) -> Result<Option<[u8; 16]>, StoreError> {
        let id: [u8; 16] = random::bytes().map_err(VaultError::from)?;
        let claimed_id = self.vault.seal(
            resident_cell(&id, "claimed_id"),
            new.claimed_id.expose().as_bytes(),
        )?;
        let passcode = match new.passcode {
            Some(phc) => Some(
                self.vault
                    .seal(resident_cell(&id, "passcode"), phc.as_bytes())?,
            ),
            None => None,
        };
        let inserted = sqlx::query(
            "INSERT INTO residents
                 (id, lookup, claimed_id, level, passcode, consent_version, consent_at, issuer,
                  ticket_id, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (lookup) DO NOTHING",
        )
        .bind(id.as_slice())
        .bind(lookup.as_slice())
        .bind(claimed_id)
        .bind(new.ticket.level.as_str())
        .bind(passcode)
        .bind(&new.ticket.consent_version)
        .bind(to_db(now))
        .bind(&new.ticket.issuer)
        .bind(new.ticket.id.as_str())
        .bind(to_db(now))
        .execute(&mut **tx)
        .await?;
        Ok((inserted.rows_affected() == 1).then_some(id))
    }

    /// Inserts the templates that are not there; existing ones are never replaced.
    async fn insert_templates(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        id: &[u8; 16],
        new: &NewResident<'_>,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        for (model_set, embedding) in &new.templates {
            let row = template_row(id, model_set);
            let sealed = self
                .vault
                .seal(embedding_cell(&row), &embedding.to_bytes())?;
            sqlx::query(
                "INSERT INTO templates (resident_id, model_set, embedding, source, created_at)
                 VALUES (?, ?, ?, ?, ?) ON CONFLICT (resident_id, model_set) DO NOTHING",
            )
            .bind(id.as_slice())
            .bind(model_set.as_str())
            .bind(sealed)
            .bind(source(new.ticket.kind))
            .bind(to_db(now))
            .execute(&mut **tx)
            .await?;
        }
        Ok(())
    }

    fn passcode_of_row(
        &self,
        id: &[u8; 16],
        row: &SqliteRow,
    ) -> Result<Option<Zeroizing<String>>, StoreError> {
        let Some(stored) = row.try_get::<Option<Vec<u8>>, _>("passcode")? else {
            return Ok(None);
        };
        let opened = self.vault.open(resident_cell(id, "passcode"), &stored)?;
        let phc = parsed(std::str::from_utf8(&opened), "residents.passcode")?;
        Ok(Some(Zeroizing::new(phc.to_owned())))
    }

    fn template_of_row(
        &self,
        id: &[u8; 16],
        row: &SqliteRow,
    ) -> Result<StoredTemplate, StoreError> {
        let model_set = parsed(
            ModelSetId::parse(row.try_get("model_set")?),
            "templates.model_set",
        )?;
        let id = ResidentId(*id);
        let embedding = self.open_embedding(id, &model_set, row.try_get("embedding")?)?;
        let statistics = row
            .try_get::<Option<&[u8]>, _>("statistics")?
            .map(|sealed| self.open_statistics(&id, &model_set, row.try_get("cohort")?, sealed))
            .transpose()?;
        Ok(StoredTemplate {
            model_set,
            embedding,
            statistics,
        })
    }

    pub(super) fn open_embedding(
        &self,
        id: ResidentId,
        model_set: &ModelSetId,
        sealed: &[u8],
    ) -> Result<Embedding, StoreError> {
        let row = template_row(&id.0, model_set);
        let opened = self.vault.open(embedding_cell(&row), sealed)?;
        parsed(Embedding::from_bytes(&opened), "templates.embedding")
    }
}

/// `false` if the ticket is spent or has run out. The condition stands in the statement, so of two
/// enrolments at the same time only one passes.
async fn spend_ticket(
    tx: &mut Transaction<'_, Sqlite>,
    ticket: &TicketContext,
    now: UnixSeconds,
) -> Result<bool, StoreError> {
    let spent = sqlx::query(
        "UPDATE tickets SET spent_at = ? WHERE id = ? AND spent_at IS NULL AND expires_at > ?",
    )
    .bind(to_db(now))
    .bind(ticket.id.as_str())
    .bind(to_db(now))
    .execute(&mut **tx)
    .await?;
    Ok(spent.rows_affected() == 1)
}

/// What a template was made of, as the column `source` has it.
fn source(kind: TicketKind) -> &'static str {
    match kind {
        TicketKind::Live => "capture",
        TicketKind::Portrait => "portrait",
    }
}

fn resident_cell<'a>(id: &'a [u8; 16], column: &'static str) -> Cell<'a> {
    Cell {
        table: "residents",
        row: id,
        column,
    }
}

/// The primary key of a template as bytes: the id has a fixed length, so the two never run together.
pub(super) fn template_row(id: &[u8; 16], model_set: &ModelSetId) -> Vec<u8> {
    [id.as_slice(), model_set.as_str().as_bytes()].concat()
}

fn embedding_cell(row: &[u8]) -> Cell<'_> {
    Cell {
        table: "templates",
        row,
        column: "embedding",
    }
}
