//! Court e-filing. The back end mints every session: action, nonce, what the answer signs for and the expected pseudonym are fixed
//! before the page is served, and a yes can only be about the account's own resident.
//!
//! ```text
//! small claim ─ one page, no documents (here)
//! hand_in ───── documents become a draft; efile ─ signed for by their hashes, the fee, the sealed receipt, the response to it
//! mandates ──── who may act for a party
//! filing ────── what is handed in, and what answers are bound to
//! registry ──── where it is kept; receipt ─ what the party takes home
//! ```

mod efile;
mod filing;
mod hand_in;
mod mandates;
mod receipt;
mod registry;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;

pub(crate) use self::registry::Registry;
use crate::accounts::{self, SignedIn, signed_in};
use crate::authority::SessionRequest;
use crate::check::{Asked, Refusal, confirm};
use crate::page::{self, refused};
use crate::site::Site;

const COUNTER: &str = "/counter";

/// What the court's handlers share.
struct Court {
    site: Arc<Site>,
    registry: Registry,
}

/// The court's table of pages.
pub(crate) fn routes(site: Arc<Site>, registry: Registry) -> Router {
    let court = Arc::new(Court {
        site: site.clone(),
        registry,
    });
    Router::new()
        .route("/", get(claim_form))
        .route("/claims", post(file_claim))
        .route(COUNTER, get(counter))
        .route("/icon.svg", get(|| async { page::icon() }))
        .route(
            "/style.css",
            get(|State(court): State<Arc<Court>>| async move { page::style(&court.site) }),
        )
        .route("/healthz", get(|| async { "ok" }))
        .merge(hand_in::routes())
        .merge(efile::routes())
        .merge(mandates::routes())
        .with_state(court)
        .merge(accounts::routes().with_state(site))
}

/// What the form of an identity check carries.
#[derive(Deserialize)]
struct Token {
    #[serde(rename = "nod-response")]
    token: Option<String>,
}

/// A session for this visit, to be confirmed by the account's own resident once that is known.
async fn minted(
    site: &Site,
    who: &SignedIn,
    action: &'static str,
    bind: Option<String>,
) -> Result<String, Refusal> {
    let away = |error: anyhow::Error| {
        tracing::warn!(%error, "no session");
        Refusal::Away
    };
    let request = SessionRequest {
        action,
        rp_nonce: site.visitors.issue_nonce(&who.visit).map_err(away)?,
        bind,
        expected_sub: site.visitors.linked(who.account),
    };
    site.authority.mint(request).await.map_err(away)
}

/// The answer, if it is a yes about the account's owner for what was asked.
///
/// The first confirmed step links the pseudonym to the account, which the sign-in proved; from then on sessions are minted for this
/// pseudonym alone.
async fn confirmed_owner(
    site: &Site,
    who: &SignedIn,
    form: Token,
    asked: &Asked<'_>,
) -> Result<String, Refusal> {
    let confirmed = confirm(site, &who.visit, form.token, asked, None).await?;
    let is_owner = confirmed
        .sub
        .is_some_and(|sub| site.visitors.link(who.account, &sub));
    match is_owner {
        true => Ok(confirmed.token),
        false => Err(Refusal::NotConfirmed),
    }
}

async fn claim_form(State(court): State<Arc<Court>>, headers: HeaderMap) -> Response {
    let site = &court.site;
    let who = match signed_in(site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    match minted(site, &who, site.action, None).await {
        Ok(session) => {
            let values = [("session", session.as_str()), ("name", who.account.name)];
            page::page(
                site,
                "File a claim",
                Some(who.account.name),
                include_str!("../pages/court.html"),
                &values,
            )
        }
        Err(refusal) => refused(site, Some(who.account.name), refusal, COUNTER),
    }
}

#[derive(Deserialize)]
struct Claim {
    defendant: String,
    amount: String,
    #[serde(flatten)]
    answer: Token,
}

async fn file_claim(
    State(court): State<Arc<Court>>,
    headers: HeaderMap,
    Form(claim): Form<Claim>,
) -> Response {
    let site = &court.site;
    let who = match signed_in(site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let name = Some(who.account.name);
    let asked = Asked {
        action: site.action,
        bind: None,
    };
    if let Err(refusal) = confirmed_owner(site, &who, claim.answer, &asked).await {
        return refused(site, name, refusal, COUNTER);
    }
    let Ok(number) = page::number("RDC") else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let values = [
        ("number", number.as_str()),
        ("name", who.account.name),
        ("defendant", claim.defendant.as_str()),
        ("amount", claim.amount.as_str()),
    ];
    page::page(
        site,
        "Claim filed",
        name,
        include_str!("../pages/court-receipt.html"),
        &values,
    )
}

async fn counter(State(court): State<Arc<Court>>) -> Response {
    page::page(
        &court.site,
        "File at the counter",
        None,
        include_str!("../pages/court-counter.html"),
        &[],
    )
}
