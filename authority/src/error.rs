//! What can go wrong with a request, and the one place where that becomes a problem document.
//!
//! The caller gets a stable code and what to do next (RFC 9457); the detail goes to the log only, and
//! no detail holds an ID, a passcode, an embedding or a secret.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use nod_protocol::{
    codes::Code, envelope::EnvelopeError, http::Problem, random::RandomnessUnavailable,
};

use crate::{
    evidence::Away, passcode::HashError, store::StoreError, terminal::NotSent, traffic::Limited,
};

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not the JSON that the endpoint takes.
    #[error("malformed request: {0}")]
    MalformedRequest(&'static str),
    /// No site has this back-end secret.
    #[error("unknown site secret")]
    UnknownSecret,
    /// No import key, or none that is in use.
    #[error("unknown or revoked import key")]
    UnknownImportKey,
    /// No site has this key.
    #[error("unknown site key")]
    UnknownSite,
    /// The page's origin is not registered for the site.
    #[error("origin not registered for the site")]
    OriginNotRegistered,
    /// An action, question or still capture that the site is not registered for.
    #[error("site not registered for this {0}")]
    NotRegisteredFor(&'static str),
    /// No such session, or it is not the one that this request needs.
    #[error("unknown session")]
    SessionUnknown,
    /// The session's time is over.
    #[error("session expired")]
    SessionExpired,
    /// The session was used.
    #[error("session spent")]
    SessionSpent,
    /// No hand-off has this link or secret.
    #[error("unknown hand-off")]
    HandoffUnknown,
    /// The hand-off's time is over.
    #[error("hand-off expired")]
    HandoffExpired,
    /// The hand-off's link was opened before.
    #[error("hand-off's link opened before")]
    HandoffSpent,
    /// The other side ended the hand-off, or offered another.
    #[error("hand-off ended")]
    HandoffEnded,
    /// Not the code that the desk shows.
    #[error("wrong hand-off code")]
    HandoffWrongCode,
    /// Not the code that the desk shows, for the last time.
    #[error("wrong hand-off codes, hand-off ended")]
    HandoffRefused,
    /// One session was offered too often.
    #[error("session offered to phones too often")]
    TooManyHandoffs,
    /// Over a limit on requests.
    #[error("too many requests by {limited:?}")]
    TooMany {
        /// What has the limit.
        limited: Limited,
        /// Seconds after which there may be one more.
        retry_after: u64,
    },
    /// No card is open with this token (any more).
    #[error("no open card")]
    CardClosed,
    /// No device key can be registered with this secret (any more).
    #[error("no registration of a key under way")]
    RegistrationOver,
    /// A device key that is not bound.
    #[error("device key refused: {0}")]
    KeyRefused(&'static str),
    /// Over the limit of a request body.
    #[error("body too large")]
    BodyTooLarge,
    /// Not a sealed body by its media type.
    #[error("wrong media type")]
    WrongMediaType,
    /// Not an envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The envelope names a model set that is not live.
    #[error("model set not live")]
    ModelSetNotLive,
    /// The envelope names a key that is not published (any more).
    #[error("unknown sealing key")]
    UnknownKey,
    /// The seal does not open for this session.
    #[error("seal did not open")]
    OpenFailed,
    /// No ticket, or one that never was or has run out.
    #[error("unknown or expired ticket")]
    TicketUnknown,
    /// Somebody enrolled with the ticket.
    #[error("ticket spent")]
    TicketSpent,
    /// The ticket is for another claimed ID.
    #[error("ticket for another claimed ID")]
    TicketMismatch,
    /// The claimed ID is enrolled.
    #[error("already enrolled")]
    AlreadyEnrolled,
    /// The capture or the new passcode is too poor to enrol; names of the failed checks.
    #[error("not good enough to enrol: {0}")]
    Quality(String),
    /// A terminal's ticket, and no number was confirmed.
    #[error("the holder's number is not confirmed")]
    PhoneNotConfirmed,
    /// Not a telephone number in international form.
    #[error("not a telephone number")]
    NoPhoneNumber,
    /// No more codes for this enrolment.
    #[error("no more codes for this enrolment")]
    NoMoreCodes,
    /// Not the code that was sent.
    #[error("wrong code")]
    WrongCode,
    /// The code was typed too often or too late, or none was sent.
    #[error("no code that may be typed")]
    CodeSpent,
    /// The message with the code.
    #[error(transparent)]
    NotSent(#[from] NotSent),
    /// No operator is signed in with this secret.
    #[error("no operator at work")]
    NotSignedIn,
    /// No such enrolment of this operator, or it is not at its decision.
    #[error("no enrolment to decide about")]
    NothingToDecide,
    /// Not the face of the imported photograph.
    #[error("the imported photograph shows another face")]
    PortraitDiffers,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody looks at the crops that the site asks for.
    #[error(transparent)]
    Evidence(#[from] Away),
    /// More work is waiting than the machine can do soon.
    #[error("too much work waiting")]
    Busy,
    /// The request took too long.
    #[error("request timed out")]
    TimedOut,
    /// No such file of the widget.
    #[error("no such file")]
    NoSuchFile,
    /// An address that is not asked in this way.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// No metrics token, or another one.
    #[error("wrong metrics token")]
    WrongMetricsToken,
    /// The system's random source.
    #[error(transparent)]
    Random(#[from] RandomnessUnavailable),
    /// Argon2id.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Something that cannot happen as far as this program knows; the text says what did.
    #[error("internal: {0}")]
    Internal(&'static str),
}

/// Seconds after which a busy authority may be asked again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

impl Error {
    /// The stable code: the one match from errors to what a caller sees.
    pub fn code(&self) -> Code {
        match self {
            Self::MalformedRequest(_) | Self::UnknownSecret => Code::ConfigBadSession,
            Self::UnknownImportKey => Code::ConfigBadImportKey,
            Self::UnknownSite => Code::ConfigBadSitekey,
            Self::OriginNotRegistered => Code::ConfigOriginNotAllowed,
            Self::NotRegisteredFor(_) => Code::ConfigBadAction,
            Self::SessionUnknown => Code::SessionUnknown,
            Self::SessionExpired | Self::CardClosed | Self::RegistrationOver => {
                Code::SessionExpired
            }
            Self::KeyRefused(_) => Code::EnrolKeyRefused,
            Self::SessionSpent => Code::SessionSpent,
            Self::HandoffUnknown => Code::HandoffUnknown,
            Self::HandoffExpired => Code::HandoffExpired,
            Self::HandoffSpent => Code::HandoffSpent,
            Self::HandoffEnded => Code::HandoffEnded,
            Self::HandoffWrongCode => Code::HandoffWrongCode,
            Self::HandoffRefused => Code::HandoffRefused,
            Self::TooManyHandoffs => Code::LimitDevice,
            Self::TooMany { limited, .. } => match limited {
                Limited::Address | Limited::Relay => Code::LimitAddress,
                Limited::Site => Code::LimitSite,
                Limited::Device => Code::LimitDevice,
            },
            Self::BodyTooLarge | Self::Envelope(EnvelopeError::TooLarge) => Code::SealTooLarge,
            Self::WrongMediaType
            | Self::ModelSetNotLive
            | Self::Envelope(EnvelopeError::Malformed | EnvelopeError::UnknownVersion) => {
                Code::SealMalformed
            }
            Self::UnknownKey => Code::SealUnknownKey,
            Self::OpenFailed => Code::SealOpenFailed,
            Self::TicketUnknown => Code::EnrolTicketUnknown,
            Self::TicketSpent => Code::EnrolTicketSpent,
            Self::TicketMismatch => Code::EnrolTicketMismatch,
            Self::AlreadyEnrolled => Code::EnrolExists,
            Self::Quality(_) => Code::EnrolQuality,
            Self::PhoneNotConfirmed => Code::EnrolPhone,
            Self::NoPhoneNumber => Code::EnrolNumber,
            Self::NoMoreCodes => Code::EnrolNoMoreCodes,
            Self::WrongCode => Code::EnrolWrongCode,
            Self::CodeSpent => Code::EnrolCodeSpent,
            Self::NotSent(_) => Code::EnrolNotSent,
            Self::NotSignedIn => Code::TerminalNotSignedIn,
            Self::NothingToDecide => Code::TerminalNothing,
            Self::PortraitDiffers => Code::TerminalPortrait,
            Self::Store(
                StoreError::Unavailable(_) | StoreError::GivenUp(_) | StoreError::Conflict,
            )
            | Self::Evidence(_)
            | Self::Busy => Code::NetBusy,
            Self::TimedOut => Code::NetTimeout,
            Self::NoSuchFile => Code::EnvAssetFetch,
            Self::MethodNotAllowed => Code::ConfigBadMethod,
            Self::WrongMetricsToken => Code::ConfigBadMetricsToken,
            Self::Store(_) | Self::Random(_) | Self::Hash(_) | Self::Internal(_) => Code::NetServer,
        }
    }
}

impl Error {
    /// RFC 9110 §10.2.3, in seconds.
    fn retry_after(&self) -> HeaderValue {
        match self {
            Self::TooMany { retry_after, .. } => (*retry_after).into(),
            _ => RETRY_AFTER,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let code = self.code();
        let problem = Problem::from(code);
        if problem.status >= 500 {
            tracing::error!(code = code.as_str(), detail = %self, "request failed");
        } else {
            tracing::info!(code = code.as_str(), detail = %self, "request refused");
        }
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(problem)).into_response();
        if let Self::Store(error) = &self
            && let Some(trouble) = error.trouble()
        {
            // For the counters (telemetry.rs): the response itself does not say which part is away.
            response.extensions_mut().insert(trouble);
        }
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2: a 401 says how to prove oneself.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(status.as_u16(), 429 | 503) {
            headers.insert(header::RETRY_AFTER, self.retry_after());
        }
        response
    }
}
