//! The real program on a real socket, asked about real photographs.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests say what they expect by unwrapping it, and what they cannot test in words"
)]

mod authority;
mod faces;
mod lifecycle;
mod malformed;
mod program;

use faces::{Face, sets};
use nod_protocol::evidence::EvidenceMeasures;
use program::Program;

/// Largest residual of a face's own crop in these tests; the crops of others are beyond it.
const OWN: f32 = 0.03;

fn measured(program: &Program, set: &str, items: &[(&Face, &Face, &Face)]) -> EvidenceMeasures {
    program
        .ask(&faces::request(set, items))
        .map_err(|refusal| format!("{set}: {refusal}"))
        .unwrap()
}

#[test]
fn embeddings_and_landmarks_of_the_crops_themselves_agree() {
    let program = Program::start();
    for set in sets() {
        let faces = faces::of(set);
        let own: Vec<_> = faces.iter().map(|face| (face, face, face)).collect();
        let measures = measured(&program, set, &own);
        assert!(measures.least_cosine > 0.9999, "{}", measures.least_cosine);
        assert!(measures.largest_residual.unwrap() < OWN);
    }
}

#[test]
fn somebody_elses_embedding_does_not_belong_to_the_crop() {
    let program = Program::start();
    for set in sets() {
        let [obama, biden, ..] = faces::of(set) else {
            panic!("two people")
        };
        // One among the right ones is enough.
        let items = [(obama, obama, obama), (obama, biden, obama)];
        let measures = measured(&program, set, &items);
        assert!(measures.least_cosine < 0.9, "{}", measures.least_cosine);
        assert!(measures.largest_residual.unwrap() < OWN);
    }
}

#[test]
fn somebody_elses_crop_does_not_belong_to_the_landmarks() {
    let program = Program::start();
    for set in sets() {
        let [obama, biden, ..] = faces::of(set) else {
            panic!("two people")
        };
        for items in [
            vec![(biden, biden, obama)],
            vec![(biden, biden, biden), (obama, obama, biden)],
        ] {
            let measures = measured(&program, set, &items);
            assert!(measures.least_cosine > 0.9999, "{}", measures.least_cosine);
            let residual = measures.largest_residual.unwrap();
            assert!(residual > OWN, "{residual}");
        }
    }
}

#[test]
fn a_still_capture_has_no_landmarks_to_agree_with() {
    let program = Program::start();
    for set in sets() {
        let [obama, ..] = faces::of(set) else {
            panic!("somebody")
        };
        let mut request = faces::request(set, &[(obama, obama, obama)]);
        request.landmark_model = None;
        request.items[0].frame = None;
        let measures = program.ask(&request).unwrap();
        assert!(measures.least_cosine > 0.9999);
        assert!(measures.largest_residual.is_none());
    }
}
