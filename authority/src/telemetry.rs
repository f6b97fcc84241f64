//! Logs and request ids. A line names route, status, time and code; never an address with a session in
//! it, a header, a body or anything about a person.

mod lines;

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method},
    middleware::Next,
    response::{IntoResponse, Response},
};
use nod_protocol::random;
use tracing::Instrument;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    config::{Config, LogFormat},
    error::Error,
    metrics::Counter,
    router::App,
    store::Trouble,
};

pub use lines::{Flush, Lost};

/// Seconds that a request may take.
const REQUEST_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// Sends log lines to the standard error as the settings say, as long as the [`Flush`] is there. Call once per process.
pub fn start(config: &Config) -> anyhow::Result<(Flush, Lost)> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|_| anyhow::anyhow!("`log` in the settings is not a valid filter"))?;
    let (writer, flush) = lines::Lines::to(std::io::stderr())?;
    let lost = writer.lost();
    let lines = tracing_subscriber::fmt::layer()
        // An error in writing would be printed where nothing can be written, and that ends the process.
        .log_internal_errors(false)
        .with_writer(writer);
    let registry = tracing_subscriber::registry().with(filter);
    match config.log_format {
        LogFormat::Text => registry.with(lines).try_init()?,
        LogFormat::Json => registry.with(lines.json()).try_init()?,
    }
    Ok((flush, lost))
}

/// Gives every request an id, a time limit, a log line and a count.
pub async fn observe(
    State(app): State<App>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    // The route's pattern, not the address: session ids are in addresses.
    let route = path
        .as_ref()
        .map_or("(none)", MatchedPath::as_str)
        .to_owned();
    let method = request.method().clone();
    let id = request_id();
    let span = tracing::info_span!("request", id);
    let handled = async {
        let started = Instant::now();
        let mut response = match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Error::TimedOut.into_response(),
        };
        let status = response.status().as_u16();
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let method = known(&method);
        tracing::info!(method, route, status, millis, "answered");
        if let Some(trouble) = response.extensions().get::<Trouble>().copied() {
            app.database.had(trouble);
            app.metrics
                .count(Counter::DatabaseTroubles, trouble.as_str());
        }
        app.metrics
            .count(Counter::Requests, &format!("{method} {route} {status}"));
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-request-id", id);
        }
        response
    };
    handled.instrument(span).await
}

/// Anybody can make up methods, and each would be a line of the metrics of its own.
fn known(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "(other)",
    }
}

/// 64 random bits; a request without randomness is still served.
fn request_id() -> String {
    random::bytes::<8>().map_or_else(
        |_| "unknown".into(),
        |bytes| format!("{:016x}", u64::from_be_bytes(bytes)),
    )
}
