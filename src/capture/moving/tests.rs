use nod_protocol::challenge::{Mode, Movement, Step};
use nod_protocol::ids::Nonce;
use nod_protocol::parallax::GENERIC_HEAD;
use nod_protocol::payload::{Embedding, EvidenceCrop};

use super::*;
use crate::geometry::{Point, Rect};

/// The generic head, turned to its own left (a sine) and back.
fn turned(turn: f64) -> Landmarks {
    let turn = turn.asin();
    let points = GENERIC_HEAD.map(|[x, y, z]| {
        let x = x * turn.cos() - z * turn.sin();
        Point::new((300.0 + 70.0 * x) as f32, (200.0 + 70.0 * y) as f32)
    });
    Landmarks::from(points)
}

/// Somebody who is asked to turn left, then right.
struct Resident {
    stage: Moving,
    at: u64,
    /// Milliseconds from frame to frame.
    interval: u64,
}

impl Resident {
    fn new() -> Self {
        Self::before(100, false)
    }

    fn before(interval: u64, evidence: bool) -> Self {
        let step = |movement| Step {
            movement,
            millis: 500,
        };
        let challenge = Challenge {
            nonce: Nonce::from_bytes([1; 32]),
            mode: Mode::Move,
            steps: vec![step(Movement::TurnLeft), step(Movement::TurnRight)],
        };
        Self {
            stage: Moving::begin(challenge, "net".into(), evidence),
            at: 1_000,
            interval,
        }
    }

    fn show(&mut self, turn: f64, frames: u64) {
        let face = Face {
            bounds: Rect {
                x: 200.0,
                y: 100.0,
                width: 200.0,
                height: 250.0,
            },
            score: 0.9,
            points: None,
        };
        for _ in 0..frames {
            self.at += self.interval;
            let glance = Glance {
                at: self.at,
                good: true,
                score: 0.7,
            };
            let values = vec![1.0, self.at as f32 / 1e5];
            let crop = self.stage.evidence.then(|| EvidenceCrop {
                millis: None,
                side: 1,
                rgb: vec![7; 3],
            });
            let embed = || {
                Ok::<_, ()>(Keyframe {
                    embeddings: vec![Embedding::normalised(values).unwrap()],
                    crop,
                })
            };
            let observed = self.stage.observe(glance, &face, &turned(turn), embed);
            observed.unwrap().unwrap();
        }
    }

    fn finish(self) -> Option<Captured> {
        match self.stage.advance().ok()? {
            MovedOn::Captured(captured) => Some(captured),
            MovedOn::Moving(_) => None,
        }
    }
}

#[test]
fn a_challenge_that_is_followed_gives_keyframes_and_a_track() {
    let mut resident = Resident::new();
    resident.show(0.0, 14);
    for turn in [0.4, 0.0, -0.4, 0.0] {
        resident.show(turn, 10);
    }
    let (_, sets, track) = resident.finish().unwrap().into_parts();
    assert_eq!(sets[0].keyframes.len(), AT_REST + 2);
    let track = track.unwrap();
    assert_eq!(track.landmark_model, "net");
    assert!(track.frames.len() >= 45, "{}", track.frames.len());
}

/// A camera of 30 frames a second, of which the track keeps every third.
#[test]
fn every_crop_is_of_a_frame_of_the_track() {
    let mut resident = Resident::before(33, true);
    resident.show(0.0, 42);
    for turn in [0.4, 0.0, -0.4, 0.0] {
        resident.show(turn, 30);
    }
    let (_, sets, track) = resident.finish().unwrap().into_parts();
    let frames = track.unwrap().frames;
    assert_eq!(sets[0].crops.len(), sets[0].keyframes.len());
    let moments: Vec<u32> = sets[0].crops.iter().filter_map(|c| c.millis).collect();
    assert_eq!(moments.len(), AT_REST + 2);
    assert!(moments.is_sorted_by(|earlier, later| earlier < later));
    for moment in moments {
        assert!(frames.iter().any(|frame| frame.millis == moment));
    }
}

#[test]
fn a_hole_in_the_track_begins_again() {
    let mut resident = Resident::new();
    resident.show(0.0, 14);
    resident.show(0.4, 10);
    resident.show(0.0, 10);
    assert_eq!(resident.stage.cue(), Cue::TurnRight);
    resident.at += LONGEST_GAP + 1;
    resident.show(0.0, 1);
    assert_eq!(resident.stage.cue(), Cue::Straight);
    assert_eq!(resident.stage.progress(), 0.0);
    resident.show(0.0, 13);
    for turn in [0.4, 0.0, -0.4, 0.0] {
        resident.show(turn, 10);
    }
    let (_, _, track) = resident.finish().unwrap().into_parts();
    let frames = track.unwrap().frames;
    let gaps = frames
        .windows(2)
        .map(|pair| pair[1].millis - pair[0].millis);
    assert!(gaps.max().unwrap() < LONGEST_GAP_MILLIS);
}

#[test]
fn a_head_that_never_rests_is_never_captured() {
    let mut resident = Resident::new();
    for _ in 0..30 {
        resident.show(0.0, 3);
        resident.show(0.4, 3);
    }
    assert_eq!(resident.stage.cue(), Cue::Straight);
    assert!(resident.finish().is_none());
}
