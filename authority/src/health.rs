//! For the operator: is the process alive, is it ready, what has it done.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use nod_protocol::ids::ModelSetId;
use serde::Serialize;

use crate::router::App;

/// How scores are judged while the authority has no cohort to normalise them against.
pub const COHORT: &str = "none, tightened raw threshold";

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    database: &'static str,
    draining: bool,
    model_sets: Vec<ModelSetId>,
    cohort: &'static str,
}

/// GET `/healthz`: the process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// GET `/readyz`: the database answers and nobody told the process to stop.
pub async fn readyz(State(app): State<App>) -> Response {
    let database_answers = app.store.ping().await.is_ok();
    let readiness = Readiness {
        ready: database_answers && !app.is_draining(),
        database: if database_answers {
            "ok"
        } else {
            "unavailable"
        },
        draining: app.is_draining(),
        model_sets: app.sets.ids(),
        cohort: COHORT,
    };
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}

/// GET `/metrics`: Prometheus' text format; asks for the bearer token of the settings, if there is one.
pub async fn metrics(State(app): State<App>, headers: HeaderMap) -> Response {
    if let Some(token) = &app.config.metrics_token {
        let given = crate::body::bearer(&headers).unwrap_or_default();
        if !token.matches(given) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
    }
    let database_answers = app.store.ping().await.is_ok();
    let text = app.metrics.render(&[
        (
            "nod_database_up",
            "Whether the database answers.",
            u64::from(database_answers),
        ),
        (
            "nod_cohort_size",
            "Templates that scores are normalised against; 0 = raw threshold.",
            0,
        ),
    ]);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
