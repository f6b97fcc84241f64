#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::assertion::tests::assertion;
use super::super::crop::tests::crop;
use super::super::{Track, TrackFrame};
use super::*;

/// As a site that asks for evidence gets it.
fn with_crops() -> Payload {
    let mut payload = payload();
    payload.captures[0].crops = vec![crop(Some(40), 5), crop(None, 5)];
    payload
}

/// As from a resident who used a device key.
fn with_assertion() -> Payload {
    Payload {
        passcode: None,
        assertion: Some(assertion()),
        ..payload()
    }
}

pub(crate) fn payload() -> Payload {
    let embedding = |seed: f32| {
        Embedding::normalised((0..256).map(|i| (i as f32 * seed).sin()).collect()).unwrap()
    };
    Payload {
        claim: ClaimedId::parse("11010519491231002X").unwrap().into(),
        passcode: Some(Passcode::parse("27182818").unwrap()),
        captures: vec![SetCapture {
            model_set: ModelSetId::parse("open-1").unwrap(),
            fused: embedding(0.7),
            keyframes: vec![embedding(0.71), embedding(0.72)],
            crops: vec![],
        }],
        track: Some(Track {
            landmark_model: "landmarks68-1".into(),
            frames: vec![TrackFrame {
                millis: 40,
                face: [1.0, 2.0, 3.0, 4.0],
                points: vec![0.5; 136],
                quality: 0.9,
            }],
        }),
        assertion: None,
    }
}

#[test]
fn goes_there_and_back() {
    let back = Payload::decode(&payload().encode()).unwrap();
    assert!(back.claim.id() == payload().claim.id());
    assert!(back.passcode == payload().passcode);
    assert_eq!(back.captures[0].keyframes.len(), 2);
    assert_eq!(
        back.captures[0].fused.values(),
        payload().captures[0].fused.values()
    );
    assert_eq!(
        back.track.as_ref().map(|t| t.frames[0].points.len()),
        Some(136)
    );
    assert!(back.assertion.is_none());
}

#[test]
fn a_device_stands_for_an_id_or_is_to_be_remembered_beside_one() {
    let handle = || DeviceHandle::from_bytes(&[7; 32]).unwrap();
    let there_and_back = |claim| {
        let mut sent = payload();
        sent.claim = claim;
        Payload::decode(&sent.encode()).unwrap().claim
    };
    let id = ClaimedId::parse("1234").unwrap();
    let remember = Some(handle());
    match there_and_back(Claim::Id { id, remember }) {
        Claim::Id { id, remember } => {
            assert!(id == ClaimedId::parse("1234").unwrap());
            assert!(remember == Some(handle()));
        }
        _ => panic!("the ID is lost"),
    }
    let device = there_and_back(Claim::Device(handle()));
    assert!(matches!(device, Claim::Device(same) if same == handle()));
    let shown = || ClaimHandle::from_bytes(&[9; 16]).unwrap();
    let there = there_and_back(Claim::Handle(shown()));
    assert!(matches!(there, Claim::Handle(same) if same == shown()));
}

#[test]
fn a_shown_handle_stands_alone_and_has_one_length() {
    let mut sent = payload();
    sent.passcode = None;
    sent.track = None;
    sent.claim = Claim::Handle(ClaimHandle::from_bytes(&[9; 16]).unwrap());
    let bytes = sent.encode().to_vec();
    let end = 1 + bytes.iter().rposition(|byte| *byte == 9).unwrap();
    let again = |head: &[u8], middle: &[u8], tail: &[u8]| {
        let mut all = [head, middle, tail].concat();
        all.resize(all.len().next_multiple_of(PADDING_STEP), 0);
        Payload::decode(&all)
    };
    assert_eq!(
        (bytes[0], bytes[end - 18], bytes[end - 17]),
        (0xa2, 6, 0x50)
    );
    assert!(again(&bytes[..1], &bytes[1..end], &[]).is_ok());
    // Beside an ID, beside a device, a byte shorter, and twice.
    let id = [0, 0x64, b'1', b'2', b'3', b'4'];
    assert!(again(&[&[0xa3][..], &id].concat(), &bytes[1..end], &[]).is_err());
    let device = [&[5, 0x58, 32][..], &[7; 32]].concat();
    let beside = [&bytes[1..end - 18], &device, &bytes[end - 18..end]].concat();
    assert!(again(&[0xa3], &beside, &[]).is_err());
    assert!(
        again(
            &bytes[..1],
            &bytes[1..end - 17],
            &[&[0x4f][..], &[9; 15]].concat()
        )
        .is_err()
    );
    assert!(again(&[0xa3], &bytes[1..end], &bytes[end - 18..end]).is_err());
}

#[test]
fn nobody_is_claimed_without_an_id_and_a_device() {
    // { 1: …, 2: …, 3: … }, what is left when the ID is taken out of { 0: "1234", 1: …, 2: …, 3: … }
    let mut sent = payload();
    sent.claim = ClaimedId::parse("1234").unwrap().into();
    let mut bytes = sent.encode().to_vec();
    assert_eq!(bytes[..7], [0xa4, 0, 0x64, b'1', b'2', b'3', b'4']);
    bytes.splice(..7, [0xa3]);
    assert!(Payload::decode(&bytes).is_err());
}

#[test]
fn crops_come_back_beside_their_keyframes() {
    let back = Payload::decode(&with_crops().encode()).unwrap();
    let (crops, sent) = (&back.captures[0].crops, &with_crops().captures[0].crops);
    assert_eq!(crops.len(), sent.len());
    for (crop, sent) in crops.iter().zip(sent) {
        assert_eq!((crop.millis, crop.side), (sent.millis, sent.side));
        assert!(crop.rgb == sent.rgb);
    }
    assert!(back.track.is_some());
    // Without crops nothing is there that says so.
    let none = Payload::decode(&payload().encode()).unwrap();
    assert!(none.captures[0].crops.is_empty());
}

#[test]
fn an_assertion_comes_back_in_place_of_the_passcode() {
    let back = Payload::decode(&with_assertion().encode()).unwrap();
    assert!(back.passcode.is_none());
    let (back, sent) = (back.assertion.unwrap(), assertion());
    assert!(back.credential == sent.credential);
    assert!(back.authenticator_data == sent.authenticator_data);
    assert!(back.client_data == sent.client_data);
    assert!(back.signature == sent.signature);
}

#[test]
fn crops_without_a_keyframe_and_keyframes_without_a_crop_are_refused() {
    let mut fewer = with_crops();
    fewer.captures[0].crops.pop();
    assert!(Payload::decode(&fewer.encode()).is_err());
    let mut more = with_crops();
    more.captures[0].crops.push(crop(None, 5));
    assert!(Payload::decode(&more.encode()).is_err());
    // { 0: "open-1", 1: fused, 2: [], 3: [] }
    let mut empty = payload();
    empty.captures[0].keyframes.clear();
    let bytes = empty.encode();
    let at = bytes.windows(2).position(|w| w == [2, 0x80]).unwrap();
    let mut longer = bytes.to_vec();
    longer.splice(at + 2..at + 2, [3, 0x80]);
    let map = bytes.windows(3).position(|w| w == [0xa3, 0, 0x66]).unwrap();
    longer[map] = 0xa4;
    assert!(Payload::decode(&longer).is_err());
    longer[map] = 0xa3;
    longer.drain(at + 2..at + 4);
    assert!(Payload::decode(&longer).is_ok());
}

#[test]
fn the_size_hides_the_length_of_the_id_and_the_passcode() {
    let mut other = payload();
    other.claim = ClaimedId::parse("1234").unwrap().into();
    other.passcode = None;
    assert_eq!(other.encode().len(), payload().encode().len());
    assert_eq!(other.encode().len() % PADDING_STEP, 0);
}

#[test]
fn encoding_never_outgrows_the_room_made_for_it() {
    for payload in [payload(), with_crops(), with_assertion()] {
        assert!(payload.encode().len() <= payload.size_bound());
    }
}

#[test]
fn truncations_are_errors_and_never_panics() {
    for payload in [with_crops(), with_assertion()] {
        let bytes = payload.encode();
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        for length in (0..end).step_by(7) {
            assert!(Payload::decode(&bytes[..length]).is_err(), "{length}");
        }
    }
}

#[test]
fn flipped_bits_never_panic() {
    for payload in [with_crops(), with_assertion()] {
        let bytes = payload.encode();
        for index in 0..bytes.len() {
            let mut flipped = bytes.to_vec();
            flipped[index] ^= 1 << (index % 8);
            let _ = Payload::decode(&flipped);
        }
    }
}

#[test]
fn what_is_not_padding_after_the_map_is_refused() {
    let mut bytes = payload().encode().to_vec();
    *bytes.last_mut().unwrap() = 1;
    assert!(Payload::decode(&bytes).is_err());
}

#[test]
fn another_encoding_of_the_same_payload_is_refused() {
    let bytes = payload().encode().to_vec();
    let bare = 1 + bytes.iter().rposition(|byte| *byte != 0).unwrap();
    // 0x18 0x00 is the key 0 in two bytes, 0xb8 0x04 a map of four: valid CBOR, and not the shortest form.
    for longer in [&[0xa4, 0x18, 0][..], &[0xb8, 4, 0]] {
        let mut other = [longer, &bytes[2..bare]].concat();
        other.resize(bytes.len(), 0);
        assert!(Payload::decode(&other).is_err());
    }
    for length in [bare, bytes.len() - 1, bytes.len() + PADDING_STEP] {
        let mut padded = bytes.clone();
        padded.resize(length, 0);
        assert!(Payload::decode(&padded).is_err(), "{length}");
    }
    assert!(Payload::decode(&bytes).is_ok());
}

#[test]
fn a_payload_without_a_capture_is_refused() {
    let mut empty = payload();
    empty.captures.clear();
    assert!(Payload::decode(&empty.encode()).is_err());
}

#[test]
fn unknown_fields_are_refused() {
    let mut e = Encoder::new(Vec::new());
    e.map(1).unwrap().u8(9).unwrap().str("x").unwrap();
    assert!(Payload::decode(&e.into_writer()).is_err());
}
