//! The keys of a running process: read again when the directory changes, or when the operator says so.
//!
//! A command rotates keys beside a running server. What cannot be loaded is not used: the keys that were there stay, and the
//! log and the metrics say so. A request takes one snapshot and goes by it from beginning to end.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use tokio::signal::unix::{SignalKind, signal};

use super::{KeyError, KeyRing, KeySource, files};
use crate::{clock::UnixSeconds, state::Authority};

/// How often the directory is looked at.
pub const FOLLOW_EVERY: Duration = Duration::from_secs(10);

/// Less time than this before nothing can be sealed any more is worth a warning.
const SOON: u64 = 30 * DAY;
const DAY: u64 = 24 * 3600;

/// The keys at the moment.
pub struct LiveKeys {
    source: KeySource,
    ring: RwLock<Arc<KeyRing>>,
    followed: Mutex<Followed>,
}

struct Followed {
    /// How the directory was when the keys were last read.
    seen: Option<files::Look>,
    /// Why they could not be, if so.
    failed: Option<String>,
    /// When it was last said that the sealing key runs out.
    warned: UnixSeconds,
}

impl LiveKeys {
    /// Reads the keys for the first time.
    pub fn load(source: KeySource, now: UnixSeconds) -> Result<Self, KeyError> {
        // Before they are read: what changes meanwhile is seen as changed.
        let seen = files::look(&source.dir()).ok();
        let ring = Arc::new(KeyRing::read(&source, now)?);
        Ok(Self {
            source,
            ring: RwLock::new(ring),
            followed: Mutex::new(Followed {
                seen,
                failed: None,
                warned: 0,
            }),
        })
    }

    /// The keys as they are now, for one request.
    pub fn snapshot(&self) -> Arc<KeyRing> {
        // A poisoned lock only means that a thread died while it held it; what it holds is whole.
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.clone()
    }

    /// Whether what lies in the directory could not be loaded, so that older keys are in use.
    pub fn is_stale(&self) -> bool {
        self.followed().failed.is_some()
    }

    /// Reads the keys again if the directory is not as it was, or could not be loaded last time.
    pub fn refresh(&self, now: UnixSeconds) {
        let seen = files::look(&self.source.dir()).ok();
        let is_settled = {
            let followed = self.followed();
            seen.is_some() && followed.seen == seen && followed.failed.is_none()
        };
        if !is_settled {
            self.read_again(now, false);
        }
        self.warn_of_the_end(now);
    }

    /// Reads the keys again, whatever the directory looks like.
    pub fn reload(&self, now: UnixSeconds) {
        self.read_again(now, true);
    }

    /// If that does not work, those that are there stay. A reason that was said is not said again unless somebody asked.
    fn read_again(&self, now: UnixSeconds, is_asked: bool) {
        let seen = files::look(&self.source.dir()).ok();
        let read = self.snapshot().read_again(&self.source, now);
        let mut followed = self.followed();
        match read {
            Ok(ring) => {
                let (sealing, answer) = (ring.sealing.len(), ring.answer.len());
                *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
                followed.seen = seen;
                followed.failed = None;
                // Said when it is so: whoever reads it may go by it.
                tracing::info!(sealing, answer, "keys loaded anew");
            }
            Err(error) => {
                let reason = error.to_string();
                if is_asked || followed.failed.as_ref() != Some(&reason) {
                    tracing::warn!(
                        reason,
                        "keys could not be loaded anew: those from before stay in use"
                    );
                }
                followed.failed = Some(reason);
            }
        }
    }

    /// Once a day.
    fn warn_of_the_end(&self, now: UnixSeconds) {
        let left = self.snapshot().sealing_ends(now).saturating_sub(now);
        let mut followed = self.followed();
        if left < SOON && now >= followed.warned.saturating_add(DAY) {
            followed.warned = now;
            tracing::warn!(
                days = left / DAY,
                "nothing can be sealed any more when the sealing key has run out: `nod-authority key rotate sealing`"
            );
        }
    }

    fn followed(&self) -> MutexGuard<'_, Followed> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the keys as the directory has them, until the task is stopped. SIGHUP reads them at once.
pub async fn follow(authority: Arc<Authority>) {
    let mut ticks = tokio::time::interval(FOLLOW_EVERY);
    let mut hangups = match signal(SignalKind::hangup()) {
        Ok(hangups) => Some(hangups),
        Err(error) => {
            tracing::warn!(%error, "SIGHUP cannot be heard; keys are looked at every few seconds");
            None
        }
    };
    loop {
        let hangup = async {
            match &mut hangups {
                Some(hangups) => hangups.recv().await,
                None => std::future::pending().await,
            }
        };
        let is_told = tokio::select! {
            _ = ticks.tick() => false,
            _ = hangup => true,
        };
        let authority = authority.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let now = authority.now();
            if is_told {
                tracing::info!("SIGHUP: the keys are read again");
                authority.keys.reload(now);
            } else {
                authority.keys.refresh(now);
            }
            let at_rest = &authority.keys.snapshot().at_rest;
            authority.store.vault().adopt(at_rest, now);
        });
        if looked.await.is_err() {
            tracing::error!("looking at the keys died; it is tried again");
        }
    }
}
