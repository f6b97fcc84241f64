//! Crops of real photographs of many people, held against the landmarks of their own photograph and of others.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nod::image::Frame;
use nod::manifest::Manifest;
use nod::pipeline::Pipeline;
use nod_authority::judge::crops::LARGEST_RESIDUAL;
use nod_protocol::ids::Purpose;

use super::super::Record;
use super::key::{Key, residual};
use super::{in_order, quantile};
use crate::pictures;
use crate::side_by_side::side_by_side;

/// How many other people's crops are held against each photograph.
const OTHERS: usize = 3;

/// Measures with every model set and reports; one picture of each person, the first.
pub(super) fn run(folder: &Path, models: &Path, jobs: usize, record: &mut Record) -> Result<()> {
    let people = first_pictures(folder)?;
    record.say(&format!(
        "\nPhotographs of {} people: residuals of crops, in eye distances\n{:38} {:>6} {:>8} {:>8} {:>8} {:>8} {:>10}\n",
        people.len(), "set", "pairs", "1 %", "median", "99 %", "99.5 %", "within limit"
    ));
    let json = std::fs::read_to_string(models.join("manifest.json"))?;
    let manifest = Manifest::parse(&json)?;
    for set in manifest.set_ids() {
        let pipeline = pictures::load(models, &manifest, set)?;
        let looked = side_by_side("photographs", &people, jobs, |file| {
            look(&pipeline, file).with_context(|| file.display().to_string())
        })?;
        let found: Vec<(Key, bool)> = in_order(looked).into_iter().flatten().collect();
        let numbers: Vec<usize> = (0..found.len()).collect();
        let against = |other: usize| {
            side_by_side("pairs", &numbers, jobs, |at| {
                let crop = &found[(at + other) % found.len()].0.crop;
                residual(&pipeline, crop, &found[*at].0.frame)
            })
        };
        let own = in_order(against(0)?);
        let good: Vec<f32> = own
            .iter()
            .zip(&found)
            .filter(|(_, (_, good))| *good)
            .map(|(r, _)| *r)
            .collect();
        let mut others = Vec::new();
        for other in 1..=OTHERS {
            others.extend(in_order(against(other)?));
        }
        for (what, residuals) in [
            ("own landmarks", own),
            ("own, good enough for the widget", good),
            ("somebody else's", others),
        ] {
            record.say(&line(&format!("{set}: {what}"), residuals));
        }
    }
    Ok(())
}

fn line(what: &str, mut residuals: Vec<f32>) -> String {
    residuals.sort_by(f32::total_cmp);
    let within = residuals.partition_point(|residual| *residual <= LARGEST_RESIDUAL);
    let part = 100.0 * within as f64 / residuals.len().max(1) as f64;
    let at = |part: f64| quantile(&residuals, part);
    format!(
        "{what:38} {:>6} {:>8.4} {:>8.4} {:>8.4} {:>8.4} {part:>10.1} %\n",
        residuals.len(),
        at(0.01),
        at(0.5),
        at(0.99),
        at(0.995),
    )
}

fn first_pictures(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = |folder: &Path| -> Result<Vec<PathBuf>> {
        let read = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        let mut paths = read
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    };
    let mut first = Vec::new();
    for person in entries(folder)? {
        if person.is_dir() {
            first.extend(entries(&person)?.into_iter().next());
        }
    }
    Ok(first)
}

/// The capture of a photograph, and whether the widget would have taken it; nothing without a face.
fn look(pipeline: &Pipeline, file: &Path) -> Result<Option<(Key, bool)>> {
    let picture = image::open(file)?.into_rgba8();
    let frame = Frame::new(picture.width(), picture.height(), picture.as_raw())?;
    let Some(seen) = pipeline.look(&frame)?.seen else {
        return Ok(None);
    };
    let good = seen.quality.fault(Purpose::Verify, None).is_none();
    Ok(Some((Key::of(pipeline, &frame, &seen, 0.0)?, good)))
}
