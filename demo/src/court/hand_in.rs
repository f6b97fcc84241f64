//! The first screen: what a party hands in becomes a draft.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Multipart, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::Court;
use super::filing::{
    self, Document, Filing, LARGEST_DOCUMENT, MOST_DOCUMENTS, Matter, State as Stage,
};
use crate::accounts::{ACCOUNTS, Account, signed_in};
use crate::page;

pub(super) fn routes() -> Router<Arc<Court>> {
    let most = MOST_DOCUMENTS * LARGEST_DOCUMENT + (64 << 10);
    Router::new()
        .route("/efile", get(form).post(hand_in))
        .layer(DefaultBodyLimit::max(most))
}

#[derive(Deserialize)]
struct About {
    /// The claim that is responded to.
    answers: Option<String>,
}

async fn form(
    State(court): State<Arc<Court>>,
    headers: HeaderMap,
    Query(about): Query<About>,
) -> Response {
    let who = match signed_in(&court.site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let own = who.account;
    let option = |account: &Account, note: &str| {
        let label = format!("{}{note}", account.name);
        page::row(
            r#"<option value="{{id}}">{{label}}</option>"#,
            &[("id", account.id), ("label", &label)],
        )
    };
    let may_act = ACCOUNTS
        .into_iter()
        .filter(|party| court.registry.may_act(own, party));
    let parties = may_act.map(|party| {
        option(
            party,
            if party.id == own.id {
                ""
            } else {
                ", as their attorney"
            },
        )
    });
    let others = ACCOUNTS
        .into_iter()
        .filter(|other| !other.is_attorney && other.id != own.id);
    let others = others.map(|other| option(other, ""));
    let filings = court.registry.list(own, |filing| {
        page::row(
            r#"<li><a href="/efile/{{number}}">{{number}}</a> {{title}}, {{party}} against {{against}}</li>"#,
            &[
                ("number", &filing.number),
                ("title", &filing.title()),
                ("party", filing.party.name),
                ("against", filing.against.name),
            ],
        )
    });
    let attorneys = ACCOUNTS
        .into_iter()
        .filter(|attorney| attorney.is_attorney && attorney.id != own.id);
    let mandates = attorneys.map(|attorney| {
        page::row(
            r#"<p class="aside">Shall somebody act for you? <a href="/mandates/{{id}}">Give {{name}} a mandate</a>.</p>"#,
            &[("id", attorney.id), ("name", attorney.name)],
        )
    });
    let matter = match &about.answers {
        Some(claim) => page::row(
            r#"<p>In answer to claim <strong class="number">{{claim}}</strong></p><input type="hidden" name="answers" value="{{claim}}">"#,
            &[("claim", claim)],
        ),
        None => include_str!("../../pages/court-efile-claim.html")
            .replace("{{others}}", &others.collect::<String>()),
    };
    let body = include_str!("../../pages/court-efile.html")
        .replace("{{parties}}", &parties.collect::<String>())
        .replace("{{matter}}", &matter)
        .replace("{{mandates}}", &mandates.collect::<String>())
        .replace("{{filings}}", &filings.concat());
    page::page(
        &court.site,
        "File with documents",
        Some(own.name),
        &body,
        &[],
    )
}

/// What the form says, as it comes in.
#[derive(Default)]
struct HandedIn {
    party: String,
    against: String,
    amount: String,
    answers: Option<String>,
    documents: Vec<Document>,
}

async fn hand_in(
    State(court): State<Arc<Court>>,
    headers: HeaderMap,
    parts: Multipart,
) -> Response {
    let who = match signed_in(&court.site, &headers) {
        Ok(who) => who,
        Err(elsewhere) => return elsewhere.into_response(),
    };
    let made = match read(parts).await {
        Ok(handed_in) => draft(&court, who.account, handed_in),
        Err(fault) => Err(fault),
    };
    match made {
        Ok(number) => Redirect::to(&format!("/efile/{number}")).into_response(),
        Err(fault) => court.told(
            &who,
            StatusCode::BAD_REQUEST,
            "The filing is not complete",
            &fault,
        ),
    }
}

/// What cannot be read is said in words that the person can do something with.
async fn read(mut parts: Multipart) -> Result<HandedIn, String> {
    let broken = |_| {
        format!(
            "The form did not arrive whole, or a file is larger than {} MB.",
            LARGEST_DOCUMENT >> 20
        )
    };
    let mut handed_in = HandedIn::default();
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let (name, file) = (
            part.name().unwrap_or_default().to_owned(),
            part.file_name().map(str::to_owned),
        );
        let bytes = part.bytes().await.map_err(broken)?;
        let text = || String::from_utf8_lossy(&bytes).trim().to_owned();
        match (name.as_str(), file) {
            ("party", _) => handed_in.party = text(),
            ("against", _) => handed_in.against = text(),
            ("amount", _) => handed_in.amount = text(),
            ("answers", _) => handed_in.answers = Some(text()),
            // A browser sends an empty one where none was chosen.
            ("documents", Some(file)) if !file.is_empty() => {
                if bytes.len() > LARGEST_DOCUMENT || bytes.is_empty() {
                    return Err(format!(
                        "{file} is empty or larger than {} MB.",
                        LARGEST_DOCUMENT >> 20
                    ));
                }
                handed_in.documents.push(Document::new(
                    file.chars().take(120).collect(),
                    bytes.to_vec(),
                ));
            }
            _ => {}
        }
    }
    Ok(handed_in)
}

fn draft(court: &Court, own: &'static Account, handed_in: HandedIn) -> Result<String, String> {
    let known = |id: &str| ACCOUNTS.into_iter().find(|account| account.id == id);
    let party = known(&handed_in.party).filter(|party| court.registry.may_act(own, party));
    let party =
        party.ok_or("You can hand in for yourself, and for whoever has given you a mandate.")?;
    if !(1..=MOST_DOCUMENTS).contains(&handed_in.documents.len()) {
        return Err(format!("Please add one to {MOST_DOCUMENTS} documents."));
    }
    let (matter, against) = match handed_in.answers {
        None => {
            let cents = filing::cents(&handed_in.amount)
                .ok_or("The amount is up to 5,000, for example 250.00.")?;
            let against = known(&handed_in.against).filter(|other| other.id != party.id);
            (
                Matter::Claim(cents),
                against.ok_or("Please say whom the claim is against.")?,
            )
        }
        Some(claim) => {
            // Only the other party of a claim on record responds to it.
            let of = court.registry.read(&claim, party, |filing| {
                (filing.against.id == party.id && matches!(filing.matter, Matter::Claim(_)))
                    .then_some(filing.party)
            });
            let claimant = of
                .ok()
                .flatten()
                .ok_or("There is no such claim against this party.")?;
            (Matter::Response(claim), claimant)
        }
    };
    let number = page::number("RDC").map_err(|_| "Please try again.")?;
    let filing = Filing {
        number: number.clone(),
        by: own,
        party,
        against,
        matter,
        documents: handed_in.documents,
        state: Stage::Draft,
    };
    court
        .registry
        .add(filing)
        .map_err(|_| "The registry takes no more filings right now.")?;
    Ok(number)
}
