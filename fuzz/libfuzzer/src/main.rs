//! One program for every target: `NOD_FUZZ_TARGET` names the one to run, and everything else is libFuzzer's own command
//! line. With `NOD_FUZZ_PREPARE` it only writes the seeds and dictionaries of all targets to that folder. `cargo xtask fuzz` does
//! both.

#![no_main]

use std::{env, fs, path::Path, process, sync::OnceLock};

use libfuzzer_sys::fuzz_target;
use nod_fuzz::{TARGETS, Target};

static TARGET: OnceLock<&Target> = OnceLock::new();

fuzz_target!(
    init: choose(),
    |data: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.run)(data);
        }
    }
);

fn choose() {
    if let Some(folder) = env::var_os("NOD_FUZZ_PREPARE") {
        let prepared = TARGETS
            .iter()
            .try_for_each(|target| prepare(target, &Path::new(&folder).join(target.name)));
        if let Err(error) = prepared {
            eprintln!("cannot write seeds: {error}");
            process::exit(2);
        }
        process::exit(0);
    }
    let name = env::var("NOD_FUZZ_TARGET").unwrap_or_default();
    match nod_fuzz::target(&name) {
        Some(target) => drop(TARGET.set(target)),
        None => {
            eprintln!("NOD_FUZZ_TARGET names no target: {name:?}");
            process::exit(2);
        }
    }
}

/// `seeds/` and `dictionary`, and how long inputs get, in `longest`.
fn prepare(target: &Target, folder: &Path) -> std::io::Result<()> {
    let seeds = folder.join("seeds");
    fs::create_dir_all(&seeds)?;
    for (number, seed) in (target.seeds)().iter().enumerate() {
        fs::write(seeds.join(format!("seed-{number:02}")), seed)?;
    }
    fs::write(folder.join("dictionary"), target.dictionary())?;
    fs::write(folder.join("longest"), target.longest.to_string())
}
