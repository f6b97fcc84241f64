//! `manifest.json`: what the widget and the authority need to know of the manifest, and no more.
//!
//! No provenance: an authority serves this file to browsers.

use serde::Serialize;

use crate::manifest::{
    Crop, Embedding, File, Input, Kind, Manifest, Normalisation, Set, Threshold,
};

/// The served form of a manifest.
#[derive(Debug, Serialize)]
pub(crate) struct Catalogue<'a> {
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
    /// The catalogue of the sets that `available` lets through.
    pub(crate) fn of(manifest: &'a Manifest, available: impl Fn(&Set) -> bool) -> Self {
        let sets = manifest.sets.iter().filter(|set| available(set));
        Self {
            version: manifest.version,
            sets: sets.filter_map(|set| SetEntry::of(manifest, set)).collect(),
        }
    }
}

impl<'a> SetEntry<'a> {
    fn of(manifest: &'a Manifest, set: &'a Set) -> Option<Self> {
        let file = |name| manifest.file(name).map(FileEntry::of);
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
    fn of(file: &'a File) -> Self {
        Self {
            name: &file.name,
            kind: file.kind,
            file: file.served_name(),
            sha256: &file.sha256,
            bytes: file.bytes,
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
