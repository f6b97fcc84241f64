//! `manifest.json`: what the widget and the authority need to know of the manifest, and no more.
//!
//! No provenance: an authority serves this file to browsers.

use std::collections::HashMap;

use nod_models::manifest::{
    Crop, Embedding, File, Input, Kind, Manifest, Normalisation, Set, Threshold,
};
use serde::Serialize;

use super::planned::Planned;

/// The served form of a manifest.
#[derive(Debug, Serialize)]
pub(super) struct Catalogue<'a> {
    version: u32,
    sets: Vec<SetEntry<'a>>,
}

#[derive(Debug, Serialize)]
struct SetEntry<'a> {
    id: &'a str,
    title: &'a str,
    licence: &'a str,
    production: bool,
    detector: FileEntry<'a>,
    landmarks: FileEntry<'a>,
    embedder: FileEntry<'a>,
    crop: Crop,
    embedding: &'a Embedding,
    normalisation: Normalisation,
    thresholds: ThresholdEntries,
}

#[derive(Debug, Serialize)]
struct FileEntry<'a> {
    name: &'a str,
    kind: Kind,
    /// Name below the place the catalogue was read from.
    file: String,
    sha256: &'a str,
    bytes: u64,
    input: &'a Input,
}

#[derive(Debug, Serialize)]
struct ThresholdEntries {
    light: ThresholdEntry,
    full: ThresholdEntry,
}

#[derive(Debug, Serialize)]
struct ThresholdEntry {
    cosine: f32,
    normalised: f32,
    false_match_rate: f64,
    tightening: u32,
}

impl<'a> Catalogue<'a> {
    /// The catalogue of the sets that `available` lets through; `plans` by the names of the networks.
    pub(super) fn of(
        manifest: &'a Manifest,
        plans: &'a HashMap<String, Planned>,
        available: impl Fn(&Set) -> bool,
    ) -> Self {
        let sets = manifest.sets.iter().filter(|set| available(set));
        let entry = |set| SetEntry::of(manifest, plans, set);
        Self {
            version: manifest.version,
            sets: sets.filter_map(entry).collect(),
        }
    }
}

impl<'a> SetEntry<'a> {
    fn of(
        manifest: &'a Manifest,
        plans: &'a HashMap<String, Planned>,
        set: &'a Set,
    ) -> Option<Self> {
        let file = |name: &str| Some(FileEntry::of(manifest.file(name)?, plans.get(name)?));
        Some(Self {
            id: &set.id,
            title: &set.title,
            licence: &set.licence,
            production: set.production,
            detector: file(&set.detector)?,
            landmarks: file(&set.landmarks)?,
            embedder: file(&set.embedder)?,
            crop: set.crop,
            embedding: &set.embedding,
            normalisation: set.normalisation,
            thresholds: ThresholdEntries {
                light: ThresholdEntry::of(&set.thresholds.light),
                full: ThresholdEntry::of(&set.thresholds.full),
            },
        })
    }
}

impl<'a> FileEntry<'a> {
    fn of(file: &'a File, plan: &'a Planned) -> Self {
        Self {
            name: &file.name,
            kind: file.kind,
            file: plan.served_name(),
            sha256: &plan.sha256,
            bytes: plan.bytes.len() as u64,
            input: &file.input,
        }
    }
}

impl ThresholdEntry {
    fn of(threshold: &Threshold) -> Self {
        Self {
            cosine: threshold.cosine,
            normalised: threshold.normalised,
            false_match_rate: threshold.false_match_rate,
            tightening: threshold.tightening,
        }
    }
}
