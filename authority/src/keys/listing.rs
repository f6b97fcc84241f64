//! What keys there are, and where in its life each is.

use nod_protocol::ids::KeyId;
use serde::Serialize;

use super::{
    KeyError, KeySource, Span, files,
    source::{ANSWER, SEALING},
    times,
};
use crate::clock::UnixSeconds;

/// What a key is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Opens sealed bodies.
    Sealing,
    /// Signs answers.
    Answer,
}

/// Where in its life a key is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for the root's signature.
    Unsigned,
    /// Published, or ready, and not in use yet.
    Waiting,
    /// Signs, or is handed out.
    InUse,
    /// Another is in use; what this one signed or what was sealed to it is still good.
    Superseded,
    /// Of no use any more.
    Over,
}

/// A key as the operator sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Listed {
    /// Its name.
    pub kid: KeyId,
    /// What it is for.
    pub kind: Kind,
    /// Where in its life it is.
    pub state: State,
    /// It signs, or is handed out, from here.
    pub in_use_from: Option<UnixSeconds>,
    /// It is of no use from here; none is known of a key that nothing ends.
    pub until: Option<UnixSeconds>,
}

impl Kind {
    /// What its private keys' names begin with.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Sealing => SEALING,
            Self::Answer => ANSWER,
        }
    }
}

impl KeySource {
    /// All sealing and answer keys.
    pub fn list(&self, now: UnixSeconds) -> Result<Vec<Listed>, KeyError> {
        files::check_private_dir(&self.dir())?;
        let (sealing, unsigned) = self.sealing()?;
        let answers = self.answers()?;
        let waiting = unsigned.into_iter().map(|kid| Listed {
            kid,
            kind: Kind::Sealing,
            state: State::Unsigned,
            in_use_from: None,
            until: None,
        });
        let sealing = sealing.into_iter().map(|key| (key.kid, key.span)).collect();
        let answers = answers.into_iter().map(|key| (key.kid, key.span)).collect();
        let mut listed = listed_as(Kind::Sealing, sealing, now);
        listed.extend(waiting);
        listed.extend(listed_as(Kind::Answer, answers, now));
        Ok(listed)
    }
}

fn listed_as(kind: Kind, keys: Vec<(KeyId, Span)>, now: UnixSeconds) -> Vec<Listed> {
    let in_use = times::in_use(keys.iter().map(|(_, span)| *span), now);
    let keys = keys.into_iter().enumerate();
    keys.map(|(index, (kid, span))| Listed {
        kid,
        kind,
        state: match span {
            span if !span.is_known(now) => State::Over,
            _ if in_use == Some(index) => State::InUse,
            span if span.in_use_from > now => State::Waiting,
            _ => State::Superseded,
        },
        in_use_from: Some(span.in_use_from),
        until: span.until,
    })
    .collect()
}
