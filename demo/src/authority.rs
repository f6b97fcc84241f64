//! The two calls a relying party's back end makes: mint a session, check a token.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::task;

use crate::config::Config;

/// A small client with this site's secret; the blocking HTTP runs off the async threads.
pub(crate) struct Authority {
    agent: ureq::Agent,
    /// As browsers see it.
    pub(crate) origin: String,
    address: String,
    secret: String,
}

/// What a back end fixes when it mints the session itself; the page can change none of it.
#[derive(Serialize)]
pub(crate) struct SessionRequest {
    pub(crate) action: &'static str,
    pub(crate) rp_nonce: String,
    /// What the answer signs for, beside the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected_sub: Option<String>,
}

#[derive(Deserialize)]
struct SessionReply {
    session: String,
}

/// The checked answer. `success` says the token is genuine and fresh, `yes` what it says.
#[derive(Deserialize)]
pub(crate) struct Checked {
    pub(crate) success: bool,
    #[serde(default)]
    pub(crate) yes: bool,
    pub(crate) origin: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) rp_nonce: Option<String>,
    pub(crate) bind: Option<String>,
    /// When it was signed, in seconds since 1970.
    pub(crate) iat: Option<u64>,
    /// The pseudonym under which only this site knows the resident.
    pub(crate) sub: Option<String>,
    /// Answers to the questions beyond identity.
    #[serde(default)]
    pub(crate) answers: BTreeMap<String, bool>,
    #[serde(default)]
    pub(crate) error_codes: Vec<String>,
}

#[derive(Serialize)]
struct CheckRequest {
    secret: String,
    response: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_sub: Option<String>,
}

impl Authority {
    pub(crate) fn new(config: &Config, secret: String) -> Self {
        let settings = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            .http_status_as_error(false)
            .build();
        Self {
            agent: settings.into(),
            origin: config.authority.clone(),
            address: config.authority_address.clone(),
            secret,
        }
    }

    /// A session handle for the page's `session` attribute.
    ///
    /// # Errors
    /// When the authority cannot be reached or refuses; the page then offers the other way.
    pub(crate) async fn mint(&self, request: SessionRequest) -> anyhow::Result<String> {
        let bearer = Some(format!("Bearer {}", self.secret));
        let reply: SessionReply = self.post("/v1/sessions", bearer, request).await?;
        Ok(reply.session)
    }

    /// Has a token checked and used up.
    ///
    /// # Errors
    /// When the authority cannot be reached or answers with a problem.
    pub(crate) async fn check(
        &self,
        token: String,
        expected_sub: Option<String>,
    ) -> anyhow::Result<Checked> {
        let secret = self.secret.clone();
        let request = CheckRequest {
            secret,
            response: token,
            expected_sub,
        };
        self.post("/v1/siteverify", None, request).await
    }

    async fn post<Q, A>(&self, path: &str, bearer: Option<String>, body: Q) -> anyhow::Result<A>
    where
        Q: Serialize + Send + 'static,
        A: DeserializeOwned + Send + 'static,
    {
        let agent = self.agent.clone();
        let address = format!("{}{path}", self.address);
        task::spawn_blocking(move || {
            let mut request = agent.post(&address);
            if let Some(bearer) = bearer {
                request = request.header("authorization", bearer);
            }
            let mut reply = request.send_json(body).context("the authority is away")?;
            let status = reply.status();
            reply
                .body_mut()
                .read_json()
                .with_context(|| format!("the authority answered {status}"))
        })
        .await?
    }
}
