#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

/// A head turned to its own left and then tilted up (radians), seen from far away, in pixels.
fn head(turn: f64, lift: f64) -> Face {
    GENERIC_HEAD.map(|[x, y, z]| {
        let (x, z) = (
            x * turn.cos() - z * turn.sin(),
            x * turn.sin() + z * turn.cos(),
        );
        [
            320.0 + 70.0 * x,
            240.0 + 70.0 * (y * lift.cos() + z * lift.sin()),
        ]
    })
}

/// A plane picture of the same face, tilted likewise, in perspective from twelve eye distances.
fn picture(turn: f64, lift: f64) -> Face {
    GENERIC_HEAD.map(|[x, y, _]| {
        let (x, z) = (x * turn.cos(), x * turn.sin());
        let (y, z) = (
            y * lift.cos() + z * lift.sin(),
            z * lift.cos() - y * lift.sin(),
        );
        let scale = 70.0 / (1.0 + z / 12.0);
        [320.0 + scale * x, 240.0 + scale * y]
    })
}

/// Degrees to radians.
fn deg(degrees: f64) -> f64 {
    degrees.to_radians()
}

fn rolled(points: &Face, roll: f64) -> Face {
    let (sin, cos) = roll.sin_cos();
    points.map(|[x, y]| [x * cos - y * sin, x * sin + y * cos])
}

fn reference() -> Reference {
    Reference::of(&[head(0.0, 0.0); NEUTRAL]).unwrap()
}

fn pose(face: Face) -> Pose {
    reference().pose(&face).ok().unwrap()
}

#[test]
fn parallax_is_the_sine_of_a_heads_turn() {
    for degrees in [-40.0, -20.0, -5.0, 5.0, 20.0, 40.0] {
        let turned = pose(head(deg(degrees), 0.0));
        assert!((turned.turn - deg(degrees).sin()).abs() < 0.01, "{degrees}");
        assert!(turned.lift.abs() < 0.01);
        let lifted = pose(head(0.0, deg(degrees)));
        assert!((lifted.lift - deg(degrees).sin()).abs() < 0.01, "{degrees}");
        assert!(lifted.turn.abs() < 0.01);
    }
}

#[test]
fn a_tilted_plane_has_next_to_none() {
    for (turn, lift) in [
        (30.0, 0.0),
        (-45.0, 0.0),
        (0.0, 30.0),
        (0.0, -45.0),
        (30.0, 20.0),
    ] {
        let tilted = pose(picture(deg(turn), deg(lift)));
        assert!(tilted.turn.abs() < 0.12, "{turn} {lift}: {}", tilted.turn);
        assert!(tilted.lift.abs() < 0.08, "{turn} {lift}: {}", tilted.lift);
        assert!(tilted.squeeze > 0.2, "and shows by its foreshortening");
    }
}

#[test]
fn roll_place_and_size_change_nothing() {
    let upright = pose(head(deg(25.0), deg(10.0)));
    for degrees in [-30.0, 15.0, 60.0] {
        let points = rolled(&head(deg(25.0), deg(10.0)), deg(degrees));
        let found = pose(points.map(|[x, y]| [1.5 * x + 40.0, 1.5 * y - 9.0]));
        assert!((found.turn - upright.turn).abs() < 1e-6, "{degrees}");
        assert!((found.lift - upright.lift).abs() < 1e-6, "{degrees}");
        assert!((found.scale / upright.scale - 1.5).abs() < 1e-6);
        assert!((found.squeeze - upright.squeeze).abs() < 1e-6);
    }
}

#[test]
fn points_that_span_no_face_are_no_reference() {
    let at = |face: Face| Reference::of(&[face; NEUTRAL]).err();
    assert_eq!(at([[5.0, 5.0]; LANDMARKS]), Some(NoFace));
    assert_eq!(at([[f64::NAN, 5.0]; LANDMARKS]), Some(NoFace));
    assert_eq!(at(head(0.0, 0.0).map(|[x, _]| [x, 7.0])), Some(NoFace));
    assert_eq!(Reference::of(&[]).err(), Some(NoFace));
    // A frame may be odd while the reference is fine.
    let odd = reference().pose(&[[5.0, 5.0]; LANDMARKS]);
    assert_eq!(odd.err(), Some(NoFace));
}

#[test]
fn what_two_frames_have_in_common_is_no_difference() {
    let (one, other) = (head(0.0, 0.0), head(deg(20.0), deg(-10.0)));
    let moved = rolled(&other, 0.2).map(|[x, y]| [1.3 * x, 1.3 * y]);
    assert!(reference().difference(&one, &moved).unwrap() < 1e-6);
    let mut frowning = one;
    frowning[20][1] += 7.0;
    // 7 pixels are a tenth of the eye distance, at one of 68 points.
    let found = reference().difference(&one, &frowning).unwrap();
    assert!((found - 0.1 / 68_f64.sqrt()).abs() < 0.001, "{found}");
}
