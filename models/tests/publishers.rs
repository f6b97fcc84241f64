//! Publishers that answer, lie, or are out of reach, through the real `curl`; and set `open-1` where
//! its published files can be had.

mod common;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{checkout, files_in, only, options, silent};
use nod_models::manifest::Manifest;
use nod_models::{Error, Options, Progress, prepare, prepare_from};
use sha2::{Digest, Sha256};

/// A manifest whose only file is published at `url` with these contents.
fn published(contents: &[u8], url: &str) -> Manifest {
    let mut manifest = only("yunet-n-320");
    let sha256 = hex::encode(Sha256::digest(contents));
    let file = &mut manifest.files[0];
    file.sha256.clone_from(&sha256);
    file.bytes = contents.len() as u64;
    file.sources[0].sha256 = sha256;
    file.sources[0].bytes = contents.len() as u64;
    file.sources[0].urls = vec![url.to_owned()];
    manifest
}

fn address(path: &Path) -> String {
    format!("file://{}", path.display())
}

#[test]
fn a_published_file_is_fetched_once_and_kept() {
    let publisher = tempfile::tempdir().unwrap();
    let path = publisher.path().join("network.onnx");
    fs::write(&path, b"a network").unwrap();
    let manifest = published(b"a network", &address(&path));
    let cache = tempfile::tempdir().unwrap();
    let prepared = prepare_from(manifest.clone(), &options(cache.path()), &mut silent).unwrap();
    assert_eq!(
        fs::read(prepared.path("yunet-n-320").unwrap()).unwrap(),
        b"a network"
    );

    fs::remove_file(path).unwrap();
    let again = prepare_from(manifest, &options(cache.path()), &mut silent).unwrap();
    assert!(again.path("yunet-n-320").is_some());
}

#[test]
fn a_publisher_with_another_file_is_an_error_and_nothing_stays() {
    let publisher = tempfile::tempdir().unwrap();
    let path = publisher.path().join("network.onnx");
    for other in [
        b"a netw".as_slice(),
        b"another",
        b"<html>Sign in to this network</html>",
        b"",
    ] {
        fs::write(&path, other).unwrap();
        let manifest = published(b"a network", &address(&path));
        let cache = tempfile::tempdir().unwrap();
        let options = options(cache.path());
        let error = prepare_from(manifest, &options, &mut silent).unwrap_err();
        assert!(matches!(error, Error::WrongFile { .. }), "{error}");
        assert!(error.to_string().contains(&address(&path)), "{error}");
        assert_eq!(files_in(&options.kept()), Vec::<String>::new());
    }
}

#[test]
fn a_publisher_out_of_reach_is_asked_once() {
    // Port 9 (discard) is closed on any machine this runs on; two files there, one attempt.
    let mut manifest = Manifest::built_in().unwrap();
    manifest
        .files
        .retain(|file| ["yunet-n-320", "face-reid-0095"].contains(&&*file.name));
    for source in manifest.files.iter_mut().flat_map(|file| &mut file.sources) {
        source.urls = vec![format!("http://127.0.0.1:9/{}", source.name)];
    }
    manifest.sets.retain(|set| set.id == "open-1");
    let cache = tempfile::tempdir().unwrap();
    let options = options(cache.path());
    let mut steps = Vec::new();
    let started = Instant::now();
    let prepared = prepare_from(manifest.clone(), &options, &mut |step| steps.push(step)).unwrap();
    assert!(started.elapsed() < Duration::from_secs(20));
    let count = |wanted: fn(&Progress) -> bool| steps.iter().filter(|step| wanted(step)).count();
    assert_eq!(
        count(|step| matches!(step, Progress::Fetching { .. })),
        1,
        "{steps:?}"
    );
    assert_eq!(
        count(|step| matches!(step, Progress::Unreachable { .. })),
        1,
        "{steps:?}"
    );

    // The set is not there, which is a note and no error…
    assert!(prepared.available.is_empty());
    let missing = &prepared.unavailable[0];
    assert_eq!(missing.set, "open-1");
    assert!(missing.reason.contains("127.0.0.1:9"), "{}", missing.reason);
    assert_eq!(files_in(&options.kept()), Vec::<String>::new());

    // …unless somebody cannot do without it.
    manifest.sets[0].required = true;
    let error = prepare_from(manifest, &options, &mut silent).unwrap_err();
    assert!(matches!(error, Error::Nowhere { .. }), "{error}");
    assert!(
        error.to_string().contains("yunet_n_320_320.onnx"),
        "{error}"
    );
}

#[test]
fn the_open_set_converts_to_the_pinned_hashes_where_it_can_be_had() {
    let mut manifest = Manifest::built_in().unwrap();
    manifest
        .files
        .retain(|file| ["yunet-n-320", "face-reid-0095"].contains(&&*file.name));
    manifest.sets.retain(|set| set.id == "open-1");
    // A cache of its own, so that the conversion really runs.
    let cache = tempfile::tempdir().unwrap();
    let real = Options::from_env(&checkout()).unwrap();
    let options = Options {
        cache: cache.path().to_path_buf(),
        ..real
    };
    let mut converted = false;
    let prepared = prepare_from(manifest, &options, &mut |step| {
        converted |= matches!(step, Progress::Converting { .. });
    });
    let prepared = prepared.unwrap();
    match prepared.unavailable.first() {
        Some(missing) => println!("not checked, {}: {}", missing.set, missing.reason),
        None => {
            assert!(converted);
            let file = prepared.manifest.file("face-reid-0095").unwrap();
            let bytes = fs::read(prepared.path("face-reid-0095").unwrap()).unwrap();
            assert_eq!(hex::encode(Sha256::digest(&bytes)), file.sha256);
        }
    }
}

#[test]
fn the_real_cache_is_ready_or_becomes_so() {
    let prepared = prepare(&Options::from_env(&checkout()).unwrap(), &mut silent).unwrap();
    assert!(prepared.has("everywhere-1"));
    for missing in prepared.unavailable {
        println!("without {}: {}", missing.set, missing.reason);
    }
}
