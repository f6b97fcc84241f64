//! The addresses under `/v1/me`. No ID and no secret stands in one.

use axum::{
    Json, Router,
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::HeaderMap,
    middleware,
    routing::{get, post},
};

use super::{
    CardReply, DoneReply, EraseReply, Export, HandleReply, HandleStateReply, OpenCard, Overview,
    ReceiptsReply, devices, erase, export, freeze, handle, keys, messages::ReceiptsQuery, open,
    overview, receipts, revoke,
};
use crate::{
    body,
    credentials::{RegisterReply, RegistrationReply},
    error::Error,
    router::App,
    traffic,
};

/// All of them, limited by address; what they reply is kept by no cache.
pub fn routes(app: &App) -> Router<App> {
    Router::new()
        .route("/v1/me", get(overviews))
        .route("/v1/me/open", post(openings))
        .route("/v1/me/close", post(closings))
        .route("/v1/me/receipts", get(receipt_pages))
        .route("/v1/me/handle", get(handle_states).post(handles))
        .route("/v1/me/devices/forget", post(forgotten_devices))
        .route("/v1/me/keys/options", post(key_options))
        .route("/v1/me/keys", post(new_keys))
        .route("/v1/me/keys/forget", post(forgotten_keys))
        .route("/v1/me/freeze", post(freezings))
        .route("/v1/me/unfreeze", post(unfreezings))
        .route("/v1/me/revoke", post(revocations))
        .route("/v1/me/export", post(exports))
        .route("/v1/me/erase", post(erasures))
        .route_layer(middleware::from_fn_with_state(
            app.clone(),
            traffic::count_address,
        ))
        .layer(middleware::map_response(body::uncached))
}

/// The card that a request is about.
async fn card(app: &App, headers: &HeaderMap) -> Result<OpenCard, Error> {
    OpenCard::of(app, body::bearer(headers)).await
}

async fn openings(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CardReply>, Error> {
    let request = body::json(&headers, body).await?;
    open::open(&app, request).await.map(Json)
}

async fn closings(State(app): State<App>, headers: HeaderMap) -> Result<Json<DoneReply>, Error> {
    let card = card(&app, &headers).await?;
    open::close(&app, &card).await?;
    Ok(Json(DoneReply { changed: 1 }))
}

async fn overviews(State(app): State<App>, headers: HeaderMap) -> Result<Json<Overview>, Error> {
    let card = card(&app, &headers).await?;
    overview::overview(&app, &card).await.map(Json)
}

async fn receipt_pages(
    State(app): State<App>,
    headers: HeaderMap,
    query: Result<Query<ReceiptsQuery>, QueryRejection>,
) -> Result<Json<ReceiptsReply>, Error> {
    let card = card(&app, &headers).await?;
    let Query(query) = query.map_err(|_| Error::MalformedRequest("kind and from"))?;
    receipts::receipts(&app, &card, query).await.map(Json)
}

async fn handles(State(app): State<App>, headers: HeaderMap) -> Result<Json<HandleReply>, Error> {
    let card = card(&app, &headers).await?;
    handle::make(&app, &card).await.map(Json)
}

async fn handle_states(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<HandleStateReply>, Error> {
    let card = card(&app, &headers).await?;
    handle::state(&app, &card).await.map(Json)
}

async fn forgotten_devices(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<DoneReply>, Error> {
    let card = card(&app, &headers).await?;
    let request = body::json(&headers, body).await?;
    devices::forget(&app, &card, request).await.map(Json)
}

async fn key_options(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<RegistrationReply>, Error> {
    let card = card(&app, &headers).await?;
    keys::options(&app, &card).await.map(Json)
}

async fn new_keys(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<RegisterReply>, Error> {
    let card = card(&app, &headers).await?;
    let request = body::json(&headers, body).await?;
    keys::register(&app, &card, request).await.map(Json)
}

async fn forgotten_keys(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<DoneReply>, Error> {
    let card = card(&app, &headers).await?;
    let request = body::json(&headers, body).await?;
    keys::forget(&app, &card, request).await.map(Json)
}

async fn freezings(State(app): State<App>, headers: HeaderMap) -> Result<Json<DoneReply>, Error> {
    let card = card(&app, &headers).await?;
    freeze::set(&app, &card, true).await.map(Json)
}

async fn unfreezings(State(app): State<App>, headers: HeaderMap) -> Result<Json<DoneReply>, Error> {
    let card = card(&app, &headers).await?;
    freeze::set(&app, &card, false).await.map(Json)
}

async fn revocations(State(app): State<App>, headers: HeaderMap) -> Result<Json<DoneReply>, Error> {
    let card = card(&app, &headers).await?;
    revoke::revoke(&app, &card).await.map(Json)
}

async fn exports(State(app): State<App>, headers: HeaderMap) -> Result<Json<Export>, Error> {
    let card = card(&app, &headers).await?;
    export::export(&app, &card).await.map(Json)
}

async fn erasures(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<EraseReply>, Error> {
    let card = card(&app, &headers).await?;
    let request = body::json(&headers, body).await?;
    erase::erase(&app, &card, request).await.map(Json)
}
