//! Limits on requests: how many a minute from one address or relay, for one site and from one device. Over them the answer is 429 with
//! `limit.address`, `limit.site` or `limit.device` and the seconds to wait (docs/limits.md).
//!
//! These keep anybody from taking the authority's work from all others. Guessing at a resident is another matter, and is limited by
//! [`crate::limits`] and [`crate::spraying`]; those limits are no settings and are never seen.
//!
//! Counted in the database, so that they hold across the processes of one authority ([`buckets`]). Addresses are kept as keyed
//! hashes only, of another name each day.

pub mod address;
mod buckets;
mod rate;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use nod_protocol::ids::DeviceHandle;

pub use self::{address::Caller, buckets::Buckets, rate::PerMinute};
use crate::{
    error::Error, metrics::Counter, router::App, state::Authority, store::Site, vault::Bucket,
};

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Requests from one address.
    Address,
    /// Sealed requests that a relay which the operator has named carries.
    Relay,
    /// Sessions that are opened for a site, or answers that it checks.
    Site,
    /// Captures from one device.
    Device,
}

impl Limited {
    fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Relay => "relay",
            Self::Site => "site",
            Self::Device => "device",
        }
    }
}

/// In front of what a frame, a phone or a resident's card asks for: its address has a request less.
pub async fn count_address(
    State(app): State<App>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    by_address(&app, caller).await?;
    Ok(next.run(request).await)
}

/// A request from an address. Requests that came through the relay have none: the relay limits whom it relays for.
pub async fn by_address(authority: &Authority, caller: Caller) -> Result<(), Error> {
    let Some(address) = caller.address() else {
        return Ok(());
    };
    let per_minute = authority.config.limits.of_address(address);
    // A name of this day: yesterday's hashes of an address have nothing in common with today's.
    let day = authority.now() / DAY;
    let bucket = Bucket::Address {
        network: &address::counted(address),
        day,
    };
    take(authority, Limited::Address, bucket, per_minute).await
}

/// In front of the relay's gateway: who carries it has a request less. What is inside has no address, and is not counted again.
pub async fn count_relay(
    State(app): State<App>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    by_relay(&app, caller).await?;
    Ok(next.run(request).await)
}

/// A sealed request from a relay: one that the operator has named speaks for many residents and limits each of them itself, so
/// that it has a higher limit, apart from what else comes from its address. Anybody else is an address like any other.
async fn by_relay(authority: &Authority, caller: Caller) -> Result<(), Error> {
    let limits = &authority.config.limits;
    let Some(address) = caller.address().filter(|it| limits.is_relay(*it)) else {
        return by_address(authority, caller).await;
    };
    let bucket = Bucket::Relay {
        network: &address::counted(address),
        day: authority.now() / DAY,
    };
    take(authority, Limited::Relay, bucket, limits.relay_per_minute).await
}

/// A session is opened for a site, by the frame or by its back end: its address says nothing about the residents.
pub async fn session_for(authority: &Authority, site: &Site) -> Result<(), Error> {
    let bucket = Bucket::SiteSessions(&site.site_key);
    take(authority, Limited::Site, bucket, of_site(authority, site)).await
}

/// A site's back end has an answer checked.
pub async fn check_for(authority: &Authority, site: &Site) -> Result<(), Error> {
    let bucket = Bucket::SiteChecks(&site.site_key);
    take(authority, Limited::Site, bucket, of_site(authority, site)).await
}

/// A capture from a device that stands for somebody, or is to: counted before it is known whether it does.
pub async fn capture_from(
    authority: &Authority,
    device: &DeviceHandle,
    site: &Site,
) -> Result<(), Error> {
    let vault = authority.store.vault();
    let device = vault.device_lookup(device, &site.site_key);
    let per_minute = authority.config.limits.device_per_minute;
    take(
        authority,
        Limited::Device,
        Bucket::Device(&device),
        per_minute,
    )
    .await
}

const DAY: u64 = 24 * 3600;

fn of_site(authority: &Authority, site: &Site) -> PerMinute {
    site.sessions_per_minute
        .unwrap_or(authority.config.limits.site_sessions_per_minute)
}

async fn take(
    authority: &Authority,
    limited: Limited,
    bucket: Bucket<'_>,
    per_minute: PerMinute,
) -> Result<(), Error> {
    let store = &authority.store;
    let subject = store.vault().bucket(bucket);
    let taken = authority
        .buckets
        .take(store, subject, per_minute, authority.now())
        .await?;
    taken.map_err(|retry_after| {
        authority.metrics.count(Counter::Limited, limited.name());
        Error::TooMany {
            limited,
            retry_after,
        }
    })
}
