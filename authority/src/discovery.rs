//! What anybody may know about this authority: addresses, limits, live model sets, public keys.

use axum::{Json, extract::State, http::header, response::IntoResponse};
use nod_protocol::{
    answer,
    envelope::MAX_BODY,
    http::{JwksReply, KeysReply},
    ids::ModelSetId,
};
use serde::Serialize;

use crate::{
    challenge, error::Error, handoff, keys::JWKS_MAX_AGE, router::App, session, test_keys::TestKeys,
};

/// GET `/.well-known/nod`.
#[derive(Serialize)]
pub struct Discovery {
    issuer: String,
    endpoints: Endpoints,
    limits: Limits,
    model_sets: Vec<ModelSetId>,
    languages: Vec<String>,
    /// In development only.
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<Test>,
}

/// How to use test keys.
#[derive(Serialize)]
struct Test {
    issuer: String,
    jwks: String,
    sitekeys: Vec<String>,
}

#[derive(Serialize)]
struct Endpoints {
    keys: String,
    jwks: String,
    openapi: String,
    sessions: String,
    verify: String,
    enrol: String,
    tickets: String,
    siteverify: String,
    handoff: String,
    /// For a relay's clients (docs/relay.md).
    ohttp: String,
    ohttp_keys: String,
    frame: String,
}

#[derive(Serialize)]
struct Limits {
    /// Bytes of a sealed body.
    body: usize,
    /// Of bodies for `/v1/verify`: larger where sites may ask for evidence crops.
    verify_body: usize,
    /// Seconds.
    session: u64,
    challenge: u64,
    answer: u64,
    /// From the offer until its code is typed.
    handoff: u64,
}

/// Issuer, endpoints, limits, live model sets and the languages of the frame.
pub async fn well_known(State(app): State<App>) -> Json<Discovery> {
    let at = |path: &str| format!("{}{path}", app.config.issuer);
    Json(Discovery {
        issuer: app.config.issuer.to_string(),
        endpoints: Endpoints {
            keys: at("/v1/keys"),
            jwks: at("/.well-known/jwks.json"),
            openapi: at("/.well-known/openapi.json"),
            sessions: at("/v1/sessions"),
            verify: at("/v1/verify"),
            enrol: at("/v1/enrol"),
            tickets: at("/v1/tickets"),
            siteverify: at("/v1/siteverify"),
            handoff: at("/v1/handoff"),
            ohttp: at("/v1/ohttp"),
            ohttp_keys: at("/v1/ohttp-keys"),
            frame: at("/frame/{sitekey}"),
        },
        limits: Limits {
            body: MAX_BODY,
            verify_body: app.verify_limit(),
            session: session::LIFETIME,
            challenge: challenge::LIFETIME,
            answer: answer::LIFETIME,
            handoff: handoff::LIFETIME,
        },
        model_sets: app.sets.ids(app.now()),
        languages: languages(&app).await,
        test: app.test_keys.as_ref().map(|keys| Test {
            issuer: keys.issuer().to_owned(),
            jwks: at("/.well-known/test-jwks.json"),
            sitekeys: TestKeys::site_keys(),
        }),
    })
}

/// GET `/.well-known/jwks.json`. May be kept for a while: a key is published for longer than that before it signs.
pub async fn jwks(State(app): State<App>) -> impl IntoResponse {
    let keys = app.keys.snapshot().jwks(app.now());
    let kept = format!("public, max-age={JWKS_MAX_AGE}");
    ([(header::CACHE_CONTROL, kept)], Json(JwksReply { keys }))
}

/// GET `/.well-known/test-jwks.json`, in development only.
pub async fn test_jwks(State(app): State<App>) -> Result<Json<JwksReply>, Error> {
    let keys = app.test_keys.as_ref().ok_or(Error::NoSuchFile)?.jwks();
    Ok(Json(JwksReply { keys }))
}

/// GET `/v1/keys`.
pub async fn keys(State(app): State<App>) -> impl IntoResponse {
    let keys = app.keys.snapshot().sealing_configs(app.now());
    // Nothing is to be sealed to a key that another has replaced.
    (
        [(header::CACHE_CONTROL, "no-store")],
        Json(KeysReply { keys }),
    )
}

/// The languages that the current build of the frame has strings for (`strings/<language>.ftl`).
async fn languages(app: &App) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Build {
        hash: String,
    }
    let Ok(build) = tokio::fs::read(app.config.dist.join("build.json")).await else {
        return vec![];
    };
    let Ok(build) = serde_json::from_slice::<Build>(&build) else {
        return vec![];
    };
    let strings = app.config.dist.join("v1").join(build.hash).join("strings");
    let Ok(mut entries) = tokio::fs::read_dir(strings).await else {
        return vec![];
    };
    let mut languages = Vec::new();
    while let Ok(Some(entry)) = entries.next_entry().await {
        let name = entry.file_name();
        let language = name.to_str().and_then(|name| name.strip_suffix(".ftl"));
        languages.extend(language.map(str::to_owned));
    }
    languages.sort();
    languages
}
