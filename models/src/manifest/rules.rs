//! What a manifest must fulfil beyond its syntax.

use std::collections::BTreeSet;

use super::{File, Kind, Made, Manifest, Set, Source};

/// The first rule that is broken, in words.
pub(super) fn check(manifest: &Manifest) -> Result<(), String> {
    if manifest.version != 1 {
        return Err(format!(
            "version {} is not known, only 1 is",
            manifest.version
        ));
    }
    all_different("file", manifest.files.iter().map(|file| &file.name))?;
    all_different("set", manifest.sets.iter().map(|set| &set.id))?;
    all_different("npm", manifest.packages.iter().map(|package| &package.name))?;
    for package in &manifest.packages {
        hash(&package.name, &package.sha256)?;
    }
    for file in &manifest.files {
        check_file(manifest, file)?;
    }
    manifest
        .sets
        .iter()
        .try_for_each(|set| check_set(manifest, set))
}

fn check_file(manifest: &Manifest, file: &File) -> Result<(), String> {
    let name = &file.name;
    hash(name, &file.sha256)?;
    let sources = if file.made == Made::Copy { 1 } else { 2 };
    if file.sources.len() != sources {
        return Err(format!(
            "file {name}: needs {sources} sources, has {}",
            file.sources.len()
        ));
    }
    if file.input.divisor == 0.0 || file.input.width == 0 || file.input.height == 0 {
        return Err(format!("file {name}: its input is empty"));
    }
    if file.check.expected.is_empty() {
        return Err(format!("file {name}: nothing to check it by"));
    }
    file.sources
        .iter()
        .try_for_each(|source| check_source(manifest, source))
}

fn check_source(manifest: &Manifest, source: &Source) -> Result<(), String> {
    hash(&source.name, &source.sha256)?;
    let Some(member) = &source.npm else {
        return Ok(());
    };
    match manifest
        .packages
        .iter()
        .any(|package| package.name == member.package)
    {
        true => Ok(()),
        false => Err(format!(
            "source {}: no npm package {}",
            source.name, member.package
        )),
    }
}

fn check_set(manifest: &Manifest, set: &Set) -> Result<(), String> {
    let kind = |role: &str, name: &str| match manifest.file(name) {
        Some(file) => Ok(file.kind),
        None => Err(format!(
            "set {}: {role} {name} is no file of the manifest",
            set.id
        )),
    };
    let detector = kind("detector", &set.detector)?;
    let landmarks = kind("landmarks", &set.landmarks)?;
    let embedder = kind("embedder", &set.embedder)?;
    let fits = matches!(detector, Kind::Yunet | Kind::TinyFace)
        && landmarks == Kind::Landmarks68
        && matches!(embedder, Kind::Reid0095 | Kind::DlibResnet);
    if !fits {
        return Err(format!(
            "set {}: a network has a role it cannot play",
            set.id
        ));
    }
    check_scores(set)
}

fn check_scores(set: &Set) -> Result<(), String> {
    // A cohort has at least 500 members, one of which may be the claimed resident.
    if !(10..500).contains(&set.normalisation.top) {
        return Err(format!(
            "set {}: normalisation counts 10 to 499 cohort scores",
            set.id
        ));
    }
    let floor = set.normalisation.floor;
    // Written so that NaN fails too, here and below.
    if !(floor > 0.0 && floor < 1.0) {
        return Err(format!(
            "set {}: the floor of the raw cosine lies between 0 and 1",
            set.id
        ));
    }
    for threshold in [&set.thresholds.light, &set.thresholds.full] {
        // A threshold of 0 or below would let strangers in.
        let are_possible =
            threshold.cosine > 0.0 && threshold.cosine < 1.0 && threshold.normalised > 0.0;
        if !are_possible {
            return Err(format!("set {}: a threshold lets everybody in", set.id));
        }
    }
    Ok(())
}

fn all_different<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(format!("{what} {name} occurs twice"));
        }
    }
    Ok(())
}

fn hash(name: &str, sha256: &str) -> Result<(), String> {
    let digits = sha256.len() == 64
        && sha256
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match digits {
        true => Ok(()),
        false => Err(format!(
            "{name}: sha256 must be 64 lower-case hexadecimal digits"
        )),
    }
}
