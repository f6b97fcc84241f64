//! Internet café: the law of the place asks that whoever goes online is a registered resident. The café learns that they are one, and
//! not who (docs/cafe.md).
//!
//! Its screens are used by one guest after another, so it is registered as a kiosk: no lasting pseudonym, no remembered device. If a
//! court asks one day who sat there, the authority knows from the resident's receipts, and the café does not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
const SEATS: u8 = 40;
/// What a guest has paid for.
const ONLINE: Duration = Duration::from_secs(30 * 60);

struct Cafe {
    site: Arc<Site>,
    /// Until when each seat is online: all that is kept.
    seats: Mutex<BTreeMap<u8, Instant>>,
}

/// The café's table of pages.
pub(crate) fn routes(site: Arc<Site>) -> Router {
    let seats = Mutex::default();
    Router::new()
        .route("/", get(log_on_form))
        .route("/log-ons", post(log_on))
        .route(OTHER_WAY, get(desk))
        .route("/icon.svg", get(|| async { page::icon() }))
        .route("/kiosk.js", get(page::kiosk_script))
        .route(
            "/style.css",
            get(|State(cafe): State<Arc<Cafe>>| async move { page::style(&cafe.site) }),
        )
        .route("/healthz", get(|| async { "ok" }))
        .with_state(Arc::new(Cafe { site, seats }))
}

async fn log_on_form(State(cafe): State<Arc<Cafe>>) -> Response {
    let visitors = &cafe.site.visitors;
    let begun = visitors
        .begin(None)
        .and_then(|(visit, cookie)| Ok((visitors.issue_nonce(&visit)?, cookie)));
    let Ok((nonce, cookie)) = begun else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let body = include_str!("../pages/cafe.html");
    let values = [("rp_nonce", nonce.as_str())];
    let page = page::page_with_script(&cafe.site, "Go online", body, &values);
    ([(header::SET_COOKIE, cookie)], page).into_response()
}

#[derive(Deserialize)]
struct LogOn {
    seat: u8,
    #[serde(rename = "nod-response")]
    token: Option<String>,
}

async fn log_on(
    State(cafe): State<Arc<Cafe>>,
    headers: HeaderMap,
    Form(form): Form<LogOn>,
) -> Response {
    let site = &cafe.site;
    let Some(visit) = site.visitors.current(&headers) else {
        return refused(site, None, Refusal::Stale, OTHER_WAY);
    };
    if !(1..=SEATS).contains(&form.seat) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let asked = Asked {
        action: site.action,
        bind: None,
    };
    if let Err(refusal) = confirm(site, &visit, form.token, &asked, None).await {
        return refused(site, None, refusal, OTHER_WAY);
    }
    site.visitors.end(&visit);
    let taken = cafe.take(form.seat, Instant::now());
    let [seat, minutes, taken] = [u64::from(form.seat), ONLINE.as_secs() / 60, taken as u64]
        .map(|number| number.to_string());
    let values = [
        ("seat", seat.as_str()),
        ("minutes", &minutes),
        ("taken", &taken),
    ];
    let body = include_str!("../pages/cafe-online.html");
    let page = page::page(site, "You are online", None, body, &values);
    ([(header::REFRESH, "30; url=/")], page).into_response()
}

async fn desk(State(cafe): State<Arc<Cafe>>) -> Response {
    let body = include_str!("../pages/cafe-desk.html");
    page::page(&cafe.site, "At the counter", None, body, &[])
}

impl Cafe {
    /// Takes a seat; how many are taken now.
    fn take(&self, seat: u8, now: Instant) -> usize {
        let mut seats = self.seats();
        seats.retain(|_, until| *until > now);
        seats.insert(seat, now + ONLINE);
        seats.len()
    }

    fn seats(&self) -> MutexGuard<'_, BTreeMap<u8, Instant>> {
        // Every change under this lock is one call: a panic elsewhere leaves nothing half-done.
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
