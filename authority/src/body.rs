//! Request bodies, read under the limit and only in the media type that an endpoint takes; and replies that nobody keeps.

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use nod_protocol::{
    envelope::{MAX_BODY, MEDIA_TYPE},
    ohttp::REQUEST_TYPE,
};
use serde::de::DeserializeOwned;

use crate::error::Error;

/// A sealed body of at most `limit` bytes. The media type is not one that a plain form can send, so other sites' pages cannot
/// post here without the browser asking first (CORS preflight), which is never granted.
pub async fn sealed(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Error> {
    if !has_media_type(headers, MEDIA_TYPE) {
        return Err(Error::WrongMediaType);
    }
    limited(body, limit).await
}

/// An encapsulated request (RFC 9458) of at most `limit` bytes.
pub async fn oblivious(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Error> {
    if !has_media_type(headers, REQUEST_TYPE) {
        return Err(Error::WrongMediaType);
    }
    limited(body, limit).await
}

/// A JSON body; unknown fields are refused by the type.
pub async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Error> {
    if !has_media_type(headers, "application/json") {
        return Err(Error::MalformedRequest("expected application/json"));
    }
    let bytes = limited(body, MAX_BODY).await?;
    // The parser's message can repeat what was sent: it goes nowhere.
    serde_json::from_slice(&bytes).map_err(|_| Error::MalformedRequest("not the expected JSON"))
}

/// The bearer token of the request (RFC 6750 §2.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A reply that is about somebody, or changes: no cache keeps it.
pub async fn uncached(mut response: Response) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

async fn limited(body: Body, limit: usize) -> Result<Bytes, Error> {
    // A body that breaks off has nobody left to tell, so the limit is the one error that matters.
    to_bytes(body, limit).await.map_err(|_| Error::BodyTooLarge)
}

fn has_media_type(headers: &HeaderMap, wanted: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(wanted))
}
