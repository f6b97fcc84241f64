//! The gateway of Oblivious HTTP (RFC 9458): opens what a relay has carried, has it answered as if it had come straight, and
//! seals the answer (docs/relay.md).
//!
//! What is inside reaches the frame's own endpoints and nothing else: the gateway has a router of them alone. It goes in
//! without an address, so that it is not limited by one (whoever carries it is, and a relay has limits of its own for whom it
//! carries for: `traffic::count_relay`), and without any header but the two that those endpoints read.
//!
//! A request that is sent twice (RFC 9458 §6.5) is opened twice. That is no danger here, because what it asks for counts
//! once: a session has one challenge, one answer and one hand-off that is joined, a ticket one enrolment. Whoever sends it
//! again cannot read the reply. So nothing is remembered of requests, and a client's clock need not be right.

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, Method, Request, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use nod_protocol::{
    bhttp::{self, Field},
    http::Problem,
    ohttp::{self, Answering, KEYS_TYPE, RESPONSE_TYPE, RequestError, STEP},
};
use tower::ServiceExt;
use zeroize::Zeroizing;

use crate::{body, error::Error, metrics::Counter, router::App, state::Authority};

/// The frame's endpoints, which requests inside can reach.
#[derive(Clone)]
pub struct Within(pub Router);

/// The paths whose requests carry a secret of their own. `/v1/sessions` takes one too: that of a site's back end, which has
/// no business behind a relay.
const WITH_SECRET: &str = "/v1/handoff";
/// Fields of a response that go back.
const TOLD: [header::HeaderName; 3] = [
    header::CONTENT_TYPE,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
];
/// Bytes of a response; the largest is the picture of a hand-off's link.
const MAX_RESPONSE: usize = 256 * 1024;

/// POST `/v1/ohttp`. What is wrong before the seal is open is told in the open, everything else inside the reply (§5.2).
pub async fn gateway(
    State(app): State<App>,
    Extension(within): Extension<Within>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let limit = app.verify_limit() + 3 * STEP;
    let message = body::oblivious(&headers, body, limit).await?;
    let (request, answering) = match open(&app, &message) {
        Ok(opened) => opened,
        Err(error) => {
            app.metrics.count(Counter::Oblivious, "refused");
            return refusal(error);
        }
    };
    app.metrics.count(Counter::Oblivious, "opened");
    let response = match bhttp::Request::decode(&request) {
        Ok(request) => answer(&app, within.0, request).await?,
        Err(bhttp::Malformed) => only(StatusCode::BAD_REQUEST),
    };
    let sealed = answering.encapsulate(&response.encode(STEP))?;
    let told = [
        (header::CONTENT_TYPE, RESPONSE_TYPE),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((told, sealed).into_response())
}

/// GET `/v1/ohttp-keys`, for any client of Oblivious HTTP. The frame takes the same key from `/v1/keys`, where it is signed.
pub async fn keys(State(app): State<App>) -> impl IntoResponse {
    let keys = app.keys.snapshot().gateway_keys(app.now());
    let told = [
        (header::CONTENT_TYPE, KEYS_TYPE),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (told, ohttp::encode_keys(&keys))
}

/// With whichever key of that identifier opens it: identifiers have one byte, and two keys may share one.
fn open(app: &Authority, message: &[u8]) -> Result<(Zeroizing<Vec<u8>>, Answering), RequestError> {
    let id = ohttp::key_id_of(message)?;
    let ring = app.keys.snapshot();
    let mut keys = ring.gateway(id, app.now());
    keys.find_map(|key| key.open_oblivious(message).ok())
        .ok_or(RequestError::DoesNotOpen)
}

/// §5.3: the client is to fetch the keys again, unless what it sent is no request.
fn refusal(error: RequestError) -> Result<Response, Error> {
    if error == RequestError::Malformed {
        return Err(Error::MalformedRequest("not an encapsulated request"));
    }
    let mut problem = Problem::from(Error::UnknownKey.code());
    problem.kind = ohttp::KEY_PROBLEM.into();
    problem.status = 400;
    let body = serde_json::to_vec(&problem).map_err(|_| Error::Internal("a problem is JSON"))?;
    let told = [(header::CONTENT_TYPE, "application/problem+json")];
    tracing::info!(detail = %error, "oblivious request refused");
    Ok((StatusCode::BAD_REQUEST, told, body).into_response())
}

/// Has the frame's endpoints answer.
async fn answer(
    app: &Authority,
    within: Router,
    request: bhttp::Request,
) -> Result<bhttp::Response, Error> {
    let target = format!("{}://{}", request.scheme, request.authority);
    if target != app.config.issuer.as_str() {
        // RFC 9110 §15.5.20: a request for somebody else.
        return Ok(only(StatusCode::MISDIRECTED_REQUEST));
    }
    let Some(request) = inner(request) else {
        return Ok(only(StatusCode::BAD_REQUEST));
    };
    let Ok(response) = within.oneshot(request).await;
    let (parts, body) = response.into_parts();
    let content = to_bytes(body, MAX_RESPONSE)
        .await
        .map_err(|_| Error::Internal("a response is too large for the gateway"))?;
    let fields = TOLD.iter().filter_map(|name| {
        let value = parts.headers.get(name)?;
        Some(Field {
            name: name.as_str().to_owned(),
            value: value.as_bytes().to_owned(),
        })
    });
    Ok(bhttp::Response {
        status: parts.status.as_u16(),
        fields: fields.collect(),
        content: content.to_vec(),
    })
}

/// The request as the endpoints know it.
fn inner(request: bhttp::Request) -> Option<Request<Body>> {
    let uri: Uri = request.path.parse().ok()?;
    // The path alone: no address that names a host of its own.
    if uri.authority().is_some() || !uri.path().starts_with('/') {
        return None;
    }
    let mut builder =
        Request::builder().method(Method::from_bytes(request.method.as_bytes()).ok()?);
    if let Some(media_type) = request.field("content-type") {
        builder = builder.header(header::CONTENT_TYPE, media_type);
    }
    if let Some(secret) = request.field("authorization")
        && uri.path().starts_with(WITH_SECRET)
    {
        builder = builder.header(header::AUTHORIZATION, secret);
    }
    builder.uri(uri).body(Body::from(request.content)).ok()
}

fn only(status: StatusCode) -> bhttp::Response {
    bhttp::Response {
        status: status.as_u16(),
        fields: vec![],
        content: vec![],
    }
}
