//! What the relay itself says no with, as problem documents (RFC 9457) in the authority's codes: the frame shows them alike.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// Why a request goes no further than this.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Error {
    /// Nothing that is served here.
    NoSuchFile,
    /// Not an encapsulated request by its media type.
    WrongMediaType,
    /// Larger than any.
    TooLarge,
    /// Its address has asked too often.
    Limited,
    /// More is under way than the authority shall have at once.
    Busy,
    /// The authority does not answer, or not as an authority does.
    Upstream,
    /// It took too long.
    TimedOut,
}

impl Error {
    /// Status, code, title, whether trying again can help, and what to do.
    fn described(self) -> (u16, &'static str, &'static str, bool, &'static str) {
        match self {
            Self::NoSuchFile => (404, "env.asset_fetch", "No such file", true, "retry"),
            Self::WrongMediaType => (
                415,
                "seal.malformed",
                "Not an encapsulated request",
                false,
                "contact_operator",
            ),
            Self::TooLarge => (
                413,
                "seal.too_large",
                "The request is too large",
                false,
                "contact_operator",
            ),
            Self::Limited => (
                429,
                "limit.address",
                "Too many requests from this address",
                true,
                "wait",
            ),
            Self::Busy => (503, "net.busy", "The relay is busy", true, "wait"),
            Self::Upstream => (
                502,
                "net.server",
                "The authority could not be reached",
                true,
                "retry",
            ),
            Self::TimedOut => (
                504,
                "net.timeout",
                "The authority did not answer in time",
                true,
                "retry",
            ),
        }
    }
}

/// Seconds after which it may be tried again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code, title, retryable, next) = self.described();
        // Words without quotes or backslashes, so this is JSON.
        let problem = format!(
            r#"{{"type":"about:blank#{code}","title":"{title}","status":{status},"code":"{code}","retryable":{retryable},"next":"{next}"}}"#
        );
        let told = [
            (header::CONTENT_TYPE, "application/problem+json"),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, told, problem).into_response();
        if matches!(status.as_u16(), 429 | 503) {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}
