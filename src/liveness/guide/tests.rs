use nod_protocol::parallax::GENERIC_HEAD;

use super::*;
use crate::geometry::Point;

/// The generic head, turned to its own left and tilted up (sines), at a size.
fn face(turn: f64, lift: f64, size: f64) -> Landmarks {
    let (turn, lift) = (turn.asin(), lift.asin());
    let points = GENERIC_HEAD.map(|[x, y, z]| {
        let (x, z) = (
            x * turn.cos() - z * turn.sin(),
            x * turn.sin() + z * turn.cos(),
        );
        let y = y * lift.cos() + z * lift.sin();
        Point::new(
            (300.0 + 70.0 * size * x) as f32,
            (200.0 + 70.0 * size * y) as f32,
        )
    });
    Landmarks::from(points)
}

fn middle() -> Landmarks {
    face(0.0, 0.0, 1.0)
}

/// A guide with a camera of ten frames a second.
struct Walk {
    guide: Guide,
    at: u64,
}

impl Walk {
    fn through(movements: &[Movement]) -> Self {
        let step = |movement: &Movement| Step {
            movement: *movement,
            millis: 1_000,
        };
        Self {
            guide: Guide::new(movements.iter().map(step).collect()),
            at: 5_000,
        }
    }

    fn see(&mut self, landmarks: &Landmarks, frames: usize) -> Noticed {
        let mut noticed = Noticed::Nothing;
        for _ in 0..frames {
            self.at += 100;
            noticed = self.guide.observe(self.at, landmarks, true);
        }
        noticed
    }

    fn rested(mut self) -> Self {
        self.see(&middle(), 14);
        self
    }
}

#[test]
fn every_movement_is_waited_for_and_ended_in_the_middle() {
    let steps = [
        (Movement::LookDown, Cue::LookDown, face(0.0, -0.2, 1.0)),
        (Movement::TurnLeft, Cue::TurnLeft, face(0.35, 0.0, 1.0)),
        (Movement::ComeCloser, Cue::ComeCloser, face(0.0, 0.0, 1.3)),
        (Movement::TurnRight, Cue::TurnRight, face(-0.35, 0.0, 1.0)),
        (Movement::LookUp, Cue::LookUp, face(0.0, 0.2, 1.0)),
    ];
    let mut walk = Walk::through(&steps.each_ref().map(|step| step.0));
    assert_eq!(walk.guide.cue(), Cue::Straight);
    walk.see(&middle(), 14);
    for (made, (_, cue, gone)) in steps.iter().enumerate() {
        assert_eq!((walk.guide.cue(), walk.guide.made()), (*cue, made));
        walk.see(&middle(), 30);
        assert_eq!(walk.guide.cue(), *cue, "standing still is no movement");
        walk.see(gone, 3);
        assert_eq!(walk.guide.cue(), Cue::Straight);
        walk.see(gone, 5);
        assert_eq!(walk.guide.cue(), Cue::Straight, "not back yet");
        assert!(!walk.guide.is_done());
        assert_eq!(walk.see(&middle(), 2), Noticed::Middle);
    }
    assert!(walk.guide.is_done());
    assert_eq!(walk.guide.made(), 5);
}

#[test]
fn an_instruction_stands_its_time_however_quick_the_resident_is() {
    let mut walk = Walk::through(&[Movement::TurnLeft]).rested();
    walk.see(&face(0.4, 0.0, 1.0), 8);
    assert_eq!(walk.guide.cue(), Cue::TurnLeft, "800 ms of 1,000");
    walk.see(&face(0.4, 0.0, 1.0), 3);
    assert_eq!(walk.guide.cue(), Cue::Straight);
}

#[test]
fn the_wrong_way_too_little_and_a_single_frame_are_no_movement() {
    let mut walk = Walk::through(&[Movement::TurnLeft]).rested();
    for (landmarks, frames) in [
        (face(-0.4, 0.0, 1.0), 20),
        (face(0.0, 0.3, 1.0), 20),
        (face(0.18, 0.0, 1.0), 20),
        (middle(), 1),
        (face(0.4, 0.0, 1.0), 1),
        (middle(), 1),
    ] {
        walk.see(&landmarks, frames);
        assert_eq!(walk.guide.cue(), Cue::TurnLeft);
    }
}

#[test]
fn a_head_that_does_not_rest_begins_again() {
    let mut walk = Walk::through(&[Movement::TurnLeft]);
    walk.see(&middle(), 9);
    // The tenth frame makes the reference, and shows that the head turned meanwhile.
    assert_eq!(walk.see(&face(0.2, 0.0, 1.0), 1), Noticed::Unrest);
    walk.see(&middle(), 11);
    assert_eq!(walk.guide.cue(), Cue::Straight, "1.2 s from there");
    walk.see(&middle(), 3);
    assert_eq!(walk.guide.cue(), Cue::TurnLeft);
}

#[test]
fn points_that_span_no_face_are_no_rest() {
    let mut walk = Walk::through(&[Movement::TurnLeft]);
    let nothing = Landmarks::from([Point::new(1.0, 1.0); crate::landmarks::COUNT]);
    assert_eq!(walk.see(&nothing, NEUTRAL), Noticed::Unrest);
    let mut walk = Walk::through(&[Movement::TurnLeft]).rested();
    walk.see(&nothing, 30);
    assert_eq!(walk.guide.cue(), Cue::TurnLeft);
}

#[test]
fn the_middle_is_not_left_before_its_picture_is_taken() {
    let mut walk = Walk::through(&[Movement::TurnLeft, Movement::LookUp]).rested();
    walk.see(&face(0.4, 0.0, 1.0), 12);
    for _ in 0..20 {
        walk.at += 100;
        assert_eq!(
            walk.guide.observe(walk.at, &middle(), false),
            Noticed::Middle
        );
        assert_eq!(walk.guide.cue(), Cue::Straight);
    }
    walk.see(&middle(), 2);
    assert_eq!(walk.guide.cue(), Cue::LookUp);
}

#[test]
fn what_the_guide_asks_for_is_more_than_the_middle_allows() {
    for movement in [
        Movement::TurnLeft,
        Movement::TurnRight,
        Movement::LookUp,
        Movement::LookDown,
        Movement::ComeCloser,
    ] {
        let rest = Pose {
            turn: 0.0,
            lift: 0.0,
            scale: 1.0,
            squeeze: 0.0,
        };
        assert!(is_middle(&rest) && !has_gone(&rest, movement));
    }
}
