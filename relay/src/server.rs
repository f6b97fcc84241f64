//! The listening process: accept, and stop without cutting anybody off.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::{
    router::{Relay, router},
    settings::Settings,
    telemetry,
};

/// Serves until SIGINT or SIGTERM, then lets requests under way finish for as long as the settings say.
///
/// # Errors
/// When the settings, the port or the machine's certificates cannot be used.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    telemetry::start(&settings)?;
    let (listen, limit) = (settings.listen, settings.shutdown_seconds);
    let relay = Arc::new(Relay::new(settings)?);
    let stop = stop_signal()?;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    tracing::info!(
        address = %listener.local_addr()?,
        origin = %relay.settings.origin,
        authority = %relay.settings.authority,
        "listening"
    );
    let (stopping, mut stopped) = watch::channel(false);
    let drain = async move {
        stop.await;
        tracing::info!("stopping: no new connections");
        let _ = stopping.send(true);
    };
    let service = router(relay).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(drain);
    let mut serving = tokio::spawn(serving.into_future());
    let is_over = async {
        let _ = stopped.wait_for(|is_stopping| *is_stopping).await;
        tokio::time::sleep(Duration::from_secs(limit)).await;
    };
    tokio::select! {
        ended = &mut serving => ended.context("the server task died")?.context("serving failed")?,
        () = is_over => {
            tracing::warn!("requests were still under way after {limit} s");
            serving.abort();
        }
    }
    tracing::info!("stopped");
    Ok(())
}

fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
