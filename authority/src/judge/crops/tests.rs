use nod_protocol::{
    challenge::Step,
    ids::{ClaimedId, ModelSetId, Nonce},
    payload::{Embedding, SetCapture, TrackFrame},
};

use super::*;
use crate::judge::{Check, Evidence, failed_checks};

const MOMENTS: [u32; 3] = [90, 290, 490];

fn id(name: &str) -> ModelSetId {
    ModelSetId::parse(name).unwrap()
}

fn crop(millis: Option<u32>) -> EvidenceCrop {
    EvidenceCrop {
        millis,
        side: 1,
        rgb: vec![9; 3],
    }
}

fn capture(set: &str, crops: Vec<EvidenceCrop>) -> SetCapture {
    let face = |jitter| Embedding::normalised(vec![1.0, 0.1, jitter]).unwrap();
    SetCapture {
        model_set: id(set),
        fused: face(0.0),
        keyframes: vec![face(0.01), face(0.02), face(0.03)],
        crops,
    }
}

/// A capture with crops of three of the track's frames; of a still one with crops and no track.
fn payload(mode: Mode) -> Payload {
    let frame = |millis: u32| TrackFrame {
        millis,
        face: [0.0; 4],
        points: vec![millis as f32; 136],
        quality: 0.7,
    };
    let (track, crops) = match mode {
        Mode::Still => (None, vec![crop(None), crop(None), crop(None)]),
        Mode::Move => (
            Some(Track {
                landmark_model: "net".into(),
                frames: (0..6).map(|at| frame(90 + 100 * at)).collect(),
            }),
            MOMENTS.map(|millis| crop(Some(millis))).into(),
        ),
    };
    Payload {
        claim: ClaimedId::parse("11010519491231002X").unwrap().into(),
        passcode: None,
        captures: vec![capture("first-1", crops), capture("second-1", vec![])],
        track,
        assertion: None,
    }
}

fn challenge(mode: Mode) -> Challenge {
    Challenge {
        nonce: Nonce::from_bytes([1; 32]),
        mode,
        steps: Vec::<Step>::new(),
    }
}

fn sets() -> [ModelSet; 2] {
    ["first-1", "second-1"].map(|name| ModelSet::new(id(name), 3, 0.5, 0.6))
}

#[test]
fn each_crop_is_asked_about_with_its_embedding_and_the_landmarks_of_its_moment() {
    let payload = payload(Mode::Move);
    let asked = question(&payload, &challenge(Mode::Move), &sets()).unwrap();
    assert_eq!(asked.model_set.as_str(), "first-1");
    assert_eq!(asked.landmark_model, Some("net"));
    assert_eq!(asked.items.len(), 3);
    for (at, (item, millis)) in asked.items.iter().zip(MOMENTS).enumerate() {
        assert_eq!(item.crop.millis, Some(millis));
        assert!(item.keyframe.values() == payload.captures[0].keyframes[at].values());
        assert_eq!(item.frame.map(|frame| frame.millis), Some(millis));
    }
}

#[test]
fn a_still_capture_has_crops_and_nothing_to_hold_landmarks_against() {
    let payload = payload(Mode::Still);
    let asked = question(&payload, &challenge(Mode::Still), &sets()).unwrap();
    assert_eq!(asked.landmark_model, None);
    assert!(asked.items.iter().all(|item| item.frame.is_none()));
    assert_eq!(asked.items.len(), 3);
}

#[test]
fn crops_that_are_not_as_asked_are_not_asked_about() {
    type Change = (&'static str, fn(&mut Payload));
    let of_any: [Change; 5] = [
        ("none", |p| p.captures[0].crops.clear()),
        ("one missing", |p| drop(p.captures[0].crops.pop())),
        ("of both sets", |p| {
            p.captures[1].crops = vec![crop(None), crop(None), crop(None)];
        }),
        ("of the wrong set", |p| {
            let crops = std::mem::take(&mut p.captures[0].crops);
            p.captures[1].crops = crops;
        }),
        ("no capture", |p| drop(p.captures.remove(0))),
    ];
    let of_movement: [Change; 5] = [
        ("no track", |p| p.track = None),
        ("no moment", |p| p.captures[0].crops[1].millis = None),
        ("a moment of no frame", |p| {
            p.captures[0].crops[1].millis = Some(291);
        }),
        ("one moment twice", |p| {
            p.captures[0].crops[1].millis = Some(MOMENTS[0]);
        }),
        ("backwards", |p| p.captures[0].crops.reverse()),
    ];
    let of_stillness: [Change; 1] = [("a moment of no track", |p| {
        p.captures[0].crops[1].millis = Some(90);
    })];
    for (mode, changes) in [
        (Mode::Move, [&of_any[..], &of_movement].concat()),
        (Mode::Still, [&of_any[..], &of_stillness].concat()),
    ] {
        for (what, change) in changes {
            let mut payload = payload(mode);
            change(&mut payload);
            let asked = question(&payload, &challenge(mode), &sets());
            assert!(asked.is_none(), "{what}");
        }
    }
}

/// The failed checks about crops.
fn judged(crops: Crops, mode: Mode, payload: &Payload) -> Vec<Check> {
    let failed = failed_checks(&Evidence {
        payload,
        challenge: &challenge(mode),
        seconds: 1,
        second_factor_is_good: true,
        sets: &sets(),
        recent: None,
        crops,
    });
    let about_crops = [
        Check::EvidenceAsAsked,
        Check::CropsMatchEmbeddings,
        Check::CropsMatchTrack,
    ];
    let is_about = |check: &Check| about_crops.contains(check);
    failed.into_iter().filter(is_about).collect()
}

fn measured(least_cosine: f32, largest_residual: Option<f32>) -> Crops {
    Crops::Measured(EvidenceMeasures {
        least_cosine,
        largest_residual,
    })
}

#[test]
fn measures_are_held_against_their_limits() {
    let payload = payload(Mode::Move);
    let judged = |crops| judged(crops, Mode::Move, &payload);
    assert_eq!(judged(measured(LEAST_COSINE, Some(LARGEST_RESIDUAL))), []);
    let another_face = measured(LEAST_COSINE - 1e-3, Some(0.0));
    assert_eq!(judged(another_face), [Check::CropsMatchEmbeddings]);
    let another_head = measured(1.0, Some(LARGEST_RESIDUAL + 1e-3));
    assert_eq!(judged(another_head), [Check::CropsMatchTrack]);
    assert_eq!(judged(measured(1.0, None)), [Check::CropsMatchTrack]);
    assert_eq!(
        judged(measured(f32::NAN, Some(f32::NAN))),
        [Check::CropsMatchEmbeddings, Check::CropsMatchTrack]
    );
}

#[test]
fn a_still_capture_needs_no_landmarks_and_matching_embeddings() {
    let payload = payload(Mode::Still);
    let judged = |crops| judged(crops, Mode::Still, &payload);
    assert_eq!(judged(measured(1.0, None)), []);
    assert_eq!(judged(measured(0.9, None)), [Check::CropsMatchEmbeddings]);
}

#[test]
fn what_was_asked_for_and_not_measured_never_counts() {
    let payload = payload(Mode::Move);
    let nothing = [Check::CropsMatchEmbeddings, Check::CropsMatchTrack];
    assert_eq!(judged(Crops::Unmeasurable, Mode::Move, &payload), nothing);
    assert_eq!(
        judged(Crops::NotAsAsked, Mode::Move, &payload),
        [&[Check::EvidenceAsAsked], &nothing[..]].concat()
    );
}

#[test]
fn crops_that_nobody_asked_for_are_refused_in_any_set() {
    let mut payload = payload(Mode::Move);
    let unasked = |payload: &Payload| judged(Crops::Unasked, Mode::Move, payload);
    assert_eq!(unasked(&payload), [Check::EvidenceAsAsked]);
    let crops = std::mem::take(&mut payload.captures[0].crops);
    assert_eq!(unasked(&payload), []);
    payload.captures[1].crops = crops;
    assert_eq!(unasked(&payload), [Check::EvidenceAsAsked]);
}
