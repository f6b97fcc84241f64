//! Log lines: route, status and time. Never an address, a header, a path with a site in it, or a length.

use std::time::{Duration, Instant};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{error::Error, settings::Settings};

/// From the first byte of a request's body to the reply's.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(45);

/// Sends log lines to the standard error. Call once per process.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|_| anyhow::anyhow!("--log is not a valid filter"))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    if settings.log_json {
        registry.with(lines.json()).try_init()?;
    } else {
        registry.with(lines).try_init()?;
    }
    Ok(())
}

/// Gives every request a time limit and a log line.
pub(crate) async fn observe(path: Option<MatchedPath>, request: Request, next: Next) -> Response {
    // The route's pattern: a frame's path names the site that somebody visits.
    let route = path.as_ref().map_or("(none)", MatchedPath::as_str);
    let route = route.to_owned();
    let started = Instant::now();
    let response = match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::TimedOut.into_response(),
    };
    let status = response.status().as_u16();
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(route, status, millis, "answered");
    response
}
