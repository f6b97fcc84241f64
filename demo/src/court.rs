//! Court e-filing. The back end mints the session: action, nonce and the expected pseudonym are fixed
//! before the page is served, and a yes can only be about the account's own resident.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;

use crate::accounts::{self, signed_in};
use crate::authority::SessionRequest;
use crate::check::{Refusal, confirm};
use crate::page::{self, refused};
use crate::site::Site;

const OTHER_WAY: &str = "/counter";

/// The court's table of pages.
pub(crate) fn routes(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(claim_form))
        .route("/claims", post(file_claim))
        .route(OTHER_WAY, get(counter))
        .route("/icon.svg", get(|| async { page::icon() }))
        .route(
            "/style.css",
            get(|State(site): State<Arc<Site>>| async move { page::style(&site) }),
        )
        .route("/healthz", get(|| async { "ok" }))
        .merge(accounts::routes())
        .with_state(site)
}

async fn claim_form(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let who = match signed_in(&site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let Ok(rp_nonce) = site.visitors.issue_nonce(&who.visit) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let expected_sub = site.visitors.linked(who.account);
    let request = SessionRequest {
        action: site.action,
        rp_nonce,
        expected_sub,
    };
    match site.authority.mint(request).await {
        Ok(session) => {
            let values = [("session", session.as_str()), ("name", who.account.name)];
            page::page(
                &site,
                "File a claim",
                Some(who.account.name),
                include_str!("../pages/court.html"),
                &values,
            )
        }
        Err(error) => {
            tracing::warn!(%error, "no session");
            refused(&site, Some(who.account.name), Refusal::Away, OTHER_WAY)
        }
    }
}

#[derive(Deserialize)]
struct Claim {
    defendant: String,
    amount: String,
    #[serde(rename = "nod-response")]
    token: Option<String>,
}

async fn file_claim(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Form(claim): Form<Claim>,
) -> Response {
    let who = match signed_in(&site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let name = Some(who.account.name);
    let confirmed = match confirm(&site, &who.visit, claim.token, None).await {
        Ok(confirmed) => confirmed,
        Err(refusal) => return refused(&site, name, refusal, OTHER_WAY),
    };
    // The first confirmed filing links the pseudonym to the account, which the sign-in proved; from
    // then on sessions are minted for this pseudonym alone.
    if !confirmed
        .sub
        .is_some_and(|sub| site.visitors.link(who.account, &sub))
    {
        return refused(&site, name, Refusal::NotConfirmed, OTHER_WAY);
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
        &site,
        "Claim filed",
        name,
        include_str!("../pages/court-receipt.html"),
        &values,
    )
}

async fn counter(State(site): State<Arc<Site>>) -> Response {
    page::page(
        &site,
        "File at the counter",
        None,
        include_str!("../pages/court-counter.html"),
        &[],
    )
}
