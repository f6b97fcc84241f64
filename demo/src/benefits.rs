//! Social-security benefits: the yearly confirmation that keeps a pension running. The frame mints the
//! session; the back end names the expected pseudonym when it has the token checked. And [`coverage`]: questions beyond identity.

mod coverage;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;

use crate::accounts::{self, SignedIn, signed_in};
use crate::check::{Asked, Confirmed, Refusal, confirm};
use crate::page::{self, refused};
use crate::site::Site;

const OTHER_WAY: &str = "/counter";

/// The benefits office's table of pages.
pub(crate) fn routes(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(confirmation_form))
        .route("/confirmations", post(confirm_year))
        .route(OTHER_WAY, get(counter))
        .route("/icon.svg", get(|| async { page::icon() }))
        .route(
            "/style.css",
            get(|State(site): State<Arc<Site>>| async move { page::style(&site) }),
        )
        .route("/healthz", get(|| async { "ok" }))
        .merge(coverage::routes())
        .merge(accounts::routes())
        .with_state(site)
}

async fn confirmation_form(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let who = match signed_in(&site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let Ok(nonce) = site.visitors.issue_nonce(&who.visit) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let values = [("rp_nonce", nonce.as_str()), ("name", who.account.name)];
    page::page(
        &site,
        "Yearly confirmation",
        Some(who.account.name),
        include_str!("../pages/benefits.html"),
        &values,
    )
}

#[derive(Deserialize)]
struct Confirmation {
    #[serde(rename = "nod-response")]
    token: Option<String>,
}

async fn confirm_year(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Form(form): Form<Confirmation>,
) -> Response {
    let who = match signed_in(&site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let name = Some(who.account.name);
    let asked = Asked {
        action: site.action,
        bind: None,
    };
    if let Err(refusal) = confirmed_owner(&site, &who, form, &asked).await {
        return refused(&site, name, refusal, OTHER_WAY);
    }
    let Ok(number) = page::number("SSO") else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let values = [("number", number.as_str()), ("name", who.account.name)];
    page::page(
        &site,
        "Confirmed",
        name,
        include_str!("../pages/benefits-receipt.html"),
        &values,
    )
}

/// A yes for what was asked, about the account's owner: the first one links the pseudonym to the account, which the sign-in proved.
async fn confirmed_owner(
    site: &Site,
    who: &SignedIn,
    form: Confirmation,
    asked: &Asked<'_>,
) -> Result<Confirmed, Refusal> {
    // A yes about anybody else comes back as no.
    let expected = site.visitors.linked(who.account);
    let confirmed = confirm(site, &who.visit, form.token, asked, expected).await?;
    let sub = confirmed.sub.as_deref();
    match sub.is_some_and(|sub| site.visitors.link(who.account, sub)) {
        true => Ok(confirmed),
        false => Err(Refusal::NotConfirmed),
    }
}

async fn counter(State(site): State<Arc<Site>>) -> Response {
    page::page(
        &site,
        "Confirm at an office",
        None,
        include_str!("../pages/benefits-counter.html"),
        &[],
    )
}
