//! What terminals and residents' phones send and are told. None of it is printable that holds a secret, an ID or a number.

use nod_protocol::{handoff::QrCode, ids::SessionId};
use serde::{Deserialize, Serialize};

use super::{Outcome, Portrait};

/// An operator signs in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInRequest {
    pub(super) secret: String,
}

/// The secret that the page works with from now on.
#[derive(Serialize)]
pub(super) struct SignInReply {
    pub(super) shift: String,
    pub(super) name: String,
    /// Seconds without doing anything after which it is worth nothing.
    pub(super) idle: u64,
}

/// Somebody stands before the operator.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenRequest {
    /// As on the document.
    pub(super) claimed_id: String,
}

/// What the resident's phone scans.
#[derive(Serialize)]
pub(super) struct OpenReply {
    pub(super) enrolment: String,
    /// Whether the capture will be compared with an imported photograph.
    pub(super) portrait: bool,
    pub(super) link: String,
    pub(super) qr: QrCode,
    pub(super) expires_in: u64,
}

/// How far an enrolment has come.
#[derive(Serialize)]
pub(super) struct StateReply {
    pub(super) state: Stage,
    /// Once there is a capture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) portrait: Option<Portrait>,
    pub(super) expires_in: u64,
}

/// Where an enrolment stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    /// The resident's number is not confirmed yet.
    Open,
    /// It is; the face comes next.
    Phone,
    /// The operator decides.
    Held,
    Issued,
    Refused,
    Expired,
}

/// The operator's yes, with what they have looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IssueRequest {
    /// The identity document is genuine, its number is the one typed, and it is that of the person present.
    pub(super) document_checked: bool,
    /// The face is not that of the imported photograph, and the operator has found out why.
    #[serde(default)]
    pub(super) despite_portrait: bool,
}

/// Whose credential is to end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RevokeRequest {
    pub(super) claimed_id: String,
}

#[derive(Serialize)]
pub(super) struct DoneReply {
    /// Whether anything was changed by it.
    pub(super) changed: bool,
}

/// The resident's number, typed on the phone that the ticket was given to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PhoneRequest {
    pub(super) session: SessionId,
    pub(super) number: String,
}

#[derive(Serialize)]
pub(super) struct PhoneReply {
    /// Seconds that the code is good for.
    pub(super) expires_in: u64,
    /// Codes that may still be asked for.
    pub(super) left: u32,
}

/// The code that came by message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeRequest {
    pub(super) session: SessionId,
    pub(super) code: String,
}

/// What the phone is told while it waits.
#[derive(Serialize)]
pub(super) struct WaitingReply {
    pub(super) state: Decision,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Decision {
    Waiting,
    Issued,
    Refused,
    Expired,
}

impl From<Outcome> for Decision {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Issued => Self::Issued,
            Outcome::Refused => Self::Refused,
        }
    }
}
