//! Filing with documents, screen by screen, once it is handed in: sign → pay → receipt. Each step that counts has a session of its own, minted
//! for its action and bound to what it is about.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};

use super::filing::{Filing, Matter, State as Stage, money};
use super::registry::NotMade;
use super::{COUNTER, Court, Token, confirmed_owner, minted};
use crate::accounts::{Account, SignedIn, signed_in};
use crate::check::Asked;
use crate::page;

/// What the answer to a signature is for.
pub(super) const SUBMIT: &str = "efile-submit";
/// What the answer to a payment is for.
const PAY: &str = "efile-pay";

pub(super) fn routes() -> Router<Arc<Court>> {
    Router::new()
        .route("/efile/{number}", get(show))
        .route("/efile/{number}/{step}", post(step))
        .route("/efile/{number}/receipt", get(receipt))
        .route("/receipt-key", get(key))
}

/// What a page shows of a filing.
struct Shown {
    values: Vec<(&'static str, String)>,
    documents: String,
    /// Of the step that is due: its action and what it is bound to.
    due: Option<(&'static str, String)>,
    is_signed: bool,
    may_respond: bool,
}

async fn show(
    State(court): State<Arc<Court>>,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Response {
    let who = match signed_in(&court.site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let shown = match court
        .registry
        .read(&number, who.account, |filing| shown(filing, who.account))
    {
        Ok(shown) => shown,
        Err(not_made) => return court.not_made(&who, not_made),
    };
    let mut values = shown.values;
    let (title, body) = match (&shown.due, shown.is_signed) {
        (None, _) => (
            "Filed",
            include_str!("../../pages/court-efile-receipt.html"),
        ),
        (Some(_), false) => (
            "Sign the filing",
            include_str!("../../pages/court-efile-sign.html"),
        ),
        (Some(_), true) => (
            "Pay the fee",
            include_str!("../../pages/court-efile-pay.html"),
        ),
    };
    if let Some((action, bind)) = &shown.due {
        match minted(&court.site, &who, action, Some(bind.clone())).await {
            Ok(session) => values.extend([("session", session), ("step", (*action).to_owned())]),
            Err(refusal) => {
                return page::refused(&court.site, Some(who.account.name), refusal, COUNTER);
            }
        }
    }
    let respond = match shown.may_respond {
        true => page::row(
            r#"<a class="button" href="/efile?answers={{number}}">Respond</a>"#,
            &[("number", &number)],
        ),
        false => String::new(),
    };
    let body = body
        .replace("{{documents}}", &shown.documents)
        .replace("{{respond}}", &respond);
    let values: Vec<(&str, &str)> = values
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    page::page(&court.site, title, Some(who.account.name), &body, &values)
}

fn shown(filing: &Filing, who: &Account) -> Shown {
    let documents = filing.documents.iter().map(|document| {
        page::row(
            r#"<li>{{name}} <code>{{hash}}</code></li>"#,
            &[
                ("name", &document.name),
                ("hash", &document.hash_in_words()),
            ],
        )
    });
    let (due, is_signed) = match &filing.state {
        Stage::Draft => (Some((SUBMIT, filing.bind())), false),
        Stage::Signed { .. } => (Some((PAY, filing.fee_bind())), true),
        Stage::Filed { .. } => (None, true),
    };
    let acting = match filing.by.id == filing.party.id {
        true => String::new(),
        false => format!(", by {} as their attorney", filing.by.name),
    };
    Shown {
        values: vec![
            ("number", filing.number.clone()),
            ("matter", filing.title()),
            ("party", format!("{}{acting}", filing.party.name)),
            ("against", filing.against.name.to_owned()),
            ("fee", money(filing.fee())),
        ],
        documents: documents.collect(),
        may_respond: due.is_none()
            && who.id == filing.against.id
            && matches!(filing.matter, Matter::Claim(_)),
        due,
        is_signed,
    }
}

/// A step that an answer is needed for: by this person, for this action, about this very filing.
async fn step(
    State(court): State<Arc<Court>>,
    headers: HeaderMap,
    Path((number, step)): Path<(String, String)>,
    Form(form): Form<Token>,
) -> Response {
    let who = match signed_in(&court.site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let action = match step.as_str() {
        "sign" => SUBMIT,
        "pay" => PAY,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let bind = court
        .registry
        .read(&number, who.account, |filing| match action {
            PAY => filing.fee_bind(),
            _ => filing.bind(),
        });
    let bind = match bind {
        Ok(bind) => bind,
        Err(not_made) => return court.not_made(&who, not_made),
    };
    let asked = Asked {
        action,
        bind: Some(&bind),
    };
    let answer = match confirmed_owner(&court.site, &who, form, &asked).await {
        Ok(answer) => answer,
        Err(refusal) => {
            return page::refused(&court.site, Some(who.account.name), refusal, COUNTER);
        }
    };
    let made = match action {
        PAY => court.registry.pay(&number, who.account, answer, now()),
        _ => court.registry.sign(&number, who.account, answer, now()),
    };
    match made {
        Ok(()) => Redirect::to(&format!("/efile/{number}")).into_response(),
        Err(not_made) => court.not_made(&who, not_made),
    }
}

async fn receipt(
    State(court): State<Arc<Court>>,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Response {
    let who = match signed_in(&court.site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let sealed = court.registry.read(&number, who.account, |filing| {
        court.registry.seal.receipt(filing)
    });
    match sealed {
        Ok(Some(receipt)) => {
            let name = format!("attachment; filename=\"{number}.jws\"");
            let headers = [
                (header::CONTENT_TYPE, "application/jose".to_owned()),
                (header::CONTENT_DISPOSITION, name),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ];
            (headers, receipt).into_response()
        }
        Ok(None) => court.not_made(&who, NotMade::OutOfOrder),
        Err(not_made) => court.not_made(&who, not_made),
    }
}

async fn key(State(court): State<Arc<Court>>) -> Response {
    Json(court.registry.seal.public()).into_response()
}

impl Court {
    fn not_made(&self, who: &SignedIn, not_made: NotMade) -> Response {
        let (status, text) = match not_made {
            NotMade::Unknown => (
                StatusCode::NOT_FOUND,
                "There is no such filing among yours.",
            ),
            NotMade::OutOfOrder => (
                StatusCode::CONFLICT,
                "This step was done already, or another one comes first.",
            ),
            NotMade::Full => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The registry takes no more filings right now.",
            ),
        };
        self.told(who, status, "Nothing was done", text)
    }

    pub(super) fn told(
        &self,
        who: &SignedIn,
        status: StatusCode,
        heading: &str,
        text: &str,
    ) -> Response {
        let values = [("heading", heading), ("text", text)];
        let body = include_str!("../../pages/court-told.html");
        (
            status,
            page::page(&self.site, heading, Some(who.account.name), body, &values),
        )
            .into_response()
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
