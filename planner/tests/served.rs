//! What an authority serves of the networks.

#![allow(
    clippy::unwrap_used,
    reason = "tests say what they expect by unwrapping it"
)]

use std::fs;
use std::path::Path;

use nod_models::manifest::Manifest;
use nod_models::{Options, prepare_from};
use nod_planner::assemble;
use sha2::{Digest, Sha256};

#[test]
fn what_is_served_is_the_networks_and_no_provenance() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let options = Options::from_env(checkout).unwrap();
    let mut manifest = Manifest::built_in().unwrap();
    manifest.sets.retain(|set| set.id == "everywhere-1");
    let prepared = prepare_from(manifest, &options, &mut |_| ()).unwrap();

    let served = tempfile::tempdir().unwrap();
    fs::write(served.path().join("of-an-earlier-build.onnx"), b"old").unwrap();
    assemble(&prepared, served.path()).unwrap();
    assemble(&prepared, served.path()).unwrap();

    let json = fs::read_to_string(served.path().join("manifest.json")).unwrap();
    let catalogue: serde_json::Value = serde_json::from_str(&json).unwrap();
    let set = &catalogue["sets"][0];
    assert_eq!(set["id"], "everywhere-1");
    assert_eq!(set["embedding"]["template"][2][0], 73.8608);
    assert_eq!(set["thresholds"]["full"]["false_match_rate"], 1e-4);
    assert!(set["thresholds"]["light"]["normalised"].is_number());
    assert_eq!(set["normalisation"]["top"], 100);
    assert_eq!(set["normalisation"]["centre"], false);
    assert!(set["normalisation"]["floor"].is_number());
    let mut expected = vec!["manifest.json".to_owned()];
    for role in ["detector", "landmarks", "embedder"] {
        let file = &set[role];
        let name = file["file"].as_str().unwrap();
        let bytes = fs::read(served.path().join(name)).unwrap();
        assert_eq!(
            hex::encode(Sha256::digest(&bytes)),
            file["sha256"].as_str().unwrap()
        );
        assert_eq!(file["bytes"], bytes.len());
        expected.push(name.to_owned());
    }
    expected.sort();
    assert_eq!(files_in(served.path()), expected);
    for word in ["http", "npm", "credit", "source", "check"] {
        assert!(!json.contains(word), "{word}");
    }
}

fn files_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
