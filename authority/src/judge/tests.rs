use nod_protocol::{
    challenge::{Movement, Step},
    ids::{ClaimedId, ModelSetId, Nonce, Passcode},
    payload::{Embedding, Track},
};

use super::{
    movement::fixture::{Thing, film, head, picture},
    *,
};

/// A unit vector near the first axis; `jitter` stands for the noise of a camera.
fn face(axis: usize, jitter: f32) -> Embedding {
    let mut values = vec![0.01; 8];
    values[axis] = 1.0;
    values[7] += jitter;
    Embedding::normalised(values).unwrap()
}

fn capture(id: &str) -> SetCapture {
    SetCapture {
        model_set: ModelSetId::parse(id).unwrap(),
        fused: face(0, 0.0),
        keyframes: vec![face(0, 0.01), face(0, 0.02), face(0, -0.03)],
        crops: vec![],
    }
}

fn payload() -> Payload {
    Payload {
        claim: ClaimedId::parse("11010519491231002X").unwrap().into(),
        passcode: Some(Passcode::parse("94730528").unwrap()),
        captures: vec![capture("open-1")],
        track: None,
        assertion: None,
    }
}

fn still() -> Challenge {
    Challenge {
        nonce: Nonce::from_bytes([1; 32]),
        mode: Mode::Still,
        steps: vec![],
    }
}

fn moving() -> Challenge {
    let movements = [
        Movement::LookDown,
        Movement::TurnLeft,
        Movement::LookUp,
        Movement::TurnRight,
    ];
    let steps = movements.map(|movement| Step {
        movement,
        millis: 1_800,
    });
    Challenge {
        mode: Mode::Move,
        steps: steps.into(),
        ..still()
    }
}

/// The capture of a thing that followed the challenge.
fn moved(thing: Thing) -> Payload {
    Payload {
        track: Some(film(thing, &moving().steps)),
        ..payload()
    }
}

fn seconds_of(track: &Track) -> u64 {
    track
        .frames
        .last()
        .map_or(0, |last| u64::from(last.millis) / 1000)
}

fn judged(change: impl FnOnce(&mut Payload)) -> Vec<Check> {
    let mut payload = payload();
    change(&mut payload);
    judged_as(&payload, &still(), true)
}

fn judged_as(payload: &Payload, challenge: &Challenge, second_factor_is_good: bool) -> Vec<Check> {
    let sets = [ModelSet::new(
        ModelSetId::parse("open-1").unwrap(),
        8,
        0.5,
        0.6,
    )];
    failed_checks(&Evidence {
        payload,
        challenge,
        seconds: payload.track.as_ref().map_or(2, seconds_of),
        second_factor_is_good,
        sets: &sets,
        recent: None,
        crops: Crops::Unasked,
    })
}

#[test]
fn a_plain_still_capture_is_accepted() {
    assert_eq!(judged(|_| {}), []);
}

#[test]
fn still_without_the_right_passcode_is_refused() {
    assert_eq!(
        judged_as(&payload(), &still(), false),
        [Check::StillNeedsSecondFactor]
    );
}

#[test]
fn a_head_that_moved_as_asked_needs_no_passcode() {
    assert_eq!(judged_as(&moved(head), &moving(), false), []);
}

#[test]
fn a_picture_that_moved_as_asked_is_refused_with_or_without_a_passcode() {
    for second_factor_is_good in [false, true] {
        let failed = judged_as(&moved(picture), &moving(), second_factor_is_good);
        assert!(failed.contains(&Check::HeadHasDepth), "{}", names(&failed));
    }
}

#[test]
fn without_a_track_that_can_be_read_nothing_about_movement_holds() {
    let about_movement = [
        Check::TrackReadable,
        Check::LandmarksKnown,
        Check::FramesOfCamera,
        Check::TrackTookItsTime,
        Check::RestFirst,
        Check::StepsInOrder,
        Check::StepsInTime,
        Check::HeadHasDepth,
        Check::HeadForeshortens,
        Check::HeadMovesSmoothly,
        Check::LandmarksTremble,
        Check::NothingRepeats,
        Check::MovementIsNew,
    ];
    assert_eq!(judged_as(&payload(), &moving(), true), about_movement);
    let mut broken = moved(head);
    if let Some(track) = &mut broken.track {
        track.frames[3].points[7] = f32::NAN;
    }
    assert_eq!(judged_as(&broken, &moving(), true), about_movement);
}

#[test]
fn landmarks_of_an_unknown_net_are_not_judged_by_the_limits_of_another() {
    let mut other = moved(head);
    if let Some(track) = &mut other.track {
        track.landmark_model = "landmarks68 1.3 0".into();
    }
    assert_eq!(
        judged_as(&other, &moving(), false),
        [
            Check::LandmarksKnown,
            Check::HeadHasDepth,
            Check::HeadForeshortens
        ]
    );
}

#[test]
fn a_still_capture_has_no_track() {
    assert_eq!(
        judged_as(&moved(head), &still(), true),
        [Check::TrackReadable]
    );
}

#[test]
fn captures_must_be_those_of_the_live_sets() {
    let missing = judged(|p| p.captures[0].model_set = ModelSetId::parse("other-1").unwrap());
    assert!(missing.contains(&Check::OneCapturePerLiveSet));
    assert!(missing.contains(&Check::EnoughKeyframes));
    assert_eq!(
        judged(|p| p.captures.push(capture("other-1"))),
        [Check::OneCapturePerLiveSet]
    );
    assert_eq!(
        judged(|p| p.captures.push(capture("open-1"))),
        [Check::OneCapturePerLiveSet]
    );
}

#[test]
fn sizes_and_numbers_of_keyframes_count() {
    let short = || Embedding::normalised(vec![1.0; 4]).unwrap();
    assert!(judged(|p| p.captures[0].fused = short()).contains(&Check::EmbeddingSizes));
    assert!(judged(|p| p.captures[0].keyframes[1] = short()).contains(&Check::EmbeddingSizes));
    assert_eq!(
        judged(|p| p.captures[0].keyframes.truncate(2)),
        [Check::EnoughKeyframes]
    );
}

#[test]
fn a_frozen_picture_has_no_noise() {
    assert_eq!(
        judged(|p| p.captures[0].keyframes = vec![face(0, 0.1), face(0, 0.1), face(0, 0.1)]),
        [Check::KeyframesDiffer]
    );
    assert_eq!(
        judged(|p| p.captures[0].keyframes.push(face(0, 0.01))),
        [Check::KeyframesDiffer],
        "one repeated keyframe is enough"
    );
}

#[test]
fn a_face_swapped_halfway_is_two_people() {
    let swapped = judged(|p| p.captures[0].keyframes[2] = face(3, 0.0));
    assert_eq!(
        swapped,
        [Check::KeyframesOnePerson, Check::FusedIsThatPerson]
    );
    let spliced = judged(|p| p.captures[0].fused = face(3, 0.0));
    assert_eq!(spliced, [Check::FusedIsThatPerson]);
}

#[test]
fn names_are_unique() {
    let all: Vec<&str> = CHECKS.iter().map(|(check, _)| check.name()).collect();
    let mut unique = all.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), all.len());
}
