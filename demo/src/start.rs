//! The page that leads to everything there is in the demo. It is no relying party: it asks nobody anything and knows no secret.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::config::Config;
use crate::page;

const PAGE: &str = include_str!("../pages/start.html");
const COLOURS: &str = include_str!("../pages/start.css");

/// Where everything is.
struct Places {
    html: String,
}

/// The start page of a demo whose authority and sites are where the settings say.
pub(crate) fn routes(config: &Config) -> Router {
    let ports = &config.ports;
    let at = |label: &str, port: u16| format!("http://{label}.localhost:{port}");
    let places = [
        ("court", at("court", ports.court)),
        ("benefits", at("benefits", ports.benefits)),
        ("hotel", at("hotel", ports.hotel)),
        ("cafe", at("cafe", ports.cafe)),
        ("authority", config.authority.clone()),
        ("terminal", config.terminal.clone()),
    ];
    let values = places.each_ref().map(|(name, at)| (*name, at.as_str()));
    let html = page::row(PAGE, &values);
    Router::new()
        .route("/", get(start))
        .route("/icon.svg", get(|| async { page::icon() }))
        .route("/style.css", get(style))
        .route("/healthz", get(|| async { "ok" }))
        .with_state(Arc::new(Places { html }))
}

async fn start(State(places): State<Arc<Places>>) -> Response {
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
                  frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, places.html.clone()).into_response()
}

async fn style() -> Response {
    page::styles(COLOURS)
}
