//! What a process knows of failures, and what it decides by it: pure.

use std::collections::VecDeque;

use nod_protocol::ids::ModelSetId;

use super::WINDOW;
use crate::{
    clock::UnixSeconds,
    recent::{SIGNS, Sketch},
    store::Sprayed,
};

/// Different claimed IDs on which one face may fail within a day.
pub const FREE_IDS: usize = 20;
/// Failures that count at most, the latest: 3 MiB, and a fraction of a millisecond per attempt.
pub const CAPACITY: usize = 8192;
/// Rows may become visible in another order than that of their numbers: so many are asked for again.
const AGAIN: i64 = 16;

/// Failures in the order in which they became known.
#[derive(Default)]
pub(super) struct Known(VecDeque<Failure>);

struct Failure {
    /// Its row, once it is known to be in the database.
    row: Option<i64>,
    /// Whether it was written, known or not by which row.
    is_kept: bool,
    at: UnixSeconds,
    day: u64,
    set: ModelSetId,
    claim: [u8; 32],
    sketch: Sketch,
}

/// An attempt as a failure of one day would be kept.
pub(super) struct Look {
    pub(super) day: u64,
    pub(super) sketch: Sketch,
    pub(super) claim: [u8; 32],
}

/// How an attempt was counted.
pub(super) struct Counted {
    pub(super) is_admitted: bool,
    /// Whether it is to be kept, if it fails.
    pub(super) is_new: bool,
    /// Rows of this face under this claim.
    pub(super) own_rows: Vec<i64>,
    /// Some row of this face.
    pub(super) any_row: Option<i64>,
    /// Names it in memory: its claim and sketch of the day.
    claim: [u8; 32],
    sketch: Sketch,
}

impl Known {
    /// From which row on there may be something new.
    pub(super) fn newest(&self) -> i64 {
        let rows = self.0.iter().filter_map(|failure| failure.row);
        rows.max().unwrap_or(0).saturating_sub(AGAIN)
    }

    /// Adds rows that are not known yet; what this process has counted itself gets its row.
    pub(super) fn learn(&mut self, rows: Vec<Sprayed>) {
        let newest = self.0.iter().filter_map(|known| known.row).max();
        let mut on_its_way = self.0.iter().filter(|known| known.row.is_none()).count();
        for row in rows {
            // Looked for only where it may be there: all rows are read once a minute.
            let may_be_known = newest.is_some_and(|newest| row.id <= newest);
            if may_be_known && self.0.iter().rev().any(|known| known.row == Some(row.id)) {
                continue;
            }
            let own = match on_its_way {
                0 => None,
                _ => self.0.iter_mut().find(|known| {
                    known.row.is_none() && known.claim == row.claim && known.sketch == row.sketch
                }),
            };
            match own {
                Some(own) => {
                    own.row = Some(row.id);
                    own.is_kept = true;
                    on_its_way -= 1;
                }
                None => self.push(Failure::from(row)),
            }
        }
    }

    /// It is in the database.
    pub(super) fn kept(&mut self, counted: &Counted) {
        for failure in self.0.iter_mut().rev().filter(|known| known.row.is_none()) {
            failure.is_kept |= failure.claim == counted.claim && failure.sketch == counted.sketch;
        }
    }

    /// Only what is in the database counts, and what is on its way there.
    pub(super) fn replace(&mut self, rows: Vec<Sprayed>) {
        self.0.retain(|known| !known.is_kept);
        self.learn(rows);
    }

    /// A clock that runs backwards frees nothing.
    pub(super) fn forget_old(&mut self, now: UnixSeconds) {
        self.0
            .retain(|failure| now.saturating_sub(failure.at) < WINDOW);
    }

    pub(super) fn count(
        &mut self,
        set: &ModelSetId,
        same_face: f32,
        looks: &[Look; 2],
        now: UnixSeconds,
    ) -> Counted {
        let [today, _] = looks;
        let most = differing_at_most(same_face);
        let (mut claims, mut own_rows, mut any_row) = (Vec::new(), Vec::new(), None);
        let mut is_counted = false;
        for failure in &self.0 {
            let Some(look) = looks.iter().find(|look| look.day == failure.day) else {
                continue;
            };
            if failure.set != *set || look.sketch.differs_in(&failure.sketch) > most {
                continue;
            }
            if failure.claim == look.claim {
                is_counted = true;
                own_rows.extend(failure.row);
            } else if claims.len() < FREE_IDS && !claims.contains(&&failure.claim) {
                claims.push(&failure.claim);
            }
            any_row = failure.row.or(any_row);
        }
        let is_admitted = is_counted || claims.len() < FREE_IDS;
        let is_new = is_admitted && !is_counted;
        if is_new {
            self.push(Failure {
                row: None,
                is_kept: false,
                at: now,
                day: today.day,
                set: set.clone(),
                claim: today.claim,
                sketch: today.sketch.clone(),
            });
        }
        Counted {
            is_admitted,
            is_new,
            own_rows,
            any_row,
            claim: today.claim,
            sketch: today.sketch.clone(),
        }
    }

    /// After a yes.
    pub(super) fn forget(&mut self, counted: &Counted) {
        self.0.retain(|failure| {
            let is_own = failure.claim == counted.claim && failure.sketch == counted.sketch;
            let is_row = failure
                .row
                .is_some_and(|row| counted.own_rows.contains(&row));
            !is_own && !is_row
        });
    }

    fn push(&mut self, failure: Failure) {
        if self.0.len() >= CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(failure);
    }
}

impl From<Sprayed> for Failure {
    fn from(row: Sprayed) -> Self {
        Self {
            row: Some(row.id),
            is_kept: true,
            at: row.at,
            day: row.day,
            set: row.set,
            claim: row.claim,
            sketch: row.sketch,
        }
    }
}

/// Signs in which two looks of one face differ at most: as many of all as the angle of that cosine is of π.
pub(super) fn differing_at_most(same_face: f32) -> u32 {
    let part = same_face.clamp(-1.0, 1.0).acos() / std::f32::consts::PI;
    (part * SIGNS as f32) as u32
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
