//! Evidence: what a site that asks for it gets to see, and that nobody else does.

use nod::attempt::Claimed;
use nod::image::Crop;
use nod_protocol::challenge::Mode;
use nod_protocol::envelope::{MAX_BODY, MAX_EVIDENCE_BODY};
use nod_protocol::ids::Purpose;
use nod_protocol::payload::{Payload, SetCapture};

use crate::ANN;
use crate::authority::Authority;
use crate::camera::Camera;
use crate::support::{Picture, pipeline, sets};

#[test]
fn a_site_that_asks_for_evidence_gets_what_the_first_embedder_saw() {
    let sets = sets();
    let mut authority = Authority::new(&sets);
    authority.session.site.evidence = true;
    let (bytes, payload) = captured(&authority, Mode::Still);
    assert!((MAX_BODY..MAX_EVIDENCE_BODY).contains(&bytes));
    let (first, others) = payload.captures.split_first().unwrap();
    assert_eq!(first.crops.len(), nod::capture::KEYFRAMES);
    assert!(first.crops.iter().all(|crop| crop.millis.is_none()));
    assert_crops_belong(first, &sets[0]);
    assert!(others.iter().all(|capture| capture.crops.is_empty()));
}

#[test]
fn crops_of_a_movement_are_dated_with_their_frames_of_the_track() {
    let sets = &sets()[..1];
    let mut authority = Authority::new(sets);
    authority.session.site.evidence = true;
    let (_, payload) = captured(&authority, Mode::Move);
    let [capture] = payload.captures.as_slice() else {
        panic!("one set")
    };
    assert_eq!(capture.crops.len(), 2, "at rest");
    assert_crops_belong(capture, &sets[0]);
    let frames = &payload.track.as_ref().unwrap().frames;
    for crop in &capture.crops {
        let moment = crop.millis.unwrap();
        assert!(frames.iter().any(|frame| frame.millis == moment));
    }
}

#[test]
fn an_enrolment_keeps_no_pictures_whatever_the_session_says() {
    let sets = &sets()[..1];
    let mut authority = Authority::new(sets);
    authority.session.site.evidence = true;
    authority.session.purpose = Purpose::Enrol;
    let (_, payload) = captured(&authority, Mode::Still);
    assert!(payload.captures.iter().all(|c| c.crops.is_empty()));
}

/// A face that is held before the camera until everything is captured: how long the sealed body is, and what is in it.
fn captured(authority: &Authority, mode: Mode) -> (usize, Payload) {
    let mut widget = authority.widget();
    let mut camera = Camera::showing(&Picture::portrait("obama"));
    camera.until(&mut widget, "ready");
    widget.ask().unwrap();
    let reply = authority.challenge_to(mode);
    widget.challenged(Ok(reply.clone())).unwrap();
    camera.until(&mut widget, "captured");
    let sealed = widget
        .seal(&Claimed {
            passcode: Some("27182818"),
            signed: None,
            ..ANN
        })
        .unwrap();
    let payload = authority.open(&sealed.body, &reply.challenge);
    (sealed.body.len(), payload)
}

/// What the authority has embedded again must be what was embedded here: the crops as they came out of the seal.
fn assert_crops_belong(capture: &SetCapture, set: &str) {
    assert_eq!(capture.crops.len(), capture.keyframes.len());
    for (crop, keyframe) in capture.crops.iter().zip(&capture.keyframes) {
        let side = u32::from(crop.side);
        let pixels = Crop::from_rgb8(side, side, &crop.rgb).unwrap();
        let again = pipeline(set).embed(&pixels).unwrap();
        assert!(again.values() == keyframe.values(), "{set}");
    }
}
