//! Enrolled residents: found by keyed hash, stored as ciphertext.

use nod_protocol::{
    context::TicketContext,
    ids::{ClaimedId, Level, ModelSetId},
    random,
};
use zeroize::Zeroizing;

use super::{
    Alert, Store, StoreError, StoredTemplate,
    card::{move_lookup, owner_of_row},
    credentials::insert_registration,
    database::{Connection, Kind, Row, query},
    fixed, parsed, to_db,
};
use crate::{
    audit::Event,
    clock::UnixSeconds,
    protect::ProtectedEmbedding,
    vault::{Cell, VaultError},
    webauthn::PublicKey,
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
    /// Whether they want nobody to be confirmed in their name for now.
    pub frozen: bool,
    /// Argon2id hash (PHC string) of the passcode, if one was set.
    pub passcode: Option<Zeroizing<String>>,
    /// One template per model set.
    pub templates: Vec<StoredTemplate>,
}

/// A resident about to be enrolled.
pub struct NewResident<'a> {
    /// The ID that the ticket was issued for.
    pub claimed_id: &'a ClaimedId,
    /// Argon2id hash of the new passcode.
    pub passcode: Option<&'a str>,
    /// One embedding per live model set.
    pub templates: Vec<(&'a ModelSetId, &'a ProtectedEmbedding)>,
    /// The ticket that allows the enrolment; it is spent with it.
    pub ticket: &'a TicketContext,
    /// Keyed hash of a secret that lets them register a device key, if they are to be let.
    pub registration: Option<[u8; 32]>,
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
    /// The resident enrolled under a claimed ID, or the decoy if nobody is: the same statement and
    /// decryptions either way, so that the time taken does not tell.
    pub async fn resident(&self, claimed_id: &ClaimedId) -> Result<Resident, StoreError> {
        let lookup = self.vault.resident_lookup(claimed_id);
        let rows = query(
            "SELECT r.id, r.level, r.frozen_at IS NOT NULL AS frozen, r.passcode, found.enrolled, t.model_set, t.embedding, t.statistics, t.cohort
             FROM (SELECT resident_id, lookup = $1 AS enrolled FROM resident_lookups
                   WHERE lookup IN ($1, $2) ORDER BY enrolled DESC LIMIT 1) AS found
             JOIN residents AS r ON r.id = found.resident_id
             LEFT JOIN templates AS t ON t.resident_id = r.id",
        )
        .bind(lookup.as_slice())
        .bind(self.vault.decoy_lookup().as_slice())
        .fetch_all(&self.database)
        .await?;
        let row = rows.first().ok_or(StoreError::Damaged("the decoy"))?;
        let id: [u8; 16] = fixed(row.try_get("id")?, "residents.id")?;
        let level: String = row.try_get("level")?;
        let mut templates = Vec::with_capacity(rows.len());
        for row in &rows {
            // Without templates there is one row that has none.
            if row.try_get::<Option<&str>, _>("model_set")?.is_some() {
                templates.push(self.template_of_row(&id, row)?);
            }
        }
        Ok(Resident {
            enrolled: row.try_get("enrolled")?,
            id: ResidentId(id),
            level: Level::from_name(&level).ok_or(StoreError::Damaged("residents.level"))?,
            frozen: row.try_get("frozen")?,
            passcode: self.passcode_of_row(&id, row)?,
            templates,
        })
    }

    /// The internal name of whoever is enrolled under a claimed ID.
    pub async fn enrolled(&self, claimed_id: &ClaimedId) -> Result<Option<ResidentId>, StoreError> {
        let row = query("SELECT resident_id FROM resident_lookups WHERE lookup = $1")
            .bind(self.vault.resident_lookup(claimed_id).as_slice())
            .fetch_optional(&self.database)
            .await?;
        row.as_ref().map(owner_of_row).transpose()
    }

    /// Spends the ticket and stores the resident: both, or neither. Who had revoked their credential is who they were: their
    /// receipts, and their pseudonyms at sites, go on.
    pub async fn enrol(
        &self,
        new: &NewResident<'_>,
        now: UnixSeconds,
    ) -> Result<Enrolment, StoreError> {
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        if !spend_ticket(connection, new.ticket, now).await? {
            return Ok(Enrolment::TicketNotValid);
        }
        if self.place(connection, new, now).await?.is_none() {
            // Dropping the transaction takes the spending of the ticket back.
            return Ok(Enrolment::Exists);
        }
        tx.commit().await?;
        Ok(Enrolment::Stored)
    }

    /// Stores a resident with their templates, alert and entry in the log; `None` if the claimed ID is enrolled already.
    pub(super) async fn place(
        &self,
        connection: &mut Connection<'_>,
        new: &NewResident<'_>,
        now: UnixSeconds,
    ) -> Result<Option<ResidentId>, StoreError> {
        let lookup = self.vault.resident_lookup(new.claimed_id);
        let revoked = self.vault.revoked_lookup(new.claimed_id);
        let id = match move_lookup(connection, &revoked, &lookup).await? {
            Some(ResidentId(id)) => {
                self.reinstate(connection, &id, new, now).await?;
                id
            }
            None => match self.insert_resident(connection, &lookup, new, now).await? {
                Some(id) => id,
                None => return Ok(None),
            },
        };
        self.insert_templates(connection, &id, new, now).await?;
        let id = ResidentId(id);
        if let Some(secret) = &new.registration {
            insert_registration(connection, secret, &id, now).await?;
        }
        self.alert(connection, id, Alert::Enrolled, now).await?;
        let event = Event::Enrolled(new.ticket.level);
        self.append(connection, event, Some(&id), now).await?;
        Ok(Some(id))
    }

    /// Makes sure that the decoy is there, has a template for each of these sets, recent captures, attributes, and a device key.
    pub async fn ensure_decoy(
        &self,
        decoy: &NewResident<'_>,
        key: &PublicKey,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let lookup = self.vault.decoy_lookup();
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        let inserted = self.insert_resident(connection, &lookup, decoy, now);
        let id = match inserted.await? {
            Some(id) => id,
            None => {
                let row = query("SELECT resident_id FROM resident_lookups WHERE lookup = $1")
                    .bind(lookup.as_slice())
                    .fetch_one(&mut *connection)
                    .await?;
                fixed(row.try_get("resident_id")?, "residents.id")?
            }
        };
        self.insert_templates(connection, &id, decoy, now).await?;
        // As many embeddings as the widget usually sends: seven keyframes of each set, and what they are together.
        let embeddings = 8 * decoy.templates.len();
        self.fill_decoys_captures(connection, &id, embeddings)
            .await?;
        self.ensure_decoys_attributes(connection, &id, now).await?;
        self.ensure_decoys_credential(connection, &id, key, now)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Inserts the row; `None` if the claimed ID is enrolled already (never replaced).
    async fn insert_resident(
        &self,
        connection: &mut Connection<'_>,
        lookup: &[u8; 32],
        new: &NewResident<'_>,
        now: UnixSeconds,
    ) -> Result<Option<[u8; 16]>, StoreError> {
        let id: [u8; 16] = random::bytes().map_err(VaultError::from)?;
        let claimed_id = self.vault.seal(
            resident_cell(&id, "claimed_id"),
            new.claimed_id.expose().as_bytes(),
        )?;
        let passcode = self.seal_passcode(&id, new)?;
        // Where the unique lookup is differs: migrations/postgres/0002_residents.up.sql says why.
        let (is_new, insert) = match connection.kind() {
            Kind::Sqlite => (
                true,
                query(
                    "INSERT INTO residents
                         (lookup, id, claimed_id, level, passcode, consent_version, consent_at, issuer,
                          ticket_id, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (lookup) DO NOTHING",
                )
                .bind(lookup.as_slice()),
            ),
            Kind::Postgres => (
                insert_lookup(connection, lookup, &id).await?,
                query(
                    "INSERT INTO residents
                         (id, claimed_id, level, passcode, consent_version, consent_at, issuer, ticket_id,
                          created_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                ),
            ),
        };
        if !is_new {
            return Ok(None);
        }
        let inserted = insert
            .bind(id.as_slice())
            .bind(claimed_id)
            .bind(new.ticket.level.as_str())
            .bind(passcode)
            .bind(&new.ticket.consent_version)
            .bind(to_db(now))
            .bind(&new.ticket.issuer)
            .bind(new.ticket.id.as_str())
            .bind(to_db(now))
            .execute(&mut *connection)
            .await?;
        Ok((inserted == 1).then_some(id))
    }

    /// A new enrolment in the row of somebody who had revoked the one before.
    async fn reinstate(
        &self,
        connection: &mut Connection<'_>,
        id: &[u8; 16],
        new: &NewResident<'_>,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        query(
            "UPDATE residents SET level = $1, passcode = $2, consent_version = $3, consent_at = $4, issuer = $5,
                                  ticket_id = $6, frozen_at = NULL, revoked_at = NULL
             WHERE id = $7",
        )
        .bind(new.ticket.level.as_str())
        .bind(self.seal_passcode(id, new)?)
        .bind(&new.ticket.consent_version)
        .bind(to_db(now))
        .bind(&new.ticket.issuer)
        .bind(new.ticket.id.as_str())
        .bind(id.as_slice())
        .execute(connection)
        .await?;
        Ok(())
    }

    fn seal_passcode(
        &self,
        id: &[u8; 16],
        new: &NewResident<'_>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let seal = |phc: &str| {
            self.vault
                .seal(resident_cell(id, "passcode"), phc.as_bytes())
        };
        Ok(new.passcode.map(seal).transpose()?)
    }

    fn passcode_of_row(
        &self,
        id: &[u8; 16],
        row: &Row,
    ) -> Result<Option<Zeroizing<String>>, StoreError> {
        let Some(stored) = row.try_get::<Option<Vec<u8>>, _>("passcode")? else {
            return Ok(None);
        };
        let opened = self.vault.open(resident_cell(id, "passcode"), &stored)?;
        let phc = parsed(std::str::from_utf8(&opened), "residents.passcode")?;
        Ok(Some(Zeroizing::new(phc.to_owned())))
    }
}

/// `false` if somebody is enrolled under it. Of two at the same time the second waits for the first to be committed.
async fn insert_lookup(
    connection: &mut Connection<'_>,
    lookup: &[u8; 32],
    id: &[u8; 16],
) -> Result<bool, StoreError> {
    let inserted = query(
        "INSERT INTO resident_lookups (lookup, resident_id) VALUES ($1, $2)
         ON CONFLICT (lookup) DO NOTHING",
    )
    .bind(lookup.as_slice())
    .bind(id.as_slice())
    .execute(connection)
    .await?;
    Ok(inserted == 1)
}

/// `false` if the ticket is spent or has run out. The condition stands in the statement, so of two
/// enrolments at the same time only one passes.
pub(super) async fn spend_ticket(
    connection: &mut Connection<'_>,
    ticket: &TicketContext,
    now: UnixSeconds,
) -> Result<bool, StoreError> {
    let spent = query(
        "UPDATE tickets SET spent_at = $1 WHERE id = $2 AND spent_at IS NULL AND expires_at > $3",
    )
    .bind(to_db(now))
    .bind(ticket.id.as_str())
    .bind(to_db(now))
    .execute(&mut *connection)
    .await?;
    Ok(spent == 1)
}

pub(super) fn resident_cell<'a>(id: &'a [u8; 16], column: &'static str) -> Cell<'a> {
    Cell {
        table: "residents",
        row: id,
        column,
    }
}
