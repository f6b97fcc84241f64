//! The pipeline's steps on real portraits with real networks, against numbers from independent code
//! (tests/golden/README.md says how they were made).

#![allow(
    clippy::unwrap_used,
    reason = "tests say what they expect by unwrapping it"
)]

mod support;

use std::collections::BTreeMap;

use nod::detect::{Detector, DetectorKind};
use nod::embed::Embedder;
use nod::model::Net;
use nod_protocol::payload::Embedding;
use serde::Deserialize;
use support::{Picture, pipeline, served, sets};

/// tests/golden/<set>.json.
#[derive(Deserialize)]
struct Golden {
    pictures: BTreeMap<String, GoldenPicture>,
    /// Picture, other picture, cosine of their embeddings.
    cosines: Vec<(String, String, f32)>,
}

#[derive(Deserialize)]
struct GoldenPicture {
    score: f32,
    /// Left, top, width, height.
    bounds: [f32; 4],
    /// The five points that one look tells.
    points: [[f32; 2]; 5],
    /// The five points that the set aligns by; the same, unless it is their consensus with others.
    aligned: [[f32; 2]; 5],
    /// Mean red, green and blue of each of the 4×4 fields of the aligned crop, rows from the top.
    crop: Vec<[f32; 3]>,
    /// The first numbers of the L2-normalised embedding.
    embedding: Vec<f32>,
}

fn golden(set: &str) -> Golden {
    let path = format!("{}/tests/golden/{set}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn net(file: &nod::manifest::ModelFile) -> Net {
    let plan = std::fs::read(served().directory.join(&file.file)).unwrap();
    Net::load(&file.name, &plan, &file.sha256, file.input.clone()).unwrap()
}

/// Planes → the values of each pixel beside each other.
fn interleaved(planes: &[f32]) -> Vec<f32> {
    let pixels = planes.len() / 3;
    (0..planes.len())
        .map(|i| planes[i % 3 * pixels + i / 3])
        .collect()
}

#[test]
fn networks_answer_the_ramp_as_the_manifest_says() {
    let manifest = nod_models::manifest::Manifest::built_in().unwrap();
    let ids = sets();
    let mut values = 0;
    for file in served().manifest.needed(&ids).unwrap() {
        let facts = manifest.file(&file.name).unwrap();
        let net = net(file);
        let outputs = net
            .run_values(&interleaved(&facts.check.input(&facts.input)))
            .unwrap();
        for expected in &facts.check.expected {
            let name = &expected.output;
            let output = net.output_names().position(|o| o == name).unwrap();
            let found = outputs[output].values()[expected.index];
            assert!(
                (found - expected.value).abs() <= facts.check.tolerance,
                "{}: {name}[{}] is {found}, not {}",
                file.name,
                expected.index,
                expected.value
            );
            values += 1;
        }
    }
    assert!(values >= 4 * ids.len(), "only {values} values compared");
}

#[test]
fn detectors_find_the_faces_that_independent_code_finds() {
    for set in sets() {
        let entry = served().manifest.set(&set).unwrap();
        let kind = DetectorKind::of(&entry.detector).unwrap();
        let detector = Detector::new(net(&entry.detector), kind);
        for (name, expected) in golden(&set).pictures {
            let picture = Picture::portrait(&name);
            let faces = detector.detect(&picture.frame()).unwrap();
            assert_eq!(faces.len(), 1, "{set} {name}");
            let found = &faces[0];
            let [x, y, width, height] = expected.bounds;
            // JPEG decoders differ by a level or two; a wrong stride or letterbox by much more.
            let allowed = 0.02 * width.max(height);
            for (found, expected) in [
                (found.bounds.x, x),
                (found.bounds.y, y),
                (found.bounds.width, width),
                (found.bounds.height, height),
            ] {
                assert!(
                    (found - expected).abs() < allowed,
                    "{set} {name}: {found} {expected}"
                );
            }
            assert!(
                (found.score - expected.score).abs() < 0.03,
                "{set} {name}: {}",
                found.score
            );
        }
    }
}

#[test]
fn points_crops_and_embeddings_agree_with_independent_code() {
    for set in sets() {
        let pipeline = pipeline(&set);
        for (name, expected) in golden(&set).pictures {
            let picture = Picture::portrait(&name);
            let frame = picture.frame();
            let seen = pipeline.look(&frame).unwrap().seen.unwrap();
            let eyes = expected.points[1][0] - expected.points[0][0];
            for (found, [x, y]) in seen.points.iter().zip(expected.points) {
                let apart = (found.x - x).hypot(found.y - y);
                assert!(
                    apart < 0.03 * eyes,
                    "{set} {name}: a point is {apart} px off"
                );
            }
            let aligned = pipeline.align(&frame, &seen).unwrap();
            for (found, expected) in fields(&aligned).iter().zip(&expected.crop) {
                for (found, expected) in found.iter().zip(expected) {
                    assert!(
                        (found - expected).abs() < 4.0,
                        "{set} {name}: {found} {expected}"
                    );
                }
            }
            let embedding = pipeline.embed(&aligned).unwrap();
            for (found, expected) in embedding.values().iter().zip(&expected.embedding) {
                assert!(
                    (found - expected).abs() < 0.02,
                    "{set} {name}: {found} {expected}"
                );
            }
        }
    }
}

#[test]
fn a_crop_put_back_has_the_landmarks_of_its_own_frame_and_of_no_other() {
    for set in sets() {
        let pipeline = pipeline(&set);
        let names = ["obama", "obama2", "obama3", "biden", "astronaut"];
        let looks = names.map(|name| {
            let picture = Picture::portrait(name);
            let seen = pipeline.look(&picture.frame()).unwrap().seen.unwrap();
            let aligned = pipeline.align(&picture.frame(), &seen).unwrap();
            (seen, aligned.rounded())
        });
        for (i, (seen, _)) in looks.iter().enumerate() {
            for (j, (_, crop)) in looks.iter().enumerate() {
                let (bounds, landmarks) = (&seen.face.bounds, &seen.landmarks);
                let again = pipeline.place_again(crop, bounds, landmarks).unwrap();
                let residual = again.unwrap().residual(landmarks).unwrap();
                let what = format!("{set}: {} in {}: {residual}", names[j], names[i]);
                assert!(
                    if i == j {
                        residual < 0.03
                    } else {
                        residual > 0.035
                    },
                    "{what}"
                );
            }
        }
        let (seen, crop) = &looks[0];
        let nowhere = [nod::geometry::Point::default(); nod::landmarks::COUNT].into();
        let again = pipeline.place_again(crop, &seen.face.bounds, &nowhere);
        assert!(again.unwrap().is_none());
    }
}

/// From the very same points, alignment and embedding agree closely; what detectors and JPEG decoders add is
/// left out.
#[test]
fn alignment_to_given_points_agrees_with_independent_code() {
    for set in sets() {
        let entry = served().manifest.set(&set).unwrap();
        let embedder = Embedder::new(net(&entry.embedder), &entry.embedding);
        for (name, expected) in golden(&set).pictures {
            let picture = Picture::portrait(&name);
            let points = expected
                .aligned
                .map(|[x, y]| nod::geometry::Point::new(x, y));
            let aligned = embedder.align(&picture.frame(), &points).unwrap();
            for (found, expected) in fields(&aligned).iter().zip(&expected.crop) {
                for (found, expected) in found.iter().zip(expected) {
                    assert!(
                        (found - expected).abs() < 1.5,
                        "{set} {name}: {found} {expected}"
                    );
                }
            }
            let embedding = embedder.embed(&aligned).unwrap();
            for (found, expected) in embedding.values().iter().zip(&expected.embedding) {
                assert!(
                    (found - expected).abs() < 0.01,
                    "{set} {name}: {found} {expected}"
                );
            }
        }
    }
}

#[test]
fn cosines_agree_and_tell_the_people_apart() {
    for set in sets() {
        let pipeline = pipeline(&set);
        let golden = golden(&set);
        let embeddings: BTreeMap<&String, Embedding> = golden
            .pictures
            .keys()
            .map(|name| (name, embedding(&pipeline, &Picture::portrait(name))))
            .collect();
        let (mut least_same, mut most_other) = (1.0f32, -1.0f32);
        for (a, b, expected) in &golden.cosines {
            let found = embeddings[a].cosine(&embeddings[b]).unwrap();
            println!("{set}: {a} {b} {found:.3} ({expected:.3})");
            assert!(
                (found - expected).abs() < 0.03,
                "{set} {a} {b}: {found} {expected}"
            );
            let person = |name: &str| name.starts_with("obama");
            if person(a) && person(b) {
                least_same = least_same.min(found);
            } else {
                most_other = most_other.max(found);
            }
        }
        assert!(
            least_same > most_other + 0.05,
            "{set}: {least_same} {most_other}"
        );
    }
}

fn embedding(pipeline: &nod::pipeline::Pipeline, picture: &Picture) -> Embedding {
    let frame = picture.frame();
    let seen = pipeline.look(&frame).unwrap().seen.unwrap();
    pipeline
        .embed(&pipeline.align(&frame, &seen).unwrap())
        .unwrap()
}

/// Mean colour of each of the 4×4 fields of a crop.
fn fields(crop: &nod::image::Crop) -> Vec<[f32; 3]> {
    let mut fields = vec![[0.0f32; 3]; 16];
    let mut counts = [0.0f32; 16];
    let (width, height) = (crop.width(), crop.height());
    for (index, pixel) in crop.rgb().chunks_exact(3).enumerate() {
        let field = (index / width) * 4 / height * 4 + (index % width) * 4 / width;
        counts[field] += 1.0;
        fields[field]
            .iter_mut()
            .zip(pixel)
            .for_each(|(sum, value)| *sum += value);
    }
    for (field, count) in fields.iter_mut().zip(counts) {
        field.iter_mut().for_each(|value| *value /= count);
    }
    fields
}
