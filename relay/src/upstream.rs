//! The one connection to the authority: two kinds of requests, made here from nothing, so that no header of a client can be
//! in them.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri, header},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::sync::Semaphore;

use crate::error::Error;

/// The authority gives up after 30 seconds.
const ANSWERED_WITHIN: Duration = Duration::from_secs(35);
const CONNECTED_WITHIN: Duration = Duration::from_secs(5);
/// Requests that the authority has from here at once, and how long others wait for their turn.
const AT_ONCE: usize = 128;
const TURN_WITHIN: Duration = Duration::from_secs(5);

/// Speaks with the authority.
pub(crate) struct Upstream {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    turns: Arc<Semaphore>,
}

/// A reply, whole.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Upstream {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECTED_WITHIN));
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let provider = rustls::crypto::ring::default_provider();
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)
            .context("cannot read the certificates that this machine trusts")?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }

    /// A file, in one encoding or as it is.
    pub(crate) async fn get(
        &self,
        uri: Uri,
        encoding: Option<HeaderValue>,
        limit: usize,
    ) -> Result<Reply, Error> {
        let mut request = Request::get(uri);
        if let Some(encoding) = encoding {
            request = request.header(header::ACCEPT_ENCODING, encoding);
        }
        self.send(request.body(Full::default()), limit).await
    }

    /// A sealed request.
    pub(crate) async fn post(
        &self,
        uri: Uri,
        media_type: &'static str,
        body: Bytes,
        limit: usize,
    ) -> Result<Reply, Error> {
        let name: HeaderName = header::CONTENT_TYPE;
        let request = Request::post(uri).header(name, media_type);
        self.send(request.body(Full::new(body)), limit).await
    }

    async fn send(
        &self,
        request: Result<Request<Full<Bytes>>, axum::http::Error>,
        limit: usize,
    ) -> Result<Reply, Error> {
        let request = request.map_err(|_| Error::Upstream)?;
        let turn = tokio::time::timeout(TURN_WITHIN, self.turns.acquire());
        let _turn = turn.await.ok().and_then(Result::ok).ok_or(Error::Busy)?;
        let answered = async {
            let response = self.client.request(request).await.map_err(|error| {
                // What failed, without an address: "connect", "closed before message completed" and the like.
                tracing::warn!(
                    connecting = error.is_connect(),
                    "the authority did not answer"
                );
                Error::Upstream
            })?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, limit).collect().await;
            let body = body.map_err(|_| Error::Upstream)?.to_bytes();
            Ok(Reply {
                status: parts.status,
                headers: parts.headers,
                body,
            })
        };
        let in_time = tokio::time::timeout(ANSWERED_WITHIN, answered).await;
        in_time.map_err(|_| Error::TimedOut)?
    }
}
