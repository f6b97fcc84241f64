//! Token buckets in the database, one for each address, site and device.
//!
//! A bucket holds as many tokens as its limit says and gets that many a minute: so many at once, and after that as many a minute. It
//! is kept as one number, the moment when nothing will be missing any more (the generic cell rate algorithm, ITU-T I.371 annex A,
//! in its form of virtual scheduling), and one conditional statement takes tokens or does not, whichever process asks.
//!
//! A process takes a sixteenth of the limit at a time and deals it out from memory, and remembers a refusal until it may be over:
//! most requests, and every one of a flood, cost the database nothing. What it took and did not deal out within a minute is lost, so
//! that limits are never exceeded by more than such shares, one for each process.

use std::{collections::HashMap, time::Instant};

use tokio::sync::Mutex;

use super::PerMinute;
use crate::{
    clock::UnixSeconds,
    store::{Store, StoreError, Tokens, Trouble},
};

/// Microseconds in the minute that limits are for.
const MINUTE: u64 = 60_000_000;
/// Of a limit, what a process takes at a time.
const SHARE: u32 = 16;
/// Parts that are locked apart: only requests of one part wait for one another at the database.
const PARTS: usize = 64;
/// Entries of a part; 131,072 in all, some ten megabytes.
const MOST: usize = 2048;

/// What this process has taken of the buckets, and where it need not ask.
pub struct Buckets([Mutex<Part>; PARTS]);

#[derive(Default)]
struct Part {
    held: HashMap<[u8; 32], Held>,
    /// When the database was last asked in vain, and why.
    failed: Option<(Instant, Trouble)>,
}

/// Of one bucket.
#[derive(Clone, Copy)]
struct Held {
    tokens: u32,
    /// When the bucket was asked, in seconds.
    at: UnixSeconds,
    /// It gives nothing before that moment, in seconds.
    refused_until: UnixSeconds,
}

impl Default for Buckets {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Buckets {
    /// Takes a token, or says after how many seconds there may be one.
    pub async fn take(
        &self,
        store: &Store,
        subject: [u8; 32],
        per_minute: PerMinute,
        now: UnixSeconds,
    ) -> Result<Result<(), u64>, StoreError> {
        // Keyed hashes are spread evenly.
        let part = usize::from(subject[0]) % PARTS;
        let Some(part) = self.0.get(part) else {
            return Ok(Ok(()));
        };
        // Held while the database is asked: requests at the same time share what the first of them takes, also if that is nothing.
        let came = Instant::now();
        let mut part = part.lock().await;
        if let Some((_, why)) = part.failed.filter(|(at, _)| came < *at) {
            return Err(StoreError::GivenUp(why));
        }
        if let Some(held) = part
            .held
            .get_mut(&subject)
            .filter(|held| held.is_fresh(now))
        {
            if held.tokens > 0 {
                held.tokens -= 1;
                return Ok(Ok(()));
            }
            if now < held.refused_until {
                return Ok(Err(held.refused_until - now));
            }
        }
        let asked = taken(store, &subject, per_minute, now).await;
        if let Some(why) = asked.as_ref().err().and_then(StoreError::trouble) {
            part.failed = Some((Instant::now(), why));
        }
        let (tokens, refused_until) = asked?;
        let part = &mut part.held;
        if part.len() >= MOST {
            part.retain(|_, held| held.is_fresh(now));
        }
        if part.len() >= MOST {
            // Nothing is wrong without: the database knows.
            part.clear();
        }
        let held = Held {
            tokens: tokens.saturating_sub(1),
            at: now,
            refused_until,
        };
        part.insert(subject, held);
        Ok(match tokens {
            0 => Err(refused_until.saturating_sub(now).max(1)),
            _ => Ok(()),
        })
    }
}

impl Held {
    /// A clock that was set back makes nothing fresher.
    fn is_fresh(&self, now: UnixSeconds) -> bool {
        self.at <= now && (now - self.at < 60 || now < self.refused_until)
    }
}

/// A share, or else a single token; with none, the second from which on there is one.
async fn taken(
    store: &Store,
    subject: &[u8; 32],
    per_minute: PerMinute,
    now: UnixSeconds,
) -> Result<(u32, UnixSeconds), StoreError> {
    let share = (per_minute.get() / SHARE).max(1);
    for tokens in [share, 1] {
        let wanted = wanted(subject, per_minute, tokens, now);
        if store.take_tokens(&wanted).await? {
            return Ok((tokens, 0));
        }
        if share == 1 {
            break;
        }
    }
    let wanted = wanted(subject, per_minute, 1, now);
    let full_at = store.bucket_full_at(subject).await?.unwrap_or(0);
    let free_at = full_at.saturating_add(wanted.cost).saturating_sub(MINUTE);
    Ok((0, free_at.div_ceil(1_000_000).clamp(now + 1, now + 60)))
}

fn wanted(subject: &[u8; 32], per_minute: PerMinute, tokens: u32, now: UnixSeconds) -> Tokens {
    Tokens {
        subject: *subject,
        cost: u64::from(tokens) * MINUTE / u64::from(per_minute.get()),
        now: now.saturating_mul(1_000_000),
        span: MINUTE,
    }
}
