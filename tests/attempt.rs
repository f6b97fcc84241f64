//! A whole attempt without a browser: real portraits as camera frames, a session, a challenge, and a sealed body
//! that the authority's key opens.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say what they expect by unwrapping it"
)]

#[path = "attempt/authority.rs"]
mod authority;
#[path = "attempt/camera.rs"]
mod camera;
#[path = "attempt/crops.rs"]
mod crops;
mod support;

use authority::{Authority, NOW};
use camera::Camera;
use nod::attempt::{Attempt, Claimed};
use nod_protocol::codes::Code;
use nod_protocol::ids::{ClaimedId, Purpose};
use nod_protocol::payload::Payload;
use support::{Picture, pipeline, served, sets};

/// What somebody types who gives no passcode.
const ANN: Claimed<'static> = Claimed {
    id: Some("440106-1990-0001"),
    device: None,
    handle: None,
    passcode: None,
    signed: None,
};

/// The left half of the face in shadow.
fn lit_from_one_side(picture: &Picture, set: &str) -> Picture {
    let seen = pipeline(set).look(&picture.frame()).unwrap().seen.unwrap();
    let middle = seen.face.bounds.x + seen.face.bounds.width / 2.0;
    let mut image = picture.0.clone();
    for (x, _, pixel) in image.enumerate_pixels_mut() {
        if (x as f32) < middle {
            pixel.0[..3]
                .iter_mut()
                .for_each(|v| *v = (f32::from(*v) * 0.3) as u8);
        }
    }
    Picture(image)
}

/// Light, eyes and covers are judged from shades and colours: who is misjudged, or can do nothing about it, comes through.
#[test]
fn a_hint_that_cannot_be_followed_locks_nobody_out() {
    let sets = sets();
    let mut widget = Authority::new(&sets).widget();
    let picture = lit_from_one_side(&Picture::portrait("obama"), &sets[0]);
    let mut camera = Camera::showing(&picture);
    let began = camera.at;
    loop {
        let progress = camera.look(&mut widget).unwrap();
        if progress.phase == "ready" {
            break;
        }
        let waited = camera.at - began;
        let hint = progress.hint.map(Code::as_str);
        if waited < 5_000 {
            assert_eq!(hint, Some("hint.uneven_light"), "after {waited} ms");
        }
        assert!(waited < 7_000, "still {hint:?}");
    }
    assert!(camera.at - began > 5_000, "the hint had its time");
}

#[test]
fn a_capture_goes_from_positioning_to_a_body_that_opens() {
    let sets = sets();
    let authority = Authority::new(&sets);
    let mut widget = authority.widget();
    let mut camera = Camera::showing(&Picture::portrait("obama"));
    assert_eq!(
        widget.ask().err().map(|f| f.code),
        Some(Code::CapturePositioning)
    );
    camera.until(&mut widget, "ready");
    widget.ask().unwrap();
    let challenge = authority.challenge();
    widget.challenged(Ok(challenge.clone())).unwrap();
    let early = widget.seal(&ANN).err();
    assert_eq!(early.map(|f| f.code), Some(Code::CaptureHolding));
    camera.until(&mut widget, "captured");
    let slip = widget
        .seal(&Claimed {
            id: Some("4"),
            ..ANN
        })
        .err();
    assert_eq!(slip.map(|f| f.code), Some(Code::SealMalformed));

    let sealed = widget
        .seal(&Claimed {
            passcode: Some("27182818"),
            signed: None,
            ..ANN
        })
        .unwrap();
    let payload = authority.open(&sealed.body, &challenge.challenge);
    assert!(payload.claim.id() == Some(&ClaimedId::parse("44010619900001").unwrap()));
    assert!(payload.passcode.is_some() && payload.track.is_none());
    assert_eq!(payload.captures.len(), sets.len());
    for (capture, set) in payload.captures.iter().zip(&sets) {
        assert_eq!(capture.model_set.as_str(), set);
        assert_eq!(capture.keyframes.len(), nod::capture::KEYFRAMES);
        assert!(capture.crops.is_empty(), "nobody asked for pictures");
        let cosines = capture
            .keyframes
            .iter()
            .map(|k| k.cosine(&capture.fused).unwrap());
        for cosine in cosines {
            assert!(cosine > 0.98, "{set}: a keyframe is of somebody else");
        }
        let [first, second, ..] = capture.keyframes.as_slice() else {
            panic!("too few")
        };
        assert!(
            first.values() != second.values(),
            "{set}: two keyframes are one picture"
        );
    }
    // Spent: neither capture nor session is left.
    assert!(widget.seal(&ANN).is_err());
    assert!(camera.look(&mut widget).is_err());
}

#[test]
fn fused_captures_tell_people_apart() {
    let sets = sets();
    let capture = |name: &str| {
        let authority = Authority::new(&sets);
        let mut widget = authority.widget();
        let mut camera = Camera::showing(&Picture::portrait(name));
        camera.until(&mut widget, "ready");
        widget.ask().unwrap();
        let challenge = authority.challenge();
        widget.challenged(Ok(challenge.clone())).unwrap();
        camera.until(&mut widget, "captured");
        let sealed = widget.seal(&ANN).unwrap();
        authority.open(&sealed.body, &challenge.challenge)
    };
    let (enrolled, same, other) = (capture("obama"), capture("obama3"), capture("biden"));
    let manifest = nod_models::manifest::Manifest::built_in().unwrap();
    for (i, set) in sets.iter().enumerate() {
        let threshold = manifest.set(set).unwrap().thresholds.full.cosine;
        let score = |probe: &Payload| {
            enrolled.captures[i]
                .fused
                .cosine(&probe.captures[i].fused)
                .unwrap()
        };
        assert!(
            score(&same) >= threshold,
            "{set}: {} for the same person",
            score(&same)
        );
        assert!(
            score(&other) < threshold,
            "{set}: {} for another person",
            score(&other)
        );
    }
}

#[test]
fn bad_pictures_make_no_progress_and_spend_nothing() {
    let authority = Authority::new(&sets()[..1]);
    let obama = Picture::portrait("obama");
    let bad = [
        ("no face", obama.cut(0, 400, 200, 240)),
        ("two faces", obama.beside(&Picture::portrait("obama2"))),
        ("dark", obama.map(|v| v * 0.15)),
        ("cut by the edge", Picture::portrait("obama_partial_face")),
    ];
    for (what, picture) in &bad {
        let mut widget = authority.widget();
        let mut camera = Camera::showing(picture);
        for _ in 0..8 {
            let progress = camera.look(&mut widget).unwrap();
            assert_eq!(progress.phase, "positioning", "{what}");
            assert!(progress.hint.is_some_and(Code::is_private), "{what}");
        }
        assert!(
            widget.ask().is_err(),
            "{what}: a challenge could be asked for"
        );
    }
}

#[test]
fn frames_turned_bad_while_capturing_are_not_taken() {
    let authority = Authority::new(&sets()[..1]);
    let mut widget = authority.widget();
    let good = Picture::portrait("obama");
    Camera::showing(&good).until(&mut widget, "ready");
    widget.ask().unwrap();
    widget.challenged(Ok(authority.challenge())).unwrap();
    let mut camera = Camera::showing(&good.map(|v| v * 0.15));
    for _ in 0..8 {
        let progress = camera.look(&mut widget).unwrap();
        assert_eq!((progress.phase, progress.progress), ("capturing", 0.0));
    }
}

#[test]
fn a_moving_head_is_asked_to_hold_still() {
    let authority = Authority::new(&sets()[..1]);
    let mut widget = authority.widget();
    let obama = Picture::portrait("obama");
    let (width, height) = obama.0.dimensions();
    // A third of the eye distance from frame to frame: eight frames a second make that nearly three a second.
    let frames = [0, 22, 44, 66, 44, 22].map(|x| obama.cut(x, 0, width - 66, height));
    let mut camera = Camera {
        frames: frames.into(),
        at: 1000,
    };
    let hints: Vec<Option<Code>> = (0..10)
        .map(|_| {
            let progress = camera.look(&mut widget).unwrap();
            assert_eq!(progress.phase, "positioning");
            progress.hint
        })
        .collect();
    assert!(
        hints[4..]
            .iter()
            .all(|hint| *hint == Some(Code::HintMoving)),
        "{hints:?}"
    );
    // And it is over with the movement.
    Camera {
        at: camera.at,
        ..Camera::showing(&obama)
    }
    .until(&mut widget, "ready");
}

#[test]
fn one_bad_frame_is_not_taken_and_shows_no_hint() {
    let authority = Authority::new(&sets()[..1]);
    let mut widget = authority.widget();
    let obama = Picture::portrait("obama");
    let dark = obama.map(|v| v * 0.15);
    let mut look = |picture: &Picture, at| widget.look(&picture.frame(), at).unwrap();
    for at in [0, 150, 300] {
        look(&obama, at);
    }
    let (good, bad) = (look(&obama, 450), look(&dark, 600));
    assert_eq!((good.phase, good.hint), ("ready", None));
    assert_eq!((bad.phase, bad.hint), ("positioning", None));
    assert_eq!(look(&dark, 750).hint, None);
    assert_eq!(look(&dark, 900).hint, Some(Code::HintTooDark));
    assert_eq!(look(&obama, 1050).hint, None);
}

#[test]
fn what_is_good_enough_to_verify_may_be_too_poor_to_enrol() {
    let mut authority = Authority::new(&sets()[..1]);
    let picture = Picture::portrait("obama3");
    Camera::showing(&picture).until(&mut authority.widget(), "ready");
    authority.session.purpose = Purpose::Enrol;
    let mut widget = authority.widget();
    let mut camera = Camera::showing(&picture);
    for _ in 0..8 {
        let progress = camera.look(&mut widget).unwrap();
        assert_eq!(progress.phase, "positioning");
        assert_eq!(progress.hint, Some(Code::HintTooFar));
    }
}

#[test]
fn a_refused_challenge_leads_back_to_positioning() {
    let authority = Authority::new(&sets()[..1]);
    let mut widget = authority.widget();
    let mut camera = Camera::showing(&Picture::portrait("obama"));
    camera.until(&mut widget, "ready");
    widget.ask().unwrap();
    let refused = widget.challenged(Err(Code::SessionExpired.into())).err();
    assert_eq!(refused.map(|f| f.code), Some(Code::SessionExpired));
    assert_eq!(camera.look(&mut widget).unwrap().phase, "positioning");
}

#[test]
fn a_key_of_another_root_and_an_expired_key_are_refused() {
    let sets = sets();
    let (ours, theirs) = (Authority::new(&sets), Authority::new(&sets));
    let mut widget = Attempt::new(ours.root.public_key(), [7; 32]);
    let foreign = widget.open(ours.session.clone(), &theirs.keys, NOW).err();
    assert_eq!(foreign.map(|f| f.code), Some(Code::SealUnknownKey));
    let late = widget
        .open(ours.session.clone(), &ours.keys, NOW + 7200)
        .err();
    assert_eq!(late.map(|f| f.code), Some(Code::SealUnknownKey));
    assert!(widget.open(ours.session.clone(), &ours.keys, NOW).is_ok());
}

#[test]
fn a_wrong_or_truncated_model_is_refused() {
    let authority = Authority::new(&sets());
    let mut widget = Attempt::new(authority.root.public_key(), [7; 32]);
    let json = std::fs::read_to_string(served().directory.join("manifest.json")).unwrap();
    widget.set_manifest(&json).unwrap();
    let file = served().manifest.set(&sets()[0]).unwrap();
    let plan = std::fs::read(served().directory.join(&file.detector.file)).unwrap();
    let mut flipped = plan.clone();
    flipped[1000] ^= 1;
    for wrong in [&plan[..plan.len() - 1], &flipped, &[]] {
        let refused = widget.load_model(&file.detector.name, wrong).err();
        assert_eq!(refused.map(|f| f.code), Some(Code::EnvAssetIntegrity));
    }
    assert!(widget.load_model(&file.detector.name, &plan).is_ok());
}
