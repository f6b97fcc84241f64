//! What residents may see and decide about their own record, once their card is open (docs/card.md).

use nod_protocol::ids::{ClaimedId, Level, ModelSetId};

use super::{
    Alert, ResidentId, Store, StoreError,
    database::{Connection, Kind, Query, Row, query},
    fixed, from_db,
    handles::forget_handle_within,
    parsed,
    residents::resident_cell,
    to_db,
};
use crate::{audit::Event, clock::UnixSeconds};

/// Seconds that an opened card stays open.
pub const CARD_LIFETIME: u64 = 10 * 60;

/// A resident's record, without what it is compared with.
pub struct Card {
    /// The ID that they are enrolled under.
    pub claimed_id: ClaimedId,
    /// The level of the enrolment.
    pub level: Level,
    /// Whether verifications can end with yes.
    pub state: State,
    /// Whether there is a passcode.
    pub has_passcode: bool,
    /// When they enrolled first.
    pub enrolled_at: UnixSeconds,
    /// The consent that they gave last, and when.
    pub consent_version: String,
    /// See there.
    pub consent_at: UnixSeconds,
    /// Who issued the ticket.
    pub issuer: String,
    /// One for each model set.
    pub templates: Vec<TemplateFacts>,
    /// Captures that are remembered so that none counts twice.
    pub recent_captures: u64,
}

/// Whether verifications can end with yes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// They can.
    Active,
    /// Not until the resident lifts it, or an operator for them; since when.
    Frozen(UnixSeconds),
    /// Not until the resident enrols again; since when.
    Revoked(UnixSeconds),
}

/// Who lifts a freeze.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unfreezing {
    /// Whoever opened the card.
    Resident,
    /// An operator, for somebody who cannot open it.
    Operator,
}

/// What there is to say of a template, and is no part of it.
pub struct TemplateFacts {
    /// The set that made it.
    pub model_set: ModelSetId,
    /// `capture` or `portrait`.
    pub source: String,
    /// When it was made, or renewed.
    pub created_at: UnixSeconds,
    /// Whether other people's scores are normalised against it.
    pub in_cohort: bool,
}

impl Store {
    /// Opens a card with the answer that has this hash, once; `None` if it opens none (any more).
    pub async fn open_card(
        &self,
        answer: &[u8; 32],
        secret: &[u8; 32],
        now: UnixSeconds,
    ) -> Result<Option<ResidentId>, StoreError> {
        let mut tx = self.database.begin().await?;
        let opened = query(
            "UPDATE card_sessions SET secret = $1, expires_at = $2
             WHERE answer = $3 AND secret IS NULL AND expires_at > $4 RETURNING resident_id",
        )
        .bind(secret.as_slice())
        .bind(to_db(now + CARD_LIFETIME))
        .bind(answer.as_slice())
        .bind(to_db(now))
        .fetch_optional(&mut tx)
        .await?;
        let Some(row) = opened else {
            return Ok(None);
        };
        let resident = owner_of_row(&row)?;
        self.append(
            &mut tx.connection(),
            Event::CardOpened,
            Some(&resident),
            now,
        )
        .await?;
        tx.commit().await?;
        Ok(Some(resident))
    }

    /// Whose card the secret with this hash has opened, and until when.
    pub async fn opened_card(
        &self,
        secret: &[u8; 32],
        now: UnixSeconds,
    ) -> Result<Option<(ResidentId, UnixSeconds)>, StoreError> {
        let row = query(
            "SELECT resident_id, expires_at FROM card_sessions WHERE secret = $1 AND expires_at > $2",
        )
        .bind(secret.as_slice())
        .bind(to_db(now))
        .fetch_optional(&self.database)
        .await?;
        let opened = |row: &Row| Ok((owner_of_row(row)?, from_db(row.try_get("expires_at")?)));
        row.as_ref().map(opened).transpose()
    }

    /// Closes an opened card.
    pub async fn close_card(&self, secret: &[u8; 32]) -> Result<(), StoreError> {
        query("DELETE FROM card_sessions WHERE secret = $1")
            .bind(secret.as_slice())
            .execute(&self.database)
            .await?;
        Ok(())
    }

    /// A resident's record; `None` if it was erased meanwhile.
    pub async fn card(&self, resident: ResidentId) -> Result<Option<Card>, StoreError> {
        let row = query(
            "SELECT id, claimed_id, level, passcode IS NOT NULL AS has_passcode, created_at, consent_version,
                    consent_at, issuer, frozen_at, revoked_at,
                    (SELECT COUNT(*) FROM recent_captures AS c WHERE c.resident_id = residents.id) AS captures
             FROM residents WHERE id = $1",
        )
        .bind(resident.0.as_slice())
        .fetch_optional(&self.database)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let level: String = row.try_get("level")?;
        Ok(Some(Card {
            claimed_id: self.claimed_id_of_row(&row)?,
            level: Level::from_name(&level).ok_or(StoreError::Damaged("residents.level"))?,
            state: state_of_row(&row)?,
            has_passcode: row.try_get("has_passcode")?,
            enrolled_at: from_db(row.try_get("created_at")?),
            consent_version: row.try_get("consent_version")?,
            consent_at: from_db(row.try_get("consent_at")?),
            issuer: row.try_get("issuer")?,
            templates: self.template_facts(resident).await?,
            recent_captures: u64::try_from(row.try_get::<i64, _>("captures")?).unwrap_or(0),
        }))
    }

    /// Keeps everybody, the resident too, from being confirmed in their name; `false` if it is so already, or the credential is
    /// revoked.
    pub async fn freeze(&self, resident: ResidentId, now: UnixSeconds) -> Result<bool, StoreError> {
        let freeze = query(
            "UPDATE residents SET frozen_at = $2
             WHERE id = $1 AND frozen_at IS NULL AND revoked_at IS NULL",
        )
        .bind(resident.0.as_slice())
        .bind(to_db(now));
        self.decided(freeze, resident, (Alert::Frozen, Event::Frozen), now)
            .await
    }

    /// Lifts that; `false` if nothing was frozen.
    pub async fn unfreeze(
        &self,
        resident: ResidentId,
        by: Unfreezing,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let unfreeze =
            query("UPDATE residents SET frozen_at = NULL WHERE id = $1 AND frozen_at IS NOT NULL")
                .bind(resident.0.as_slice());
        let told = match by {
            Unfreezing::Resident => (Alert::Unfrozen, Event::Unfrozen),
            Unfreezing::Operator => (Alert::UnfrozenByOperator, Event::UnfrozenByOperator),
        };
        self.decided(unfreeze, resident, told, now).await
    }

    /// Runs a statement that changes a resident's row, and says so to them and in the log, in the same transaction; `false`
    /// if it changed nothing.
    async fn decided(
        &self,
        statement: Query<'_>,
        resident: ResidentId,
        (alert, event): (Alert, Event),
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        if statement.execute(&mut tx).await? == 0 {
            return Ok(false);
        }
        let connection = &mut tx.connection();
        self.alert(connection, resident, alert, now).await?;
        self.append(connection, event, Some(&resident), now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Ends a credential: templates, passcode, digests, devices, device keys and a claim handle go, receipts stay, and only a new enrolment finds the
    /// row.
    /// `false` if it is revoked already.
    pub async fn revoke(&self, resident: ResidentId, now: UnixSeconds) -> Result<bool, StoreError> {
        self.revoke_as(resident, (Alert::Revoked, Event::Revoked), now)
            .await
    }

    /// The same, and who did it is said to the resident and in the log.
    pub(super) async fn revoke_as(
        &self,
        resident: ResidentId,
        (alert, event): (Alert, Event),
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        let row = query(
            "UPDATE residents SET passcode = NULL, frozen_at = NULL, revoked_at = $1
             WHERE id = $2 AND revoked_at IS NULL RETURNING id, claimed_id",
        )
        .bind(to_db(now))
        .bind(resident.0.as_slice())
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else {
            return Ok(false);
        };
        let claimed_id = self.claimed_id_of_row(&row)?;
        move_lookup(
            connection,
            &self.vault.resident_lookup(&claimed_id),
            &self.vault.revoked_lookup(&claimed_id),
        )
        .await?;
        self.forget_devices_within(connection, resident).await?;
        forget_handle_within(connection, resident).await?;
        for statement in [
            "DELETE FROM templates WHERE resident_id = $1",
            "DELETE FROM recent_captures WHERE resident_id = $1",
            "DELETE FROM credentials WHERE resident_id = $1",
            "DELETE FROM credential_registrations WHERE resident_id = $1",
        ] {
            query(statement)
                .bind(resident.0.as_slice())
                .execute(&mut *connection)
                .await?;
        }
        self.alert(connection, resident, alert, now).await?;
        self.append(connection, event, Some(&resident), now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Records that a resident was given all that is held about them.
    pub async fn record_export(
        &self,
        resident: ResidentId,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        self.alert(connection, resident, Alert::Exported, now)
            .await?;
        self.append(connection, Event::Exported, Some(&resident), now)
            .await?;
        tx.commit().await
    }

    pub(super) async fn forget_cards(&self, now: UnixSeconds) -> Result<(), StoreError> {
        query("DELETE FROM card_sessions WHERE expires_at <= $1")
            .bind(to_db(now))
            .execute(&self.database)
            .await?;
        Ok(())
    }

    async fn template_facts(&self, resident: ResidentId) -> Result<Vec<TemplateFacts>, StoreError> {
        query(
            "SELECT t.model_set, t.source, t.created_at,
                    EXISTS (SELECT 1 FROM cohort_members AS m
                            WHERE m.model_set = t.model_set AND m.resident_id = t.resident_id) AS in_cohort
             FROM templates AS t WHERE t.resident_id = $1 ORDER BY t.model_set",
        )
        .bind(resident.0.as_slice())
        .fetch_all(&self.database)
        .await?
        .iter()
        .map(|row| {
            let model_set = ModelSetId::parse(row.try_get("model_set")?);
            Ok(TemplateFacts {
                model_set: parsed(model_set, "templates.model_set")?,
                source: row.try_get("source")?,
                created_at: from_db(row.try_get("created_at")?),
                in_cohort: row.try_get("in_cohort")?,
            })
        })
        .collect()
    }

    /// Of a row with `id` and `claimed_id`.
    pub(super) fn claimed_id_of_row(&self, row: &Row) -> Result<ClaimedId, StoreError> {
        let id: [u8; 16] = fixed(row.try_get("id")?, "residents.id")?;
        let stored: &[u8] = row.try_get("claimed_id")?;
        let opened = self.vault.open(resident_cell(&id, "claimed_id"), stored)?;
        let text = parsed(std::str::from_utf8(&opened), "residents.claimed_id")?;
        parsed(ClaimedId::parse(text), "residents.claimed_id")
    }
}

/// Lets a resident's row be found by another lookup; whose it is, if it was found by this one.
pub(super) async fn move_lookup(
    connection: &mut Connection<'_>,
    from: &[u8; 32],
    to: &[u8; 32],
) -> Result<Option<ResidentId>, StoreError> {
    let statement = match connection.kind() {
        Kind::Sqlite => {
            "UPDATE residents SET lookup = $1 WHERE lookup = $2 RETURNING id AS resident_id"
        }
        Kind::Postgres => {
            "UPDATE resident_lookups SET lookup = $1 WHERE lookup = $2 RETURNING resident_id"
        }
    };
    let row = query(statement)
        .bind(to.as_slice())
        .bind(from.as_slice())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(owner_of_row).transpose()
}

pub(super) fn owner_of_row(row: &Row) -> Result<ResidentId, StoreError> {
    Ok(ResidentId(fixed(
        row.try_get("resident_id")?,
        "resident_id",
    )?))
}

fn state_of_row(row: &Row) -> Result<State, StoreError> {
    let time = |column| row.try_get::<Option<i64>, _>(column);
    Ok(match (time("revoked_at")?, time("frozen_at")?) {
        (Some(at), _) => State::Revoked(from_db(at)),
        (None, Some(at)) => State::Frozen(from_db(at)),
        (None, None) => State::Active,
    })
}
