//! Every address of the relay, in one table.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use subtle::ConstantTimeEq;

use crate::{
    address,
    cache::Cache,
    error::Error,
    files, forward,
    limits::Limits,
    metrics::{Count, Metrics},
    settings::Settings,
    telemetry,
    upstream::Upstream,
};

/// What every handler is given.
pub(crate) type App = Arc<Relay>;

/// The limit of a kind of requests.
type WhichLimit = fn(&Relay) -> &Limits;

/// The running relay.
pub(crate) struct Relay {
    pub(crate) settings: Settings,
    pub(crate) gateway: Uri,
    pub(crate) upstream: Upstream,
    pub(crate) cache: Cache,
    pub(crate) metrics: Metrics,
    pub(crate) requests: Limits,
    pub(crate) files: Limits,
}

impl Relay {
    pub(crate) fn new(settings: Settings) -> anyhow::Result<Self> {
        let gateway = settings.gateway.clone();
        let gateway = gateway.or_else(|| settings.authority.at("/v1/ohttp"));
        let mebibytes = usize::try_from(settings.cache_mib)?;
        Ok(Self {
            gateway: gateway.ok_or_else(|| anyhow::anyhow!("the gateway has no address"))?,
            upstream: Upstream::new()?,
            cache: Cache::new(mebibytes << 20),
            metrics: Metrics::default(),
            requests: Limits::new(settings.requests_per_minute),
            files: Limits::new(settings.files_per_minute),
            settings,
        })
    }
}

/// The whole interface.
pub(crate) fn router(relay: App) -> Router {
    let limited = |limit| middleware::from_fn_with_state((relay.clone(), limit), limit_address);
    let of_requests: WhichLimit = |relay| &relay.requests;
    let of_files: WhichLimit = |relay| &relay.files;
    let sealed = Router::new()
        .route("/v1/ohttp", post(forward::forward))
        .layer(limited(of_requests));
    let files = Router::new()
        .route("/frame/{sitekey}", get(files::file))
        .route("/handoff", get(files::file))
        .route("/v1/keys", get(files::file))
        .route("/v1/models/{file}", get(files::file))
        .route("/v1/{hash}/{*file}", get(files::file))
        .layer(limited(of_files));
    Router::new()
        .merge(sealed)
        .merge(files)
        // For the operator
        .route("/healthz", get(async || "ok\n"))
        .route("/metrics", get(metrics))
        .fallback(async || Error::NoSuchFile)
        .layer(middleware::from_fn(telemetry::observe))
        .with_state(relay)
}

/// The relay's limits stand in for the authority's, which sees one address alone.
async fn limit_address(
    State((relay, limit)): State<(App, WhichLimit)>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let trusted = &relay.settings.trusted_proxies;
    let subscriber = address::subscriber(peer.ip(), request.headers(), trusted);
    if limit(&relay).allows(subscriber, Instant::now()) {
        return next.run(request).await;
    }
    relay.metrics.count(Count::Limited);
    Error::Limited.into_response()
}

async fn metrics(State(relay): State<App>, headers: HeaderMap) -> Result<Response, Error> {
    let given = headers.get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    match (&relay.settings.metrics_token, given) {
        (Some(token), Some(given)) if bool::from(token.as_bytes().ct_eq(given)) => {
            let told = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
            Ok((told, relay.metrics.render()).into_response())
        }
        _ => Err(Error::NoSuchFile),
    }
}
