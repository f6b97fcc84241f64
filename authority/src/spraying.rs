//! A limit on spraying: one face tried on many claimed IDs until a stranger's template happens to match.
//!
//! The limit per claimed ID ([`crate::limits`]) never sees it, since every claim is the first. Here attempts
//! are counted by their face: after [`FREE_IDS`] different claimed IDs within a day the next ones are
//! answered no, after the ordinary work. At the false match rate that the thresholds are calibrated for,
//! 1e-4, a chance match is to be expected after 10,000 IDs, and after 1,000 where the rate is ten times as
//! high among look-alikes: twenty IDs are a chance of 0.2 % and 2 %.
//!
//! The faces of failed attempts are kept in memory only, for a day at most, and not longer than
//! [`CAPACITY`] later failures: no record of faces comes to be by the limit that guards them. What that
//! leaves open stands in SECURITY.md.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use nod_protocol::{ids::ModelSetId, payload::Embedding};

use crate::clock::UnixSeconds;

/// Different claimed IDs on which one face may fail within [`WINDOW`].
pub const FREE_IDS: usize = 20;
/// Seconds after which a failure no longer counts.
pub const WINDOW: u64 = 24 * 3600;
/// Failures kept: 8 MiB of 256 values each, and as many cosines per attempt, less than a millisecond.
pub const CAPACITY: usize = 8192;

/// The recent failures of this process.
#[derive(Default)]
pub struct Spraying(Mutex<VecDeque<Failure>>);

/// A face that has not been confirmed as the resident of a claimed ID.
struct Failure {
    set: ModelSetId,
    face: Embedding,
    claim: [u8; 32],
    at: UnixSeconds,
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

impl Spraying {
    /// Counts an attempt before its outcome is known; `false` if its face has failed on too many others.
    ///
    /// Counting first and forgiving after a yes closes the gap in which many attempts at the same time
    /// would all see the old count. A claim that already counts is admitted again: it is no further draw.
    pub fn admit(&self, attempt: &Attempt<'_>, now: UnixSeconds) -> bool {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while failures
            .front()
            .is_some_and(|first| now.saturating_sub(first.at) >= WINDOW)
        {
            failures.pop_front();
        }
        let mut claims: Vec<&[u8; 32]> = Vec::with_capacity(FREE_IDS);
        for failure in failures.iter().filter(|failure| attempt.shows(failure)) {
            if claims.len() < FREE_IDS && !claims.contains(&&failure.claim) {
                claims.push(&failure.claim);
            }
        }
        let is_counted = claims.contains(&&attempt.claim);
        let is_admitted = is_counted || claims.len() < FREE_IDS;
        if is_admitted && !is_counted {
            // Of a claim that is refused nothing is kept, or whoever goes on would push out all others.
            if let Ok(face) = Embedding::from_unit(attempt.face.values().to_vec()) {
                if failures.len() >= CAPACITY {
                    failures.pop_front();
                }
                failures.push_back(Failure {
                    set: attempt.set.clone(),
                    face,
                    claim: attempt.claim,
                    at: now,
                });
            }
        }
        is_admitted
    }

    /// Forgets this face under this claim after a yes.
    pub fn forgive(&self, attempt: &Attempt<'_>) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|failure| failure.claim != attempt.claim || !attempt.shows(failure));
    }
}

impl Attempt<'_> {
    fn shows(&self, failure: &Failure) -> bool {
        failure.set == *self.set
            && self
                .face
                .cosine(&failure.face)
                .is_some_and(|cosine| cosine >= self.same_face)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks of one person into the camera, each with noise of its own (cosine about 0.9), among 32 numbers.
    fn look(person: usize, shot: u32) -> Embedding {
        let mut values = vec![0.0; 32];
        values[person] = 1.0;
        values[16 + (shot % 16) as usize] = 0.3;
        Embedding::normalised(values).unwrap()
    }

    fn claim(number: u32) -> [u8; 32] {
        let mut claim = [0; 32];
        claim[..4].copy_from_slice(&number.to_be_bytes());
        claim
    }

    struct Town {
        set: ModelSetId,
        spraying: Spraying,
    }

    impl Town {
        fn new() -> Self {
            Self {
                set: ModelSetId::parse("open-1").unwrap(),
                spraying: Spraying::default(),
            }
        }

        fn attempt<'a>(&'a self, face: &'a Embedding, number: u32) -> Attempt<'a> {
            Attempt {
                set: &self.set,
                same_face: 0.6,
                face,
                claim: claim(number),
            }
        }

        fn tries(&self, person: usize, number: u32, now: UnixSeconds) -> bool {
            let face = look(person, number);
            self.spraying.admit(&self.attempt(&face, number), now)
        }
    }

    #[test]
    fn one_face_on_five_thousand_ids_is_stopped_after_twenty() {
        let town = Town::new();
        let admitted = (0..5_000).filter(|number| town.tries(0, *number, 0));
        assert_eq!(
            admitted.collect::<Vec<_>>(),
            (0..20).collect::<Vec<_>>(),
            "of 10,000 until the first chance match is to be expected"
        );
        assert!(town.tries(1, 4_999, 0), "another face is another matter");
        assert!(
            town.tries(0, 7, 0),
            "a claim that counts is no further draw"
        );
    }

    #[test]
    fn a_day_later_the_face_may_be_tried_again() {
        let town = Town::new();
        for number in 0..20 {
            assert!(town.tries(0, number, 100 + u64::from(number)));
        }
        assert!(!town.tries(0, 20, 100 + WINDOW - 1));
        assert!(town.tries(0, 20, 100 + WINDOW), "the first one has expired");
        assert!(!town.tries(0, 21, 100 + WINDOW));
        assert!(
            !town.tries(0, 22, 0),
            "a clock running backwards frees nothing"
        );
    }

    #[test]
    fn what_was_confirmed_does_not_count() {
        let town = Town::new();
        for number in 0..100 {
            assert!(town.tries(0, number, 0), "{number}");
            let another_look = look(0, number + 1);
            town.spraying.forgive(&town.attempt(&another_look, number));
        }
        for number in 100..120 {
            assert!(town.tries(0, number, 0), "{number}");
        }
        let other = look(1, 100);
        town.spraying.forgive(&town.attempt(&other, 100));
        assert!(
            !town.tries(0, 120, 0),
            "a yes for another face forgives nothing"
        );
    }

    #[test]
    fn going_on_pushes_nothing_out() {
        let town = Town::new();
        for number in 0..3 * CAPACITY as u32 {
            town.tries(0, number, 0);
        }
        assert!(!town.tries(0, u32::MAX, 0));
        assert!(town.spraying.0.lock().unwrap().len() <= FREE_IDS);
    }

    #[test]
    fn memory_is_bounded() {
        let town = Town::new();
        // Nobody looks like anybody before: each bit of the number gives a sign.
        for number in 0..CAPACITY as u32 + 10 {
            let mut values = vec![0.0; 32];
            for (bit, value) in values.iter_mut().take(14).enumerate() {
                *value = if number >> bit & 1 == 1 { 1.0 } else { -1.0 };
            }
            let face = Embedding::normalised(values).unwrap();
            let mut attempt = town.attempt(&face, number);
            attempt.same_face = 0.999;
            assert!(town.spraying.admit(&attempt, 0));
        }
        assert_eq!(town.spraying.0.lock().unwrap().len(), CAPACITY);
    }
}
