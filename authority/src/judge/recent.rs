//! Is this capture new, or one of the resident's recent ones in a new seal?
//!
//! Whoever has an old capture in the clear can seal it again for a session whose challenge its track happens to answer;
//! challenges can be drawn until one does. So what was accepted lately is not accepted again: no embedding and no track
//! that equals a remembered one or nearly does.
//!
//! How near is near: docs/liveness.md has what the limits were measured on. Angles θ are compared as signs of sketches
//! ([`crate::recent`]): 2,048 · θ ÷ π of them differ, with a deviation of at most 23.

use nod_protocol::payload::{Embedding, Payload};

use super::movement::{Measures, measure};
use crate::recent::{CaptureDigest, MOVEMENTS, Recent, Sketch, Sketcher};

/// Signs in which embeddings of two looks differ at least: an angle of 2.8°, a cosine of 0.9988. Within one sitting fused
/// embeddings come as near as 0.995 (65 ± 8 signs differ); of a copy with noise, cosine 0.9995, 21 ± 4 do. One picture that is
/// filmed twice, with nothing but a sensor's noise between, has 0.989 to 0.9988.
const EMBEDDING: u32 = 32;
/// The same for courses: 5.1°, a cosine of 0.996. Among 1,200 pairs of captures of one person that follow the same order the
/// nearest had 0.985.
const COURSE: u32 = 58;
/// For trembles: 65°, a cosine of 0.42; the nearest of 600 such pairs had 0.27. A copy with as much noise again has about
/// 0.7.
const TREMBLE: u32 = 741;
/// For onsets: 53°, a cosine of 0.6; the nearest of 600 pairs had 0.38.
const ONSETS: u32 = 604;

/// No embedding of the capture is one that was seen lately. Every one counts, whichever of them an attacker reuses.
pub(super) fn has_new_embeddings(payload: &Payload, recent: &Recent) -> bool {
    let seen = recent.captures.iter().flat_map(|old| &old.embeddings);
    let seen: Vec<&Sketch> = seen.collect();
    let new: Vec<Sketch> = embeddings(payload, &recent.sketcher).collect();
    let near = |sketch: &Sketch| {
        let near = seen.iter().filter(|old| old.differs_in(sketch) < EMBEDDING);
        near.count()
    };
    new.iter().map(near).sum::<usize>() == 0
}

/// The track is none that was seen lately; what has no marks cannot be known again, and is not accepted.
pub(super) fn moves_anew(measures: &Measures, recent: &Recent) -> bool {
    let Some(new) = movement(measures, &recent.sketcher) else {
        return false;
    };
    let near = recent.captures.iter().filter(|old| {
        let marks = old.movement.iter().zip(&new);
        let mut limits = marks.zip([COURSE, TREMBLE, ONSETS]);
        limits.any(|((old, new), limit)| old.differs_in(new) < limit)
    });
    near.count() == 0
}

/// What is remembered of an accepted capture; `None` of one without a track that can be measured.
pub fn digest(payload: &Payload, sketcher: &Sketcher) -> Option<CaptureDigest> {
    let measures = measure(payload.track.as_ref()?).ok()?;
    Some(CaptureDigest {
        embeddings: embeddings(payload, sketcher).collect(),
        movement: movement(&measures, sketcher)?,
    })
}

fn embeddings(payload: &Payload, sketcher: &Sketcher) -> impl Iterator<Item = Sketch> {
    let all = payload.captures.iter();
    let all = all.flat_map(|capture| capture.keyframes.iter().chain([&capture.fused]));
    all.filter_map(|embedding: &Embedding| sketcher.sketch(embedding.values()))
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
