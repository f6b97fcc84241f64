//! A sealed request goes on to the gateway, and its sealed reply back (RFC 9458 §6.2). Whoever sent it is not said: no
//! header goes along but the media type.

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{error::Error, metrics::Count, router::App};

const REQUEST_TYPE: &str = "message/ohttp-req";
const RESPONSE_TYPE: &str = "message/ohttp-res";
/// The gateway has a limit of its own, which is lower.
const MAX_REQUEST: usize = 1024 * 1024;
const MAX_RESPONSE: usize = 512 * 1024;
/// Of a reply that is not sealed: what the frame is to do next.
const TOLD: [HeaderName; 2] = [header::CONTENT_TYPE, header::RETRY_AFTER];

/// POST `/v1/ohttp`.
pub(crate) async fn forward(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let is_sealed = |headers: &HeaderMap, wanted: &str| {
        let value = headers.get(header::CONTENT_TYPE);
        value.is_some_and(|value| value.as_bytes() == wanted.as_bytes())
    };
    if !is_sealed(&headers, REQUEST_TYPE) {
        return Err(Error::WrongMediaType);
    }
    let message = to_bytes(body, MAX_REQUEST)
        .await
        .map_err(|_| Error::TooLarge)?;
    let gateway = app.gateway.clone();
    let sent = app
        .upstream
        .post(gateway, REQUEST_TYPE, message, MAX_RESPONSE)
        .await;
    let reply = sent.inspect_err(|_| app.metrics.count(Count::Failed))?;
    app.metrics.count(Count::Forwarded);
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    if reply.status == StatusCode::OK {
        if !is_sealed(&reply.headers, RESPONSE_TYPE) {
            return Err(Error::Upstream);
        }
        let told = [(header::CONTENT_TYPE, RESPONSE_TYPE)];
        return Ok((no_store, told, reply.body).into_response());
    }
    if !reply.status.is_client_error() && !reply.status.is_server_error() {
        return Err(Error::Upstream);
    }
    // Before the seal was opened: not about what is in it.
    let mut response = (reply.status, no_store, reply.body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for name in TOLD {
        if let Some(value) = reply.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    Ok(response)
}
