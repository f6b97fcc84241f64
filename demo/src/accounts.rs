//! Accounts of the sites that have some. Signing in is a choice on a page: the demo is about what comes
//! after a site has proved the account in its own way.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;

use crate::page;
use crate::site::Site;

/// Somebody with an account at the court and the benefits office. At the court an attorney may act for others.
pub(crate) struct Account {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// What stands beside the name at the sign-in.
    note: &'static str,
    pub(crate) is_attorney: bool,
}

/// Residents A, B and C.
pub(crate) static ACCOUNTS: [&Account; 3] = [
    &Account {
        id: "alex",
        name: "Alex Moreno",
        note: "Resident A",
        is_attorney: false,
    },
    &Account {
        id: "bo",
        name: "Bo Lindqvist",
        note: "Resident B",
        is_attorney: false,
    },
    &Account {
        id: "charlie",
        name: "Charlie Weiss",
        note: "Resident C, attorney",
        is_attorney: true,
    },
];

/// A signed-in visit.
pub(crate) struct SignedIn {
    pub(crate) visit: String,
    pub(crate) account: &'static Account,
}

/// The pages around signing in and out.
pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/sign-in", get(ask).post(sign_in))
        .route("/sign-out", post(sign_out))
}

/// Who is signed in, or the way to the sign-in page.
pub(crate) fn signed_in(site: &Site, headers: &HeaderMap) -> Result<SignedIn, Redirect> {
    let found = site.visitors.current(headers).and_then(|visit| {
        Some(SignedIn {
            account: site.visitors.account(&visit)?,
            visit,
        })
    });
    found.ok_or_else(|| Redirect::to("/sign-in"))
}

async fn ask(State(site): State<Arc<Site>>) -> Response {
    let choices = ACCOUNTS.map(|account| {
        page::row(
            r#"<button class="choice" name="account" value="{{id}}"><strong>{{name}}</strong><span>{{note}}</span></button>"#,
            &[("id", account.id), ("name", account.name), ("note", account.note)],
        )
    });
    let body = include_str!("../pages/sign-in.html").replace("{{choices}}", &choices.concat());
    page::page(&site, "Sign in", None, &body, &[])
}

#[derive(Deserialize)]
struct Choice {
    account: String,
}

async fn sign_in(State(site): State<Arc<Site>>, Form(choice): Form<Choice>) -> Response {
    let Some(account) = ACCOUNTS
        .into_iter()
        .find(|account| account.id == choice.account)
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // A new visit with a new cookie: nothing of before the sign-in is carried over.
    match site.visitors.begin(Some(account)) {
        Ok((_, cookie)) => ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn sign_out(State(site): State<Arc<Site>>, headers: HeaderMap) -> Redirect {
    if let Some(visit) = site.visitors.current(&headers) {
        site.visitors.end(&visit);
    }
    Redirect::to("/sign-in")
}
