//! Checks an answer without asking: a compact JWS (RFC 7515), ES256, with the authority's published keys.

use std::{
    collections::HashMap,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde::{Deserialize, de::DeserializeOwned};

use crate::settings::{Answer, Said, Settings};

/// Clocks of two machines may differ by this many seconds.
const LEEWAY: u64 = 60;

/// The authority's keys, and the answers that were accepted.
#[derive(Default)]
pub(crate) struct Offline {
    keys: Vec<Jwk>,
    /// `jti` and when it expires. Several processes need one store for all, such as a table.
    seen: HashMap<String, u64>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Clone, Deserialize)]
struct Jwk {
    kid: String,
    x: String,
    y: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    iat: u64,
    exp: u64,
    jti: String,
    #[serde(flatten)]
    answer: Answer,
}

impl Offline {
    /// What the answer says, once; an error if it must not be acted on.
    pub(crate) fn check(
        &mut self,
        ours: &Settings,
        token: &str,
        rp_nonce: &str,
    ) -> anyhow::Result<Said> {
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            bail!("no compact JWS");
        };
        let Header { alg, typ, kid } = json(header)?;
        ensure!(alg == "ES256" && typ == "nod-answer+jwt", "no answer");
        let signature = Signature::from_slice(&bytes(signature)?).context("no signature")?;
        let signed = &token[..header.len() + 1 + claims.len()];
        self.key(ours, &kid)?
            .verify(signed.as_bytes(), &signature)
            .context("the signature is wrong")?;

        let claims: Claims = json(claims)?;
        ensure!(claims.iss == ours.authority, "by another authority");
        ensure!(claims.aud == ours.sitekey, "for another site");
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        ensure!(now < claims.exp + LEEWAY, "its time is over");
        ensure!(claims.iat <= now + LEEWAY, "from the future");
        let said = ours.about(claims.answer, rp_nonce)?;

        self.seen.retain(|_, until| *until >= now);
        let before = self.seen.insert(claims.jti, claims.exp + LEEWAY);
        ensure!(before.is_none(), "this answer was used before");
        Ok(said)
    }

    /// The key of that name, fetched when it is not known yet.
    fn key(&mut self, ours: &Settings, kid: &str) -> anyhow::Result<VerifyingKey> {
        if !self.keys.iter().any(|key| key.kid == kid) {
            let usual = || format!("{}/.well-known/jwks.json", ours.address);
            let address = ours.jwks.clone().unwrap_or_else(usual);
            let jwks: Jwks = ours.client().get(address).call()?.body_mut().read_json()?;
            self.keys = jwks.keys;
        }
        let key = self.keys.iter().find(|key| key.kid == kid);
        let key = key.context("by a key that the authority does not publish")?;
        // An uncompressed point (SEC 1 §2.3.3): 0x04, x, y.
        let point = [vec![4], bytes(&key.x)?, bytes(&key.y)?].concat();
        VerifyingKey::from_sec1_bytes(&point).context("the published key is no point")
    }
}

fn bytes(part: &str) -> anyhow::Result<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(part).map_err(|_| anyhow::anyhow!("not base64url"))
}

fn json<T: DeserializeOwned>(part: &str) -> anyhow::Result<T> {
    serde_json::from_slice(&bytes(part)?).context("no claims of an answer")
}
