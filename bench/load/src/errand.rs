//! The four calls of a verification, in their order: the site's back end mints a session, the frame claims it, draws the
//! challenge, and posts the sealed body.

use anyhow::{Context, Result};
use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::challenge::Challenge;
use nod_protocol::envelope::MEDIA_TYPE;
use nod_protocol::http::{ChallengeReply, SessionReply, SiteSessionReply, VerifyReply};
use nod_protocol::ids::SessionId;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::client::{Connection, Request};
use crate::town::{ACTION, ORIGIN, Site};

/// Names of the calls, for people.
pub(crate) const CALLS: [&str; 4] = ["mint", "claim", "challenge", "verify"];

/// The site's back end mints a session.
pub(crate) fn mint(connection: &mut Connection, site: &Site) -> Result<SessionId> {
    let terms = json!({"action": ACTION, "rp_nonce": "one-time-value-of-the-site"});
    let reply: SiteSessionReply = post(connection, "/v1/sessions", Some(&site.secret), &terms)?;
    Ok(reply.session)
}

/// The frame takes it.
pub(crate) fn claim(
    connection: &mut Connection,
    site: &Site,
    session: &SessionId,
) -> Result<SessionReply> {
    let request = json!({"sitekey": site.key, "origin": ORIGIN, "session": session});
    post(connection, "/v1/sessions", None, &request)
}

/// The frame draws the challenge.
pub(crate) fn challenge(connection: &mut Connection, session: &SessionReply) -> Result<Challenge> {
    let path = format!("/v1/sessions/{}/challenge", session.session);
    let reply: ChallengeReply = post(connection, &path, None, &json!({"mode": "move"}))?;
    Ok(reply.challenge)
}

/// The frame posts what it has sealed; returns the answer. (That signatures are right is the tests' matter.)
pub(crate) fn verify(connection: &mut Connection, body: &[u8]) -> Result<bool> {
    let reply = connection.ask(&Request {
        method: "POST",
        path: "/v1/verify",
        kind: MEDIA_TYPE,
        secret: None,
        body,
    })?;
    let reply: VerifyReply = serde_json::from_slice(&reply)?;
    let token = reply.token.context("no token")?;
    let claims = token.split('.').nth(1).context("no token")?;
    let claims = Base64UrlUnpadded::decode_vec(claims)
        .ok()
        .context("no token")?;
    let claims: Value = serde_json::from_slice(&claims)?;
    claims["yes"]
        .as_bool()
        .context("an answer without an answer")
}

fn post<T: DeserializeOwned>(
    connection: &mut Connection,
    path: &str,
    secret: Option<&str>,
    body: &Value,
) -> Result<T> {
    let reply = connection.ask(&Request {
        method: "POST",
        path,
        kind: "application/json",
        secret,
        body: body.to_string().as_bytes(),
    })?;
    Ok(serde_json::from_slice(&reply)?)
}
