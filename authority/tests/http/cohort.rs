//! Cohort-normalised comparison: drawn from the authority's own residents, the same strictness among
//! look-alikes as anywhere else, and gone with the people it is made of.

mod files;
mod process;
mod renewal;
mod town;

use std::process::{Command, Output};

use nod_authority::{
    compare::normalise::Statistics,
    store::{Erasure, Resident},
};
use nod_protocol::ids::{ClaimedId, Level};
use serde_json::{Value, json};

use self::town::{as_look_alike, settle};
use crate::{
    harness::{Harness, NOW},
    people::{ANN, BOB, Person},
};

/// Numbers of look-alikes who do not live in the town.
const ANNS_FACE: u64 = 5_001;
const MALLORYS_FACE: u64 = 5_002;

#[tokio::test]
async fn a_cohort_needs_500_people_and_the_decoy_is_none() {
    let h = Harness::start().await;
    settle(&h.authority.store, 0..499, NOW).await;
    let refused = command(&h, &["cohort", "draw"]);
    assert!(!refused.status.success());
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        words.contains("499 residents") && words.contains("needs 500"),
        "{words}"
    );
    assert!(
        words.contains("open-1: 400 of 499 templates read"),
        "{words}"
    );
    let listed = command(&h, &["cohort", "list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("No cohort was drawn yet"));

    settle(&h.authority.store, 499..500, NOW).await;
    for (arguments, words) in [
        (["--size", "499"], "500 to 20000"),
        (["--model-set", "everywhere-1"], "no live model set"),
    ] {
        let refused = command(&h, &[&["cohort", "draw"], &arguments[..]].concat());
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(words), "{said}");
    }
    assert_eq!(draw(&h), json!([drawn(1, 500)]));
    assert_eq!(draw(&h), json!([drawn(2, 500)]));
    let listed = without_times(&command(&h, &["cohort", "list", "--json"]));
    let mut first = drawn(1, 500);
    first["members"] = json!(0);
    assert_eq!(listed, json!([first, drawn(2, 500)]));
}

#[tokio::test]
async fn a_look_alike_passes_the_raw_threshold_and_not_the_cohort() {
    let h = town_with_ann().await;
    assert_eq!(says_yes(&h, &ANN, MALLORYS_FACE).await, true, "raw");
    assert_eq!(says_yes(&h, &ANN, ANNS_FACE).await, true, "raw");

    draw(&h);
    refresh(&h).await;
    // Before any statistics are stored, and after.
    for _ in 0..2 {
        assert_eq!(says_yes(&h, &ANN, MALLORYS_FACE).await, false);
        assert_eq!(says_yes(&h, &ANN, ANNS_FACE).await, true);
        assert_eq!(says_yes(&h, &BOB, ANNS_FACE).await, false, "not enrolled");
        sweep(&h).await;
    }
}

#[tokio::test]
async fn statistics_are_stored_for_everybody_and_old_ones_never_used() {
    let h = town_with_ann().await;
    draw(&h);
    refresh(&h).await;
    sweep(&h).await;
    assert_eq!(
        stamps(&h).await,
        [("v1 n501 k100".to_owned(), 502)],
        "and the decoy"
    );

    // What is stored is what decides: nonsense would be noticed.
    plant(&h, "v1 n501 k100", 5.0).await;
    assert_eq!(says_yes(&h, &ANN, ANNS_FACE).await, false);

    // After the next draw it belongs to an older cohort, and the template verifies at once.
    draw(&h);
    refresh(&h).await;
    assert_eq!(
        ann(&h).await.templates[0]
            .statistics
            .as_ref()
            .unwrap()
            .stamp,
        "v1 n501 k100"
    );
    assert_eq!(says_yes(&h, &ANN, ANNS_FACE).await, true);
    assert_eq!(says_yes(&h, &ANN, MALLORYS_FACE).await, false);
    assert_eq!(ready(&h).await["statistics_stored"], false);

    sweep(&h).await;
    assert_eq!(stamps(&h).await, [("v2 n501 k100".to_owned(), 502)]);
    assert_eq!(ready(&h).await["statistics_stored"], true);
    assert_eq!(says_yes(&h, &ANN, ANNS_FACE).await, true);

    // Somebody new has none yet, and verifies all the same.
    h.enrol(&BOB, Level::Full).await;
    assert_eq!(h.verify_at_court(&BOB.payload(40)).await["yes"], true);
    assert!(h.authority.cohorts.sweep(&h.authority.store).await.unwrap());
    assert_eq!(stamps(&h).await, [("v2 n501 k100".to_owned(), 503)]);
}

#[tokio::test]
async fn the_erased_leave_the_cohort_and_with_too_few_the_raw_threshold_decides() {
    let h = town_with_ann().await;
    draw(&h);
    refresh(&h).await;
    sweep(&h).await;
    assert_eq!(
        ready(&h).await,
        json!({"model_set": "open-1", "mode": "normalised", "version": 1, "size": 501,
               "statistics_stored": true})
    );
    assert!(
        h.metrics()
            .await
            .contains("nod_cohort_size{model_set=\"open-1\"} 501\n")
    );

    let erased = command(&h, &["resident", "erase", "--id", &town::id(7)]);
    assert!(erased.status.success());
    refresh(&h).await;
    assert_eq!(ready(&h).await["size"], 500);
    assert_eq!(ready(&h).await["mode"], "normalised");
    assert_eq!(
        says_yes(&h, &ANN, ANNS_FACE).await,
        true,
        "statistics are of 501 members"
    );
    assert_eq!(says_yes(&h, &ANN, MALLORYS_FACE).await, false);

    let again = command(&h, &["resident", "erase", "--id", &town::id(7)]);
    let words = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(
        !again.status.success() && words.contains("nobody is enrolled"),
        "{words}"
    );
    let next = ClaimedId::parse(&town::id(8)).unwrap();
    let erased = h
        .authority
        .store
        .erase(&next, h.authority.now())
        .await
        .unwrap();
    assert!(matches!(erased, Erasure::Erased(_)));
    refresh(&h).await;
    assert_eq!(
        ready(&h).await,
        json!({"model_set": "open-1", "mode": "tightened raw threshold", "version": 1,
               "size": 499, "statistics_stored": false})
    );
    let counted = h.metrics().await;
    assert!(
        counted.contains("nod_cohort_size{model_set=\"open-1\"} 0\n"),
        "{counted}"
    );
    assert!(
        counted.contains("nod_cohort_version{model_set=\"open-1\"} 1\n"),
        "{counted}"
    );
    assert_eq!(says_yes(&h, &ANN, ANNS_FACE).await, true);
    assert_eq!(
        says_yes(&h, &ANN, MALLORYS_FACE).await,
        true,
        "the raw threshold again"
    );

    let ann = ClaimedId::parse(ANN.id).unwrap();
    h.authority
        .store
        .erase(&ann, h.authority.now())
        .await
        .unwrap();
    assert_eq!(
        says_yes(&h, &ANN, ANNS_FACE).await,
        false,
        "not enrolled any more"
    );
}

/// 500 townsmen, 120 of them look-alikes, and Ann, who is one too.
async fn town_with_ann() -> Harness {
    let h = Harness::start().await;
    settle(&h.authority.store, 0..500, NOW).await;
    let code = h.ticket(&ANN, Level::Full).await;
    let session = h.open_to_enrol(&code).await;
    let reply = h
        .submit(&session, &as_look_alike(&ANN, ANNS_FACE, 10))
        .await;
    assert_eq!(reply.json::<Value>()["enrolled"], true);
    h
}

fn command(h: &Harness, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nod-authority"))
        .args(arguments)
        .arg("--data")
        .arg(h.dir.path().join("data"))
        .output()
        .unwrap()
}

fn draw(h: &Harness) -> Value {
    without_times(&command(h, &["cohort", "draw", "--json"]))
}

fn drawn(version: u32, members: usize) -> Value {
    json!({"model_set": "open-1", "version": version, "drawn": members, "members": members})
}

fn without_times(output: &Output) -> Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut entries: Value = serde_json::from_slice(&output.stdout).unwrap();
    for entry in entries.as_array_mut().unwrap() {
        let drawn_at = entry.as_object_mut().unwrap().remove("drawn_at").unwrap();
        assert!(drawn_at.as_u64().unwrap() > 1_600_000_000);
    }
    entries
}

/// What the running process does every few seconds.
async fn refresh(h: &Harness) {
    let authority = &h.authority;
    authority
        .cohorts
        .refresh(&authority.store, &authority.sets)
        .await
        .unwrap();
}

async fn sweep(h: &Harness) {
    while h.authority.cohorts.sweep(&h.authority.store).await.unwrap() {}
}

async fn says_yes(h: &Harness, claims_to_be: &Person, face: u64) -> Value {
    h.verify_at_court(&as_look_alike(claims_to_be, face, 40))
        .await["yes"]
        .clone()
}

async fn ann(h: &Harness) -> Resident {
    let id = ClaimedId::parse(ANN.id).unwrap();
    h.authority.store.resident(&id).await.unwrap()
}

/// Replaces Ann's stored statistics.
async fn plant(h: &Harness, stamp: &str, mean: f32) {
    let ann = ann(h).await;
    let statistics = Statistics {
        mean,
        deviation: 0.05,
    };
    let set = &ann.templates[0].model_set;
    h.authority
        .store
        .keep_statistics(set, stamp, &[(ann.id, Some(statistics))])
        .await
        .unwrap();
}

/// Which cohorts the stored statistics are of, and how many of each; read past the store.
async fn stamps(h: &Harness) -> Vec<(String, i64)> {
    let query =
        "SELECT cohort, COUNT(*) FROM templates WHERE statistics IS NOT NULL GROUP BY cohort";
    h.past_the_store().await.rows(query).await
}

async fn ready(h: &Harness) -> Value {
    h.get("/readyz").await.json::<Value>()["cohort"][0].take()
}
