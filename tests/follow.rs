//! A face that is followed from look to look is where a detection finds it, and one that has gone is not followed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say what they expect by unwrapping it"
)]

#[path = "attempt/authority.rs"]
#[allow(dead_code, reason = "only a widget is needed of it")]
mod authority;
mod support;

use authority::Authority;
use nod::follow::Follower;
use nod::geometry::{Point, Rect};
use nod::landmarks::Landmarks;
use nod::pipeline::{Pipeline, Seen};
use nod_protocol::codes::Code;
use support::{Picture, pipeline, sets};

const PORTRAITS: [&str; 4] = ["obama", "obama2", "biden", "astronaut"];

/// What a camera may show between two looks: to the right and down in parts of the head's height, and how much nearer.
const MOVES: [(f32, f32, f32); 7] = [
    (0.0, 0.0, 1.0),
    (0.02, 0.0, 1.0),
    (0.05, 0.0, 1.0),
    (0.0, 0.05, 1.0),
    (0.0, -0.05, 1.0),
    (0.0, 0.0, 1.05),
    (0.0, 0.0, 0.95),
];

/// A portrait before the camera, its head 220 of 480 pixels high and in the middle but for the move.
fn staged(
    pipeline: &Pipeline,
    portrait: &Picture,
    (right, down, nearer): (f32, f32, f32),
) -> Picture {
    let bounds = seen(pipeline, portrait).face.bounds;
    let centre = bounds.centre();
    let shown = Point::new(
        centre.x - right * bounds.height,
        centre.y - down * bounds.height,
    );
    let shown = Rect::around(shown, bounds.width, bounds.height);
    portrait.staged(&shown, 640, 480, 220.0 * nearer)
}

fn seen(pipeline: &Pipeline, picture: &Picture) -> Seen {
    pipeline.look(&picture.frame()).unwrap().seen.unwrap()
}

/// Root mean square distance, in eye distances.
fn apart(some: &Landmarks, others: &Landmarks) -> f32 {
    let [left, right, ..] = others.five();
    let pairs = some.points().iter().zip(others.points());
    let squares: f32 = pairs.map(|(p, q)| p.distance(*q).powi(2)).sum();
    (squares / some.points().len() as f32).sqrt() / left.distance(right)
}

#[test]
fn a_head_that_moves_is_followed_to_where_a_detection_finds_it() {
    for set in sets() {
        let pipeline = pipeline(&set);
        for name in PORTRAITS {
            let portrait = Picture::portrait(name);
            let before = seen(&pipeline, &staged(&pipeline, &portrait, MOVES[0]));
            for to in MOVES {
                let picture = staged(&pipeline, &portrait, to);
                let look = pipeline.follow(&picture.frame(), &before).unwrap();
                let (followed, found) = (look.seen.unwrap(), seen(&pipeline, &picture));
                assert!(followed.followed && !found.followed, "{set} {name} {to:?}");
                let error = apart(&followed.landmarks, &found.landmarks);
                assert!(error < 0.07, "{set} {name} {to:?}: {error}");
                let overlap = followed.face.bounds.overlap(&found.face.bounds);
                assert!(overlap > 0.75, "{set} {name} {to:?}: {overlap}");
                assert_eq!(look.hint, found.quality.hint(), "{set} {name} {to:?}");
            }
        }
    }
}

#[test]
fn a_face_that_has_gone_is_looked_for_at_once() {
    for set in sets() {
        let pipeline = pipeline(&set);
        for name in PORTRAITS {
            let portrait = Picture::portrait(name);
            let before = seen(&pipeline, &staged(&pipeline, &portrait, MOVES[0]));
            let wall = image::Rgba([120, 110, 100, 255]);
            let wall = Picture(image::RgbaImage::from_pixel(640, 480, wall));
            let look = pipeline.follow(&wall.frame(), &before).unwrap();
            assert!(look.seen.is_none(), "{set} {name}: nobody is there");
            // Half out of the picture.
            let aside = staged(&pipeline, &portrait, (0.8, 0.0, 1.0));
            let look = pipeline.follow(&aside.frame(), &before).unwrap();
            let followed = look.seen.is_some_and(|seen| seen.followed);
            assert!(!followed, "{set} {name}: it jumped");
        }
    }
}

#[test]
fn two_looks_follow_a_detection_and_the_third_detects() {
    let set = &sets()[0];
    let pipeline = pipeline(set);
    let picture = staged(&pipeline, &Picture::portrait("obama"), MOVES[0]);
    let mut follower = Follower::default();
    let mut followed = Vec::new();
    for _ in 0..7 {
        let look = match follower.last() {
            Some(last) => pipeline.follow(&picture.frame(), last),
            None => pipeline.look(&picture.frame()),
        };
        let seen = look.unwrap().seen;
        followed.push(seen.as_ref().is_some_and(|seen| seen.followed));
        follower.note(seen);
    }
    assert_eq!(followed, [false, true, true, false, true, true, false]);
    follower.note(None);
    assert!(follower.last().is_none());
}

/// Detections are needed to see a second face; what follows them must not lose sight of it for long.
#[test]
fn who_comes_into_the_picture_is_noticed_while_a_face_is_followed() {
    let set = &sets()[0];
    let pipeline = pipeline(set);
    let mut widget = Authority::new(std::slice::from_ref(set)).widget();
    // Too far for the capture to go on: everything happens while positioning.
    let alone = staged(&pipeline, &Picture::portrait("obama"), (0.0, 0.0, 0.4));
    for look in 0..5 {
        let progress = widget.look(&alone.frame(), look * 66).unwrap();
        assert_eq!(progress.phase, "positioning");
    }
    let other = staged(&pipeline, &Picture::portrait("biden"), (0.0, 0.0, 0.4));
    let both = alone
        .cut(160, 0, 320, 480)
        .beside(&other.cut(160, 0, 320, 480));
    let hints = (5..20).map(|look| widget.look(&both.frame(), look * 66).unwrap().hint);
    let noticed = hints
        .take_while(|hint| *hint != Some(Code::HintManyFaces))
        .count();
    assert!(noticed < 10, "noticed after {noticed} looks");
}
