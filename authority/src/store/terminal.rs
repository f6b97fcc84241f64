//! Enrolments at an authorised terminal: held here, sealed, until the operator has decided (docs/terminal.md).

use nod_protocol::{
    context::TicketContext,
    ids::{ClaimedId, ModelSetId, TicketId},
};
use zeroize::Zeroizing;

use super::{
    Store, StoreError,
    database::{Query, Row, query},
    from_db, parsed, to_db,
};
use crate::{
    clock::UnixSeconds,
    compare::Probe,
    protect::ProtectedEmbedding,
    terminal::{EnrolmentId, OperatorId, Outcome, PhoneNumber, Portrait},
    vault::Cell,
};

/// One enrolment, as far as it has come. Not printable: it leads to a person.
pub struct TerminalEnrolment {
    /// Public name.
    pub id: EnrolmentId,
    /// Whose it is.
    pub operator: OperatorId,
    /// The ticket that the resident's phone was given.
    pub ticket_id: TicketId,
    /// Keyed hash of the last code, and until when it is good.
    pub code: Option<([u8; 32], UnixSeconds)>,
    /// Codes that were sent.
    pub codes: u32,
    /// How often the last one was typed.
    pub tries: u32,
    /// Whether it was typed right.
    pub phone_is_confirmed: bool,
    /// What the imported photograph says of the capture, once there is one.
    pub portrait: Option<Portrait>,
    /// What the operator has decided.
    pub outcome: Option<Outcome>,
    /// Not to be gone on with from this moment on.
    pub expires_at: UnixSeconds,
}

/// A capture that waits for the operator.
pub struct Held<'a> {
    /// Argon2id hash of the new passcode.
    pub passcode: &'a str,
    /// One embedding for each live model set.
    pub templates: &'a [Probe],
    /// What the imported photograph says.
    pub portrait: Portrait,
    /// Keyed hash of the secret that a device key may be bound with once they are enrolled.
    pub registration: Option<[u8; 32]>,
    /// Keyed hash of the secret that the resident's phone waits with.
    pub waiting: [u8; 32],
    /// Until when the operator may decide.
    pub expires_at: UnixSeconds,
}

/// What was held, once more in the clear, for the enrolment itself.
pub(super) struct Released {
    pub(super) claimed_id: ClaimedId,
    pub(super) phone: PhoneNumber,
    pub(super) passcode: Zeroizing<String>,
    pub(super) templates: Vec<(ModelSetId, ProtectedEmbedding)>,
    pub(super) registration: Option<[u8; 32]>,
}

/// Rows are kept this long after their end, with nothing sealed in them: for a clear reply to who comes late.
const KEPT_AFTER_EXPIRY: u64 = 3600;

macro_rules! enrolment_by {
    ($column:literal) => {
        concat!(
            "SELECT id, operator, ticket_id, code, code_until, codes, tries, phone_at, portrait, outcome, expires_at
             FROM terminal_enrolments WHERE ",
            $column,
            " = $1"
        )
    };
}

impl Store {
    /// Opens an enrolment for the holder of a ticket.
    pub async fn open_at_terminal(
        &self,
        id: &EnrolmentId,
        operator: &OperatorId,
        (ticket, expires_at): (&TicketContext, UnixSeconds),
        claimed_id: &ClaimedId,
    ) -> Result<(), StoreError> {
        let sealed = self.vault.seal(
            enrolment_cell(id, "claimed_id"),
            claimed_id.expose().as_bytes(),
        )?;
        query(
            "INSERT INTO terminal_enrolments (id, operator, ticket_id, claimed_id, expires_at)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(id.as_str())
        .bind(operator.as_str())
        .bind(ticket.id.as_str())
        .bind(sealed)
        .bind(to_db(expires_at))
        .execute(&self.database)
        .await?;
        Ok(())
    }

    /// The enrolment with this name.
    pub async fn at_terminal(
        &self,
        id: &EnrolmentId,
    ) -> Result<Option<TerminalEnrolment>, StoreError> {
        self.found_at_terminal(query(enrolment_by!("id")).bind(id.as_str()))
            .await
    }

    /// The enrolment that a ticket belongs to, if it is one of a terminal.
    pub async fn at_terminal_by_ticket(
        &self,
        ticket: &TicketId,
    ) -> Result<Option<TerminalEnrolment>, StoreError> {
        self.found_at_terminal(query(enrolment_by!("ticket_id")).bind(ticket.as_str()))
            .await
    }

    /// The enrolment that a phone waits for.
    pub async fn at_terminal_by_phone(
        &self,
        waiting: &[u8; 32],
    ) -> Result<Option<TerminalEnrolment>, StoreError> {
        self.found_at_terminal(query(enrolment_by!("waiting")).bind(waiting.as_slice()))
            .await
    }

    async fn found_at_terminal(
        &self,
        found: Query<'_>,
    ) -> Result<Option<TerminalEnrolment>, StoreError> {
        let row = found.fetch_optional(&self.database).await?;
        row.as_ref().map(enrolment_of_row).transpose()
    }

    /// Keeps a number and the code that is about to be sent there, in the place of the ones before; `false` if none may be sent
    /// (any more). Counted before it is sent.
    pub async fn send_code(
        &self,
        id: &EnrolmentId,
        phone: &PhoneNumber,
        (code, until): (&[u8; 32], UnixSeconds),
        most: u32,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let sealed = self
            .vault
            .seal(enrolment_cell(id, "phone"), phone.padded().as_slice())?;
        let kept = query(
            "UPDATE terminal_enrolments SET phone = $1, code = $2, code_until = $3, codes = codes + 1, tries = 0
             WHERE id = $4 AND codes < $5 AND phone_at IS NULL AND decided_at IS NULL AND expires_at > $6",
        )
        .bind(sealed)
        .bind(code.as_slice())
        .bind(to_db(until))
        .bind(id.as_str())
        .bind(i64::from(most))
        .bind(to_db(now))
        .execute(&self.database)
        .await?;
        Ok(kept == 1)
    }

    /// Counts a code that was typed, before it is looked at; `false` if none may be typed (any more).
    pub async fn count_typed_code(
        &self,
        id: &EnrolmentId,
        most: u32,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let counted = query(
            "UPDATE terminal_enrolments SET tries = tries + 1
             WHERE id = $1 AND tries < $2 AND code IS NOT NULL AND code_until > $3 AND phone_at IS NULL
               AND decided_at IS NULL AND expires_at > $3",
        )
        .bind(id.as_str())
        .bind(i64::from(most))
        .bind(to_db(now))
        .execute(&self.database)
        .await?;
        Ok(counted == 1)
    }

    /// The code was the right one.
    pub async fn confirm_phone(
        &self,
        id: &EnrolmentId,
        code: &[u8; 32],
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let confirmed = query(
            "UPDATE terminal_enrolments SET phone_at = $1, code = NULL
             WHERE id = $2 AND code = $3 AND phone_at IS NULL",
        )
        .bind(to_db(now))
        .bind(id.as_str())
        .bind(code.as_slice())
        .execute(&self.database)
        .await?;
        Ok(confirmed == 1)
    }

    /// Spends the ticket and keeps what was captured for the operator: both, or neither. `false` if the ticket is spent or has
    /// run out, or the number was not confirmed.
    pub async fn hold(
        &self,
        id: &EnrolmentId,
        ticket: &TicketContext,
        held: &Held<'_>,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let passcode = self
            .vault
            .seal(enrolment_cell(id, "passcode"), held.passcode.as_bytes())?;
        let mut tx = self.database.begin().await?;
        if !super::residents::spend_ticket(&mut tx.connection(), ticket, now).await? {
            return Ok(false);
        }
        let kept = query(
            "UPDATE terminal_enrolments
             SET passcode = $1, waiting = $2, held_at = $3, portrait = $4, expires_at = $5, registration = $6
             WHERE id = $7 AND phone_at IS NOT NULL AND held_at IS NULL AND decided_at IS NULL",
        )
        .bind(passcode)
        .bind(held.waiting.as_slice())
        .bind(to_db(now))
        .bind(held.portrait.as_str())
        .bind(to_db(held.expires_at))
        .bind(held.registration.map(Vec::from))
        .bind(id.as_str())
        .execute(&mut tx)
        .await?;
        if kept == 0 {
            return Ok(false);
        }
        for template in held.templates {
            let set = &template.model_set;
            let place = template_row(id, set);
            let sealed =
                self.vault
                    .seal_template(template_cell(&place), set, &template.embedding)?;
            query(
                "INSERT INTO terminal_templates (enrolment_id, model_set, embedding) VALUES ($1, $2, $3)",
            )
            .bind(id.as_str())
            .bind(set.as_str())
            .bind(sealed)
            .execute(&mut tx)
            .await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// What a row and its templates hold.
    pub(super) fn released(
        &self,
        id: &EnrolmentId,
        row: &Row,
        templates: &[Row],
    ) -> Result<Released, StoreError> {
        let open = |column: &'static str| {
            let sealed: &[u8] = row.try_get(column)?;
            Ok::<_, StoreError>(self.vault.open(enrolment_cell(id, column), sealed)?)
        };
        let text = |bytes: &[u8], column| {
            parsed(std::str::from_utf8(bytes), column).map(|text| Zeroizing::new(text.to_owned()))
        };
        let claimed_id = text(&open("claimed_id")?, "terminal_enrolments.claimed_id")?;
        let templates = templates.iter().map(|row| {
            let set = ModelSetId::parse(row.try_get("model_set")?);
            let set = parsed(set, "terminal_templates.model_set")?;
            let place = template_row(id, &set);
            let stored = row.try_get("embedding")?;
            let template = self
                .vault
                .open_template(template_cell(&place), &set, stored)?;
            Ok((set, template))
        });
        Ok(Released {
            claimed_id: parsed(
                ClaimedId::parse(&claimed_id),
                "terminal_enrolments.claimed_id",
            )?,
            phone: PhoneNumber::from_padded(&open("phone")?)
                .ok_or(StoreError::Damaged("terminal_enrolments.phone"))?,
            passcode: text(&open("passcode")?, "terminal_enrolments.passcode")?,
            templates: templates.collect::<Result<_, StoreError>>()?,
            registration: row
                .try_get::<Option<&[u8]>, _>("registration")?
                .map(|hash| super::fixed(hash, "terminal_enrolments.registration"))
                .transpose()?,
        })
    }

    pub(super) async fn forget_at_terminals(&self, now: UnixSeconds) -> Result<(), StoreError> {
        for statement in [
            "DELETE FROM terminal_templates WHERE enrolment_id IN
                 (SELECT id FROM terminal_enrolments WHERE expires_at <= $1)",
            "UPDATE terminal_enrolments SET claimed_id = NULL, phone = NULL, passcode = NULL, code = NULL
             WHERE expires_at <= $1 AND claimed_id IS NOT NULL",
        ] {
            query(statement)
                .bind(to_db(now))
                .patiently()
                .execute(&self.database)
                .await?;
        }
        query("DELETE FROM terminal_enrolments WHERE expires_at < $1")
            .bind(to_db(now.saturating_sub(KEPT_AFTER_EXPIRY)))
            .patiently()
            .execute(&self.database)
            .await?;
        self.forget_shifts(now).await
    }
}

fn enrolment_of_row(row: &Row) -> Result<TerminalEnrolment, StoreError> {
    const NAME: &str = "terminal_enrolments.id";
    let number = |column: &'static str| {
        let number: i64 = row.try_get(column)?;
        u32::try_from(number).map_err(|_| StoreError::Damaged("terminal_enrolments"))
    };
    let code = row.try_get::<Option<Vec<u8>>, _>("code")?;
    let until = row.try_get::<Option<i64>, _>("code_until")?.map(from_db);
    let code = match (code, until) {
        (Some(code), Some(until)) => Some((super::fixed(&code, NAME)?, until)),
        _ => None,
    };
    let portrait = row.try_get::<Option<&str>, _>("portrait")?;
    let outcome = row.try_get::<Option<&str>, _>("outcome")?;
    Ok(TerminalEnrolment {
        id: EnrolmentId::parse(row.try_get("id")?).ok_or(StoreError::Damaged(NAME))?,
        operator: OperatorId::parse(row.try_get("operator")?).ok_or(StoreError::Damaged(NAME))?,
        ticket_id: parsed(TicketId::parse(row.try_get("ticket_id")?), NAME)?,
        code,
        codes: number("codes")?,
        tries: number("tries")?,
        phone_is_confirmed: row.try_get::<Option<i64>, _>("phone_at")?.is_some(),
        portrait: portrait.and_then(Portrait::from_name),
        outcome: outcome.and_then(Outcome::from_name),
        expires_at: from_db(row.try_get("expires_at")?),
    })
}

pub(super) fn enrolment_cell<'a>(id: &'a EnrolmentId, column: &'static str) -> Cell<'a> {
    Cell {
        table: "terminal_enrolments",
        row: id.as_str().as_bytes(),
        column,
    }
}

/// The primary key as bytes: names of enrolments are of one length.
pub(super) fn template_row(id: &EnrolmentId, set: &ModelSetId) -> Vec<u8> {
    [id.as_str().as_bytes(), set.as_str().as_bytes()].concat()
}

pub(super) fn template_cell(row: &[u8]) -> Cell<'_> {
    Cell {
        table: "terminal_templates",
        row,
        column: "embedding",
    }
}
