//! Set `everywhere-1` from the real npm package to the pinned hashes, on the real cache or from the
//! registry, and everything that can be wrong with a file on the way.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "one check is shared by two tests"
)]

mod common;

use std::fs;

use base64ct::{Base64, Encoding};
use common::{Sources, files_in, options, silent};
use nod_models::{Error, Progress, prepare, prepare_from};
use sha2::{Digest, Sha256, Sha512};

const SHARD: &str = "face_landmark_68_model.bin";

#[test]
fn the_package_converts_to_the_pinned_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.models = Some(Sources::folder().to_path_buf());
    let mut steps = Vec::new();
    let prepared = prepare(&options, &mut |step| steps.push(step)).unwrap();
    assert!(prepared.has("everywhere-1"));
    for name in ["tiny-face", "landmarks68", "dlib-resnet"] {
        // Not from a cache: converted here and now.
        assert!(
            steps.contains(&Progress::Converting {
                file: name.to_owned()
            }),
            "{name}"
        );
        let file = prepared.manifest.file(name).unwrap();
        let bytes = fs::read(prepared.path(name).unwrap()).unwrap();
        assert_eq!(hex::encode(Sha256::digest(&bytes)), file.sha256, "{name}");
    }

    // Again: nothing is converted or fetched.
    let mut steps = Vec::new();
    prepare(&options, &mut |step| steps.push(step)).unwrap();
    assert!(
        !steps
            .iter()
            .any(|step| matches!(step, Progress::Converting { .. })),
        "{steps:?}"
    );
}

#[test]
fn a_truncated_file_is_refused_and_nothing_stays() {
    refused_with(|bytes| bytes.truncate(bytes.len() / 2));
}

#[test]
fn a_file_with_one_wrong_bit_is_refused_and_nothing_stays() {
    refused_with(|bytes| bytes[1000] ^= 1);
}

fn refused_with(spoil: impl FnOnce(&mut Vec<u8>)) {
    let given = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(Sources::folder()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), given.path().join(entry.file_name())).unwrap();
    }
    let mut bytes = fs::read(given.path().join(SHARD)).unwrap();
    spoil(&mut bytes);
    fs::write(given.path().join(SHARD), &bytes).unwrap();

    let cache = tempfile::tempdir().unwrap();
    let mut options = options(cache.path());
    options.models = Some(given.path().to_path_buf());
    let error = prepare_from(common::only("landmarks68"), &options, &mut silent).unwrap_err();
    let text = error.to_string();
    let Error::WrongFile {
        file,
        expected,
        found,
        found_bytes,
        ..
    } = error
    else {
        panic!("{text}")
    };
    assert_eq!(file, SHARD);
    assert_eq!(found, hex::encode(Sha256::digest(&bytes)));
    assert_eq!(found_bytes, bytes.len() as u64);
    for part in [SHARD, &expected, &found] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(files_in(&options.kept()), Vec::<String>::new());
}

#[test]
fn an_altered_network_in_the_cache_is_an_error_that_names_it() {
    let cache = tempfile::tempdir().unwrap();
    let mut options = options(cache.path());
    options.models = Some(Sources::folder().to_path_buf());
    let manifest = common::only("tiny-face");
    let prepared = prepare_from(manifest.clone(), &options, &mut silent).unwrap();
    let path = prepared.path("tiny-face").unwrap().to_path_buf();
    let mut bytes = fs::read(&path).unwrap();
    bytes[5000] ^= 0x80;
    fs::write(&path, bytes).unwrap();
    let error = prepare_from(manifest, &options, &mut silent)
        .unwrap_err()
        .to_string();
    assert!(error.contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn the_tarball_in_a_folder_is_as_good_as_the_registry() {
    let tarball = Sources::tarball();
    let bytes = fs::read(&tarball).unwrap();
    let manifest = common::only("landmarks68");
    let package = &manifest.packages[0];
    // The registry's own checksum is recorded beside ours: both are of this file.
    let integrity = format!("sha512-{}", Base64::encode_string(&Sha512::digest(&bytes)));
    assert_eq!(package.integrity, integrity);

    let cache = tempfile::tempdir().unwrap();
    let mut options = options(cache.path());
    options.models = Some(tarball.parent().unwrap().to_path_buf());
    let mut steps = Vec::new();
    let prepared = prepare_from(manifest, &options, &mut |step| steps.push(step)).unwrap();
    assert!(prepared.path("landmarks68").is_some());
    assert!(
        !steps
            .iter()
            .any(|step| matches!(step, Progress::Fetching { .. })),
        "{steps:?}"
    );
}
