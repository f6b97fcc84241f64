//! A client that tries again, as a browser's page and a site's back end do: after a connection that broke, and after a 503, with
//! the same request, at whichever process answers.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value;

use super::scene::Scene;
use crate::client::{Connection, Request};

/// One keep-alive connection, and where to go when it breaks.
pub(crate) struct Patient<'a> {
    scene: &'a Scene,
    at: usize,
    connection: Option<Connection>,
    pub(crate) tries: Tries,
}

/// What it met.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tries {
    pub(crate) requests: u64,
    /// Connections that broke before the answer was there.
    pub(crate) broken: u64,
    /// 503s.
    pub(crate) busy: u64,
    /// The longest time from asking to an answer that is one.
    pub(crate) longest: Duration,
}

/// What came back at last.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// Whether it was sent more than once: then an earlier one may have been served without anybody hearing of it.
    pub(crate) is_again: bool,
}

/// Longer than the authority lets a request take.
const ANSWER: Duration = Duration::from_secs(35);
/// How long somebody goes on trying.
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(100);

impl Reply {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl<'a> Patient<'a> {
    /// Begins at the process of this number.
    pub(crate) fn new(scene: &'a Scene, at: usize) -> Self {
        Self {
            scene,
            at,
            connection: None,
            tries: Tries::default(),
        }
    }

    pub(crate) fn post(
        &mut self,
        path: &str,
        kind: &str,
        secret: Option<&str>,
        body: &[u8],
    ) -> Result<Reply> {
        let request = Request {
            method: "POST",
            path,
            kind,
            secret,
            body,
        };
        self.send(&request)
    }

    pub(crate) fn json(&mut self, path: &str, secret: Option<&str>, body: &Value) -> Result<Reply> {
        let body = body.to_string();
        self.post(path, "application/json", secret, body.as_bytes())
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<Reply> {
        self.send(&Request {
            method: "GET",
            path,
            kind: "text/plain",
            secret: None,
            body: b"",
        })
    }

    fn send(&mut self, request: &Request<'_>) -> Result<Reply> {
        let began = Instant::now();
        let mut is_again = false;
        loop {
            self.tries.requests += 1;
            match self.once(request) {
                // The problem document says when; a person in a hurry asks sooner than that.
                Ok((503, _)) => self.tries.busy += 1,
                Ok((status, body)) => {
                    self.tries.longest = self.tries.longest.max(began.elapsed());
                    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
                    return Ok(Reply {
                        status,
                        body,
                        is_again,
                    });
                }
                Err(_) => {
                    self.tries.broken += 1;
                    self.connection = None;
                    self.at = (self.at + 1) % self.scene.addresses.len();
                }
            }
            if began.elapsed() > PATIENCE {
                bail!(
                    "{} {}: no answer within {PATIENCE:?}",
                    request.method,
                    request.path
                );
            }
            is_again = true;
            std::thread::sleep(PAUSE);
        }
    }

    fn once(&mut self, request: &Request<'_>) -> Result<(u16, Vec<u8>)> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let mut new = Connection::open(&self.scene.addresses[self.at])?;
                new.wait_at_most(ANSWER)?;
                none.insert(new)
            }
        };
        self.scene.waiting.fetch_add(1, Ordering::SeqCst);
        let reply = connection.exchange(request);
        self.scene.waiting.fetch_sub(1, Ordering::SeqCst);
        reply
    }
}
