//! Hand-offs to a phone: only conditional updates move one on, so of two phones, or of phone and desk, only one wins.

mod changes;

use nod_protocol::{
    codes::Code,
    handoff::HandoffState,
    ids::{Nonce, SessionId},
};

use self::changes::{Answer, End, Join, Offer, Open, Try};
use super::{
    State, Store, StoreError,
    database::{Row, query},
    fixed, from_db, parsed, to_db,
};
use crate::{case::CaseNumber, clock::UnixSeconds, vault::Cell};

/// Names a hand-off: the keyed hash of its link's handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandoffId(pub [u8; 32]);

/// What is offered.
pub struct NewHandoff {
    /// Its name.
    pub id: HandoffId,
    /// Keyed hash of the code.
    pub code: [u8; 32],
    /// Keyed hash of the desk's secret.
    pub desk: [u8; 32],
    /// The session that is offered.
    pub offered: SessionId,
    /// The code must have been typed before.
    pub expires_at: UnixSeconds,
}

/// Whose secret a keyed hash is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The screen that began.
    Desk,
    /// The one that opened the link.
    Phone,
}

/// A hand-off as stored. No `Debug`: it may hold an answer.
pub struct Handoff {
    /// Its name.
    pub id: HandoffId,
    /// Keyed hash of the code.
    pub code: [u8; 32],
    /// The session that was offered.
    pub offered: SessionId,
    /// How far the phone's session has come, and until when it is good; once there is one.
    pub session: Option<(State, UnixSeconds)>,
    /// Codes that were typed.
    pub tries: u32,
    /// How far it has come.
    pub state: HandoffState,
    /// Why it ended.
    pub ending: Option<Code>,
    /// The answer.
    pub token: Option<String>,
    /// The number of its case, if it is a no.
    pub case: Option<CaseNumber>,
    /// Not valid from this moment on; while a phone has it, its session says until when.
    pub expires_at: UnixSeconds,
}

/// Expired hand-offs are kept this long, without their answer: for a clear reply to who comes late, and longer than a session
/// lives, whose hand-offs are counted.
const KEPT_AFTER_EXPIRY: u64 = 3600;

/// Finds a hand-off by one column, with what has become of the phone's session.
macro_rules! handoff_by {
    ($column:literal) => {
        concat!(
            "SELECT h.id, h.code, h.offered, h.session, h.tries, h.state, h.ending, h.token, h.expires_at,
                    s.state AS session_state, s.expires_at AS session_expires_at
             FROM handoffs h LEFT JOIN sessions s ON s.id = h.session
             WHERE h.",
            $column,
            " = $1"
        )
    };
}

impl Store {
    /// Stores a hand-off and ends the session's earlier one. `false` if the session cannot be handed on (any more), or was
    /// offered `most` times.
    pub async fn offer_handoff(
        &self,
        new: NewHandoff,
        most: u32,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        self.writer.write(Offer { new, most, now }).await
    }

    /// Gives the link to the phone with this secret; `false` if it is not waiting for one (any more).
    pub async fn open_handoff(
        &self,
        id: HandoffId,
        phone: [u8; 32],
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        self.writer.write(Open { id, phone, now }).await
    }

    /// Counts a code that was typed, before it is looked at; `false` if none may be typed (any more).
    pub async fn count_try(
        &self,
        id: HandoffId,
        most: u32,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        self.writer.write(Try { id, most, now }).await
    }

    /// Hands the session on: the desk's is spent, the phone's is a copy of it. `false` if either cannot be (any more).
    pub async fn join_handoff(
        &self,
        id: HandoffId,
        session: &SessionId,
        session_nonce: Nonce,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let change = Join {
            id,
            session: session.clone(),
            session_nonce,
            now,
        };
        self.writer.write(change).await
    }

    /// Keeps the answer for the desk until `until`; `false` if the hand-off was ended meanwhile.
    pub async fn answer_handoff(
        &self,
        id: HandoffId,
        token: &str,
        case: Option<&CaseNumber>,
        until: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let number = case.map_or("", CaseNumber::as_str);
        let kept = format!("{token}\n{number}");
        let token = self.vault.seal(token_cell(&id), kept.as_bytes())?;
        self.writer.write(Answer { id, token, until }).await
    }

    /// Ends a hand-off, and the phone's session with it; `false` if it is over already.
    pub async fn end_handoff(&self, id: HandoffId, why: Code) -> Result<bool, StoreError> {
        self.writer.write(End { id, why }).await
    }

    /// The hand-off with this name.
    pub async fn handoff(&self, id: HandoffId) -> Result<Option<Handoff>, StoreError> {
        let row = query(handoff_by!("id"))
            .bind(id.0.as_slice())
            .fetch_optional(&self.database)
            .await?;
        row.map(|row| self.handoff_of_row(&row)).transpose()
    }

    /// The hand-off of which one side's secret has this hash.
    pub async fn handoff_of(
        &self,
        side: Side,
        secret: &[u8; 32],
    ) -> Result<Option<Handoff>, StoreError> {
        let query = match side {
            Side::Desk => query(handoff_by!("desk")),
            Side::Phone => query(handoff_by!("phone")),
        };
        let row = query
            .bind(secret.as_slice())
            .fetch_optional(&self.database)
            .await?;
        row.map(|row| self.handoff_of_row(&row)).transpose()
    }

    pub(super) async fn forget_handoffs(&self, now: UnixSeconds) -> Result<(), StoreError> {
        // An answer is of no use to anybody once it has expired.
        query("UPDATE handoffs SET token = NULL WHERE token IS NOT NULL AND expires_at <= $1")
            .bind(to_db(now))
            .patiently()
            .execute(&self.database)
            .await?;
        query("DELETE FROM handoffs WHERE expires_at < $1")
            .bind(to_db(now.saturating_sub(KEPT_AFTER_EXPIRY)))
            .patiently()
            .execute(&self.database)
            .await?;
        Ok(())
    }

    fn handoff_of_row(&self, row: &Row) -> Result<Handoff, StoreError> {
        let id = HandoffId(fixed(row.try_get("id")?, "handoffs.id")?);
        let session = row
            .try_get::<Option<&str>, _>("session_state")?
            .map(|name| {
                let state = State::from_name(name).ok_or(StoreError::Damaged("sessions.state"))?;
                Ok::<_, StoreError>((state, from_db(row.try_get("session_expires_at")?)))
            })
            .transpose()?;
        let kept = row
            .try_get::<Option<&[u8]>, _>("token")?
            .map(|stored| {
                let opened = self.vault.open(token_cell(&id), stored)?;
                parsed(String::from_utf8(opened.to_vec()), "handoffs.token")
            })
            .transpose()?;
        // A token has no line break; one from before there were cases has none behind it either.
        let (token, case) = match kept {
            None => (None, None),
            Some(kept) => match kept.split_once('\n') {
                None => (Some(kept), None),
                Some((token, "")) => (Some(token.to_owned()), None),
                Some((token, number)) => {
                    let number = parsed(CaseNumber::parse(number), "handoffs.token")?;
                    (Some(token.to_owned()), Some(number))
                }
            },
        };
        let ending = row
            .try_get::<Option<&str>, _>("ending")?
            .map(|name| Code::from_name(name).ok_or(StoreError::Damaged("handoffs.ending")))
            .transpose()?;
        Ok(Handoff {
            id,
            code: fixed(row.try_get("code")?, "handoffs.code")?,
            offered: parsed(
                SessionId::parse(row.try_get("offered")?),
                "handoffs.offered",
            )?,
            session,
            tries: u32::try_from(row.try_get::<i64, _>("tries")?)
                .map_err(|_| StoreError::Damaged("handoffs.tries"))?,
            state: HandoffState::from_name(row.try_get("state")?)
                .ok_or(StoreError::Damaged("handoffs.state"))?,
            ending,
            token,
            case,
            expires_at: from_db(row.try_get("expires_at")?),
        })
    }
}

pub(super) fn token_cell(id: &HandoffId) -> Cell<'_> {
    Cell {
        table: "handoffs",
        row: &id.0,
        column: "token",
    }
}
