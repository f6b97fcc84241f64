//! The operator's decision about an enrolment at a terminal: from what is held to a resident, or to nothing.

use nod_protocol::ids::ModelSetId;

use super::{
    Alert, NewResident, ResidentId, Store, StoreError,
    card::{move_lookup, owner_of_row},
    database::{Connection, query},
    terminal::Released,
    to_db,
};
use crate::{
    audit::Event,
    clock::UnixSeconds,
    protect::ProtectedEmbedding,
    store::TerminalEnrolment,
    terminal::{OperatorId, PhoneNumber, Portrait},
    vault::Cell,
};

/// How an operator's yes ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Issue {
    /// The resident is enrolled.
    Issued(ResidentId),
    /// There is nothing to decide (any more).
    NotHeld,
    /// The face is not that of the imported photograph, and the operator did not say that they saw that.
    PortraitDiffers,
    /// Somebody is enrolled under this ID, with more than a photograph.
    Exists,
}

/// What the authority knows of an ID number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing, or a credential that was ended.
    Unknown,
    /// An imported photograph.
    Portrait(ResidentId),
    /// A credential that was issued to a living face.
    Enrolled(ResidentId),
}

impl Store {
    /// What there is under an ID number.
    pub async fn standing(
        &self,
        claimed_id: &nod_protocol::ids::ClaimedId,
    ) -> Result<Standing, StoreError> {
        let mut taken = self.database.take().await?;
        let lookup = self.vault.resident_lookup(claimed_id);
        standing(&mut taken.connection(), &lookup).await
    }

    /// Enrols whoever is held, in one transaction with the end of the enrolment. An imported photograph makes way for the
    /// living face; receipts and pseudonyms go on.
    pub async fn issue(
        &self,
        enrolment: &TerminalEnrolment,
        overrules_portrait: bool,
        now: UnixSeconds,
    ) -> Result<Issue, StoreError> {
        let differs = enrolment.portrait == Some(Portrait::Differs);
        if differs && !overrules_portrait {
            return Ok(Issue::PortraitDiffers);
        }
        let Some(ticket) = self.ticket(&enrolment.ticket_id).await? else {
            return Ok(Issue::NotHeld);
        };
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        let Some(released) = self.take_held(connection, enrolment, now).await? else {
            return Ok(Issue::NotHeld);
        };
        let templates = released.templates.iter().map(|(set, it)| (set, it));
        let new = NewResident {
            claimed_id: &released.claimed_id,
            passcode: Some(&released.passcode),
            templates: templates.collect::<Vec<(&ModelSetId, &ProtectedEmbedding)>>(),
            ticket: &ticket.context,
            registration: released.registration,
        };
        let lookup = self.vault.resident_lookup(new.claimed_id);
        match standing(connection, &lookup).await? {
            Standing::Enrolled(_) => return Ok(Issue::Exists),
            Standing::Portrait(resident) => {
                self.make_way(connection, resident).await?;
                move_lookup(
                    connection,
                    &lookup,
                    &self.vault.revoked_lookup(new.claimed_id),
                )
                .await?;
            }
            Standing::Unknown => {}
        }
        let Some(resident) = self.place(connection, &new, now).await? else {
            return Ok(Issue::Exists);
        };
        self.keep_contact(connection, resident, &released.phone, now)
            .await?;
        let operator = enrolment.operator.clone();
        if differs {
            let event = Event::PortraitOverruled(operator.clone());
            self.append(connection, event, Some(&resident), now).await?;
        }
        let event = Event::EnrolmentIssued(operator);
        self.append(connection, event, Some(&resident), now).await?;
        tx.commit().await?;
        Ok(Issue::Issued(resident))
    }

    /// Ends an enrolment without one; `false` if it is over already.
    pub async fn refuse(
        &self,
        enrolment: &TerminalEnrolment,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        let refused = query(
            "UPDATE terminal_enrolments
             SET decided_at = $1, outcome = 'refused', claimed_id = NULL, phone = NULL, passcode = NULL, code = NULL
             WHERE id = $2 AND decided_at IS NULL",
        )
        .bind(to_db(now))
        .bind(enrolment.id.as_str())
        .execute(&mut *connection)
        .await?;
        if refused == 0 {
            return Ok(false);
        }
        self.forget_held(connection, enrolment).await?;
        // Also where the phone has not come that far.
        query("UPDATE tickets SET spent_at = $1 WHERE id = $2 AND spent_at IS NULL")
            .bind(to_db(now))
            .bind(enrolment.ticket_id.as_str())
            .execute(&mut *connection)
            .await?;
        let event = Event::EnrolmentRefused(enrolment.operator.clone());
        self.append(connection, event, None, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Ends somebody's credential for them, whose phone is lost; `false` if there is none.
    pub async fn revoke_at_terminal(
        &self,
        resident: ResidentId,
        operator: &OperatorId,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let told = (
            Alert::RevokedByOperator,
            Event::RevokedByOperator(operator.clone()),
        );
        self.revoke_as(resident, told, now).await
    }

    /// The telephone number that a resident gave last.
    pub async fn contact(&self, resident: ResidentId) -> Result<Option<PhoneNumber>, StoreError> {
        let row = query("SELECT phone FROM contacts WHERE resident_id = $1")
            .bind(resident.0.as_slice())
            .fetch_optional(&self.database)
            .await?;
        row.map(|row| {
            let opened = self
                .vault
                .open(contact_cell(&resident.0), row.try_get("phone")?)?;
            PhoneNumber::from_padded(&opened).ok_or(StoreError::Damaged("contacts.phone"))
        })
        .transpose()
    }

    /// Takes what is held out of its rows, once.
    async fn take_held(
        &self,
        connection: &mut Connection<'_>,
        enrolment: &TerminalEnrolment,
        now: UnixSeconds,
    ) -> Result<Option<Released>, StoreError> {
        // The condition and the change first: of two decisions at the same moment one finds nothing.
        let decided = query(
            "UPDATE terminal_enrolments SET decided_at = $1, outcome = 'issued', code = NULL
             WHERE id = $2 AND held_at IS NOT NULL AND decided_at IS NULL AND expires_at > $1
             RETURNING claimed_id, phone, passcode, registration",
        )
        .bind(to_db(now))
        .bind(enrolment.id.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = decided else {
            return Ok(None);
        };
        let templates =
            query("SELECT model_set, embedding FROM terminal_templates WHERE enrolment_id = $1")
                .bind(enrolment.id.as_str())
                .fetch_all(&mut *connection)
                .await?;
        let released = self.released(&enrolment.id, &row, &templates)?;
        self.forget_held(connection, enrolment).await?;
        Ok(Some(released))
    }

    async fn forget_held(
        &self,
        connection: &mut Connection<'_>,
        enrolment: &TerminalEnrolment,
    ) -> Result<(), StoreError> {
        for statement in [
            "DELETE FROM terminal_templates WHERE enrolment_id = $1",
            "UPDATE terminal_enrolments SET claimed_id = NULL, phone = NULL, passcode = NULL, registration = NULL WHERE id = $1",
        ] {
            query(statement)
                .bind(enrolment.id.as_str())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    /// The photograph's template goes, and what was waiting beside it.
    async fn make_way(
        &self,
        connection: &mut Connection<'_>,
        resident: ResidentId,
    ) -> Result<(), StoreError> {
        for statement in [
            "DELETE FROM templates WHERE resident_id = $1",
            "DELETE FROM pending_templates WHERE resident_id = $1",
        ] {
            query(statement)
                .bind(resident.0.as_slice())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    async fn keep_contact(
        &self,
        connection: &mut Connection<'_>,
        resident: ResidentId,
        phone: &PhoneNumber,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let sealed = self
            .vault
            .seal(contact_cell(&resident.0), phone.padded().as_slice())?;
        query(
            "INSERT INTO contacts (resident_id, phone, given_at) VALUES ($1, $2, $3)
             ON CONFLICT (resident_id) DO UPDATE SET phone = excluded.phone, given_at = excluded.given_at",
        )
        .bind(resident.0.as_slice())
        .bind(sealed)
        .bind(to_db(now))
        .execute(connection)
        .await?;
        Ok(())
    }
}

async fn standing(
    connection: &mut Connection<'_>,
    lookup: &[u8; 32],
) -> Result<Standing, StoreError> {
    let row = query(
        "SELECT found.resident_id, r.passcode IS NULL AND NOT EXISTS
                    (SELECT 1 FROM templates AS t WHERE t.resident_id = r.id AND t.source <> 'portrait') AS is_portrait
         FROM resident_lookups AS found JOIN residents AS r ON r.id = found.resident_id
         WHERE found.lookup = $1",
    )
    .bind(lookup.as_slice())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        return Ok(Standing::Unknown);
    };
    let resident = owner_of_row(&row)?;
    Ok(match row.try_get("is_portrait")? {
        true => Standing::Portrait(resident),
        false => Standing::Enrolled(resident),
    })
}

pub(super) fn contact_cell(resident: &[u8; 16]) -> Cell<'_> {
    Cell {
        table: "contacts",
        row: resident,
        column: "phone",
    }
}
