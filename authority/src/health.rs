//! For the operator: is the process alive, is it ready, what has it done.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use nod_protocol::ids::ModelSetId;
use serde::Serialize;

use crate::{cohorts::Status, error::Error, metrics::Gauge, router::App, store::Trouble};

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    /// `ok`, or what is the matter with it.
    database: &'static str,
    /// Whether this process and the database agree about the time.
    clock: &'static str,
    /// Whether there is a key to seal to and one that signs.
    keys: &'static str,
    draining: bool,
    /// Whether nod-evidence listens; absent where the settings name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'static str>,
    model_sets: Vec<ModelSetId>,
    /// How scores are judged, per model set.
    cohort: Vec<Status>,
}

/// GET `/healthz`: the process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// GET `/readyz`: the database answers and takes changes, its clock and ours agree, there are keys, nod-evidence listens where there is one, and nobody told the process to stop.
pub async fn readyz(State(app): State<App>) -> Response {
    let database = app.store.ping().await.err().or(app.database.lately());
    let clocks_agree = app.database.clocks_agree();
    let evidence_listens = match &app.evidence {
        Some(evidence) => Some(evidence.listens().await),
        None => None,
    };
    let (ring, now) = (app.keys.snapshot(), app.now());
    let has_keys = ring.sealing_ends(now) > now && ring.answer_key(now).is_some();
    let readiness = Readiness {
        ready: database.is_none()
            && clocks_agree
            && has_keys
            && evidence_listens != Some(false)
            && !app.is_draining(),
        database: database.map_or("ok", Trouble::as_str),
        clock: match clocks_agree {
            true => "ok",
            false => "not the database's",
        },
        keys: in_words(has_keys),
        evidence: evidence_listens.map(in_words),
        draining: app.is_draining(),
        model_sets: app.sets.ids(now),
        cohort: app.cohorts.status(),
    };
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}

fn in_words(is_there: bool) -> &'static str {
    if is_there { "ok" } else { "unavailable" }
}

/// GET `/metrics`: Prometheus' text format; asks for the bearer token of the settings, if there is one.
pub async fn metrics(State(app): State<App>, headers: HeaderMap) -> Response {
    if let Some(token) = &app.config.metrics_token {
        let given = crate::body::bearer(&headers).unwrap_or_default();
        if !token.matches(given) {
            return Error::WrongMetricsToken.into_response();
        }
    }
    let database = app.store.ping().await.err().or(app.database.lately());
    let gauge = |name, help, value| Gauge {
        name,
        help,
        values: vec![(String::new(), value)],
    };
    let mut gauges = vec![
        gauge(
            "nod_database_up",
            "Whether the database answers, and took the changes of the last seconds.",
            u64::from(database.is_none()),
        ),
        gauge(
            "nod_clock_difference_seconds",
            "Seconds between this process's clock and the database's, whichever is ahead.",
            app.database.clock_ahead().unsigned_abs(),
        ),
        gauge(
            "nod_log_lines_lost",
            "Log lines that could not be written since the process started.",
            app.lost_lines.count(),
        ),
    ];
    gauges.extend(key_gauges(&app));
    gauges.extend(cohort_gauges(&app.cohorts.status()));
    let text = app.metrics.render(&gauges);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

fn key_gauges(app: &App) -> [Gauge; 2] {
    let ends = app.keys.snapshot().sealing_ends(app.now());
    let gauge = |name, help, value| Gauge {
        name,
        help,
        values: vec![(String::new(), value)],
    };
    [
        gauge(
            "nod_sealing_ends_seconds",
            "When nothing can be sealed any more unless another key is made, in seconds since 1970.",
            ends,
        ),
        gauge(
            "nod_keys_stale",
            "Whether the key directory could not be loaded since it changed: older keys are in use.",
            u64::from(app.keys.is_stale()),
        ),
    ]
}

fn cohort_gauges(sets: &[Status]) -> [Gauge; 3] {
    let gauge = |name, help, value: fn(&Status) -> u64| Gauge {
        name,
        help,
        values: sets
            .iter()
            .map(|set| (format!("{{model_set=\"{}\"}}", set.model_set), value(set)))
            .collect(),
    };
    [
        gauge(
            "nod_cohort_size",
            "Templates that scores are normalised against; 0 = tightened raw threshold.",
            |set| match set.is_normalised() {
                true => u64::try_from(set.size).unwrap_or(u64::MAX),
                false => 0,
            },
        ),
        gauge(
            "nod_cohort_version",
            "Version of the newest cohort; 0 = none was drawn.",
            |set| set.version.map_or(0, u64::from),
        ),
        gauge(
            "nod_cohort_statistics_stored",
            "Whether every stored template has statistics of the cohort.",
            |set| u64::from(set.statistics_stored),
        ),
    ]
}
