//! What moves a hand-off on, each in one transaction.

use nod_protocol::{
    codes::Code,
    ids::{Nonce, SessionId},
};

use super::{HandoffId, NewHandoff};
use crate::{
    clock::UnixSeconds,
    store::{
        OWN_SITE, StoreError,
        database::{Connection, query},
        parsed, to_db,
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

    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let new = &self.new;
            lock_session(connection, &new.offered).await?;
            let offered = query(
                "INSERT INTO handoffs (id, code, desk, offered, state, expires_at)
                 SELECT $1, $2, $3, id, 'waiting', CASE WHEN $4 < expires_at THEN $4 ELSE expires_at END
                 FROM sessions
                 WHERE id = $5 AND purpose = 'verify' AND state = 'open' AND handoff IS NULL AND expires_at > $6
                   AND (SELECT COUNT(*) FROM handoffs WHERE offered = sessions.id) < $7 AND site_key <> $8",
            )
            .bind(new.id.0.as_slice())
            .bind(new.code.as_slice())
            .bind(new.desk.as_slice())
            .bind(to_db(new.expires_at))
            .bind(new.offered.as_str())
            .bind(to_db(self.now))
            .bind(i64::from(self.most))
            // Nobody opens a card on another's screen.
            .bind(OWN_SITE)
            .execute(&mut *connection)
            .await?;
            if offered != 1 {
                return Ok(false);
            }
            query(
                "UPDATE handoffs SET state = 'ended', ending = $1
                 WHERE offered = $2 AND id <> $3 AND state IN ('waiting', 'opened')",
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
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let opened = query(
                "UPDATE handoffs SET state = 'opened', phone = $1
                 WHERE id = $2 AND state = 'waiting' AND expires_at > $3",
            )
            .bind(self.phone.as_slice())
            .bind(self.id.0.as_slice())
            .bind(to_db(self.now))
            .execute(connection)
            .await?;
            Ok(opened == 1)
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
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let counted = query(
                "UPDATE handoffs SET tries = tries + 1
                 WHERE id = $1 AND state = 'opened' AND tries < $2 AND expires_at > $3",
            )
            .bind(self.id.0.as_slice())
            .bind(i64::from(self.most))
            .bind(to_db(self.now))
            .execute(connection)
            .await?;
            Ok(counted == 1)
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

    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let offered = query("SELECT offered FROM handoffs WHERE id = $1")
                .bind(self.id.0.as_slice())
                .fetch_optional(&mut *connection)
                .await?;
            let Some(offered) = offered else {
                return Ok(false);
            };
            let offered = SessionId::parse(offered.try_get("offered")?);
            let offered = parsed(offered, "handoffs.offered")?;
            // In the order in which an offer locks them.
            lock_session(connection, &offered).await?;
            query("SELECT 1 FROM handoffs WHERE id = $1 FOR UPDATE")
                .bind(self.id.0.as_slice())
                .lock(connection)
                .await?;
            // Everything that the answer is bound to is copied; what makes a body unrepeatable is new.
            let copied = query(
                "INSERT INTO sessions
                     (id, purpose, site_key, origin, action, level, ask, rp_nonce, bind, expected_sub,
                      session_nonce, consent_version, handoff, state, expires_at)
                 SELECT $1, s.purpose, s.site_key, s.origin, s.action, s.level, s.ask, s.rp_nonce, s.bind, s.expected_sub,
                        $2, s.consent_version, h.id, 'open', s.expires_at
                 FROM handoffs h JOIN sessions s ON s.id = h.offered
                 WHERE h.id = $3 AND h.state = 'opened' AND h.expires_at > $4
                   AND s.state = 'open' AND s.expires_at > $5",
            )
            .bind(self.session.as_str())
            .bind(self.session_nonce.as_bytes().as_slice())
            .bind(self.id.0.as_slice())
            .bind(to_db(self.now))
            .bind(to_db(self.now))
            .execute(&mut *connection)
            .await?;
            if copied != 1 {
                return Ok(false);
            }
            query("UPDATE sessions SET state = 'spent' WHERE id = $1")
                .bind(offered.as_str())
                .execute(&mut *connection)
                .await?;
            query("UPDATE handoffs SET state = 'joined', session = $1 WHERE id = $2")
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
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let kept = query(
                "UPDATE handoffs SET state = 'answered', token = $1, expires_at = $2
                 WHERE id = $3 AND state = 'joined'",
            )
            .bind(self.token.as_slice())
            .bind(to_db(self.until))
            .bind(self.id.0.as_slice())
            .execute(connection)
            .await?;
            Ok(kept == 1)
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

    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let ended = query(
                "UPDATE handoffs SET state = 'ended', ending = $1
                 WHERE id = $2 AND state IN ('waiting', 'opened', 'joined')",
            )
            .bind(self.why.as_str())
            .bind(self.id.0.as_slice())
            .execute(&mut *connection)
            .await?;
            if ended != 1 {
                return Ok(false);
            }
            query("UPDATE sessions SET state = 'spent' WHERE handoff = $1")
                .bind(self.id.0.as_slice())
                .execute(connection)
                .await?;
            Ok(true)
        })
    }
}

/// Until the transaction ends nobody else moves the session on, or offers it. What the statements after it read of it and of
/// its hand-offs stays true.
async fn lock_session(
    connection: &mut Connection<'_>,
    session: &SessionId,
) -> Result<(), StoreError> {
    query("SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE")
        .bind(session.as_str())
        .lock(connection)
        .await?;
    Ok(())
}
