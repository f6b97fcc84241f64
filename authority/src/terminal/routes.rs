//! The addresses of terminals, on an origin of their own, and those of residents' phones, on the authority's.

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    http::HeaderMap,
    middleware,
    routing::{get, post},
};

use super::{
    decide,
    messages::{DoneReply, OpenReply, PhoneReply, SignInReply, StateReply, WaitingReply},
    open, phone,
    shift::{self, By},
    state,
};
use crate::{
    body,
    error::Error,
    pages,
    router::{self, App},
    store::Operator,
    telemetry, traffic,
};

/// All that an operator's terminal can reach. It is served on another address than everything else.
pub fn router(app: App) -> Router {
    let observed = middleware::from_fn_with_state(app.clone(), telemetry::observe);
    let requests = Router::new()
        .route("/v1/terminal/sign-in", post(sign_ins))
        .route("/v1/terminal/sign-out", post(sign_outs))
        .route("/v1/terminal/enrolments", post(openings))
        .route("/v1/terminal/enrolments/{enrolment}", get(states))
        .route("/v1/terminal/enrolments/{enrolment}/issue", post(issues))
        .route("/v1/terminal/enrolments/{enrolment}/refuse", post(refusals))
        .route("/v1/terminal/revoke", post(revocations))
        .route_layer(middleware::from_fn_with_state(
            app.clone(),
            traffic::count_address,
        ))
        .layer(middleware::map_response(body::uncached));
    Router::new()
        .merge(requests)
        .merge(router::on_every_origin())
        .route("/", get(pages::terminal))
        .fallback(async || Error::NoSuchFile)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(observed)
        .with_state(app)
}

/// What the phone of somebody who enrols at a terminal asks for, beside what every enrolment does.
pub fn for_phones(app: &App) -> Router<App> {
    Router::new()
        .route("/v1/enrol/phone", post(numbers))
        .route("/v1/enrol/code", post(codes))
        .route_layer(middleware::from_fn_with_state(
            app.clone(),
            traffic::count_address,
        ))
        // Asked every other second by a screen that waits
        .route("/v1/enrol", get(waiting))
        .layer(middleware::map_response(body::uncached))
}

async fn operator(app: &App, headers: &HeaderMap, by: By) -> Result<Operator, Error> {
    shift::operator(app, body::bearer(headers), by).await
}

async fn sign_ins(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<SignInReply>, Error> {
    let request = body::json(&headers, body).await?;
    shift::sign_in(&app, request).await.map(Json)
}

async fn sign_outs(State(app): State<App>, headers: HeaderMap) -> Result<Json<DoneReply>, Error> {
    shift::sign_out(&app, body::bearer(&headers)).await?;
    Ok(Json(DoneReply { changed: true }))
}

async fn openings(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<OpenReply>, Error> {
    let operator = operator(&app, &headers, By::Operator).await?;
    let request = body::json(&headers, body).await?;
    open::open(&app, &operator, request).await.map(Json)
}

async fn states(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<StateReply>, Error> {
    let operator = operator(&app, &headers, By::Page).await?;
    state::of_enrolment(&app, &operator, &id).await.map(Json)
}

async fn issues(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<DoneReply>, Error> {
    let operator = operator(&app, &headers, By::Operator).await?;
    let request = body::json(&headers, body).await?;
    decide::issue(&app, &operator, &id, request).await.map(Json)
}

async fn refusals(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<DoneReply>, Error> {
    let operator = operator(&app, &headers, By::Operator).await?;
    decide::refuse(&app, &operator, &id).await.map(Json)
}

async fn revocations(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<DoneReply>, Error> {
    let operator = operator(&app, &headers, By::Operator).await?;
    let request = body::json(&headers, body).await?;
    open::revoke(&app, &operator, request).await.map(Json)
}

async fn numbers(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<PhoneReply>, Error> {
    let request = body::json(&headers, body).await?;
    phone::ask(&app, request).await.map(Json)
}

async fn codes(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<DoneReply>, Error> {
    let request = body::json(&headers, body).await?;
    phone::confirm(&app, request).await.map(Json)
}

async fn waiting(State(app): State<App>, headers: HeaderMap) -> Result<Json<WaitingReply>, Error> {
    state::of_phone(&app, body::bearer(&headers))
        .await
        .map(Json)
}
