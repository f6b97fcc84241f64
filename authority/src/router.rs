//! Every address of the authority, in one table.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use nod_protocol::{
    envelope::MAX_BODY,
    handoff::{JoinReply, OfferReply, OpenReply, StateReply},
    http::{
        ChallengeReply, EnrolReply, ForgetDeviceReply, PortraitTicketReply, SiteverifyReply,
        VerifyReply,
    },
    ids::SessionId,
};

use crate::{
    body, challenge, credentials, devices, discovery, enrol,
    error::Error,
    gateway::{self, Within},
    handoff, health, import, me, openapi, pages, session, siteverify,
    state::Authority,
    telemetry, terminal, test_keys,
    traffic::{self, Caller},
    verify,
};

/// What every handler is given.
pub type App = Arc<Authority>;

/// The whole interface.
pub fn router(authority: App) -> Router {
    let observed = middleware::from_fn_with_state(authority.clone(), telemetry::observe);
    let frame = for_the_frame(&authority);
    // All that can be reached through a relay.
    let within = frame
        .clone()
        .fallback(async || Error::NoSuchFile)
        .layer(observed.clone())
        .with_state(authority.clone());
    let oblivious = post(gateway::gateway)
        .layer(Extension(Within(within)))
        .route_layer(middleware::from_fn_with_state(
            authority.clone(),
            traffic::count_relay,
        ));
    Router::new()
        // For anybody
        .route("/.well-known/nod", get(discovery::well_known))
        .route("/.well-known/jwks.json", get(discovery::jwks))
        .route("/.well-known/openapi.json", get(openapi::openapi))
        // For the frame, straight or through a relay
        .merge(frame)
        // For relays
        .route("/v1/ohttp", oblivious)
        .route("/v1/ohttp-keys", get(gateway::keys))
        // For sites' back ends (and `/v1/sessions` with a secret)
        .route("/v1/siteverify", post(siteverifications))
        // For an importer of reference photographs
        .route("/v1/tickets", post(tickets))
        // For who enrols at a terminal
        .merge(terminal::for_phones(&authority))
        // For residents, about themselves
        .merge(me::routes(&authority))
        .merge(credentials::routes(&authority))
        // Pages and files
        .route("/frame/{sitekey}", get(pages::frame))
        .route("/enrol", get(pages::enrol))
        .route("/handoff", get(pages::handoff))
        .route("/me", get(pages::me))
        .route("/v1/models/{file}", get(pages::model))
        // For the operator
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .merge(on_every_origin())
        .merge(test_jwks(&authority))
        .fallback(async || Error::NoSuchFile)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(observed)
        .with_state(authority)
}

/// What operators' terminals have on their own origin too.
pub fn on_every_origin() -> Router<App> {
    Router::new()
        .route("/v1/{hash}/{*file}", get(pages::asset))
        .route("/healthz", get(health::healthz))
}

/// What the frame and a phone's page ask for, and nothing that is for anybody else: a relay's gateway has these alone.
fn for_the_frame(authority: &Arc<Authority>) -> Router<App> {
    let frame = Router::new()
        // Limited by address
        .route("/v1/sessions/{id}/challenge", post(challenges))
        .route("/v1/verify", post(verifications))
        .route("/v1/enrol", post(enrolments))
        .route("/v1/handoff", post(handoffs))
        .route("/v1/handoff/open", post(handoff_openings))
        .route("/v1/handoff/join", post(handoff_joins))
        .route("/v1/handoff/end", post(handoff_ends))
        .route("/v1/devices/forget", post(forgotten_devices))
        .route_layer(middleware::from_fn_with_state(
            authority.clone(),
            traffic::count_address,
        ))
        // Asked every other second by a screen that waits
        .route("/v1/handoff", get(handoff_states))
        .route("/v1/keys", get(discovery::keys))
        // Also for sites' back ends, with a secret; limits itself
        .route("/v1/sessions", post(sessions));
    match authority.test_keys {
        Some(_) => frame.route("/v1/test-answers", post(test_answers)),
        None => frame,
    }
}

/// What is there only in development.
fn test_jwks(authority: &Authority) -> Router<App> {
    match authority.test_keys {
        Some(_) => Router::new().route("/.well-known/test-jwks.json", get(discovery::test_jwks)),
        None => Router::new(),
    }
}

/// A site's back end proves itself with its secret and fixes the terms; the frame does neither.
async fn sessions(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    match body::bearer(&headers) {
        Some(secret) => {
            let request = body::json(&headers, body).await?;
            let minted = session::mint_for_site(&app, caller, secret, request).await?;
            Ok(Json(minted).into_response())
        }
        None => {
            traffic::by_address(&app, caller).await?;
            let request = body::json(&headers, body).await?;
            Ok(Json(session::open_for_frame(&app, request).await?).into_response())
        }
    }
}

async fn challenges(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ChallengeReply>, Error> {
    let Path(id) = id.map_err(|_| Error::SessionUnknown)?;
    let id = SessionId::parse(&id).map_err(|_| Error::SessionUnknown)?;
    let request = body::json(&headers, body).await?;
    challenge::draw(&app, &id, request).await.map(Json)
}

async fn verifications(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<VerifyReply>, Error> {
    let arrived = app.now();
    let body = body::sealed(&headers, body, app.verify_limit()).await?;
    verify::verify(&app, &body, arrived).await.map(Json)
}

async fn enrolments(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<EnrolReply>, Error> {
    let arrived = app.now();
    let body = body::sealed(&headers, body, MAX_BODY).await?;
    enrol::enrol(&app, &body, arrived).await.map(Json)
}

async fn handoffs(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<OfferReply>, Error> {
    let request = body::json(&headers, body).await?;
    handoff::offer(&app, request).await.map(Json)
}

async fn handoff_openings(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<OpenReply>, Error> {
    let request = body::json(&headers, body).await?;
    handoff::open(&app, request).await.map(Json)
}

async fn handoff_joins(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<JoinReply>, Error> {
    let request = body::json(&headers, body).await?;
    let key = body::bearer(&headers);
    handoff::join(&app, key, request).await.map(Json)
}

async fn handoff_states(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let reply = handoff::state(&app, body::bearer(&headers)).await?;
    // It changes, and it may hold an answer.
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(reply)))
}

async fn handoff_ends(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<StateReply>, Error> {
    let request = body::json(&headers, body).await?;
    let key = body::bearer(&headers);
    handoff::end(&app, key, request).await.map(Json)
}

async fn forgotten_devices(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ForgetDeviceReply>, Error> {
    let request = body::json(&headers, body).await?;
    devices::forget(&app, request).await.map(Json)
}

/// The key is checked before the body is read: without one there is nothing to ask for.
async fn tickets(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<PortraitTicketReply>, Error> {
    let key = import::key_of(&app, body::bearer(&headers)).await?;
    let request = body::json(&headers, body).await?;
    import::portrait_ticket(&app, &key, request).await.map(Json)
}

async fn siteverifications(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<SiteverifyReply>, Error> {
    let request = body::json(&headers, body).await?;
    siteverify::siteverify(&app, caller, request)
        .await
        .map(Json)
}

async fn test_answers(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<VerifyReply>, Error> {
    let request = body::json(&headers, body).await?;
    test_keys::answer(&app, request).await.map(Json)
}
