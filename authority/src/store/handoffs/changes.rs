//! What moves a hand-off on, each in one transaction.

use nod_protocol::{
    codes::Code,
    ids::{Nonce, SessionId},
};
use sqlx::SqliteConnection;

use super::{HandoffId, NewHandoff};
use crate::{
    clock::UnixSeconds,
    store::{
        to_db,
        writer::{Applied, Change},
    },
};

/// Offers a session, and ends its earlier offer.
pub(super) struct Offer {
    pub(super) new: NewHandoff,
    pub(super) most: u32,
    pub(super) now: UnixSeconds,
}

impl Change for Offer {
    const IS_ONE_STATEMENT: bool = false;

    fn apply<'a>(&'a self, connection: &'a mut SqliteConnection) -> Applied<'a> {
        Box::pin(async move {
            let new = &self.new;
            let offered = sqlx::query(
                "INSERT INTO handoffs (id, code, desk, offered, state, expires_at)
                 SELECT ?, ?, ?, id, 'waiting', MIN(?, expires_at) FROM sessions
                 WHERE id = ? AND purpose = 'verify' AND state = 'open' AND handoff IS NULL AND expires_at > ?
                   AND (SELECT COUNT(*) FROM handoffs WHERE offered = sessions.id) < ?",
            )
            .bind(new.id.0.as_slice())
            .bind(new.code.as_slice())
            .bind(new.desk.as_slice())
            .bind(to_db(new.expires_at))
            .bind(new.offered.as_str())
            .bind(to_db(self.now))
            .bind(i64::from(self.most))
            .execute(&mut *connection)
            .await?;
            if offered.rows_affected() != 1 {
                return Ok(false);
            }
            sqlx::query(
                "UPDATE handoffs SET state = 'ended', ending = ?
                 WHERE offered = ? AND id <> ? AND state IN ('waiting', 'opened')",
            )
            .bind(Code::HandoffEnded.as_str())
            .bind(new.offered.as_str())
            .bind(new.id.0.as_slice())
            .execute(connection)
            .await?;
            Ok(true)
        })
    }
}

/// Gives the link to one phone.
pub(super) struct Open {
    pub(super) id: HandoffId,
    pub(super) phone: [u8; 32],
    pub(super) now: UnixSeconds,
}

impl Change for Open {
    fn apply<'a>(&'a self, connection: &'a mut SqliteConnection) -> Applied<'a> {
        Box::pin(async move {
            let opened = sqlx::query(
                "UPDATE handoffs SET state = 'opened', phone = ?
                 WHERE id = ? AND state = 'waiting' AND expires_at > ?",
            )
            .bind(self.phone.as_slice())
            .bind(self.id.0.as_slice())
            .bind(to_db(self.now))
            .execute(connection)
            .await?;
            Ok(opened.rows_affected() == 1)
        })
    }
}

/// Counts a code that was typed.
pub(super) struct Try {
    pub(super) id: HandoffId,
    pub(super) most: u32,
    pub(super) now: UnixSeconds,
}

impl Change for Try {
    fn apply<'a>(&'a self, connection: &'a mut SqliteConnection) -> Applied<'a> {
        Box::pin(async move {
            let counted = sqlx::query(
                "UPDATE handoffs SET tries = tries + 1
                 WHERE id = ? AND state = 'opened' AND tries < ? AND expires_at > ?",
            )
            .bind(self.id.0.as_slice())
            .bind(i64::from(self.most))
            .bind(to_db(self.now))
            .execute(connection)
            .await?;
            Ok(counted.rows_affected() == 1)
        })
    }
}

/// Spends the desk's session and makes the phone's.
pub(super) struct Join {
    pub(super) id: HandoffId,
    pub(super) session: SessionId,
    pub(super) session_nonce: Nonce,
    pub(super) now: UnixSeconds,
}

impl Change for Join {
    const IS_ONE_STATEMENT: bool = false;

    fn apply<'a>(&'a self, connection: &'a mut SqliteConnection) -> Applied<'a> {
        Box::pin(async move {
            // Everything that the answer is bound to is copied; what makes a body unrepeatable is new.
            let copied = sqlx::query(
                "INSERT INTO sessions
                     (id, purpose, site_key, origin, action, level, ask, rp_nonce, bind, expected_sub,
                      session_nonce, consent_version, handoff, state, expires_at)
                 SELECT ?, s.purpose, s.site_key, s.origin, s.action, s.level, s.ask, s.rp_nonce, s.bind, s.expected_sub,
                        ?, s.consent_version, h.id, 'open', s.expires_at
                 FROM handoffs h JOIN sessions s ON s.id = h.offered
                 WHERE h.id = ? AND h.state = 'opened' AND h.expires_at > ?
                   AND s.state = 'open' AND s.expires_at > ?",
            )
            .bind(self.session.as_str())
            .bind(self.session_nonce.as_bytes().as_slice())
            .bind(self.id.0.as_slice())
            .bind(to_db(self.now))
            .bind(to_db(self.now))
            .execute(&mut *connection)
            .await?;
            if copied.rows_affected() != 1 {
                return Ok(false);
            }
            sqlx::query(
                "UPDATE sessions SET state = 'spent'
                 WHERE id = (SELECT offered FROM handoffs WHERE id = ?)",
            )
            .bind(self.id.0.as_slice())
            .execute(&mut *connection)
            .await?;
            sqlx::query("UPDATE handoffs SET state = 'joined', session = ? WHERE id = ?")
                .bind(self.session.as_str())
                .bind(self.id.0.as_slice())
                .execute(connection)
                .await?;
            Ok(true)
        })
    }
}

/// Keeps the answer for the desk.
pub(super) struct Answer {
    pub(super) id: HandoffId,
    pub(super) token: Vec<u8>,
    pub(super) until: UnixSeconds,
}

impl Change for Answer {
    fn apply<'a>(&'a self, connection: &'a mut SqliteConnection) -> Applied<'a> {
        Box::pin(async move {
            let kept = sqlx::query(
                "UPDATE handoffs SET state = 'answered', token = ?, expires_at = ?
                 WHERE id = ? AND state = 'joined'",
            )
            .bind(self.token.as_slice())
            .bind(to_db(self.until))
            .bind(self.id.0.as_slice())
            .execute(connection)
            .await?;
            Ok(kept.rows_affected() == 1)
        })
    }
}

/// Ends the hand-off, and the phone's session.
pub(super) struct End {
    pub(super) id: HandoffId,
    pub(super) why: Code,
}

impl Change for End {
    const IS_ONE_STATEMENT: bool = false;

    fn apply<'a>(&'a self, connection: &'a mut SqliteConnection) -> Applied<'a> {
        Box::pin(async move {
            let ended = sqlx::query(
                "UPDATE handoffs SET state = 'ended', ending = ?
                 WHERE id = ? AND state IN ('waiting', 'opened', 'joined')",
            )
            .bind(self.why.as_str())
            .bind(self.id.0.as_slice())
            .execute(&mut *connection)
            .await?;
            if ended.rows_affected() != 1 {
                return Ok(false);
            }
            sqlx::query("UPDATE sessions SET state = 'spent' WHERE handoff = ?")
                .bind(self.id.0.as_slice())
                .execute(connection)
                .await?;
            Ok(true)
        })
    }
}
