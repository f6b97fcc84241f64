//! Continuing on a phone: the JSON bodies of `/v1/handoff` (docs/handoff.md says how they follow each other).
//!
//! The screen that the resident began at is the desk, the other one the phone. Each has a secret of its own that it sends as
//! bearer token (RFC 6750); the link's handle opens the hand-off once and nothing else. Types that hold one of these, the code
//! or an answer have no `Debug`.

use serde::{Deserialize, Serialize};

use crate::{
    codes::Code,
    http::SiteView,
    ids::{Origin, SessionId, SiteKey},
};

/// Digits of the code that the desk shows and the phone asks for.
pub const CODE_DIGITS: usize = 6;

/// `POST /v1/handoff`: the desk offers its session.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferRequest {
    /// An open session to verify, before its challenge.
    pub session: SessionId,
    /// The relay that serves the desk's frame, if one does: the phone's page is to be opened there as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<Origin>,
}

/// Its reply, for the desk alone.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferReply {
    /// The desk's secret.
    pub desk: String,
    /// What the phone opens: the handle stands behind `#`, where no server, log or Referer sees it.
    pub link: String,
    /// The link as a picture.
    pub qr: QrCode,
    /// [`CODE_DIGITS`] digits.
    pub code: String,
    /// Seconds in which the code must have been typed.
    pub expires_in: u64,
}

/// A QR code (ISO/IEC 18004) without its quiet zone.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QrCode {
    /// Modules along each side.
    pub side: usize,
    /// The dark modules as an SVG path, one unit a module.
    pub path: String,
}

/// `POST /v1/handoff/open`: the phone opens the link. This works once.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenRequest {
    /// What stood behind `#`.
    pub handle: String,
}

/// Its reply: who asks, before anything is typed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenReply {
    /// The phone's secret.
    pub phone: String,
    /// What the site registered.
    pub site: SiteView,
    /// The origin of the page that the desk is in.
    pub origin: Origin,
    /// Seconds in which the code must have been typed.
    pub expires_in: u64,
}

/// `POST /v1/handoff/join`, with the phone's secret.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinRequest {
    /// The code, as typed.
    pub code: String,
}

/// Its reply: a session of the same page, action and one-time values under another name. The desk's is spent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinReply {
    /// For [`FrameSessionRequest::session`](crate::http::FrameSessionRequest::session).
    pub session: SessionId,
    /// Of the same request.
    pub sitekey: SiteKey,
    /// Of the same request: the desk's, as its browser attested it.
    pub origin: Origin,
}

/// `POST /v1/handoff/end`, with the secret of either side.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndRequest {
    /// Why; of the desk only [`Reason::Cancelled`] is told on.
    pub reason: Reason,
}

/// Why one side ends a hand-off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The resident left.
    Cancelled,
    /// The resident chose the way without a face.
    Alternative,
    /// It cannot be finished on this phone.
    Failed,
}

/// Reply to `GET /v1/handoff`, with the secret of either side, and to `POST /v1/handoff/end`.
#[derive(Serialize)]
pub struct StateReply {
    /// How far it has come.
    pub state: HandoffState,
    /// Why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The answer: for the desk, never for the phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The number of the case, if the answer is a no: beside the token, for the desk's frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
}

/// How far a hand-off has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HandoffState {
    /// The desk shows link and code.
    Waiting,
    /// A phone has opened the link.
    Opened,
    /// The code was right: the phone has the session.
    Joined,
    /// The phone is done, and the answer waits for the desk.
    Answered,
    /// It came to nothing.
    Ended,
}

impl HandoffState {
    const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Opened,
        Self::Joined,
        Self::Answered,
        Self::Ended,
    ];

    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Opened => "opened",
            Self::Joined => "joined",
            Self::Answered => "answered",
            Self::Ended => "ended",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn states_have_one_name_in_json_and_in_the_database() {
        for state in HandoffState::ALL {
            let json = serde_json::to_value(state).unwrap();
            assert_eq!(json, state.as_str());
            assert_eq!(HandoffState::from_name(state.as_str()), Some(state));
        }
        assert_eq!(HandoffState::from_name("other"), None);
    }

    #[test]
    fn a_state_without_answer_has_no_field_for_one() {
        let reply = StateReply {
            state: HandoffState::Ended,
            code: Some(Code::HandoffRefused),
            token: None,
            case: None,
        };
        let json = serde_json::to_string(&reply).unwrap();
        assert_eq!(json, r#"{"state":"ended","code":"handoff.refused"}"#);
    }
}
