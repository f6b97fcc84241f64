//! Mandates: a party lets an attorney act for them, which is confirmed like anything else.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};

use super::filing::mandate_bind;
use super::{COUNTER, Court, Token, confirmed_owner, minted};
use crate::accounts::{ACCOUNTS, Account, SignedIn, signed_in};
use crate::check::Asked;
use crate::page;

/// What the answer is for.
const GRANT: &str = "efile-mandate";

pub(super) fn routes() -> Router<Arc<Court>> {
    Router::new()
        .route("/mandates/{attorney}", get(ask))
        .route("/mandates/{attorney}/grant", post(grant))
}

/// Who is signed in, and the attorney who is to act for them; or what to answer instead.
fn parties(
    court: &Court,
    headers: &HeaderMap,
    id: &str,
) -> Result<(SignedIn, &'static Account), Box<Response>> {
    let who = signed_in(&court.site, headers).map_err(|to| Box::new(to.into_response()))?;
    let mut others = ACCOUNTS
        .into_iter()
        .filter(|account| account.is_attorney && account.id != who.account.id);
    let attorney = others.find(|attorney| attorney.id == id);
    let attorney = attorney.ok_or_else(|| Box::new(StatusCode::NOT_FOUND.into_response()))?;
    Ok((who, attorney))
}

async fn ask(
    State(court): State<Arc<Court>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let (who, attorney) = match parties(&court, &headers, &id) {
        Ok(parties) => parties,
        Err(elsewhere) => return *elsewhere,
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
    let (who, attorney) = match parties(&court, &headers, &id) {
        Ok(parties) => parties,
        Err(elsewhere) => return *elsewhere,
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
