//! Mandates: a party lets an attorney act for them, which is confirmed like anything else.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};

use super::filing::mandate_bind;
use super::{COUNTER, Court, Token, confirmed_owner, minted};
use crate::accounts::{ACCOUNTS, Account, signed_in};
use crate::check::Asked;
use crate::page;

/// What the answer is for.
const GRANT: &str = "efile-mandate";

pub(super) fn routes() -> Router<Arc<Court>> {
    Router::new()
        .route("/mandates/{attorney}", get(ask))
        .route("/mandates/{attorney}/grant", post(grant))
}

fn attorney(id: &str) -> Option<&'static Account> {
    ACCOUNTS
        .into_iter()
        .find(|account| account.is_attorney && account.id == id)
}

async fn ask(
    State(court): State<Arc<Court>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let who = match signed_in(&court.site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let Some(attorney) = attorney(&id).filter(|attorney| attorney.id != who.account.id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let name = Some(who.account.name);
    if court.registry.may_act(attorney, who.account) {
        let values = [("attorney", attorney.name)];
        return page::page(
            &court.site,
            "Mandate",
            name,
            include_str!("../../pages/court-mandate-given.html"),
            &values,
        );
    }
    let bind = mandate_bind(who.account, attorney);
    match minted(&court.site, &who, GRANT, Some(bind)).await {
        Ok(session) => {
            let values = [
                ("session", session.as_str()),
                ("step", GRANT),
                ("attorney", attorney.name),
                ("id", attorney.id),
            ];
            page::page(
                &court.site,
                "Mandate",
                name,
                include_str!("../../pages/court-mandate.html"),
                &values,
            )
        }
        Err(refusal) => page::refused(&court.site, name, refusal, COUNTER),
    }
}

async fn grant(
    State(court): State<Arc<Court>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(form): Form<Token>,
) -> Response {
    let who = match signed_in(&court.site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let Some(attorney) = attorney(&id).filter(|attorney| attorney.id != who.account.id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let bind = mandate_bind(who.account, attorney);
    let asked = Asked {
        action: GRANT,
        bind: Some(&bind),
    };
    match confirmed_owner(&court.site, &who, form, &asked).await {
        Ok(_) => {
            court.registry.grant(who.account, attorney);
            Redirect::to(&format!("/mandates/{}", attorney.id)).into_response()
        }
        Err(refusal) => page::refused(&court.site, Some(who.account.name), refusal, COUNTER),
    }
}
