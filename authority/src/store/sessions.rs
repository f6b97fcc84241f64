//! Sessions: only conditional updates move one on, so of two requests at once only one wins.

use nod_protocol::{
    challenge::Challenge,
    ids::{
        Action, Bind, Level, Nonce, Origin, Purpose, Question, RpNonce, SessionId, SiteKey,
        TicketId,
    },
};

use super::{
    HandoffId, Store, StoreError,
    database::{Connection, Row, query},
    fixed, from_db, parsed, to_db,
    writer::{Applied, Change},
};
use crate::clock::UnixSeconds;

/// One attempt as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The handle.
    pub id: SessionId,
    /// Verify or enrol.
    pub purpose: Purpose,
    /// The relying party.
    pub site_key: SiteKey,
    /// The page's origin; `None` until the frame claims a session that a back end minted.
    pub origin: Option<Origin>,
    /// What the resident confirms.
    pub action: Action,
    /// Never below the site's floor.
    pub level: Level,
    /// Questions beyond identity.
    pub ask: Vec<Question>,
    /// The site's one-time value.
    pub rp_nonce: Option<RpNonce>,
    /// What the answer signs for.
    pub bind: Option<Bind>,
    /// The pseudonym that the site expects.
    pub expected_sub: Option<String>,
    /// The authority's one-time value.
    pub session_nonce: Nonce,
    /// The consent text that the resident sees.
    pub consent_version: String,
    /// The ticket of an enrolment.
    pub ticket_id: Option<TicketId>,
    /// The hand-off by which a phone has this session: its answer goes to the screen that offered it.
    pub handoff: Option<HandoffId>,
    /// How far the attempt has come.
    pub state: State,
    /// The challenge, once drawn.
    pub challenge: Option<Challenge>,
    /// Not valid from this moment on.
    pub expires_at: UnixSeconds,
}

/// How far an attempt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Made by the site's back end; waits for the frame.
    Minted,
    /// Bound to a page's origin; waits for the camera.
    Open,
    /// The challenge is drawn; a sealed body is due.
    Challenged,
    /// A sealed body was taken, whatever came of it.
    Spent,
}

/// Expired and spent sessions are kept this long, so that a late request gets a clear answer.
const KEPT_AFTER_EXPIRY: u64 = 3600;

impl Store {
    /// Stores a new session.
    pub async fn add_session(&self, session: &Session) -> Result<(), StoreError> {
        let change = Add(session.clone());
        self.writer.write(change).await?;
        Ok(())
    }

    /// The session with this handle, in whatever state.
    pub async fn session(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let row = query(
            "SELECT id, purpose, site_key, origin, action, level, ask, rp_nonce, bind, expected_sub,
                    session_nonce, consent_version, ticket_id, handoff, state, challenge, expires_at
             FROM sessions WHERE id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&self.database)
        .await?;
        row.map(|row| session_of_row(&row)).transpose()
    }

    /// Binds a minted session to the page's origin; `false` if it is not waiting for that.
    pub async fn claim_session(
        &self,
        id: &SessionId,
        origin: &Origin,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let change = Claim {
            id: id.clone(),
            origin: origin.clone(),
            now,
        };
        self.writer.write(change).await
    }

    /// Stores the challenge and shortens the session's life; `false` if it is not open (any more).
    pub async fn challenge_session(
        &self,
        id: &SessionId,
        challenge: &Challenge,
        expires_at: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let challenge = parsed(serde_json::to_string(challenge), "sessions.challenge")?;
        let change = DrawChallenge {
            id: id.clone(),
            challenge,
            expires_at,
            now,
        };
        self.writer.write(change).await
    }

    /// Takes the session for one sealed body; `false` if it cannot be taken (any more).
    pub async fn spend_session(
        &self,
        id: &SessionId,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let change = Spend {
            id: id.clone(),
            now,
        };
        self.writer.write(change).await
    }

    pub(super) async fn forget_sessions(&self, now: UnixSeconds) -> Result<(), StoreError> {
        query("DELETE FROM sessions WHERE expires_at < $1")
            .bind(to_db(now.saturating_sub(KEPT_AFTER_EXPIRY)))
            .patiently()
            .execute(&self.database)
            .await?;
        Ok(())
    }
}

struct Add(Session);

impl Change for Add {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let Self(session) = self;
            let ask: Vec<&str> = session.ask.iter().map(Question::as_str).collect();
            query(
                "INSERT INTO sessions
                     (id, purpose, site_key, origin, action, level, ask, rp_nonce, bind, expected_sub,
                      session_nonce, consent_version, ticket_id, state, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            )
            .bind(session.id.as_str())
            .bind(session.purpose.as_str())
            .bind(session.site_key.as_str())
            .bind(session.origin.as_ref().map(Origin::as_str))
            .bind(session.action.as_str())
            .bind(session.level.as_str())
            .bind(parsed(serde_json::to_string(&ask), "sessions.ask")?)
            .bind(session.rp_nonce.as_ref().map(RpNonce::as_str))
            .bind(session.bind.as_ref().map(Bind::as_str))
            .bind(session.expected_sub.as_deref())
            .bind(session.session_nonce.as_bytes().as_slice())
            .bind(&session.consent_version)
            .bind(session.ticket_id.as_ref().map(TicketId::as_str))
            .bind(session.state.as_str())
            .bind(to_db(session.expires_at))
            .execute(connection)
            .await?;
            Ok(true)
        })
    }
}

struct Claim {
    id: SessionId,
    origin: Origin,
    now: UnixSeconds,
}

impl Change for Claim {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let claimed = query(
                "UPDATE sessions SET origin = $1, state = 'open'
                 WHERE id = $2 AND state = 'minted' AND expires_at > $3",
            )
            .bind(self.origin.as_str())
            .bind(self.id.as_str())
            .bind(to_db(self.now))
            .execute(connection)
            .await?;
            Ok(claimed == 1)
        })
    }
}

struct DrawChallenge {
    id: SessionId,
    /// As JSON.
    challenge: String,
    expires_at: UnixSeconds,
    now: UnixSeconds,
}

impl Change for DrawChallenge {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let challenged = query(
                "UPDATE sessions SET challenge = $1, expires_at = $2, state = 'challenged'
                 WHERE id = $3 AND state = 'open' AND expires_at > $4",
            )
            .bind(&self.challenge)
            .bind(to_db(self.expires_at))
            .bind(self.id.as_str())
            .bind(to_db(self.now))
            .execute(connection)
            .await?;
            Ok(challenged == 1)
        })
    }
}

struct Spend {
    id: SessionId,
    now: UnixSeconds,
}

impl Change for Spend {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let spent = query(
                "UPDATE sessions SET state = 'spent'
                 WHERE id = $1 AND state = 'challenged' AND expires_at > $2",
            )
            .bind(self.id.as_str())
            .bind(to_db(self.now))
            .execute(connection)
            .await?;
            Ok(spent == 1)
        })
    }
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            State::Minted => "minted",
            State::Open => "open",
            State::Challenged => "challenged",
            State::Spent => "spent",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Minted, Self::Open, Self::Challenged, Self::Spent]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

fn session_of_row(row: &Row) -> Result<Session, StoreError> {
    let text = |column: &'static str| row.try_get::<&str, _>(column);
    let optional = |column: &'static str| row.try_get::<Option<&str>, _>(column);
    let ask: Vec<Question> = parsed(serde_json::from_str(text("ask")?), "sessions.ask")?;
    let challenge = optional("challenge")?
        .map(|json| parsed(serde_json::from_str(json), "sessions.challenge"))
        .transpose()?;
    let optional_id = |column| -> Result<Option<&str>, StoreError> { Ok(optional(column)?) };
    Ok(Session {
        id: parsed(SessionId::parse(text("id")?), "sessions.id")?,
        purpose: Purpose::from_name(text("purpose")?)
            .ok_or(StoreError::Damaged("sessions.purpose"))?,
        site_key: parsed(SiteKey::parse(text("site_key")?), "sessions.site_key")?,
        origin: optional_id("origin")?
            .map(|t| parsed(Origin::parse(t), "sessions.origin"))
            .transpose()?,
        action: parsed(Action::parse(text("action")?), "sessions.action")?,
        level: Level::from_name(text("level")?).ok_or(StoreError::Damaged("sessions.level"))?,
        ask,
        rp_nonce: optional_id("rp_nonce")?
            .map(|t| parsed(RpNonce::parse(t), "sessions.rp_nonce"))
            .transpose()?,
        bind: optional_id("bind")?
            .map(|t| parsed(Bind::parse(t), "sessions.bind"))
            .transpose()?,
        expected_sub: optional("expected_sub")?.map(str::to_owned),
        session_nonce: Nonce::from_bytes(fixed(
            row.try_get("session_nonce")?,
            "sessions.session_nonce",
        )?),
        consent_version: text("consent_version")?.to_owned(),
        ticket_id: optional_id("ticket_id")?
            .map(|t| parsed(TicketId::parse(t), "sessions.ticket_id"))
            .transpose()?,
        handoff: row
            .try_get::<Option<&[u8]>, _>("handoff")?
            .map(|bytes| fixed(bytes, "sessions.handoff").map(HandoffId))
            .transpose()?,
        state: State::from_name(text("state")?).ok_or(StoreError::Damaged("sessions.state"))?,
        challenge,
        expires_at: from_db(row.try_get("expires_at")?),
    })
}
