//! The authority over HTTP: who it is, and patience when it is away.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nod::manifest::Manifest;
use nod_protocol::{
    codes::Code,
    http::KeysReply,
    ids::{ModelSetId, Origin},
    key_config::{KeyConfig, KeyConfigError, RootPublicKey},
};
use rustls::crypto::ring;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use ureq::http::{Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};
use zeroize::Zeroizing;

use crate::{error::ImportError, stop::Stop};

/// One authority, for all threads of a run.
pub struct Authority {
    agent: Agent,
    address: String,
    key: Zeroizing<String>,
    root: RootPublicKey,
    /// The sealing key in use, and when it was fetched.
    sealing: Mutex<Option<(KeyConfig, Instant)>>,
    tries: u32,
    stop: Arc<Stop>,
}

/// What the authority says of itself.
#[derive(Deserialize)]
pub struct Description {
    /// Its public origin.
    pub issuer: Origin,
    /// The live model sets.
    pub model_sets: Vec<ModelSetId>,
}

/// Why one exchange did not give what it should.
pub enum Fault {
    /// No answer, or one that says to come back later.
    Away(String),
    /// A problem document: the code.
    Problem(Code),
    /// Not to be tried again.
    Final(ImportError),
}

/// Rotated keys overlap by much more than this.
const KEEP_KEY: Duration = Duration::from_secs(300);
const TIMEOUT: Duration = Duration::from_secs(30);
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl Authority {
    /// An authority at an address; nothing is sent yet.
    pub fn new(
        address: &Origin,
        key: Zeroizing<String>,
        root: RootPublicKey,
        tries: u32,
        stop: Arc<Stop>,
    ) -> Self {
        // What the operating system trusts, for authorities with certificates of a government's own.
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            // The import key goes to the address that the operator gave, and to no other.
            .max_redirects(0)
            .max_idle_connections_per_host(64)
            .user_agent(concat!("nod-import/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: agent.into(),
            address: address.as_str().to_owned(),
            key,
            root,
            sealing: Mutex::new(None),
            tries,
            stop,
        }
    }

    /// Who answers at the address. Its sealing key must be signed by the root key that the operator gave: before
    /// that, nothing but questions that anybody may ask is sent.
    pub fn describe(&self) -> Result<Description, ImportError> {
        let description = self.patiently(|| self.get("/.well-known/nod"))?;
        self.patiently(|| self.sealing_key())?;
        Ok(description)
    }

    /// The manifest of the models that the authority gives to the widget.
    pub fn manifest(&self) -> Result<Manifest, ImportError> {
        let text = self.patiently(|| {
            let mut reply =
                self.exchange(self.agent.get(self.at("/v1/models/manifest.json")).call())?;
            reply.body_mut().read_to_string().map_err(away)
        })?;
        Manifest::parse(&text)
            .map_err(|error| ImportError::Refused(format!("the authority: {error}")))
    }

    /// The key to seal to, checked against the root.
    pub fn sealing_key(&self) -> Result<KeyConfig, Fault> {
        let mut sealing = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((key, fetched)) = sealing.as_ref()
            && fetched.elapsed() < KEEP_KEY
        {
            return Ok(key.clone());
        }
        let keys: KeysReply = self.get("/v1/keys")?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let key = self.root.choose(&keys.keys, now.as_secs()).map_err(|error| {
            Fault::Final(ImportError::Refused(match error {
                KeyConfigError::NotSigned => format!(
                    "the sealing key of {} is not signed by the root key of --root-key: another authority answers \
                     there, or the file is of another one; nothing was sent",
                    self.address
                ),
                other => format!("{}: {other} (is this machine's clock right?)", self.address),
            }))
        })?;
        *sealing = Some((key.clone(), Instant::now()));
        Ok(key)
    }

    /// Fetches the sealing key anew next time.
    pub fn forget_key(&self) {
        *self.sealing.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// `GET` without proof of anything.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fault> {
        let mut reply = self.exchange(self.agent.get(self.at(path)).call())?;
        reply.body_mut().read_json().map_err(away)
    }

    /// `POST` of JSON, with the import key if asked to.
    pub fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        with_key: bool,
        body: &impl Serialize,
    ) -> Result<T, Fault> {
        let mut request = self.agent.post(self.at(path));
        if with_key {
            let bearer = Zeroizing::new(format!("Bearer {}", *self.key));
            request = request.header("authorization", bearer.as_str());
        }
        let mut reply = self.exchange(request.send_json(body))?;
        reply.body_mut().read_json().map_err(away)
    }

    /// `POST` of a sealed body.
    pub fn post_sealed<T: DeserializeOwned>(&self, path: &str, body: &[u8]) -> Result<T, Fault> {
        let request = self
            .agent
            .post(self.at(path))
            .header("content-type", nod_protocol::envelope::MEDIA_TYPE);
        let mut reply = self.exchange(request.send(body))?;
        reply.body_mut().read_json().map_err(away)
    }

    /// Does something until it works, the tries are used up or somebody wants to stop. Problems that the caller
    /// has not dealt with end it.
    pub fn patiently<T>(&self, work: impl Fn() -> Result<T, Fault>) -> Result<T, ImportError> {
        let mut wait = FIRST_WAIT;
        for left in (0..self.tries).rev() {
            match work() {
                Ok(done) => return Ok(done),
                Err(Fault::Final(error)) => return Err(error),
                Err(Fault::Problem(code)) => return Err(refused(code)),
                Err(Fault::Away(why)) if left == 0 => return Err(ImportError::Away(why)),
                Err(Fault::Away(_)) => {
                    if self.stop.wait(wait) {
                        return Err(ImportError::Stopped);
                    }
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
            }
        }
        Err(ImportError::Stopped)
    }

    /// The wish to stop that waits end with.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// A reply that is a success, or what it is instead.
    fn exchange(
        &self,
        reply: Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, Fault> {
        #[derive(Deserialize)]
        struct Problem {
            code: String,
        }
        let mut reply = reply.map_err(away)?;
        let status = reply.status();
        if status.is_success() {
            return Ok(reply);
        }
        let later = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
        if status.is_server_error() || later.contains(&status) {
            return Err(Fault::Away(format!("it answered {status}")));
        }
        let problem: Option<Problem> = reply.body_mut().read_json().ok();
        match problem.and_then(|problem| Code::from_name(&problem.code)) {
            Some(code) => Err(Fault::Problem(code)),
            None => Err(Fault::Final(ImportError::Refused(format!(
                "{} answered {status}, as no authority does: is the address right?",
                self.address
            )))),
        }
    }
}

/// What an authority says that does not want this import.
fn refused(code: Code) -> ImportError {
    ImportError::Refused(match code {
        Code::ConfigBadImportKey => {
            "the authority does not take the import key: it is unknown or revoked".into()
        }
        other => format!(
            "the authority refused: {} ({})",
            other.title(),
            other.as_str()
        ),
    })
}

fn away(error: ureq::Error) -> Fault {
    match error {
        // A certificate does not become right by waiting.
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::TooManyRedirects => {
            Fault::Final(ImportError::Refused(format!("the authority: {error}")))
        }
        other => Fault::Away(other.to_string()),
    }
}
