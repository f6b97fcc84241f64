//! Poses over time → which movements were made, when, and in which order.

use nod_protocol::{
    challenge::Movement,
    parallax::{NEUTRAL, Pose},
};

/// From here on a movement has begun. Turn and lift are about sines: 0.17 is 10°, 0.10 is 6°; the widget asks for
/// nearly half as much again. Up and down measure less than left and right for the same angle.
const TURN: f64 = 0.17;
const LIFT: f64 = 0.10;
/// The same for coming closer: size against the neutral frames.
const CLOSER: f64 = 1.13;
/// It is over below this part of those.
const OVER: f64 = 0.6;
/// Shorter than this is a tremble of the landmarks.
const BRIEFEST_MILLIS: u32 = 150;

/// One movement, from its beginning to the return.
pub(super) struct Event {
    pub(super) movement: Movement,
    /// When it began.
    pub(super) onset: u32,
    /// Its frames.
    pub(super) frames: Vec<usize>,
}

/// Poses with the neutral frames' median taken off: 0 is the head at rest, scale 1 its size then.
pub(super) fn levelled(poses: &[Pose]) -> Vec<Pose> {
    let neutral = &poses[..NEUTRAL.min(poses.len())];
    let rest = |value: fn(&Pose) -> f64| median(neutral.iter().map(value).collect());
    let (turn, lift, scale) = (rest(|p| p.turn), rest(|p| p.lift), rest(|p| p.scale));
    let level = |pose: &Pose| Pose {
        turn: pose.turn - turn,
        lift: pose.lift - lift,
        scale: pose.scale / scale,
        ..*pose
    };
    poses.iter().map(level).collect()
}

/// The movements of a track, in order. The same movement twice in a row is one: people waver.
pub(super) fn events(millis: &[u32], poses: &[Pose]) -> Vec<Event> {
    let strengths: Vec<[f64; 5]> = (0..poses.len()).map(|at| strengths(poses, at)).collect();
    let mut events: Vec<Event> = Vec::new();
    let mut at = 0;
    while at < strengths.len() {
        // NaN begins nothing.
        let begins = largest(&strengths[at]).1 >= 1.0;
        if !begins {
            at += 1;
            continue;
        }
        let length = strengths[at..]
            .iter()
            .take_while(|strengths| largest(strengths).1 >= OVER)
            .count();
        let frames: Vec<usize> = (at..at + length).collect();
        let lasted = millis[at + length - 1] - millis[at];
        let peak = frames
            .iter()
            .map(|frame| largest(&strengths[*frame]))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((movement, _)) = peak.filter(|_| lasted >= BRIEFEST_MILLIS) {
            match events.last_mut() {
                Some(last) if last.movement == movement => last.frames.extend(frames),
                _ => events.push(Event {
                    movement,
                    onset: millis[at],
                    frames,
                }),
            }
        }
        at += length;
    }
    events
}

/// The order of [`strengths`].
const MOVEMENTS: [Movement; 5] = [
    Movement::TurnLeft,
    Movement::TurnRight,
    Movement::LookUp,
    Movement::LookDown,
    Movement::ComeCloser,
];

/// How strongly each movement shows in a frame, 1 where it begins; the median of three frames, so that one misplaced
/// set of landmarks is no movement.
fn strengths(poses: &[Pose], at: usize) -> [f64; 5] {
    let around = &poses[at.saturating_sub(1)..(at + 2).min(poses.len())];
    let smooth = |value: fn(&Pose) -> f64| {
        let mut values = [0.0; 3];
        let values = &mut values[..around.len()];
        for (smoothed, pose) in values.iter_mut().zip(around) {
            *smoothed = value(pose);
        }
        middle(values)
    };
    let (turn, lift) = (smooth(|p| p.turn) / TURN, smooth(|p| p.lift) / LIFT);
    let closer = smooth(|p| p.scale).ln() / CLOSER.ln();
    [turn, -turn, lift, -lift, closer]
}

fn largest(strengths: &[f64; 5]) -> (Movement, f64) {
    let mut largest = (MOVEMENTS[0], strengths[0]);
    for (movement, strength) in MOVEMENTS.into_iter().zip(strengths) {
        if *strength > largest.1 {
            largest = (movement, *strength);
        }
    }
    largest
}

/// 0 of nothing; of an even number the upper middle one.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    middle(&mut values)
}

fn middle(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Pose = Pose {
        turn: 0.0,
        lift: 0.0,
        scale: 1.0,
        squeeze: 0.0,
    };

    /// Frames a tenth of a second apart: rest, then each pose for so many frames with rest between.
    fn film(parts: &[(Pose, usize)]) -> Vec<Movement> {
        let mut poses = vec![REST; NEUTRAL];
        for (pose, frames) in parts {
            poses.extend(vec![*pose; *frames]);
            poses.extend(vec![REST; 4]);
        }
        let millis: Vec<u32> = (0..poses.len() as u32).map(|at| 100 * at).collect();
        let events = events(&millis, &levelled(&poses));
        events.iter().map(|event| event.movement).collect()
    }

    fn turned(turn: f64) -> Pose {
        Pose { turn, ..REST }
    }

    fn lifted(lift: f64) -> Pose {
        Pose { lift, ..REST }
    }

    #[test]
    fn each_movement_is_known_by_its_sign() {
        let closer = Pose { scale: 1.3, ..REST };
        let parts = [
            (turned(0.35), 8),
            (turned(-0.35), 8),
            (lifted(0.2), 8),
            (lifted(-0.2), 8),
            (closer, 8),
        ];
        assert_eq!(film(&parts), MOVEMENTS);
    }

    #[test]
    fn small_and_single_movements_are_none() {
        assert_eq!(film(&[(turned(0.1), 8), (lifted(0.05), 8)]), []);
        assert_eq!(
            film(&[(turned(0.5), 1), (lifted(-0.4), 1)]),
            [],
            "one frame is a slip of the net"
        );
    }

    #[test]
    fn a_turn_that_lifts_a_little_is_a_turn() {
        let both = Pose {
            lift: 0.12,
            ..turned(0.35)
        };
        assert_eq!(film(&[(both, 8)]), [Movement::TurnLeft]);
    }

    #[test]
    fn wavering_is_one_movement() {
        assert_eq!(
            film(&[(turned(0.3), 5), (turned(0.35), 5)]),
            [Movement::TurnLeft]
        );
    }

    #[test]
    fn a_head_that_rests_askew_is_measured_from_there() {
        let askew: Vec<Pose> = vec![turned(0.3); 30];
        let millis: Vec<u32> = (0..30).map(|at| 100 * at).collect();
        assert!(events(&millis, &levelled(&askew)).is_empty());
    }
}
