//! The real published files, for tests: from the cache of this machine, or from npm.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test file uses a part of this"
)]
#![allow(
    clippy::unwrap_used,
    reason = "test code, outside the functions clippy knows as tests"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use nod_models::manifest::{Manifest, Source};
use nod_models::{Options, Progress};
use tempfile::TempDir;

/// Options that see nothing of this machine but the given cache.
pub fn options(cache: &Path) -> Options {
    Options {
        models: None,
        shared: None,
        cache: cache.to_path_buf(),
    }
}

pub fn silent(_: Progress) {}

/// The built-in manifest with one file and no set.
pub fn only(name: &str) -> Manifest {
    let mut manifest = Manifest::built_in().unwrap();
    manifest.files.retain(|file| file.name == name);
    manifest.sets.clear();
    manifest
}

/// Names in a folder, sorted, partial files included.
pub fn files_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The checkout this test belongs to.
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The weights of the npm package, as published.
pub struct Sources {
    weights: TempDir,
    tarball: TempDir,
}

impl Sources {
    /// A folder with the weights under their own names.
    pub fn folder() -> &'static Path {
        SOURCES.weights.path()
    }

    /// The package's tarball, alone in its folder.
    pub fn tarball() -> PathBuf {
        let mut npm = Command::new("npm");
        npm.args([
            "pack",
            "--silent",
            "--prefer-offline",
            "@vladmandic/face-api@1.7.15",
        ]);
        npm.current_dir(SOURCES.tarball.path())
            .stdout(Stdio::null());
        let status = npm.status().unwrap();
        assert!(status.success(), "npm pack: {status}");
        SOURCES
            .tarball
            .path()
            .join("vladmandic-face-api-1.7.15.tgz")
    }
}

static SOURCES: LazyLock<Sources> = LazyLock::new(|| {
    let manifest = Manifest::built_in().unwrap();
    let files = manifest.files.iter().flat_map(|file| &file.sources);
    let sources: Vec<_> = files.filter(|source| source.npm.is_some()).collect();
    let kept = |options: &Options, source: &Source| {
        options
            .kept()
            .join(format!("{}-{}", source.sha256, source.name))
    };
    // The machine's own cache, or npm where nothing has been made ready yet.
    let scratch = tempfile::tempdir().unwrap();
    let mut options = Options::from_env(&checkout()).unwrap();
    if !sources.iter().all(|source| kept(&options, source).exists()) {
        options = self::options(scratch.path());
        nod_models::prepare_from(only("landmarks68"), &options, &mut silent).unwrap();
    }
    let weights = tempfile::tempdir().unwrap();
    for source in sources {
        fs::copy(kept(&options, source), weights.path().join(&source.name)).unwrap();
    }
    Sources {
        weights,
        tarball: tempfile::tempdir().unwrap(),
    }
});
