//! The JSON bodies of the authority's HTTP interface; errors are [`Problem`]s.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    answer::Jwk,
    challenge::{Challenge, Mode},
    codes::{Code, Next},
    context::{SessionContext, TicketContext},
    ids::{
        Action, Bind, KeyId, Level, ModelSetId, Nonce, Origin, Purpose, Question, RpNonce,
        SessionId, SiteKey, TicketId, TicketKind,
    },
    key_config::SignedKeyConfig,
};

/// `POST /v1/sessions` as the frame sends it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameSessionRequest {
    /// The relying party.
    pub sitekey: SiteKey,
    /// The page's origin as the browser told the frame.
    pub origin: Origin,
    /// Verify (default) or enrol.
    #[serde(default = "verify")]
    pub purpose: Purpose,
    /// A session that the site's back end minted; it fixes everything below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// What the resident is confirming; the site's first action if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// The level asked for; never below the site's floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The site's one-time value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rp_nonce: Option<RpNonce>,
    /// What the answer shall sign for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind: Option<Bind>,
    /// Questions beyond identity.
    #[serde(default)]
    pub ask: Vec<Question>,
    /// The enrolment ticket's code; only with purpose enrol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// `POST /v1/sessions` as a site's back end sends it, with its secret as bearer token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSessionRequest {
    /// What the resident is confirming.
    pub action: Action,
    /// The level; never below the site's floor.
    #[serde(default)]
    pub level: Option<Level>,
    /// The site's one-time value.
    #[serde(default)]
    pub rp_nonce: Option<RpNonce>,
    /// What the answer shall sign for.
    #[serde(default)]
    pub bind: Option<Bind>,
    /// Questions beyond identity.
    #[serde(default)]
    pub ask: Vec<Question>,
    /// The pseudonym that the answer must be about; a yes for anybody else is a no.
    #[serde(default)]
    pub expected_sub: Option<String>,
    /// In its place: whom the answer must be about, by an ID number that the site already holds.
    #[serde(default)]
    pub claimed_id: Option<SealedClaim>,
}

/// A claimed ID that only the authority can read ([`seal::seal_claim`](crate::seal::seal_claim)).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedClaim {
    /// The key of `/v1/keys` that it is sealed to.
    pub kid: KeyId,
    /// base64url without padding.
    pub sealed: String,
}

/// Reply to [`SiteSessionRequest`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSessionReply {
    /// For the element's `session` attribute.
    pub session: SessionId,
    /// Seconds until it is gone.
    pub expires_in: u64,
}

/// Reply to [`FrameSessionRequest`]: all that the seal is bound to, and what consent shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionReply {
    /// The session.
    pub session: SessionId,
    /// The authority's one-time value.
    pub session_nonce: Nonce,
    /// Seconds until the session is gone, if no challenge is asked for.
    pub expires_in: u64,
    /// Verify or enrol.
    pub purpose: Purpose,
    /// The relying party.
    pub sitekey: SiteKey,
    /// The page's origin.
    pub origin: Origin,
    /// What the resident is confirming.
    pub action: Action,
    /// The level asked for.
    pub level: Level,
    /// Questions beyond identity.
    pub ask: Vec<Question>,
    /// The site's one-time value.
    pub rp_nonce: Option<RpNonce>,
    /// What the answer signs for.
    pub bind: Option<Bind>,
    /// The consent text that the resident is shown.
    pub consent_version: String,
    /// The ticket, for enrolment.
    pub ticket: Option<TicketReply>,
    /// The live model sets; the widget sends an embedding for each, the first names the envelope.
    pub model_sets: Vec<ModelSetId>,
    /// What the site registered for people to read.
    pub site: SiteView,
}

/// The part of a ticket that the seal is bound to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketReply {
    /// The ticket's public name.
    pub id: TicketId,
    /// [`ClaimedId::hash_for_ticket`](crate::ids::ClaimedId::hash_for_ticket), 32 bytes base64url.
    pub claimed_id_hash: Nonce,
    /// The level it enrols for.
    pub level: Level,
    /// The consent text it was issued under.
    pub consent_version: String,
    /// Who issued it.
    pub issuer: String,
    /// What it lets its holder enrol with.
    pub kind: TicketKind,
    /// Whether an operator of a terminal waits for it: the holder's mobile number is confirmed before the capture, and the operator decides
    /// after it.
    #[serde(default)]
    pub at_terminal: bool,
}

/// `POST /v1/tickets`, with an import key as bearer token: asks for a ticket of kind
/// [`TicketKind::Portrait`] and level light.
///
/// The caller makes up the ticket's name, so that it can hash the ID with it: the ID itself stays inside the
/// seal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortraitTicketRequest {
    /// The ticket's public name; fresh for every ticket.
    pub id: TicketId,
    /// [`ClaimedId::hash_for_ticket`](crate::ids::ClaimedId::hash_for_ticket), 32 bytes base64url.
    pub claimed_id_hash: Nonce,
}

/// Its reply. No `Debug`: whoever has the code may enrol.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortraitTicketReply {
    /// For [`FrameSessionRequest::ticket`].
    pub code: String,
    /// Seconds until the ticket is gone.
    pub expires_in: u64,
}

/// What consent shows about the site, from its registration only.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteView {
    /// Display name.
    pub name: String,
    /// The action's purpose in words.
    pub purpose_text: String,
    /// Address of the way without a face.
    pub alternative: String,
    /// Whether a still capture is allowed.
    pub still: bool,
    /// Whether the aligned crops of the keyframes must travel inside the seal, as evidence; consent says so.
    pub evidence: bool,
    /// Whether the resident may have this device remembered; never at a kiosk.
    pub remember: bool,
    /// Whether this is a screen that many residents use one after another: nothing is kept, and a claim handle that is shown to
    /// the camera may stand for the ID number.
    pub kiosk: bool,
}

/// `POST /v1/devices/forget`. No `Debug`: it says who is claimed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgetDeviceRequest {
    /// The site on which the device is remembered.
    pub sitekey: SiteKey,
    /// The device's handle, 43 characters of base64url.
    pub device: String,
}

/// Its reply: the same whether the device was remembered or not.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgetDeviceReply {
    /// Always true: it is not remembered any more.
    pub forgotten: bool,
}

/// `POST /v1/sessions/{id}/challenge`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeRequest {
    /// What the resident chose.
    pub mode: Mode,
}

/// Its reply.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeReply {
    /// What to do.
    pub challenge: Challenge,
    /// Seconds left to do and send it, at most 60.
    pub expires_in: u64,
}

/// `POST /v1/test-answers`, in development: the frame of a test key asks for what its name says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestAnswerRequest {
    /// A challenged session of a test key.
    pub session: SessionId,
}

/// Reply to `POST /v1/verify`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerifyReply {
    /// The signed answer. Not there where a phone has verified for another screen: that one gets it (`handoff.rs`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Twelve digits that an operator finds a no by, whatever it was for. The frame shows them; they are not in the token, and the
    /// page is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
}

/// Reply to `POST /v1/enrol`. No `Debug`: it may hold a secret.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolReply {
    /// False while it waits for the operator of a terminal; failures are problems.
    pub enrolled: bool,
    /// The level enrolled for.
    pub level: Level,
    /// What `GET /v1/enrol` is asked with until the operator has decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<String>,
    /// Lets whoever has just enrolled bind a device key, once, within ten minutes (`kr_…`). Not after an import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_registration: Option<String>,
}

/// `POST /v1/siteverify`. No `Debug`: it holds the site's secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteverifyRequest {
    /// The site's secret.
    pub secret: String,
    /// The token that the page submitted.
    pub response: String,
    /// The pseudonym that the answer must be about.
    #[serde(default)]
    pub expected_sub: Option<String>,
}

/// Its reply. With `success` false only `error_codes` is there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteverifyReply {
    /// Whether the token is a valid, unused answer for this site; says nothing about yes or no.
    pub success: bool,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yes: Option<bool>,
    /// The page's origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What the resident confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// The site's one-time value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rp_nonce: Option<RpNonce>,
    /// What the answer signs for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind: Option<Bind>,
    /// The level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<Level>,
    /// The methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The pairwise pseudonym.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Answers to questions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<Question, bool>,
    /// Seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<u64>,
    /// Seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<u64>,
    /// [`Claims::test`](crate::answer::Claims::test): about nobody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// Codes of [`Code`]; empty with `success`.
    #[serde(default)]
    pub error_codes: Vec<String>,
}

/// Reply to `GET /v1/keys`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysReply {
    /// All published sealing keys.
    pub keys: Vec<SignedKeyConfig>,
}

/// Reply to `GET /.well-known/jwks.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JwksReply {
    /// All published answer keys.
    pub keys: Vec<Jwk>,
}

/// An error as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// `about:blank#` and the code: documents explain codes, not addresses.
    #[serde(rename = "type")]
    pub kind: String,
    /// One English sentence for developers.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The code.
    pub code: Code,
    /// Whether trying again can help.
    pub retryable: bool,
    /// What to do next.
    pub next: Next,
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self {
            kind: format!("about:blank#{}", code.as_str()),
            title: code.title(),
            status: code.status(),
            code,
            retryable: code.retryable(),
            next: code.next(),
        }
    }
}

impl SessionReply {
    /// What the widget binds its seal to, once the challenge is known.
    pub fn context(&self, challenge: &Challenge) -> SessionContext {
        SessionContext {
            purpose: self.purpose,
            site_key: self.sitekey.clone(),
            origin: self.origin.clone(),
            action: self.action.clone(),
            level: self.level,
            ask: self.ask.clone(),
            rp_nonce: self.rp_nonce.clone(),
            session_nonce: self.session_nonce,
            bind: self.bind.clone(),
            challenge: challenge.hash(),
            consent_version: self.consent_version.clone(),
            ticket: self.ticket.as_ref().map(|ticket| TicketContext {
                id: ticket.id.clone(),
                claimed_id_hash: *ticket.claimed_id_hash.as_bytes(),
                level: ticket.level,
                consent_version: ticket.consent_version.clone(),
                issuer: ticket.issuer.clone(),
                kind: ticket.kind,
            }),
        }
    }
}

fn verify() -> Purpose {
    Purpose::Verify
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn unknown_fields_and_bad_ids_are_refused() {
        let good = r#"{"sitekey":"pk_court","origin":"https://court.example.gov"}"#;
        let request: FrameSessionRequest = serde_json::from_str(good).unwrap();
        assert_eq!(request.purpose, Purpose::Verify);
        for bad in [
            r#"{"sitekey":"pk_court","origin":"https://court.example.gov","extra":1}"#,
            r#"{"sitekey":"pk_court","origin":"null"}"#,
            r#"{"sitekey":"court","origin":"https://court.example.gov"}"#,
        ] {
            assert!(
                serde_json::from_str::<FrameSessionRequest>(bad).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_problem_carries_its_code_and_what_to_do() {
        let json = serde_json::to_value(Problem::from(Code::SessionSpent)).unwrap();
        assert_eq!(json["code"], "session.spent");
        assert_eq!(json["status"], 409);
        assert_eq!(json["next"], "restart");
        assert_eq!(json["retryable"], true);
    }
}
