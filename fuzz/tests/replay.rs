//! Every input that was ever found worth keeping, again: no fuzzer is needed to see that what was once fixed stays so.

use std::{collections::BTreeSet, fs, panic, path::Path, path::PathBuf};

use nod_fuzz::{TARGETS, Target};

/// Bytes of all corpora together: they travel with every clone.
const MOST: usize = 300_000;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Whether the input is accepted; fails if something does not hold, and says of which input.
fn accepts(target: &Target, input: &str, data: &[u8]) -> bool {
    let outcome = panic::catch_unwind(|| (target.run)(data));
    assert!(outcome.is_ok(), "{}: {input}", target.name);
    outcome.unwrap_or_default()
}

#[test]
fn everything_holds_of_every_input_of_the_corpora() {
    let mut bytes = 0;
    for target in TARGETS {
        let mut inputs = 0;
        for entry in fs::read_dir(corpus().join(target.name)).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::read(&path).unwrap();
            accepts(target, &path.display().to_string(), &data);
            assert!(data.len() <= target.longest, "{}", path.display());
            bytes += data.len();
            inputs += 1;
        }
        assert!(inputs > 0, "nothing was kept for {}", target.name);
    }
    assert!(bytes <= MOST, "the corpora have {bytes} bytes");
}

#[test]
fn there_is_no_corpus_without_a_target() {
    let folders: BTreeSet<String> = fs::read_dir(corpus())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let targets: BTreeSet<String> = TARGETS.iter().map(|t| t.name.to_owned()).collect();
    assert_eq!(folders, targets);
}

#[test]
fn seeds_are_the_same_in_every_run_and_reach_what_lies_behind_the_parser() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert_eq!(seeds, (target.seeds)(), "{}", target.name);
        for (number, seed) in seeds.iter().enumerate() {
            let is_accepted = accepts(target, &format!("seed {number}"), seed);
            assert!(number > 0 || is_accepted, "{}: the first seed", target.name);
            assert!(
                seed.len() <= target.longest,
                "{}: seed {number}",
                target.name
            );
        }
    }
}

#[test]
fn a_violation_is_noticed_and_named() {
    let broken = Target {
        name: "broken",
        run: |_| panic!("something does not hold"),
        seeds: Vec::new,
        longest: 0,
        words: &[],
    };
    let outcome = panic::catch_unwind(|| accepts(&broken, "an input", b""));
    let said = outcome.unwrap_err();
    let said = said.downcast_ref::<String>().unwrap();
    assert!(said.contains("an input"), "{said}");
}
