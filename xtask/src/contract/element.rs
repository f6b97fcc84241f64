//! What `<nod-verify>` takes and tells: the one list of its attributes, events and own codes.

use super::codes::Code;

/// An attribute.
pub(super) struct Attribute {
    pub(super) name: &'static str,
    /// TypeScript type of its text.
    pub(super) kind: &'static str,
    /// Markdown.
    pub(super) text: &'static str,
}

/// An event, without the `nod-` before its name.
pub(super) struct Event {
    pub(super) name: &'static str,
    pub(super) when: When,
    /// What of [`DETAIL`] is always there, besides `attempt`.
    pub(super) detail: &'static [&'static str],
    /// Markdown.
    pub(super) text: &'static str,
}

/// Where in an attempt an event stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// The element says it itself, whatever the frame says.
    Own,
    /// On the way; the frame says it.
    Passing,
    /// Ends the attempt.
    Terminal,
}

/// A key of an event's detail with its TypeScript type.
pub(super) const DETAIL: [(&str, &str, &str); 7] = [
    (
        "attempt",
        "number",
        "Counts the attempts of this element, from 1.",
    ),
    (
        "code",
        "NodCode",
        "What happened, for a program: docs/troubleshooting.md explains each.",
    ),
    (
        "retryable",
        "boolean",
        "Whether the same person can try again.",
    ),
    ("next", "NodNext", "What would help."),
    ("progress", "number", "0 to 1."),
    (
        "token",
        "string",
        "The signed answer, for the site's server.",
    ),
    (
        "yes",
        "boolean",
        "A hint for the page; the site's server checks the token.",
    ),
];

pub(super) const ATTRIBUTES: [Attribute; 18] = [
    attribute("sitekey", "string", "required: the site's public key"),
    attribute(
        "session",
        "string",
        "a session that your server minted; it fixes `action`, `rp-nonce`, `bind`, `level` and `ask`",
    ),
    attribute(
        "action",
        "string",
        "what is confirmed: one of the site's registered actions (default: its first)",
    ),
    attribute(
        "rp-nonce",
        "string",
        "your server's one-time value, up to 128 characters; it comes back in the answer",
    ),
    attribute(
        "bind",
        "string",
        "up to 128 characters that the answer signs for, such as the hash of a document",
    ),
    attribute(
        "level",
        "'light' | 'full'",
        "`light` or `full`, never below what the site is registered for",
    ),
    attribute(
        "ask",
        "string",
        "questions beyond identity that the site is registered for, with spaces between: `age_over_18 benefit_active:pension`",
    ),
    attribute("name", "string", "form field of the token"),
    attribute(
        "execution",
        "'render' | 'manual'",
        "`render` (default: an attempt begins as soon as the element is in the document) or `manual` (`start()`)",
    ),
    attribute(
        "lang",
        "string",
        "language of the frame (BCP 47; default: the browser's own)",
    ),
    attribute(
        "theme",
        "'auto' | 'light' | 'dark' | 'contrast'",
        "`auto` (default), `light`, `dark` or `contrast`",
    ),
    attribute(
        "camera",
        "string",
        "`user` (default), `environment` or a device id",
    ),
    attribute(
        "handoff",
        "'auto' | 'only' | 'off'",
        "`auto` (default: a phone is offered, and used where this device has no camera), `only` or `off`",
    ),
    attribute(
        "text-intro",
        "string",
        "your words for what stands above the start button: one plain line of up to 160 characters, in the resident's language. Consent, data, errors and instructions are the authority's words everywhere",
    ),
    attribute("text-start", "string", "likewise, on the start button"),
    attribute("text-done", "string", "likewise, after a yes"),
    attribute(
        "timeout",
        "string",
        "seconds after which an attempt ends with `nod-timeout` (default: none)",
    ),
    attribute(
        "authority",
        "string",
        "the authority's origin (default: where this script came from); required where the element was bundled with your own code",
    ),
];

pub(super) const EVENTS: [Event; 17] = [
    event("start", When::Own, &[], "an attempt has begun"),
    event("load", When::Own, &[], "the frame is there"),
    event("consent", When::Passing, &[], "the resident agreed"),
    event(
        "permission",
        When::Passing,
        &[],
        "the browser is asked for the camera",
    ),
    event(
        "progress",
        When::Passing,
        &["code", "retryable", "next", "progress"],
        "positioning or holding; why it takes long stays in the frame",
    ),
    event(
        "ready",
        When::Passing,
        &[],
        "a face is in place; the challenge is drawn",
    ),
    event(
        "handoff",
        When::Passing,
        &[],
        "a link to continue on a phone is shown; what ends the attempt follows as ever",
    ),
    event(
        "sealed",
        When::Passing,
        &[],
        "the camera is off, and the sealed capture on its way",
    ),
    event(
        "answer",
        When::Terminal,
        &["token", "yes"],
        "the signed answer, yes or no",
    ),
    event(
        "alternative",
        When::Terminal,
        &["code", "retryable", "next"],
        "the resident chose the way without a face",
    ),
    event(
        "denied",
        When::Terminal,
        &["code", "retryable", "next"],
        "the camera was not allowed",
    ),
    event(
        "unsupported",
        When::Terminal,
        &["code", "retryable", "next"],
        "this browser or page cannot do it",
    ),
    event(
        "timeout",
        When::Terminal,
        &["code", "retryable", "next"],
        "the time of `timeout` is over, or at a kiosk the resident has gone",
    ),
    event(
        "cancel",
        When::Terminal,
        &["code", "retryable", "next"],
        "cancelled by the resident, the page, or leaving the document",
    ),
    event(
        "error",
        When::Terminal,
        &["code", "retryable", "next"],
        "anything else that ended the attempt",
    ),
    event(
        "expired",
        When::Own,
        &["code", "retryable", "next"],
        "an earlier answer's time is over; the element's value is empty again",
    ),
    event(
        "wiped",
        When::Own,
        &[],
        "at a kiosk: everything of the resident is forgotten, the element's value too, and another attempt begins",
    ),
];

/// Codes that the element finds itself.
pub(super) const OWN_CODES: [Code; 10] = [
    Code::ConfigOriginNotAllowed,
    Code::EnvInsecureContext,
    Code::EnvUnsupported,
    Code::EnvNoWasm,
    Code::EnvPolicyBlocked,
    Code::EnvCspBlocked,
    Code::CameraNone,
    Code::UserCancelled,
    Code::NetOffline,
    Code::AnswerExpired,
];

/// Codes that the frame's scripts find; the module and the authority send the others.
pub(super) const FRAME_CODES: [Code; 26] = [
    Code::EnvInsecureContext,
    Code::EnvUnsupported,
    Code::EnvNoWasm,
    Code::EnvPolicyBlocked,
    Code::EnvCspBlocked,
    Code::EnvAssetFetch,
    Code::EnvAssetIntegrity,
    Code::EnvOutOfMemory,
    Code::CameraNone,
    Code::CameraDenied,
    Code::CameraInUse,
    Code::CameraTooSmall,
    Code::CameraEnded,
    Code::CapturePositioning,
    Code::CaptureHolding,
    Code::UserCancelled,
    Code::UserAlternative,
    Code::UserInactive,
    Code::NetOffline,
    Code::NetServer,
    Code::SessionExpired,
    Code::HandoffUnknown,
    Code::HandoffExpired,
    Code::HandoffEnded,
    Code::HandoffRefused,
    Code::HandoffFailed,
];

const fn attribute(name: &'static str, kind: &'static str, text: &'static str) -> Attribute {
    Attribute { name, kind, text }
}

const fn event(
    name: &'static str,
    when: When,
    detail: &'static [&'static str],
    text: &'static str,
) -> Event {
    Event {
        name,
        when,
        detail,
        text,
    }
}
