//! Photographs as the widget captures them: crop, embedding, and the track's frame.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use nod::image::Frame;
use nod::manifest::Manifest;
use nod::pipeline::{Models, Pipeline};
use nod_protocol::evidence::{EvidenceRequest, Item};
use nod_protocol::ids::ModelSetId;
use nod_protocol::payload::{Embedding, EvidenceCrop, TrackFrame};

/// One photograph, captured.
pub(crate) struct Face {
    pub(crate) crop: EvidenceCrop,
    pub(crate) embedding: Embedding,
    pub(crate) frame: TrackFrame,
}

/// What one model set makes of the people.
struct Set {
    id: ModelSetId,
    landmark_model: String,
    faces: Vec<Face>,
}

/// The sets of this machine, `everywhere-1` always among them.
pub(crate) fn sets() -> impl Iterator<Item = &'static str> {
    all().iter().map(|set| set.id.as_str())
}

/// Obama, Biden and an astronaut.
pub(crate) fn of(set: &str) -> &'static [Face] {
    &find(set).faces
}

/// About items with the crop of the first, the embedding of the second and the frame of the third face each.
pub(crate) fn request<'a>(
    set: &str,
    items: &[(&'a Face, &'a Face, &'a Face)],
) -> EvidenceRequest<'a> {
    let set = find(set);
    let items = items.iter().map(|(crop, embedding, frame)| Item {
        crop: &crop.crop,
        keyframe: &embedding.embedding,
        frame: Some(&frame.frame),
    });
    EvidenceRequest {
        model_set: &set.id,
        landmark_model: Some(&set.landmark_model),
        items: items.collect(),
    }
}

/// The models of this machine as an authority serves them, laid out once for all tests.
pub(crate) fn models() -> &'static Path {
    static MODELS: OnceLock<PathBuf> = OnceLock::new();
    MODELS.get_or_init(|| {
        let options = nod_models::Options::from_env(checkout()).unwrap();
        let prepared = nod_models::prepare(&options, &mut |_| ()).unwrap();
        for missing in &prepared.unavailable {
            println!("NOT TESTED: model set {}: {}", missing.set, missing.reason);
        }
        let models = Path::new(env!("CARGO_TARGET_TMPDIR")).join("evidence-models");
        nod_planner::assemble(&prepared, &models).unwrap();
        models
    })
}

pub(crate) fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn find(id: &str) -> &'static Set {
    all().iter().find(|set| set.id.as_str() == id).unwrap()
}

fn all() -> &'static [Set] {
    static SETS: OnceLock<Vec<Set>> = OnceLock::new();
    SETS.get_or_init(|| {
        let json = std::fs::read_to_string(models().join("manifest.json")).unwrap();
        let manifest = Manifest::parse(&json).unwrap();
        let ids: Vec<&str> = manifest.set_ids().collect();
        assert!(ids.contains(&"everywhere-1"), "{ids:?}");
        ids.into_iter().map(|id| captured(&manifest, id)).collect()
    })
}

fn captured(manifest: &Manifest, id: &str) -> Set {
    let mut loaded = Models::default();
    for file in manifest.needed(&[id.to_owned()]).unwrap() {
        let onnx = std::fs::read(models().join(&file.file)).unwrap();
        loaded.load(manifest, &file.name, &onnx).unwrap();
    }
    let pipeline = Pipeline::assemble(manifest, id, &loaded).unwrap();
    let faces = ["obama", "biden", "astronaut"].iter().enumerate();
    Set {
        id: ModelSetId::parse(id).unwrap(),
        landmark_model: pipeline.landmark_model().to_owned(),
        faces: faces
            .map(|(at, name)| capture(&pipeline, name, 100 * at as u32))
            .collect(),
    }
}

fn capture(pipeline: &Pipeline, name: &str, millis: u32) -> Face {
    let path = checkout().join(format!("tests/faces/{name}.jpg"));
    let picture = image::open(path).unwrap().into_rgba8();
    let frame = Frame::new(picture.width(), picture.height(), picture.as_raw()).unwrap();
    let seen = pipeline.look(&frame).unwrap().seen.unwrap();
    let crop = pipeline.align(&frame, &seen).unwrap().rounded();
    let (bounds, points) = (&seen.face.bounds, seen.landmarks.points());
    Face {
        embedding: pipeline.embed(&crop).unwrap(),
        crop: EvidenceCrop {
            millis: Some(millis),
            side: crop.width() as u16,
            rgb: crop.to_rgb8().to_vec(),
        },
        frame: TrackFrame {
            millis,
            face: [bounds.x, bounds.y, bounds.width, bounds.height],
            points: points.iter().flat_map(|p| [p.x, p.y]).collect(),
            quality: seen.quality.score(),
        },
    }
}
