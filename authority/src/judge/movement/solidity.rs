//! Is what turned a head, or a picture of one, flat or bent?
//!
//! Two measures on each axis, both from the frames in which a movement went farthest:
//! - the parallax c of both directions together. A plane has none. A picture bent like a roll has some, about the axis of the
//!   roll, and hardly any about the other: so both axes count.
//! - parallax against foreshortening, s = c ÷ F. A head that turns by θ to both sides shows c = 2 sin θ and is foreshortened
//!   by F = 2 sin² θ, so s is 1 ÷ sin θ: never below 1, however far it turns. Whoever makes parallax by rolling a picture must
//!   turn that far more for the same c, and foreshortens it more: s falls below 1. The deployed net sees less of a turn
//!   than there is, in both c and F, and hardly moves their ratio. (The study's q = c² ÷ (c²/2 + F) squares what the net
//!   takes away: with as many people refused, it lets several times as many rolled pictures through.)
//!
//! Source of both: the project's own study; figures and what it did not simulate in docs/liveness.md.

use nod_protocol::{challenge::Movement, parallax::Pose};

use super::events::Event;

/// The part of a movement's frames that counts: those that went farthest.
const FARTHEST: f64 = 0.3;
/// And at least so many of them.
const FEWEST: usize = 3;
/// Below this, foreshortening is the landmarks' noise.
const LEAST_SQUEEZE: f64 = 0.02;

/// Of one axis: left and right, or up and down.
#[derive(Clone, Copy, Default)]
pub struct Axis {
    /// Parallax of both directions together: about the sum of the two angles' sines.
    pub parallax: f64,
    /// Parallax for each part of foreshortening: above 1 for a head, below for a picture that is rolled to have parallax.
    pub foreshortening: f64,
}

/// Left and right.
pub(super) fn turn(events: &[Event], poses: &[Pose]) -> Axis {
    let directions = [Movement::TurnLeft, Movement::TurnRight];
    let signed: [fn(&Pose) -> f64; 2] = [|p| p.turn, |p| -p.turn];
    axis(events, poses, directions, signed)
}

/// Up and down.
pub(super) fn lift(events: &[Event], poses: &[Pose]) -> Axis {
    let directions = [Movement::LookUp, Movement::LookDown];
    let signed: [fn(&Pose) -> f64; 2] = [|p| p.lift, |p| -p.lift];
    axis(events, poses, directions, signed)
}

/// A direction that was not moved in adds nothing.
fn axis(
    events: &[Event],
    poses: &[Pose],
    directions: [Movement; 2],
    signed: [fn(&Pose) -> f64; 2],
) -> Axis {
    let (mut parallax, mut squeeze) = (0.0, 0.0);
    for (direction, value) in directions.iter().zip(signed) {
        let frames = events
            .iter()
            .filter(|event| event.movement == *direction)
            .flat_map(|event| &event.frames)
            .filter_map(|at| poses.get(*at));
        let frames: Vec<&Pose> = frames.collect();
        parallax += farthest(&frames, value);
        squeeze += farthest(&frames, |pose| pose.squeeze);
    }
    Axis {
        parallax,
        foreshortening: parallax / squeeze.max(LEAST_SQUEEZE),
    }
}

/// Mean of the largest values.
fn farthest(frames: &[&Pose], value: impl Fn(&Pose) -> f64) -> f64 {
    let mut values: Vec<f64> = frames.iter().map(|pose| value(pose)).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    let count = ((values.len() as f64 * FARTHEST).ceil() as usize).max(FEWEST);
    values.truncate(count);
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
