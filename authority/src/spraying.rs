//! A limit on spraying: one face tried on many claimed IDs until a stranger's template happens to match.
//!
//! The limit per claimed ID ([`crate::limits`]) never sees it, since every claim is the first. Here attempts
//! are counted by their face: after [`FREE_IDS`] different claimed IDs within a day the next ones are
//! answered no, after the ordinary work. At the false match rate that the thresholds are calibrated for,
//! 1e-4, a chance match is to be expected after 10,000 IDs, and after 1,000 where the rate is ten times as
//! high among look-alikes: twenty IDs are a chance of 0.2 % and 2 %.
//!
//! What is kept of a failed attempt, in the database for all processes, is a keyed sketch of its embedding ([`crate::recent`]): on
//! which side of 2,048 planes it lies, so that the same face is found again by the share of signs that differ, which is the angle
//! divided by π. The planes are drawn with a random key of the day, which is erased two days later, and the claimed ID beside it is a
//! hash under the same key: of no face and of nobody does a record come to be by the limit that guards them. [`Known`] is the pure
//! part: what this process knows of the database, and what it decides by it.

mod known;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nod_protocol::{ids::ModelSetId, payload::Embedding};

pub use self::known::{CAPACITY, FREE_IDS};
use self::known::{Counted, Known, Look};
use crate::{
    clock::UnixSeconds,
    recent::Sketcher,
    store::{NewSprayed, Store, StoreError},
    vault::{SecretKey, hmac_sha256},
};

/// Seconds after which a failure no longer counts.
pub const WINDOW: u64 = DAY;
const DAY: u64 = 24 * 3600;

/// The recent failures, as this process knows them.
#[derive(Default)]
pub struct Spraying {
    known: Mutex<Known>,
    /// Of today and yesterday.
    keys: Mutex<Vec<Arc<DayKey>>>,
}

/// What sketches of one day are made with.
struct DayKey {
    day: u64,
    sketcher: Sketcher,
    claims: SecretKey,
}

/// An attempt as it is counted.
pub struct Attempt<'a> {
    /// The model set that the face is compared in.
    pub set: &'a ModelSetId,
    /// From this cosine on two attempts show one face.
    pub same_face: f32,
    /// The face shown.
    pub face: &'a Embedding,
    /// A keyed hash of the claimed ID.
    pub claim: [u8; 32],
}

/// An attempt that was counted and has no outcome yet.
pub struct Undecided {
    counted: Counted,
    new: NewSprayed,
}

impl Undecided {
    /// `false` if its face has failed on too many other claimed IDs.
    pub fn is_admitted(&self) -> bool {
        self.counted.is_admitted
    }
}

impl Spraying {
    /// Counts an attempt before its outcome is known.
    ///
    /// Counting first and forgiving after a yes closes the gap in which many attempts at the same time would all see the old count;
    /// attempts at the same time in several processes can be one too many each. A claim that already counts is admitted again: it
    /// is no further draw. `None` for an embedding without direction, which is nobody's face.
    pub async fn count(
        &self,
        store: &Store,
        attempt: &Attempt<'_>,
        now: UnixSeconds,
    ) -> Result<Option<Undecided>, StoreError> {
        let today = now / DAY;
        let keys = [
            self.key(store, today).await?,
            self.key(store, today.saturating_sub(1)).await?,
        ];
        let after = self.known().newest();
        let read = store
            .sprayed_after(after, now.saturating_sub(WINDOW), CAPACITY)
            .await?;
        let [Some(look), Some(yesterdays)] = keys.each_ref().map(|key| key.look(attempt)) else {
            return Ok(None);
        };
        let new = NewSprayed {
            at: now,
            day: look.day,
            set: attempt.set.clone(),
            claim: look.claim,
            sketch: look.sketch.clone(),
        };
        let mut known = self.known();
        known.learn(read);
        known.forget_old(now);
        let looks = [look, yesterdays];
        let counted = known.count(attempt.set, attempt.same_face, &looks, now);
        Ok(Some(Undecided { counted, new }))
    }

    /// Keeps a failure, or forgets this face under this claim after a yes.
    pub async fn settle(
        &self,
        store: &Store,
        attempt: Undecided,
        is_confirmed: bool,
    ) -> Result<(), StoreError> {
        let Undecided { counted, new } = attempt;
        if is_confirmed {
            self.known().forget(&counted);
            for row in &counted.own_rows {
                store.forget_sprayed(*row).await?;
            }
        } else if counted.is_new {
            store.keep_sprayed(new).await?;
            self.known().kept(&counted);
        } else {
            // Of a claim that is refused nothing is kept, or whoever goes on would push out all others. Nor shall it be answered
            // faster: it is counted in a row that is there.
            store.touch_sprayed(counted.any_row).await?;
        }
        Ok(())
    }

    /// Reads everything again: what other processes have forgotten is forgotten here too.
    pub async fn reload(&self, store: &Store, now: UnixSeconds) -> Result<(), StoreError> {
        let since = now.saturating_sub(WINDOW);
        let read = store.sprayed_after(0, since, CAPACITY).await?;
        self.known().replace(read);
        Ok(())
    }

    async fn key(&self, store: &Store, day: u64) -> Result<Arc<DayKey>, StoreError> {
        let kept = |keys: &[Arc<DayKey>]| keys.iter().find(|key| key.day == day).cloned();
        if let Some(key) = kept(&self.keys()) {
            return Ok(key);
        }
        let key = store.spraying_key(day).await?;
        let of = |label| SecretKey::new(hmac_sha256(&key, label, &[]));
        let key = Arc::new(DayKey {
            day,
            sketcher: Sketcher::new(of("faces")),
            claims: of("claims"),
        });
        let mut keys = self.keys();
        keys.retain(|key| key.day.abs_diff(day) <= 1);
        keys.push(key.clone());
        Ok(key)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys(&self) -> MutexGuard<'_, Vec<Arc<DayKey>>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DayKey {
    fn look(&self, attempt: &Attempt<'_>) -> Option<Look> {
        Some(Look {
            day: self.day,
            sketch: self.sketcher.sketch(attempt.face.values())?,
            claim: hmac_sha256(&self.claims, "claim", &[&attempt.claim]),
        })
    }
}
