//! Permission to enrol one person once.

use nod_protocol::{
    context::TicketContext,
    ids::{Level, TicketId, TicketKind},
};

use super::{
    Store, StoreError,
    database::{Row, query},
    fixed, from_db, parsed, to_db,
};
use crate::{audit::Event, clock::UnixSeconds, vault::Cell};

/// An enrolment ticket as stored; the code that stands for it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The fields that the seal of the enrolment is bound to.
    pub context: TicketContext,
    /// Not valid from this moment on.
    pub expires_at: UnixSeconds,
    /// Whether somebody enrolled with it.
    pub spent: bool,
    /// Whether its holder is enrolled only once an operator of a terminal has confirmed it.
    pub at_terminal: bool,
}

/// Spent and expired tickets are kept this long, so that their holder is told what is the matter.
const KEPT_AFTER_EXPIRY: u64 = 24 * 3600;

/// Finds a ticket by one column. One that an import key asked for is not found once the key is revoked.
macro_rules! ticket_by {
    ($column:literal) => {
        concat!(
            "SELECT id, claimed_id_hash, level, consent_version, issuer, kind, expires_at, spent_at,
                    at_terminal
             FROM tickets
             WHERE (import_key IS NULL OR import_key IN
                     (SELECT id FROM import_keys WHERE revoked_at IS NULL))
                   AND ",
            $column,
            " = $1"
        )
    };
}

impl Store {
    /// Stores a new ticket under the hash of its code; `import_key` is the key that asked for it, if one did.
    /// `false` if there is a ticket of this name: it stays as it is.
    pub async fn add_ticket(
        &self,
        ticket: &Ticket,
        code_hash: &[u8; 32],
        import_key: Option<&str>,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let context = &ticket.context;
        let claimed_id_hash = self
            .vault
            .seal(claimed_id_hash_cell(&context.id), &context.claimed_id_hash)?;
        let mut tx = self.database.begin().await?;
        let added = query(
            "INSERT INTO tickets
                 (id, code_hash, claimed_id_hash, level, consent_version, issuer, kind, import_key,
                  created_at, expires_at, at_terminal)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING",
        )
        .bind(context.id.as_str())
        .bind(code_hash.as_slice())
        .bind(claimed_id_hash)
        .bind(context.level.as_str())
        .bind(&context.consent_version)
        .bind(&context.issuer)
        .bind(context.kind.as_str())
        .bind(import_key)
        .bind(to_db(now))
        .bind(to_db(ticket.expires_at))
        .bind(ticket.at_terminal)
        .execute(&mut tx)
        .await?;
        if added == 1 {
            let event = Event::TicketIssued(context.level);
            self.append(&mut tx.connection(), event, None, now).await?;
            tx.commit().await?;
        }
        Ok(added == 1)
    }

    /// The ticket whose code has this hash.
    pub async fn ticket_by_code(&self, code_hash: &[u8; 32]) -> Result<Option<Ticket>, StoreError> {
        let row = query(ticket_by!("code_hash"))
            .bind(code_hash.as_slice())
            .fetch_optional(&self.database)
            .await?;
        row.map(|row| self.ticket_of_row(&row)).transpose()
    }

    /// The ticket with this public name.
    pub async fn ticket(&self, id: &TicketId) -> Result<Option<Ticket>, StoreError> {
        let row = query(ticket_by!("tickets.id"))
            .bind(id.as_str())
            .fetch_optional(&self.database)
            .await?;
        row.map(|row| self.ticket_of_row(&row)).transpose()
    }

    pub(super) async fn forget_tickets(&self, now: UnixSeconds) -> Result<(), StoreError> {
        query("DELETE FROM tickets WHERE expires_at < $1")
            .bind(to_db(now.saturating_sub(KEPT_AFTER_EXPIRY)))
            .patiently()
            .execute(&self.database)
            .await?;
        Ok(())
    }

    fn ticket_of_row(&self, row: &Row) -> Result<Ticket, StoreError> {
        let id = parsed(TicketId::parse(row.try_get("id")?), "tickets.id")?;
        let stored: Vec<u8> = row.try_get("claimed_id_hash")?;
        let claimed_id_hash = self.vault.open(claimed_id_hash_cell(&id), &stored)?;
        let level: String = row.try_get("level")?;
        let kind: String = row.try_get("kind")?;
        Ok(Ticket {
            context: TicketContext {
                id,
                claimed_id_hash: fixed(&claimed_id_hash, "tickets.claimed_id_hash")?,
                level: Level::from_name(&level).ok_or(StoreError::Damaged("tickets.level"))?,
                consent_version: row.try_get("consent_version")?,
                issuer: row.try_get("issuer")?,
                kind: TicketKind::from_name(&kind).ok_or(StoreError::Damaged("tickets.kind"))?,
            },
            expires_at: from_db(row.try_get("expires_at")?),
            spent: row.try_get::<Option<i64>, _>("spent_at")?.is_some(),
            at_terminal: row.try_get("at_terminal")?,
        })
    }
}

pub(super) fn claimed_id_hash_cell(id: &TicketId) -> Cell<'_> {
    Cell {
        table: "tickets",
        row: id.as_str().as_bytes(),
        column: "claimed_id_hash",
    }
}
