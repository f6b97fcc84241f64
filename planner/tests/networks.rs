//! The networks that are served: their plans give what tract gives.

#![allow(
    clippy::unwrap_used,
    reason = "tests say what they expect by unwrapping it"
)]
#![allow(clippy::print_stdout, reason = "a test that covers less says so")]

mod onnx;

use std::path::Path;

use nod_engine::Network;
use nod_planner::{compare, plan};

#[test]
fn every_network_gives_what_tract_gives() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let options = nod_models::Options::from_env(checkout).unwrap();
    let prepared = nod_models::prepare(&options, &mut |_| ()).unwrap();
    for missing in &prepared.unavailable {
        println!("NOT TESTED: model set {}: {}", missing.set, missing.reason);
    }
    let mut compared = 0;
    for file in &prepared.manifest.files {
        let Some(path) = prepared.path(&file.name) else {
            continue;
        };
        let onnx = std::fs::read(path).unwrap();
        let bytes = plan(&onnx).unwrap().encode().unwrap();
        assert_eq!(
            bytes,
            plan(&onnx).unwrap().encode().unwrap(),
            "{}",
            file.name
        );
        let network = Network::load(&bytes).unwrap();
        let shape = network.input();
        // As large as the network's own input: bytes of a picture, or what is left when they are normalised.
        let (low, high) = (file.check.low as f32, file.check.high as f32);
        let random = onnx::picture(shape.pixels() * shape.channels, 7);
        let input: Vec<f32> = random
            .iter()
            .map(|v| low + (v + 1.0) / 2.0 * (high - low))
            .collect();
        for difference in compare(&onnx, &network, &input).unwrap() {
            let allowed = 2e-5 * difference.scale.max(0.1);
            assert!(
                difference.largest <= allowed,
                "{}: {difference:?}",
                file.name
            );
            compared += 1;
        }
    }
    assert!(compared >= 3, "only {compared} outputs compared");
}

/// Whatever bytes a plan has, loading it is an error or a network, and never a panic.
#[test]
fn altered_plans_do_not_panic() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let options = nod_models::Options::from_env(checkout).unwrap();
    let prepared = nod_models::prepare(&options, &mut |_| ()).unwrap();
    let onnx = std::fs::read(prepared.path("landmarks68").unwrap()).unwrap();
    let bytes = plan(&onnx).unwrap().encode().unwrap();
    let mut refused = 0;
    // The head holds the structure; what follows are weights, of which any value is as good as another.
    for at in 0..1500 {
        let mut altered = bytes.clone();
        altered[at] ^= [0x01, 0x40, 0xff][at % 3];
        refused += usize::from(Network::load(&altered).is_err());
    }
    assert!(refused > 500, "{refused}");
    for length in [0, 1, 100, 2000, bytes.len() / 2, bytes.len() - 1] {
        assert!(Network::load(&bytes[..length]).is_err(), "{length}");
    }
}
