//! Four relying parties in one process, each on its own site: court e-filing, social-security benefits, hotel check-in and an
//! internet café; and a page that leads to them ([`start`]).
//!
//! They show what a site does with Nod and nothing else: serve a page with `<nod-verify>`, take the token
//! with the form, have it checked by the authority, act on yes. Ways of tying the answer down:
//!
//! - **court**: has accounts. Its back end mints the session and fixes action, nonce, the documents' hashes and the expected
//!   pseudonym there ([`court`]).
//! - **benefits**: has accounts. The frame mints the session; the back end names the expected pseudonym
//!   when it checks the token ([`benefits`]).
//! - **hotel**: has no accounts; a yes by any enrolled resident is enough ([`hotel`]). At the kiosk of its reception a party
//!   confirms one after another ([`hotel::kiosk`]).
//! - **café**: has no accounts and a screen that many use ([`cafe`]).
//!
//! No page but the kiosks' carries a script of its own, and none of the four ever holds a face, a name or an ID number
//! that came from Nod.

mod accounts;
mod authority;
mod benefits;
mod cafe;
mod check;
mod config;
mod court;
mod hotel;
mod page;
mod site;
mod start;
mod visitors;

use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use clap::Parser;
use tokio::net::TcpListener;

use crate::config::Options;
use crate::site::Site;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| "nod_demo=info".into()),
        )
        .init();
    let config = Options::parse().load()?;
    let court = Site::court(&config)?;
    let benefits = Site::benefits(&config)?;
    let hotel = Site::hotel(&config)?;
    let desk = Site::hotel_desk(&config)?;
    let cafe = Site::cafe(&config)?;
    let start = format!("http://start.localhost:{}", config.ports.start);
    tokio::try_join!(
        serve_at(
            "start page",
            config.ports.start,
            &start,
            start::routes(&config)
        ),
        serve(cafe.clone(), cafe::routes(cafe)),
        serve(court.clone(), court::routes(court, court::Registry::new()?)),
        serve(benefits.clone(), benefits::routes(benefits)),
        serve(
            hotel.clone(),
            hotel::routes(hotel).merge(hotel::kiosk::routes(desk))
        ),
    )?;
    Ok(())
}

/// Serves one site.
async fn serve(site: Arc<Site>, routes: Router) -> anyhow::Result<()> {
    serve_at(site.name, site.port, &site.origin, routes).await
}

/// Serves on loopback until the process is asked to stop.
async fn serve_at(name: &str, port: u16, origin: &str, routes: Router) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .with_context(|| format!("{name} cannot listen on port {port}"))?;
    tracing::info!(site = name, address = origin, "serving");
    axum::serve(listener, routes)
        .with_graceful_shutdown(stop())
        .await?;
    Ok(())
}

async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
            return;
        }
    }
    let _ = interrupt.await;
}
