//! "Am I covered?": a tile for each question, each backed by a boolean that the authority signed. The office learns and shows these
//! booleans, and keeps none of them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, Router};

use super::{Confirmation, OTHER_WAY, confirmed_owner};
use crate::accounts::signed_in;
use crate::check::Asked;
use crate::page::{self, refused};
use crate::site::Site;

/// What the answer is for.
const ACTION: &str = "coverage";
/// Each question as the authority knows it, and its tile.
const QUESTIONS: [(&str, &str); 6] = [
    ("benefit_active:pension", "Pension"),
    ("benefit_active:medical", "Medical"),
    ("benefit_active:unemployment", "Unemployment"),
    ("benefit_active:maternity", "Maternity"),
    ("benefit_active:work_injury", "Work injury"),
    ("benefit_active:housing_fund", "Housing fund"),
];

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/coverage", get(ask).post(show))
}

async fn ask(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let who = match signed_in(&site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let Ok(nonce) = site.visitors.issue_nonce(&who.visit) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let ask = QUESTIONS.map(|(question, _)| question).join(" ");
    let values = [
        ("rp_nonce", nonce.as_str()),
        ("name", who.account.name),
        ("ask", &ask),
    ];
    page::page(
        &site,
        "Am I covered?",
        Some(who.account.name),
        include_str!("../../pages/benefits-coverage.html"),
        &values,
    )
}

async fn show(
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
        action: ACTION,
        bind: None,
    };
    let confirmed = match confirmed_owner(&site, &who, form, &asked).await {
        Ok(confirmed) => confirmed,
        Err(refusal) => return refused(&site, name, refusal, OTHER_WAY),
    };
    // A page may ask for less than this one did: what was not answered is not shown as if it had been.
    let tiles = QUESTIONS.map(|(question, title)| {
        let (class, words) = match confirmed.answers.get(question) {
            Some(true) => ("yes", "Yes"),
            Some(false) => ("no", "Not confirmed"),
            None => ("no", "Not asked"),
        };
        page::row(
            r#"<li class="{{class}}"><span>{{title}}</span><strong>{{words}}</strong></li>"#,
            &[("class", class), ("title", title), ("words", words)],
        )
    });
    let body =
        include_str!("../../pages/benefits-covered.html").replace("{{tiles}}", &tiles.concat());
    page::page(&site, "Your cover today", name, &body, &[])
}
