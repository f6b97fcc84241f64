//! What was sealed: whoever has the public key can seal anything.

use nod_protocol::{
    ids::{ClaimHandle, ClaimedId, DeviceHandle, Passcode},
    payload::{
        AUTHENTICATOR_DATA, CLIENT_DATA, CREDENTIAL_ID, Claim, Embedding, MAX_CROP_SIDE,
        MAX_DIMENSIONS, MAX_KEYFRAMES, MAX_SETS, MAX_TRACK_FRAMES, Payload, SIGNATURE, SetCapture,
        Track,
    },
};

use crate::samples::{assertion, capture, crop, payload, short_track};

/// What is a payload has one encoding, and everything in it is within the documented limits.
pub(crate) fn run(data: &[u8]) -> bool {
    let Ok(payload) = Payload::decode(data) else {
        return false;
    };
    check(&payload);
    assert!(payload.encode().as_slice() == data, "a second encoding");
    true
}

/// Of every payload, however it was come by.
pub(crate) fn check(payload: &Payload) {
    if let Some(id) = payload.claim.id() {
        let again = ClaimedId::parse(id.expose());
        assert!(again.is_ok_and(|again| again == *id), "another ID");
    }
    if let Claim::Handle(handle) = &payload.claim {
        let again = ClaimHandle::parse(&handle.text());
        assert!(again.is_ok_and(|again| again == *handle), "another handle");
    }
    if let Some(passcode) = &payload.passcode {
        assert!(Passcode::parse(passcode.expose()).is_ok(), "no passcode");
    }
    assert!((1..=MAX_SETS).contains(&payload.captures.len()));
    payload.captures.iter().for_each(check_capture);
    if let Some(track) = &payload.track {
        check_track(track);
    }
    if let Some(assertion) = &payload.assertion {
        assert!(CREDENTIAL_ID.contains(&assertion.credential.len()));
        assert!(AUTHENTICATOR_DATA.contains(&assertion.authenticator_data.len()));
        assert!(CLIENT_DATA.contains(&assertion.client_data.len()));
        assert!(SIGNATURE.contains(&assertion.signature.len()));
    }
}

fn check_capture(capture: &SetCapture) {
    assert!(capture.keyframes.len() <= MAX_KEYFRAMES);
    capture.keyframes.iter().for_each(check_embedding);
    check_embedding(&capture.fused);
    assert!(capture.crops.is_empty() || capture.crops.len() == capture.keyframes.len());
    for crop in &capture.crops {
        assert!((1..=MAX_CROP_SIDE).contains(&crop.side));
        assert!(crop.rgb.len() == 3 * usize::from(crop.side).pow(2));
    }
}

/// Finite, of norm 1, and of a size that is allowed.
pub(crate) fn check_embedding(embedding: &Embedding) {
    let values = embedding.values();
    assert!((1..=MAX_DIMENSIONS).contains(&values.len()));
    assert!(values.iter().all(|value| value.is_finite()));
    let square: f64 = values.iter().map(|value| f64::from(*value).powi(2)).sum();
    assert!((square.sqrt() - 1.0).abs() < 2e-3, "no unit vector");
    let cosine = embedding.cosine(embedding);
    assert!(cosine.is_some_and(|cosine| (cosine - 1.0).abs() < 1e-2));
}

fn check_track(track: &Track) {
    assert!(track.frames.len() <= MAX_TRACK_FRAMES);
    assert!(track.landmark_model.len() <= 64);
    let points = track.frames.first().map_or(0, |frame| frame.points.len());
    for frame in &track.frames {
        assert!(frame.points.len() == points, "frames of different nets");
        let mut numbers = frame.face.iter().chain(&frame.points);
        assert!(numbers.all(|number| number.is_finite()));
        assert!((0.0..=1.0).contains(&frame.quality));
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut all = vec![payload()];
    let mut moving = payload();
    moving.passcode = None;
    moving.track = Some(short_track(4, 3));
    all.push(moving);
    let mut longer = payload();
    longer.captures.push(capture("everywhere-1", 3));
    longer.track = Some(short_track(3, 68));
    longer.assertion = assertion([32, 37, 180, 71]);
    all.push(longer);
    // Its longest.
    let mut signed = payload();
    signed.passcode = None;
    signed.assertion = assertion([1023, 1024, 2048, 72]);
    all.push(signed);
    let mut with_crops = payload();
    with_crops.captures[0].crops = vec![crop(Some(40), 2), crop(Some(140), 2), crop(None, 1)];
    with_crops.track = Some(short_track(2, 1));
    all.push(with_crops);
    let mut portrait = payload();
    portrait.passcode = None;
    portrait.captures = vec![capture("open-1", 0)];
    all.push(portrait);
    let mut still = payload();
    still.track = Some(short_track(0, 0));
    all.push(still);
    let handle = |first: u8| DeviceHandle::from_bytes(&[first; 32]);
    let mut to_remember = payload();
    if let (Claim::Id { remember, .. }, Ok(handle)) = (&mut to_remember.claim, handle(7)) {
        *remember = Some(handle);
    }
    all.push(to_remember);
    if let Ok(handle) = handle(8) {
        let mut remembered = payload();
        remembered.claim = Claim::Device(handle);
        all.push(remembered);
    }
    if let Ok(shown) = ClaimHandle::from_bytes(&[9; 16]) {
        let mut at_kiosk = payload();
        at_kiosk.claim = Claim::Handle(shown);
        all.push(at_kiosk);
    }
    all.iter()
        .map(|payload| payload.encode().to_vec())
        .collect()
}
