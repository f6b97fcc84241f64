//! What is no request, or one that no widget makes, gets its error; the process lives on.

use std::io::Write;

use nod_protocol::evidence::{EvidenceReply, MAX_MESSAGE, Refusal};
use nod_protocol::ids::ModelSetId;
use nod_protocol::payload::{Embedding, EvidenceCrop, TrackFrame};

use crate::faces::{self, Face, sets};
use crate::program::{Program, reply};

fn refused(reply: EvidenceReply, as_this: Refusal) {
    assert_eq!(reply.err(), Some(as_this));
}

/// Whatever came before, the next one is answered.
fn lives_on(program: &Program, set: &str, face: &Face) {
    let measures = program.ask(&faces::request(set, &[(face, face, face)]));
    assert!(measures.is_ok_and(|measures| measures.least_cosine > 0.9999));
}

#[test]
fn what_is_no_request_is_refused() {
    let program = Program::start();
    let set = sets().next().unwrap();
    let face = &faces::of(set)[0];
    let good = faces::request(set, &[(face, face, face)]).encode().unwrap();

    for length in [0, 3, 4, 5, good.len() / 2, good.len() - 1] {
        refused(program.send(&good[..length]), Refusal::Malformed);
    }
    let announced = |length: usize| (length as u32).to_be_bytes();
    refused(
        program.send(&announced(MAX_MESSAGE + 1)),
        Refusal::Malformed,
    );
    refused(program.send(&[0xff; 4]), Refusal::Malformed);
    refused(program.send(&announced(0)), Refusal::Malformed);
    let noise: Vec<u8> = (0..2000_u32).map(|at| ((at * at) >> 3) as u8).collect();
    let noise = [&announced(noise.len())[..], &noise].concat();
    refused(program.send(&noise), Refusal::Malformed);
    let mut cut = good.to_vec();
    cut[..4].copy_from_slice(&announced(good.len() - 5));
    refused(program.send(&cut[..good.len() - 1]), Refusal::Malformed);
    lives_on(&program, set, face);
}

#[test]
fn sizes_that_the_model_set_does_not_have_are_refused() {
    let program = Program::start();
    for set in sets() {
        let face = &faces::of(set)[0];
        let request = || faces::request(set, &[(face, face, face), (face, face, face)]);

        let small = EvidenceCrop {
            millis: Some(0),
            side: 40,
            rgb: vec![120; 40 * 40 * 3],
        };
        let mut odd = request();
        odd.items[1].crop = &small;
        refused(program.ask(&odd), Refusal::WrongShape);

        let short = Embedding::normalised(vec![0.5; 100]).unwrap();
        let mut odd = request();
        odd.items[1].keyframe = &short;
        refused(program.ask(&odd), Refusal::WrongShape);

        let frame = |points: Vec<f32>, face: [f32; 4]| TrackFrame {
            millis: 0,
            face,
            points,
            quality: 0.5,
        };
        let points = &face.frame.points;
        for frame in [
            frame(points[..134].to_vec(), face.frame.face),
            frame(points[..135].to_vec(), face.frame.face),
            frame(vec![], face.frame.face),
            // Points that span no face, and a box that is none.
            frame(vec![7.0; 136], face.frame.face),
            frame(points.clone(), [10.0, 10.0, 0.0, -50.0]),
        ] {
            let mut odd = request();
            odd.items[1].frame = Some(&frame);
            refused(program.ask(&odd), Refusal::WrongShape);
        }
        lives_on(&program, set, face);
    }
}

#[test]
fn models_that_are_not_loaded_are_refused() {
    let program = Program::start();
    let set = sets().next().unwrap();
    let face = &faces::of(set)[0];
    let unknown = ModelSetId::parse("open-99").unwrap();
    let mut other = faces::request(set, &[(face, face, face)]);
    other.model_set = &unknown;
    refused(program.ask(&other), Refusal::UnknownModelSet);
    for name in [None, Some("landmarks68 9.9 0.5")] {
        let mut other = faces::request(set, &[(face, face, face)]);
        other.landmark_model = name;
        refused(program.ask(&other), Refusal::UnknownLandmarkModel);
    }
    lives_on(&program, set, face);
}

#[test]
fn pixels_without_a_face_are_measured_like_any_others() {
    let program = Program::start();
    for set in sets() {
        let face = &faces::of(set)[0];
        for value in [0, 128, 255] {
            let blank = EvidenceCrop {
                millis: face.crop.millis,
                side: face.crop.side,
                rgb: vec![value; face.crop.rgb.len()],
            };
            let mut request = faces::request(set, &[(face, face, face)]);
            request.items[0].crop = &blank;
            match program.ask(&request) {
                Ok(measures) => assert!(measures.least_cosine < 0.9),
                Err(refusal) => assert_eq!(refusal, Refusal::UnreadableCrop),
            }
        }
        lives_on(&program, set, face);
    }
}

#[test]
fn one_slow_client_keeps_nobody_waiting() {
    let program = Program::start();
    let set = sets().next().unwrap();
    let face = &faces::of(set)[0];
    let message = faces::request(set, &[(face, face, face)]).encode().unwrap();
    let mut slow = program.connect();
    slow.write_all(&message[..1000]).unwrap();
    lives_on(&program, set, face);
    slow.write_all(&message[1000..]).unwrap();
    assert!(reply(&mut slow).is_ok());
}
