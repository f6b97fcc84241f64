//! Hotel check-in: no accounts. A yes by any enrolled resident for this very page view is what the law of
//! the land asks of a guest; the hotel keeps no pseudonym.

pub(crate) mod kiosk;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;

use crate::check::{Asked, Refusal, confirm};
use crate::page::{self, refused};
use crate::site::Site;

const OTHER_WAY: &str = "/desk";

/// The hotel's table of pages.
pub(crate) fn routes(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(check_in_form))
        .route("/check-ins", post(check_in))
        .route(OTHER_WAY, get(desk))
        .route("/icon.svg", get(|| async { page::icon() }))
        .route(
            "/style.css",
            get(|State(site): State<Arc<Site>>| async move { page::style(&site) }),
        )
        .route("/healthz", get(|| async { "ok" }))
        .with_state(site)
}

async fn check_in_form(State(site): State<Arc<Site>>) -> Response {
    let begun = site
        .visitors
        .begin(None)
        .and_then(|(visit, cookie)| Ok((site.visitors.issue_nonce(&visit)?, cookie)));
    let Ok((nonce, cookie)) = begun else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let body = page::page(
        &site,
        "Check in",
        None,
        include_str!("../pages/hotel.html"),
        &[("rp_nonce", &nonce)],
    );
    ([(header::SET_COOKIE, cookie)], body).into_response()
}

#[derive(Deserialize)]
struct Guest {
    booking: String,
    #[serde(rename = "nod-response")]
    token: Option<String>,
}

async fn check_in(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Form(guest): Form<Guest>,
) -> Response {
    let Some(visit) = site.visitors.current(&headers) else {
        return refused(&site, None, Refusal::Stale, OTHER_WAY);
    };
    let asked = Asked {
        action: site.action,
        bind: None,
    };
    if let Err(refusal) = confirm(&site, &visit, guest.token, &asked, None).await {
        return refused(&site, None, refusal, OTHER_WAY);
    }
    let Ok(number) = page::number("KEY") else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let values = [
        ("number", number.as_str()),
        ("booking", guest.booking.as_str()),
    ];
    page::page(
        &site,
        "Checked in",
        None,
        include_str!("../pages/hotel-receipt.html"),
        &values,
    )
}

async fn desk(State(site): State<Arc<Site>>) -> Response {
    page::page(
        &site,
        "At the desk",
        None,
        include_str!("../pages/hotel-desk.html"),
        &[],
    )
}
