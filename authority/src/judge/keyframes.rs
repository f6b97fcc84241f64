//! Rules on the embeddings of a capture: enough of them, one person, and not one picture several times.

use nod_protocol::{ids::Level, payload::SetCapture};

use crate::{
    compare::{Comparison, same_person},
    model_sets::ModelSet,
};

/// Keyframes that a capture needs per model set.
pub const MIN_KEYFRAMES: usize = 3;

pub(super) fn have_sizes_of(capture: &SetCapture, set: &ModelSet) -> bool {
    capture
        .keyframes
        .iter()
        .chain([&capture.fused])
        .all(|embedding| embedding.values().len() == set.dimensions)
}

pub(super) fn are_enough(capture: &SetCapture) -> bool {
    capture.keyframes.len() >= MIN_KEYFRAMES
}

/// No two keyframes are bit-for-bit the same.
pub(super) fn differ(capture: &SetCapture) -> bool {
    pairs(&capture.keyframes).all(|(a, b)| a.values() != b.values())
}

/// The measure of "one person" within a capture is the one between captures: the set's threshold.
pub(super) fn are_one_person(capture: &SetCapture, set: &ModelSet) -> bool {
    pairs(&capture.keyframes)
        .all(|(a, b)| same_person(a, b, set, Level::Full) == Ok(Comparison::Same))
}

pub(super) fn fuse_to_that_person(capture: &SetCapture, set: &ModelSet) -> bool {
    capture.keyframes.iter().all(|keyframe| {
        same_person(&capture.fused, keyframe, set, Level::Full) == Ok(Comparison::Same)
    })
}

fn pairs<T>(items: &[T]) -> impl Iterator<Item = (&T, &T)> {
    items
        .iter()
        .enumerate()
        .flat_map(|(i, a)| items.iter().skip(i + 1).map(move |b| (a, b)))
}
