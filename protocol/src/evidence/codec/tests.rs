//! Messages go there and back, and nothing else is one.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::payload::{Embedding, EvidenceCrop, MAX_CROP_SIDE, TrackFrame, crop::tests::crop};

struct Parts {
    model_set: ModelSetId,
    crops: Vec<EvidenceCrop>,
    keyframe: Embedding,
    frame: TrackFrame,
}

impl Parts {
    fn new(sides: &[u16]) -> Self {
        Self {
            model_set: ModelSetId::parse("open-1").unwrap(),
            crops: sides.iter().map(|side| crop(Some(40), *side)).collect(),
            keyframe: Embedding::normalised(vec![0.5; 256]).unwrap(),
            frame: TrackFrame {
                millis: 40,
                face: [10.0, 20.0, 110.5, 150.0],
                points: (0..136).map(|at| at as f32 / 3.0).collect(),
                quality: 0.8,
            },
        }
    }

    /// Every second item without a frame.
    fn request(&self) -> EvidenceRequest<'_> {
        let items = self.crops.iter().enumerate().map(|(at, crop)| Item {
            crop,
            keyframe: &self.keyframe,
            frame: (at % 2 == 0).then_some(&self.frame),
        });
        EvidenceRequest {
            model_set: &self.model_set,
            landmark_model: Some("landmarks68 1.1 0.08"),
            items: items.collect(),
        }
    }
}

/// A message without its length, which must be right.
fn body(message: &[u8]) -> &[u8] {
    let (first, body) = message.split_first_chunk::<LENGTH>().unwrap();
    assert_eq!(body_length(*first), Ok(body.len()));
    body
}

#[test]
fn a_request_goes_there_and_back() {
    let parts = Parts::new(&[9, 12]);
    let message = parts.request().encode().unwrap();
    let back = Received::decode(body(&message)).unwrap();
    assert_eq!(back.model_set, parts.model_set);
    assert_eq!(back.landmark_model.as_deref(), Some("landmarks68 1.1 0.08"));
    assert_eq!(back.items.len(), 2);
    for (item, crop) in back.items.iter().zip(&parts.crops) {
        assert!(item.crop.rgb == crop.rgb && item.crop.millis == Some(40));
        assert_eq!(item.keyframe.values(), parts.keyframe.values());
    }
    let frame = back.items[0].frame.as_ref().unwrap();
    assert_eq!(frame.face, parts.frame.face);
    assert_eq!(frame.points, parts.frame.points);
    assert!(back.items[1].frame.is_none());
    // Still captures have no track.
    let mut still = parts.request();
    still.landmark_model = None;
    let message = still.encode().unwrap();
    assert!(
        Received::decode(body(&message))
            .unwrap()
            .landmark_model
            .is_none()
    );
}

#[test]
fn a_request_never_outgrows_the_room_made_for_it() {
    let parts = Parts::new(&[150; 7]);
    let message = parts.request().encode().unwrap();
    assert!(message.len() <= LENGTH + parts.request().size_bound());
}

#[test]
fn what_is_too_long_is_neither_sent_nor_announced() {
    let parts = Parts::new(&[MAX_CROP_SIDE; 6]);
    assert_eq!(parts.request().encode().err(), Some(BadMessage));
    assert_eq!(body_length([0, 16, 0, 0]), Ok(MAX_MESSAGE));
    assert_eq!(body_length([0, 16, 0, 1]), Err(BadMessage));
    assert_eq!(body_length([0; 4]), Err(BadMessage));
    assert_eq!(body_length([255; 4]), Err(BadMessage));
}

#[test]
fn truncations_and_appendices_are_refused() {
    let message = Parts::new(&[5, 6]).request().encode().unwrap();
    let bytes = body(&message);
    for length in 0..bytes.len() {
        assert!(Received::decode(&bytes[..length]).is_err(), "{length}");
    }
    assert!(Received::decode(&[bytes, &[0]].concat()).is_err());
}

#[test]
fn flipped_bits_never_panic() {
    let message = Parts::new(&[5, 6]).request().encode().unwrap();
    let bytes = body(&message);
    for index in 0..bytes.len() {
        let mut flipped = bytes.to_vec();
        flipped[index] ^= 1 << (index % 8);
        let _ = Received::decode(&flipped);
    }
}

#[test]
fn requests_about_nothing_and_numbers_that_are_none_are_refused() {
    let none = Parts::new(&[]).request().encode().unwrap();
    assert!(Received::decode(body(&none)).is_err());
    for odd in [f32::NAN, f32::INFINITY] {
        let mut parts = Parts::new(&[5]);
        parts.frame.points[7] = odd;
        let message = parts.request().encode().unwrap();
        assert!(Received::decode(body(&message)).is_err());
        parts.frame.points[7] = 0.0;
        parts.frame.face[2] = odd;
        let message = parts.request().encode().unwrap();
        assert!(Received::decode(body(&message)).is_err());
    }
    let mut parts = Parts::new(&[5]);
    parts.frame.points = vec![0.0; 2 * MAX_POINTS + 1];
    let message = parts.request().encode().unwrap();
    assert!(Received::decode(body(&message)).is_err());
}

#[test]
fn replies_go_there_and_back() {
    let with = |largest_residual| {
        Ok(EvidenceMeasures {
            least_cosine: 0.9987,
            largest_residual,
        })
    };
    let refusals = Refusal::ALL.map(Err);
    for reply in [with(None), with(Some(0.04))].into_iter().chain(refusals) {
        let message = encode_reply(&reply).unwrap();
        assert!(decode_reply(body(&message)) == Ok(reply));
    }
}

#[test]
fn replies_that_no_process_gives_are_refused() {
    let reply: EvidenceReply = Ok(EvidenceMeasures {
        least_cosine: f32::NAN,
        largest_residual: None,
    });
    assert!(decode_reply(body(&encode_reply(&reply).unwrap())).is_err());
    let unknown = [0xa1, 2, Refusal::ALL.len() as u8];
    assert!(decode_reply(&unknown).is_err());
    let good = encode_reply(&Err(Refusal::Internal)).unwrap();
    let bytes = body(&good);
    assert!(decode_reply(&[bytes, &[0]].concat()).is_err());
    for length in 0..bytes.len() {
        assert!(decode_reply(&bytes[..length]).is_err());
    }
    for index in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.to_vec();
            flipped[index] ^= 1 << bit;
            let _ = decode_reply(&flipped);
        }
    }
}
