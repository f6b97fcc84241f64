//! The addresses for whoever has just enrolled. Those of an opened card are beside the card's (`me/routes.rs`).

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    middleware,
    response::Response,
    routing::post,
};

use super::{RegisterReply, RegistrationReply, RegistrationRequest, options, register};
use crate::{body, error::Error, router::App, traffic};

/// Both, limited by address; what they reply is kept by no cache.
pub fn routes(app: &App) -> Router<App> {
    Router::new()
        .route("/v1/enrol/key/options", post(begun))
        .route("/v1/enrol/key", post(registered))
        .route_layer(middleware::from_fn_with_state(
            app.clone(),
            traffic::count_address,
        ))
        .layer(middleware::map_response(uncached))
}

async fn uncached(mut response: Response) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

async fn begun(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<RegistrationReply>, Error> {
    let request: RegistrationRequest = body::json(&headers, body).await?;
    options(&app, &request.registration).await.map(Json)
}

async fn registered(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<RegisterReply>, Error> {
    let request = body::json(&headers, body).await?;
    register(&app, request, None).await.map(Json)
}
