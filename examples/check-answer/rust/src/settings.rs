//! What a site knows about itself and its authority, and what it wants to hear.

use std::time::Duration;

use anyhow::ensure;
use serde::{Deserialize, Serialize};

/// Names of this site and its authority.
#[derive(Deserialize)]
pub(crate) struct Settings {
    /// The authority's origin: `iss` of its answers.
    pub(crate) authority: String,
    /// Where this server reaches it.
    pub(crate) address: String,
    /// Where its keys are, if not at the usual place.
    pub(crate) jwks: Option<String>,
    pub(crate) sitekey: String,
    pub(crate) secret: String,
    /// Of the page that asks.
    pub(crate) origin: String,
    pub(crate) action: String,
}

/// What siteverify's reply and a token's claims have in common.
#[derive(Deserialize)]
pub(crate) struct Answer {
    yes: bool,
    origin: String,
    action: String,
    rp_nonce: Option<String>,
    sub: Option<String>,
}

/// A genuine answer to our own question. `yes` is still to be looked at.
#[derive(Serialize)]
pub(crate) struct Said {
    pub(crate) yes: bool,
    pub(crate) sub: Option<String>,
}

impl Settings {
    /// A client that does not wait for ever.
    pub(crate) fn client(&self) -> ureq::Agent {
        let settings = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            .http_status_as_error(false);
        settings.build().into()
    }

    /// An answer to our own question, not to another one of ours or of somebody else.
    pub(crate) fn about(&self, answer: Answer, rp_nonce: &str) -> anyhow::Result<Said> {
        let is_ours = !rp_nonce.is_empty() && answer.rp_nonce.as_deref() == Some(rp_nonce);
        ensure!(is_ours, "about another page view");
        ensure!(answer.origin == self.origin, "about another page");
        ensure!(answer.action == self.action, "about another action");
        Ok(Said {
            yes: answer.yes,
            sub: answer.sub,
        })
    }
}
