//! Is this capture new, or one of the resident's recent ones in a new seal?
//!
//! Whoever has an old capture in the clear can seal it again for a session whose challenge its track happens to answer;
//! challenges can be drawn until one does. So what was accepted lately is not accepted again: no embedding and no track
//! that equals a remembered one or nearly does.
//!
//! How near is near: docs/liveness.md has what the limits were measured on. Angles θ are compared as signs of sketches
//! ([`crate::recent`]): 2,048 · θ ÷ π of them differ, with a deviation of at most 23.

use nod_protocol::ids::Level;
use nod_protocol::payload::{Payload, SetCapture};

use super::movement::{Measures, measure};
use crate::model_sets::ModelSet;
use crate::recent::{CaptureDigest, MOVEMENTS, Recent, SIGNS, Sketch, Sketcher};

/// Embeddings of two looks lie farther apart than this part of the angle at which the model set takes two faces for one
/// person's: sets differ in how close they lay everything.
///
/// `open-1`: 1.3° of 53°, a cosine of 0.9997, 15 signs; `everywhere-1`: 0.4° of 14.5°, 0.99998, 4 signs. One picture that is
/// looked at twice, with nothing but a sensor's noise between, has 0.989 to 0.9991 and 0.9997 to 0.9999: people have less. Who
/// adds noise to an embedding gets round any limit, so this one is there for copies, and not near enough to people to
/// refuse them.
const EMBEDDING: f32 = 1.0 / 40.0;
/// The same for courses: 5.1°, a cosine of 0.996. Among 1,200 pairs of captures of one person that follow the same order the
/// nearest had 0.985.
const COURSE: u32 = 58;
/// For trembles: 65°, a cosine of 0.42; the nearest of 600 such pairs had 0.27. A copy with as much noise again has about
/// 0.7.
const TREMBLE: u32 = 741;
/// For onsets: 53°, a cosine of 0.6; the nearest of 600 pairs had 0.38.
const ONSETS: u32 = 604;

/// The sketches of a new capture: drawn once, held against the remembered ones, and remembered themselves if it comes to
/// that.
pub(super) struct Sketched {
    /// Of each capture of the payload, in its order.
    captures: Vec<Vec<Sketch>>,
    /// None of what has no marks.
    movement: Option<[Sketch; MOVEMENTS]>,
}

impl Sketched {
    pub(super) fn of(payload: &Payload, measures: Option<&Measures>, sketcher: &Sketcher) -> Self {
        let captures = payload.captures.iter();
        Self {
            captures: captures.map(|c| sketches(c, sketcher)).collect(),
            movement: measures.and_then(|measures| movement(measures, sketcher)),
        }
    }

    /// No embedding of the capture is one that was seen lately. Every one counts, whichever of them an attacker reuses.
    pub(super) fn has_new_embeddings(
        &self,
        payload: &Payload,
        recent: &Recent,
        sets: &[ModelSet],
    ) -> bool {
        let near = |sketches: &[Sketch], limit: u32| {
            let near = |old: &Sketch| {
                let near = sketches.iter().filter(|new| old.differs_in(new) < limit);
                near.count()
            };
            let seen = recent.captures.iter().flat_map(|old| &old.embeddings);
            seen.map(near).sum::<usize>()
        };
        // A capture of a set that is not live is not compared with anything, and refused by a check of its own.
        let set_of = |capture: &SetCapture| sets.iter().find(|set| set.id == capture.model_set);
        let captures = payload.captures.iter().zip(&self.captures);
        let counts = captures
            .filter_map(|(capture, sketches)| Some(near(sketches, nearest(set_of(capture)?))));
        counts.sum::<usize>() == 0
    }

    /// The track is none that was seen lately; what has no marks cannot be known again, and is not accepted.
    pub(super) fn moves_anew(&self, recent: &Recent) -> bool {
        let Some(new) = &self.movement else {
            return false;
        };
        let near = recent.captures.iter().filter(|old| {
            let marks = old.movement.iter().zip(new);
            let mut limits = marks.zip([COURSE, TREMBLE, ONSETS]);
            limits.any(|((old, new), limit)| old.differs_in(new) < limit)
        });
        near.count() == 0
    }

    /// What is remembered of it; `None` of one without a track that can be measured.
    pub(super) fn into_digest(self) -> Option<CaptureDigest> {
        Some(CaptureDigest {
            embeddings: self.captures.into_iter().flatten().collect(),
            movement: self.movement?,
        })
    }
}

/// Signs in which two embeddings of a set differ at least.
fn nearest(set: &ModelSet) -> u32 {
    let angle = EMBEDDING * set.threshold(Level::Light).clamp(-1.0, 1.0).acos();
    (SIGNS as f32 * angle / std::f32::consts::PI).round() as u32
}

/// What is remembered of an accepted capture; `None` of one without a track that can be measured.
pub fn digest(payload: &Payload, sketcher: &Sketcher) -> Option<CaptureDigest> {
    let measures = measure(payload.track.as_ref()?).ok()?;
    Sketched::of(payload, Some(&measures), sketcher).into_digest()
}

fn sketches(capture: &SetCapture, sketcher: &Sketcher) -> Vec<Sketch> {
    let all = capture.keyframes.iter().chain([&capture.fused]);
    let all = all.filter_map(|embedding| sketcher.sketch(embedding.values()));
    all.collect()
}

fn movement(measures: &Measures, sketcher: &Sketcher) -> Option<[Sketch; MOVEMENTS]> {
    let marks = &measures.marks;
    Some([
        sketcher.sketch(&marks.course)?,
        sketcher.sketch(&marks.tremble)?,
        sketcher.sketch(&marks.onsets)?,
    ])
}

#[cfg(test)]
#[path = "recent/tests.rs"]
mod tests;
