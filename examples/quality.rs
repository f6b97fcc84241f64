//! Measures a folder of photographs: the spread of every quality measure, and how often each hint refuses one.
//!
//! ```text
//! cargo run --release --example quality -- <models> <photographs>
//! ```
//!
//! `<models>` is a directory with `manifest.json` (`dist/models`); `<photographs>` is searched for `.jpg` files. For
//! choosing the limits in `src/quality/limits.rs`; the figures are in `docs/quality.md`.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use nod::image::Frame;
use nod::landmarks::Landmarks;
use nod::manifest::Manifest;
use nod::pipeline::{Models, Pipeline};
use nod::quality::Quality;
use nod_protocol::codes::Code;
use nod_protocol::ids::Purpose;

/// One photograph's face, and how light its skin is: mean luma halfway from each eye to the mouth's corner.
struct Measured {
    name: String,
    quality: Quality,
    skin_luma: f32,
}

/// A name and where the number is.
type Measure = (&'static str, fn(&Quality) -> f32);

const MEASURES: [Measure; 15] = [
    ("head_height", |q| q.head_height),
    ("inter_eye", |q| q.inter_eye),
    ("company", |q| q.company),
    ("highlight", |q| q.highlight),
    ("over_exposed", |q| q.over_exposed),
    ("uniformity", |q| q.uniformity),
    ("sharpness", |q| q.sharpness),
    ("yaw", |q| q.yaw),
    ("pitch", |q| q.pitch),
    ("roll", |q| q.roll),
    ("iris", |q| q.iris),
    ("mouth_open", |q| q.mouth_open),
    ("skin", |q| q.skin),
    ("eyes_lit", |q| q.eyes_lit),
    ("score", |q| q.score()),
];

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [models, folder, named @ ..] = args.as_slice() else {
        return Err("usage: quality <models> <photographs> [<hint to list>]".into());
    };
    let files = photographs(Path::new(folder))?;
    let manifest = Manifest::parse(&std::fs::read_to_string(
        Path::new(models).join("manifest.json"),
    )?)?;
    for set in manifest.set_ids() {
        let pipeline = load(Path::new(models), &manifest, set)?;
        let mut measured = Vec::new();
        for file in &files {
            measured.extend(look(&pipeline, file)?);
        }
        report(&format!(
            "{set}: {} photographs, a face in {}",
            files.len(),
            measured.len()
        ));
        spread(&measured);
        refusals(&measured);
        for name in named {
            list(&measured, name);
        }
    }
    Ok(())
}

fn look(pipeline: &Pipeline, file: &Path) -> Result<Option<Measured>, Box<dyn Error>> {
    let picture = image::open(file)?.into_rgba8();
    let frame = Frame::new(picture.width(), picture.height(), picture.as_raw())?;
    let Some(seen) = pipeline.look(&frame)?.seen else {
        return Ok(None);
    };
    let name = file.file_stem().unwrap_or_default();
    Ok(Some(Measured {
        name: name.to_string_lossy().into_owned(),
        quality: seen.quality,
        skin_luma: skin_luma(&picture, &seen.landmarks),
    }))
}

fn skin_luma(picture: &image::RgbaImage, landmarks: &Landmarks) -> f32 {
    let [left_eye, right_eye, _, left_mouth, right_mouth] = landmarks.five();
    let luma = [(left_eye, left_mouth), (right_eye, right_mouth)].map(|(eye, mouth)| {
        let at = eye.midpoint(mouth);
        let (x, y) = (at.x.max(0.0) as u32, at.y.max(0.0) as u32);
        let pixel = picture.get_pixel(x.min(picture.width() - 1), y.min(picture.height() - 1));
        let [r, g, b, _] = pixel.0.map(f32::from);
        0.299 * r + 0.587 * g + 0.114 * b
    });
    (luma[0] + luma[1]) / 2.0
}

fn spread(measured: &[Measured]) {
    report("  measure         0.5 %     1 %     5 %    50 %    95 %    99 %  99.5 %");
    for (name, measure) in MEASURES {
        let mut values: Vec<f32> = measured.iter().map(|m| measure(&m.quality)).collect();
        values.sort_by(f32::total_cmp);
        let at = |part: f32| values.get((values.len() as f32 * part) as usize);
        let line: Vec<String> = [0.005, 0.01, 0.05, 0.5, 0.95, 0.99, 0.995]
            .iter()
            .filter_map(|part| at(*part))
            .map(|v| format!("{v:8.3}"))
            .collect();
        report(&format!("  {name:14}{}", line.join("")));
    }
}

/// Of the sharp photographs: how many each hint refuses, whatever else is wrong with them. Once for all, once
/// for the fifth with the darkest skin (or light).
fn refusals(measured: &[Measured]) {
    let mut sharp: Vec<&Measured> = measured.iter().collect();
    sharp.retain(|m| {
        m.quality
            .faults(Purpose::Verify, None)
            .all(|fault| fault != Code::HintBlurred)
    });
    sharp.sort_by(|a, b| a.skin_luma.total_cmp(&b.skin_luma));
    let darkest = &sharp[..sharp.len() / 5];
    report(&format!(
        "  of {} sharp ones      verify   enrol  darkest fifth, verify",
        sharp.len()
    ));
    let columns = [
        share(&sharp, Purpose::Verify),
        share(&sharp, Purpose::Enrol),
        share(darkest, Purpose::Verify),
    ];
    for code in Code::ALL.iter().filter(|code| code.is_private()) {
        let line = columns
            .each_ref()
            .map(|column| column.get(code.as_str()).copied().unwrap_or(0.0));
        let [verify, enrol, dark] = line.map(|part| 100.0 * part);
        report(&format!(
            "  {:20}{verify:7.2}%{enrol:7.2}%{dark:7.2}%",
            code.as_str()
        ));
    }
}

fn share(measured: &[&Measured], purpose: Purpose) -> BTreeMap<&'static str, f32> {
    let mut shares = BTreeMap::new();
    for one in measured {
        let mut codes: Vec<&str> = one
            .quality
            .faults(purpose, None)
            .map(Code::as_str)
            .collect();
        codes.dedup();
        for code in codes {
            *shares.entry(code).or_insert(0.0) += 1.0 / measured.len() as f32;
        }
    }
    shares
}

/// The photographs that this hint refuses: for looking whether it is right.
fn list(measured: &[Measured], hint: &str) {
    for one in measured {
        let mut faults = one.quality.faults(Purpose::Verify, None);
        if faults.any(|fault| fault.as_str() == hint) {
            report(&format!("  {hint}: {}", one.name));
        }
    }
}

fn photographs(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(photographs(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "jpg") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn load(directory: &Path, manifest: &Manifest, set: &str) -> Result<Pipeline, Box<dyn Error>> {
    let mut models = Models::default();
    for file in manifest.needed(&[set.to_owned()])? {
        let onnx = std::fs::read(directory.join(&file.file))?;
        models.load(manifest, &file.name, &onnx)?;
    }
    Ok(Pipeline::assemble(manifest, set, &models)?)
}

/// The one thing this program prints: its measurements.
#[expect(clippy::print_stdout, reason = "a program for the terminal")]
fn report(line: &str) {
    println!("{line}");
}
