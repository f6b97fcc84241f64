//! The listening process: accept, housekeep, and stop without cutting anybody off.

use std::{
    future::Future,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    audit::Event, cohorts, keys, router::router, state::Authority,
    terminal::router as terminal_router,
};

/// How often expired sessions, answers and tickets are removed.
const HOUSEKEEPING: Duration = Duration::from_secs(60);
/// How often the clocks are held against each other.
const CLOCKS: Duration = Duration::from_secs(10);

/// Serves until `stop` resolves, then lets requests under way finish for as long as the settings say.
pub async fn serve(
    authority: Arc<Authority>,
    listener: TcpListener,
    terminal: Option<TcpListener>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let store = authority.store.clone();
    store.record(Event::Started, authority.now()).await?;
    let (stopping, mut stopped) = watch::channel(false);
    let draining = authority.clone();
    let drain = async move {
        stop.await;
        draining.begin_draining();
        tracing::info!("stopping: no new connections");
        let _ = stopping.send(true);
    };
    watch_clock(&authority).await;
    let housekeeper = tokio::spawn(housekeep(authority.clone()));
    let followers = [
        tokio::spawn(watch_clocks(authority.clone())),
        tokio::spawn(cohorts::follow(authority.clone())),
        tokio::spawn(keys::follow(authority.clone())),
    ];
    // With the peer of each connection: requests are counted by it.
    let app = router(authority.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let terminals = terminal.map(|listener| {
        let app = terminal_router(authority.clone());
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let mut stopped = stopped.clone();
        let drain = async move {
            let _ = stopped.wait_for(|is_stopping| *is_stopping).await;
        };
        tokio::spawn(
            axum::serve(listener, app)
                .with_graceful_shutdown(drain)
                .into_future(),
        )
    });
    let mut server = tokio::spawn(
        axum::serve(listener, app)
            .with_graceful_shutdown(drain)
            .into_future(),
    );
    let limit = Duration::from_secs(authority.config.shutdown_seconds);
    let is_over = async {
        let _ = stopped.wait_for(|is_stopping| *is_stopping).await;
        tokio::time::sleep(limit).await;
    };
    tokio::select! {
        ended = &mut server => ended.context("the server task died")?.context("serving failed")?,
        () = is_over => {
            tracing::warn!("requests were still under way after {} s", limit.as_secs());
            server.abort();
        }
    }
    if let Some(terminals) = terminals {
        terminals.abort();
    }
    housekeeper.abort();
    for follower in &followers {
        follower.abort();
    }
    // A database that is away now keeps nobody from stopping; the log then has no end of this run.
    if let Err(error) = store.record(Event::Stopped, authority.now()).await {
        tracing::warn!(%error, "the stop is not in the audit log");
    }
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Resolves on SIGINT or SIGTERM. From now on SIGHUP, which has keys read again, does not end the process.
pub async fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // Whoever listens once has changed what the signal does for good.
    drop(signal(SignalKind::hangup())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

async fn watch_clocks(authority: Arc<Authority>) {
    loop {
        tokio::time::sleep(CLOCKS).await;
        watch_clock(&authority).await;
    }
}

/// Holds this process's clock against the database's; an answer that took long says nothing about the time.
async fn watch_clock(authority: &Authority) {
    let asked = Instant::now();
    let ahead = authority.store.clock_ahead(authority.now()).await;
    if let Ok(Some(ahead)) = ahead
        && asked.elapsed() < Duration::from_secs(1)
    {
        let (watch, did_agree) = (&authority.database, authority.database.clocks_agree());
        watch.saw_clock(ahead);
        match watch.clocks_agree() {
            true if !did_agree => tracing::info!("the clock agrees with the database's again"),
            false => tracing::error!(ahead, "the clock differs from the database's (seconds)"),
            true => {}
        }
    }
}

async fn housekeep(authority: Arc<Authority>) {
    let mut ticks = tokio::time::interval(HOUSEKEEPING);
    loop {
        ticks.tick().await;
        // What a clock that is ahead finds expired is not: a used answer that is forgotten could be used again.
        if !authority.database.clocks_agree() {
            continue;
        }
        if let Err(error) = authority.store.forget_expired(authority.now()).await {
            tracing::warn!(%error, "housekeeping did not work; it is tried again");
        }
        let reloaded = authority.spraying.reload(&authority.store, authority.now());
        if let Err(error) = reloaded.await {
            tracing::warn!(%error, "failures by face could not be read; it is tried again");
        }
    }
}
