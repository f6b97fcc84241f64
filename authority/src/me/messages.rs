//! The JSON bodies of `/v1/me`. Times are seconds since 1970. What says who somebody is has no `Debug`.

use std::collections::BTreeMap;

use nod_protocol::{
    handoff::QrCode,
    ids::{Level, ModelSetId, SiteKey},
};
use serde::{Deserialize, Serialize};

use crate::store::{Noted, Traces};

/// `POST /v1/me/open`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenRequest {
    /// The signed answer of a verification at `pk_self` for `card`.
    pub response: String,
}

/// Its reply.
#[derive(Serialize)]
pub struct CardReply {
    /// The bearer token of all other requests here.
    pub card: String,
    /// Seconds until the card closes.
    pub expires_in: u64,
}

/// `GET /v1/me`.
#[derive(Serialize)]
pub struct Overview {
    /// The last characters of the ID, enough to know one's own.
    pub id_end: String,
    /// The level of the enrolment.
    pub level: Level,
    /// `active`, `frozen` or `revoked`.
    pub state: &'static str,
    /// When it was frozen or revoked.
    pub since: Option<u64>,
    /// Whether there is a passcode.
    pub passcode: bool,
    /// When they enrolled first.
    pub enrolled_at: u64,
    /// When the enrolment ends by itself; never, so far.
    pub expires_at: Option<u64>,
    /// The consent that was given last, and when.
    pub consent_version: String,
    /// See there.
    pub consent_at: u64,
    /// Who issued the ticket.
    pub issuer: String,
    /// One for each model set.
    pub templates: Vec<TemplateEntry>,
    /// Those that stand for the ID on a site.
    pub devices: Vec<DeviceEntry>,
    /// Device keys, which are a second factor.
    pub keys: Vec<KeyEntry>,
    /// As many as there may be.
    pub keys_kept: usize,
    /// Attempts in their name within the last 30 days that ended with no.
    pub failed_attempts: usize,
    /// Seconds that receipts are kept.
    pub receipts_kept: u64,
    /// Seconds until the card closes.
    pub expires_in: u64,
}

/// A template, without itself.
#[derive(Serialize)]
pub struct TemplateEntry {
    /// The set that made it.
    pub model_set: ModelSetId,
    /// `capture` or `portrait`.
    pub source: String,
    /// When it was made, or renewed.
    pub created_at: u64,
    /// When it ends by itself; never, so far.
    pub expires_at: Option<u64>,
    /// Whether other people's scores are normalised against it.
    pub in_cohort: bool,
}

/// A remembered device.
#[derive(Serialize)]
pub struct DeviceEntry {
    /// For [`ForgetRequest`]; of no other use.
    pub device: String,
    /// On which site it stands for the ID.
    pub sitekey: SiteKey,
    /// That site's name, as far as it is registered still.
    pub site: String,
    /// When it was remembered.
    pub since: u64,
    /// When it is forgotten by itself.
    pub until: u64,
}

/// Reply to `POST /v1/me/handle`.
#[derive(Serialize)]
pub struct HandleReply {
    /// What the picture says: `NOD1:` and 32 hexadecimal digits.
    pub handle: String,
    /// The picture, without its quiet zone.
    pub qr: QrCode,
    /// Seconds until it stands for nobody.
    pub expires_in: u64,
}

/// Reply to `GET /v1/me/handle`.
#[derive(Serialize)]
pub struct HandleStateReply {
    /// Whether there is a handle that no verification has named yet, with time left.
    pub live: bool,
}

/// A device key.
#[derive(Serialize)]
pub struct KeyEntry {
    /// For [`ForgetKeysRequest`]; of no other use.
    pub key: String,
    /// When it was bound.
    pub since: u64,
    /// The day when it was last used, at its first second (UTC).
    pub used_on: Option<u64>,
}

/// `POST /v1/me/keys/forget`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgetKeysRequest {
    /// One of them; all, if there is none.
    #[serde(default)]
    pub key: Option<String>,
}

/// `POST /v1/me/devices/forget`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgetRequest {
    /// One of them; all, if there is none.
    #[serde(default)]
    pub device: Option<String>,
}

/// `GET /v1/me/receipts?kind=answer|alert&from=0`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiptsQuery {
    /// Answers or alerts; both, if it is not there.
    #[serde(default)]
    pub kind: Option<String>,
    /// How many to pass over.
    #[serde(default)]
    pub from: usize,
}

/// Its reply: a page, the newest first.
#[derive(Serialize)]
pub struct ReceiptsReply {
    /// At most [`PAGE`](super::receipts::PAGE).
    pub receipts: Vec<Noted>,
    /// How many there are.
    pub total: usize,
    /// `from` of the next page, if there is one.
    pub next: Option<usize>,
}

/// The reply of what changes something: how many it changed, 0 if it was so already.
#[derive(Serialize)]
pub struct DoneReply {
    /// See there.
    pub changed: usize,
}

/// `POST /v1/me/erase`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EraseRequest {
    /// The word `erase`: no request does this by mistake.
    pub confirm: String,
}

/// Its reply.
#[derive(Serialize)]
pub struct EraseReply {
    /// `true`.
    pub erased: bool,
    /// What the erasure has left in the database's files (docs/database.md); `later` if they are still being cleared.
    pub traces: &'static str,
}

/// `POST /v1/me/export`: everything that is held.
#[derive(Serialize)]
pub struct Export {
    /// The form of this file.
    pub format: &'static str,
    /// When it was made.
    pub exported_at: u64,
    /// Whose records these are.
    pub authority: String,
    /// See there.
    pub authority_name: String,
    /// The ID that they are under.
    pub claimed_id: String,
    /// As on the card.
    #[serde(flatten)]
    pub overview: Overview,
    /// The mobile number that was given at a terminal, if one was.
    pub phone: Option<String>,
    /// What questions are answered from, if anything.
    pub attributes: Option<AttributesEntry>,
    /// What is held that cannot be written here, and why.
    pub not_included: [NotIncluded; 3],
    /// Captures that are remembered so that none counts twice.
    pub recent_captures: u64,
    /// Failed attempts in a row that are counted now, by site.
    pub failures_in_a_row: Vec<Failures>,
    /// Every receipt and alert, the newest first.
    pub receipts: Vec<Noted>,
}

/// A record as it was given (docs/questions.md).
#[derive(Serialize)]
pub struct AttributesEntry {
    /// When the operator gave it.
    pub given_at: u64,
    /// `1990-02-28`.
    pub date_of_birth: Option<String>,
    /// By category, as far as anything is known.
    pub insurance: BTreeMap<&'static str, CoverEntry>,
}

/// One category of it.
#[derive(Serialize)]
pub struct CoverEntry {
    /// Whether they are insured.
    pub active: Option<bool>,
    /// `2026-10`.
    pub paid_until: Option<String>,
}

/// Something that is held and not written out.
#[derive(Serialize)]
pub struct NotIncluded {
    /// What.
    pub what: &'static str,
    /// Why.
    pub why: &'static str,
}

/// Failed attempts on one site.
#[derive(Serialize)]
pub struct Failures {
    /// Which site.
    pub sitekey: SiteKey,
    /// How many since the last yes.
    pub failures: u32,
    /// Attempts before this are answered no.
    pub not_before: u64,
}

/// How [`Traces`] are written.
pub(super) fn traces(traces: Traces) -> &'static str {
    match traces {
        Traces::None => "none",
        Traces::InTheLog => "in_log",
        Traces::UntilReused => "until_reused",
    }
}
