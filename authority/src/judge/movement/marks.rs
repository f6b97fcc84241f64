//! What makes a track this one and no other: three vectors by which `judge/recent.rs` knows it again. Each of them outlasts
//! what changes the others, so that little changes go round none of them.
//!
//! - The course: turn and lift at equal parts of the whole time. Whoever makes the times longer or shorter does not change
//!   it, nor do frames that are left out, nor noise: a pose is taken from 68 points. Two honest captures differ in it because
//!   instructions stand for random times, even if their order is the same.
//! - The tremble: in each of the first frames, how far the landmarks lie off the middle between the frames before and after,
//!   without what place, size, turn and tilt explain. This is the noise of camera and landmark net, which no two films share.
//!   Whatever is done to the times does not change it.
//! - The onsets: the same noise in the frames where each movement begins, in an order that does not depend on the
//!   challenge's. A track that is cut and put together in another order keeps them.
//!
//! Points of the eyes are left out of the noise: many people blink as they begin to turn.

use nod_protocol::{
    challenge::Movement,
    parallax::{GENERIC_HEAD, LANDMARKS, NEUTRAL, Pose},
};
use zeroize::Zeroizing;

use super::{events::Event, timeline::Timeline};

/// See above; directions, their lengths mean nothing. Not printable; wiped when dropped.
pub struct Marks {
    /// 96 moments of the turn, then of the lift, less their means.
    pub course: Zeroizing<Vec<f32>>,
    /// 126 frames of 56 points, x and y apart; zeros beyond the end.
    pub tremble: Zeroizing<Vec<f32>>,
    /// 12 frames for each of left, right, up and down; zeros for a movement that was not made.
    pub onsets: Zeroizing<Vec<f32>>,
}

const MOMENTS: usize = 96;
/// Frames of the tremble, the ones before the first and after the last included: at ten a second the whole of a track.
const FRAMES: usize = 128;
/// Frames of each movement.
const ONSET: usize = 12;
/// Every challenge has these.
const DIRECTIONS: [Movement; 4] = [
    Movement::TurnLeft,
    Movement::TurnRight,
    Movement::LookUp,
    Movement::LookDown,
];
const EYES: std::ops::Range<usize> = 36..48;
/// Numbers of one frame's noise.
const NOISE: usize = 2 * (LANDMARKS - (EYES.end - EYES.start));

impl Marks {
    pub(super) fn of(timeline: &Timeline, poses: &[Pose], events: &[Event]) -> Self {
        let noise = Noise::of(timeline, poses);
        let first = 1..FRAMES - 1;
        let onsets = DIRECTIONS.iter().flat_map(|direction| {
            let made = events.iter().find(|event| event.movement == *direction);
            let onset = made.and_then(|event| event.frames.first().copied());
            (0..ONSET).map(move |at| onset.map(|onset| onset + at))
        });
        Self {
            course: course(timeline, poses),
            tremble: noise.in_frames(first.map(Some)),
            onsets: noise.in_frames(onsets),
        }
    }
}

fn course(timeline: &Timeline, poses: &[Pose]) -> Zeroizing<Vec<f32>> {
    let millis: Vec<f64> = timeline.frames.iter().map(|f| f.millis.into()).collect();
    let channels: [fn(&Pose) -> f64; 2] = [|pose| pose.turn, |pose| pose.lift];
    let mut course = Zeroizing::new(Vec::with_capacity(2 * MOMENTS));
    for channel in channels {
        let values: Vec<f64> = poses.iter().map(channel).collect();
        let moments = moments(&millis, &values);
        let mean = moments.iter().sum::<f64>() / MOMENTS as f64;
        course.extend(moments.iter().map(|value| (value - mean) as f32));
    }
    course
}

/// At the middles of equal parts of the time, straight between the neighbouring frames.
fn moments(millis: &[f64], values: &[f64]) -> [f64; MOMENTS] {
    let (begin, end) = match (millis.first(), millis.last()) {
        (Some(begin), Some(end)) => (*begin, *end),
        _ => return [0.0; MOMENTS],
    };
    std::array::from_fn(|at| {
        let when = begin + (end - begin) * (at as f64 + 0.5) / MOMENTS as f64;
        let later = millis.partition_point(|millis| *millis <= when);
        match (later.checked_sub(1), millis.get(later)) {
            (Some(before), Some(after)) => {
                let part = (when - millis[before]) / (after - millis[before]);
                values[before] + part * (values[later] - values[before])
            }
            _ => 0.0,
        }
    })
}

/// Faces at one place and size, and what a head that moves as a whole changes of them.
struct Noise {
    faces: Zeroizing<Vec<f64>>,
    /// Orthonormal: the constant, X and Y of the head at rest, and its depth.
    rigid: [[f64; LANDMARKS]; 4],
}

impl Noise {
    fn of(timeline: &Timeline, poses: &[Pose]) -> Self {
        let mut faces = Zeroizing::new(Vec::with_capacity(2 * LANDMARKS * poses.len()));
        for (frame, pose) in timeline.frames.iter().zip(poses) {
            for axis in [0, 1] {
                faces.extend(frame.points.iter().map(|point| point[axis] / pose.scale));
            }
        }
        let mut rigid = [[1.0; LANDMARKS]; 4];
        let rest = &timeline.frames[..NEUTRAL.min(timeline.frames.len())];
        for axis in [0, 1] {
            let sum = |at: usize| rest.iter().map(|frame| frame.points[at][axis]).sum();
            rigid[1 + axis] = std::array::from_fn(sum);
        }
        rigid[3] = GENERIC_HEAD.map(|[.., depth]| depth);
        orthonormal(&mut rigid);
        Self { faces, rigid }
    }

    /// One frame after the other; zeros where there is none with two neighbours.
    fn in_frames(&self, frames: impl Iterator<Item = Option<usize>>) -> Zeroizing<Vec<f32>> {
        let mut noise = Zeroizing::new(Vec::with_capacity(FRAMES * NOISE));
        for frame in frames {
            for axis in [0, 1] {
                let rest = frame.and_then(|at| self.rest(at, axis));
                let rest = rest.unwrap_or([0.0; LANDMARKS]);
                for points in [&rest[..EYES.start], &rest[EYES.end..]] {
                    noise.extend(points.iter().map(|value| *value as f32));
                }
            }
        }
        noise
    }

    /// What neither the neighbouring frames nor a movement of the whole head explain.
    fn rest(&self, frame: usize, axis: usize) -> Option<[f64; LANDMARKS]> {
        let (faces, _) = self.faces.as_chunks::<LANDMARKS>();
        let before = faces.get((2 * frame + axis).checked_sub(2)?)?;
        let (here, after) = (
            faces.get(2 * frame + axis)?,
            faces.get(2 * frame + axis + 2)?,
        );
        let mut rest = std::array::from_fn(|at| here[at] - (before[at] + after[at]) / 2.0);
        // The directions are at right angles: what is removed along one changes nothing along the others.
        let parts = self.rigid.each_ref().map(|along| dot(&rest, along));
        for (direction, part) in self.rigid.iter().zip(parts) {
            remove(&mut rest, direction, part);
        }
        Some(rest)
    }
}

/// By Gram and Schmidt. Points that span no face were refused before.
fn orthonormal(rows: &mut [[f64; LANDMARKS]; 4]) {
    for at in 0..rows.len() {
        let (done, rest) = rows.split_at_mut(at);
        let row = &mut rest[0];
        for direction in done.iter() {
            let part = dot(row, direction);
            remove(row, direction, part);
        }
        let length = dot(row, row).sqrt();
        for value in row {
            *value /= length;
        }
    }
}

fn remove(from: &mut [f64; LANDMARKS], direction: &[f64; LANDMARKS], part: f64) {
    for (value, along) in from.iter_mut().zip(direction) {
        *value -= part * along;
    }
}

/// Independent sums in lanes: a single one would have to be added up in order.
fn dot(a: &[f64; LANDMARKS], b: &[f64; LANDMARKS]) -> f64 {
    const { assert!(LANDMARKS.is_multiple_of(4)) };
    let mut sums = [0.0; 4];
    for (a, b) in a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}
