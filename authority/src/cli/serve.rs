//! `nod-authority serve`.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use tokio::net::TcpListener;

use crate::{clock::SystemClock, cohorts, server, state::Authority, telemetry};

pub(super) async fn run(data: &Path) -> anyhow::Result<()> {
    let config = super::config(data)?;
    // Until the last line of this function is logged.
    let (_flush, lost) = telemetry::start(&config)?;
    let listen = config.listen;
    let keys = super::keys_of(data)?;
    let clock = Arc::new(SystemClock);
    let mut authority = Authority::start_with(config, data, keys, clock).await?;
    authority.lost_lines = lost;
    let authority = Arc::new(authority);
    let limits = &authority.config.limits;
    if listen.ip().is_loopback()
        && limits.trusted_proxies.is_empty()
        && !authority.config.development
    {
        tracing::warn!(
            "listening on loopback, with no `trusted_proxies` in the settings: all requests come from one address and have \
             its limit together (docs/limits.md)"
        );
    }
    let stop = server::stop_signal().await?;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    let terminal = match &authority.config.terminal {
        None => None,
        Some(terminal) => {
            let listener = TcpListener::bind(terminal.listen)
                .await
                .with_context(|| format!("cannot listen on {} for terminals", terminal.listen))?;
            tracing::info!(address = %terminal.listen, origin = %terminal.origin, "terminals");
            Some(listener)
        }
    };
    let sets: Vec<String> = authority
        .sets
        .ids(authority.now())
        .into_iter()
        .map(String::from)
        .collect();
    tracing::info!(
        address = %listener.local_addr()?,
        issuer = %authority.config.issuer,
        model_sets = sets.join(","),
        development = authority.config.development,
        normalised = authority.cohorts.status().iter().all(cohorts::Status::is_normalised),
        "listening"
    );
    server::serve(authority, listener, terminal, stop).await
}
