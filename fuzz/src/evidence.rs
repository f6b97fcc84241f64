//! Messages between the authority and the process that looks at crops.

use nod_protocol::{
    evidence::{
        EvidenceMeasures, EvidenceRequest, Item, MAX_MESSAGE, Received, Refusal, body_length,
        decode_reply, encode_reply,
    },
    payload::{MAX_KEYFRAMES, TrackFrame},
};

use crate::{
    payload::check_embedding,
    samples::{crop, embedding, set, short_track},
};

/// A length goes before every message.
const LENGTH: usize = 4;

/// The first byte says whether the rest is a request, a reply or the length of one.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some((what, rest)) = data.split_first() else {
        return false;
    };
    match what % 3 {
        0 => request(rest),
        1 => reply(rest),
        _ => length(rest),
    }
}

/// What is accepted is within the limits, and is the same when it is said again.
fn request(body: &[u8]) -> bool {
    let Ok(received) = Received::decode(body) else {
        return false;
    };
    assert!((1..=MAX_KEYFRAMES).contains(&received.items.len()));
    for item in &received.items {
        check_embedding(&item.keyframe);
        assert!(item.crop.rgb.len() == 3 * usize::from(item.crop.side).pow(2));
        if let Some(frame) = &item.frame {
            let mut numbers = frame.face.iter().chain(&frame.points);
            assert!(numbers.all(|number| number.is_finite()));
        }
    }
    let said = said_again(&received);
    let again = said.and_then(|said| Received::decode(&said[LENGTH..]).ok());
    assert!(
        again.is_some_and(|again| same(&again, &received)),
        "not the same again"
    );
    true
}

fn said_again(received: &Received) -> Option<Vec<u8>> {
    let frames: Vec<Option<TrackFrame>> = received
        .items
        .iter()
        .map(|item| {
            item.frame.as_ref().map(|frame| TrackFrame {
                millis: 0,
                face: frame.face,
                points: frame.points.clone(),
                quality: 0.0,
            })
        })
        .collect();
    let items = received.items.iter().zip(&frames);
    let request = EvidenceRequest {
        model_set: &received.model_set,
        landmark_model: received.landmark_model.as_deref(),
        items: items
            .map(|(item, frame)| Item {
                crop: &item.crop,
                keyframe: &item.keyframe,
                frame: frame.as_ref(),
            })
            .collect(),
    };
    let said = request.encode().ok()?;
    let first = said.first_chunk::<LENGTH>()?;
    assert!(body_length(*first).is_ok_and(|length| LENGTH + length == said.len()));
    Some(said.to_vec())
}

fn same(one: &Received, other: &Received) -> bool {
    one.model_set == other.model_set
        && one.landmark_model == other.landmark_model
        && one.items.len() == other.items.len()
        && one.items.iter().zip(&other.items).all(|(a, b)| {
            let frames = match (&a.frame, &b.frame) {
                (Some(a), Some(b)) => a.face == b.face && a.points == b.points,
                (None, None) => true,
                _ => false,
            };
            frames
                && a.crop.millis == b.crop.millis
                && a.crop.rgb == b.crop.rgb
                && a.keyframe.values() == b.keyframe.values()
        })
}

/// Measures are numbers: what is none is nothing that a limit can be held against.
fn reply(body: &[u8]) -> bool {
    let Ok(reply) = decode_reply(body) else {
        return false;
    };
    if let Ok(measures) = &reply {
        assert!(measures.least_cosine.is_finite());
        assert!(measures.largest_residual.is_none_or(f32::is_finite));
    }
    let said = encode_reply(&reply);
    let again = said
        .ok()
        .and_then(|said| decode_reply(&said[LENGTH..]).ok());
    assert!(
        again.is_some_and(|again| again == reply),
        "not the same again"
    );
    true
}

fn length(bytes: &[u8]) -> bool {
    let Some(first) = bytes.first_chunk::<LENGTH>() else {
        return false;
    };
    let length = body_length(*first);
    assert!(length.is_err() || length.is_ok_and(|length| (1..=MAX_MESSAGE).contains(&length)));
    length.is_ok()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let track = short_track(2, 3);
    let (crops, keyframes) = (
        [crop(Some(40), 2), crop(None, 1)],
        [embedding(1), embedding(2)],
    );
    let mut seeds = Vec::new();
    for (landmarks, count, frames) in [(Some("landmarks68 1 0"), 2, 2), (None, 1, 0), (None, 0, 0)]
    {
        let name = set("open-1");
        let items = (0..count).map(|at| Item {
            crop: &crops[at],
            keyframe: &keyframes[at],
            frame: track.frames.get(at).filter(|_| at < frames),
        });
        let request = EvidenceRequest {
            model_set: &name,
            landmark_model: landmarks,
            items: items.collect(),
        };
        if let Ok(message) = request.encode() {
            seeds.push([&[0], &message[LENGTH..]].concat());
        }
    }
    let measures = |largest_residual| {
        Ok(EvidenceMeasures {
            least_cosine: 0.999,
            largest_residual,
        })
    };
    for reply in [
        measures(Some(0.01)),
        measures(None),
        Err(Refusal::WrongShape),
    ] {
        if let Ok(message) = encode_reply(&reply) {
            seeds.push([&[1], &message[LENGTH..]].concat());
        }
    }
    seeds.push(vec![2, 0, 0, 4, 0]);
    seeds.push(vec![2, 0xff, 0xff, 0xff, 0xff]);
    seeds
}
