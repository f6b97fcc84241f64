use nod_protocol::{challenge::Mode, ids::Nonce};

use super::{
    fixture::{film, head, picture},
    *,
};
use nod_protocol::challenge::Step;

fn challenge(movements: &[Movement]) -> Challenge {
    let step = |movement: &Movement| Step {
        movement: *movement,
        millis: 2_000,
    };
    Challenge {
        nonce: Nonce::from_bytes([1; 32]),
        mode: Mode::Move,
        steps: movements.iter().map(step).collect(),
    }
}

const ALL: [Movement; 5] = [
    Movement::LookUp,
    Movement::TurnRight,
    Movement::ComeCloser,
    Movement::TurnLeft,
    Movement::LookDown,
];

/// Names of the rules that measures break.
fn broken(measures: &Measures, challenge: &Challenge) -> Vec<&'static str> {
    let seconds = u64::from(measures.duration / 1000);
    [
        ("known", measures.are_of_a_known_net()),
        ("camera", measures.are_of_a_camera()),
        ("took", measures.took(seconds)),
        ("rest", measures.begin_at_rest()),
        ("order", measures.follow(challenge)),
        ("time", measures.wait_for(challenge)),
        ("depth", measures.have_depth()),
        ("foreshortening", measures.foreshorten_as_a_head()),
        ("smooth", measures.move_like_a_head()),
        ("tremble", measures.tremble_as_landmarks_do()),
        ("repeat", measures.hardly_repeat()),
    ]
    .into_iter()
    .filter(|(_, holds)| !holds)
    .map(|(name, _)| name)
    .collect()
}

fn measured(track: &Track) -> Measures {
    measure(track).ok().unwrap()
}

#[test]
fn a_head_that_follows_breaks_no_rule() {
    for movements in [&ALL[..], &ALL[..2], &[ALL[3], ALL[0], ALL[4], ALL[1]]] {
        let challenge = challenge(movements);
        let measures = measured(&film(head, &challenge.steps));
        let made: Vec<_> = measures.movements.iter().map(|(m, _)| *m).collect();
        assert_eq!(made, movements);
        if movements.len() > 2 {
            assert_eq!(broken(&measures, &challenge), Vec::<&str>::new());
            // sin 28° twice, sin 18° twice.
            assert!((measures.turn.parallax - 0.94).abs() < 0.05);
            assert!((measures.lift.parallax - 0.62).abs() < 0.05);
            // 1 ÷ sin 28°.
            assert!((measures.turn.foreshortening - 2.13).abs() < 0.3);
        }
    }
}

#[test]
fn a_picture_that_follows_has_no_depth() {
    let challenge = challenge(&ALL);
    let measures = measured(&film(picture, &challenge.steps));
    assert!(broken(&measures, &challenge).contains(&"depth"));
    assert!(measures.turn.parallax + measures.lift.parallax < 0.3);
}

#[test]
fn another_order_is_not_the_challenge() {
    let measures = measured(&film(head, &challenge(&ALL).steps));
    let mut other = ALL;
    other.swap(1, 3);
    assert_eq!(broken(&measures, &challenge(&other)), ["order"]);
    assert_eq!(broken(&measures, &challenge(&ALL[..4])), ["order", "time"]);
}

#[test]
fn a_movement_before_its_instruction_was_not_asked_for() {
    let track = film(head, &challenge(&ALL).steps);
    let mut slow = challenge(&ALL);
    slow.steps[0].millis = 20_000;
    assert_eq!(broken(&measured(&track), &slow), ["time"]);
}

#[test]
fn time_that_is_squeezed_or_stretched_shows_in_the_clock() {
    let squeezed = |factor: f64| {
        let mut track = film(head, &challenge(&ALL).steps);
        for frame in &mut track.frames {
            frame.millis = (f64::from(frame.millis) * factor) as u32;
        }
        measured(&track)
    };
    let real = measured(&film(head, &challenge(&ALL).steps));
    let seconds = u64::from(real.duration / 1000);
    assert!(real.took(seconds) && real.took(seconds + 5));
    assert!(!real.took(seconds - 3), "longer than the authority waited");
    assert!(!real.took(seconds + 12), "and much shorter");
    assert!(broken(&squeezed(4.0), &challenge(&ALL)).contains(&"camera"));
    assert!(broken(&squeezed(0.4), &challenge(&ALL)).contains(&"time"));
    let mut even = film(head, &challenge(&ALL).steps);
    for (at, frame) in even.frames.iter_mut().enumerate() {
        frame.millis = 100 * at as u32;
    }
    assert_eq!(broken(&measured(&even), &challenge(&ALL)), ["camera"]);
}

#[test]
fn a_static_picture_does_nothing() {
    let rest: super::fixture::Thing = |_, _| head(0.0, 0.0);
    let challenge = challenge(&[ALL[0], ALL[1], ALL[3], ALL[4]]);
    let measures = measured(&film(rest, &challenge.steps));
    assert!(measures.movements.is_empty());
    let broken = broken(&measures, &challenge);
    assert!(broken.contains(&"order") && broken.contains(&"depth"));
}

#[test]
fn landmarks_without_noise_and_films_that_begin_again_are_no_camera() {
    let mut frozen = film(head, &challenge(&ALL).steps);
    let first: Vec<f32> = head(0.0, 0.0).iter().flatten().map(|v| *v as f32).collect();
    for frame in &mut frozen.frames[..NEUTRAL] {
        frame.points.clone_from(&first);
    }
    assert!(broken(&measured(&frozen), &challenge(&ALL)).contains(&"tremble"));
    let mut looped = film(head, &challenge(&ALL).steps);
    for at in 0..20 {
        let again = looped.frames[20 + at].points.clone();
        looped.frames[60 + at].points = again;
    }
    assert!(broken(&measured(&looped), &challenge(&ALL)).contains(&"repeat"));
    let mut once = film(head, &challenge(&ALL).steps);
    let again = once.frames[20].points.clone();
    once.frames[60].points = again;
    assert!(!broken(&measured(&once), &challenge(&ALL)).contains(&"repeat"));
    let mut twice = film(head, &challenge(&ALL).steps);
    let shown = twice.frames[20].points.clone();
    twice.frames[21].points = shown;
    assert!(!broken(&measured(&twice), &challenge(&ALL)).contains(&"repeat"));
}

#[test]
fn a_cut_to_another_film_is_a_jump() {
    let mut cut = film(head, &challenge(&ALL).steps);
    let turned: Vec<f32> = head(0.9, 0.0).iter().flatten().map(|v| *v as f32).collect();
    cut.frames[15].points = turned;
    assert!(broken(&measured(&cut), &challenge(&ALL)).contains(&"smooth"));
}
