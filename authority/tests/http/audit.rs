//! The audit log in a real database: what is in it, and what becomes of one that somebody has tampered with.

use std::process::Output;

use nod_authority::{
    audit::Event,
    store::{BrokenLog, Heads},
};
use nod_protocol::ids::{Level, SiteKey};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::{
    harness::{Harness, NOW, Past, is_postgres},
    people::{ANN, BOB},
};

/// Runs a command beside the server.
fn command(h: &Harness, arguments: &[&str]) -> Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_nod-authority"))
        .args(arguments)
        .arg("--data")
        .arg(h.dir.path().join("data"))
        .output()
        .unwrap()
}

/// `audit verify`; its head, or what it says is wrong.
fn verify(h: &Harness, since: Option<&str>) -> Result<(u64, String), String> {
    let mut arguments = vec!["audit", "verify", "--json"];
    arguments.extend(since.map(|_| "--since"));
    arguments.extend(since);
    let output = command(h, &arguments);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    if !output.status.success() {
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(said["whole"], false);
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    assert_eq!(said["whole"], true);
    let head = said["head"].as_str().unwrap().to_owned();
    Ok((said["entries"].as_u64().unwrap(), head))
}

fn events(h: &Harness) -> Vec<Value> {
    let output = command(h, &["audit", "list", "--last", "1000", "--json"]);
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Somebody who may write to the database, and takes away first what keeps others from mistakes.
async fn intruder(h: &Harness) -> Past {
    let mut past = h.past_the_store().await;
    let triggers: &[&str] = match is_postgres() {
        true => &["ALTER TABLE audit_entries DISABLE TRIGGER USER"],
        false => &[
            "DROP TRIGGER audit_entries_are_not_changed",
            "DROP TRIGGER audit_entries_are_not_removed",
        ],
    };
    for trigger in triggers {
        past.execute(trigger).await;
    }
    past
}

/// The lane with the most entries, of which there must be so many, and its last number.
async fn lane(past: &mut Past, at_least: i64) -> (i64, i64) {
    let lanes: Vec<(i64, i64)> = past
        .rows("SELECT lane, count FROM audit_heads ORDER BY count DESC")
        .await;
    assert!(lanes[0].1 >= at_least, "{lanes:?}");
    lanes[0]
}

async fn filled() -> Harness {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    for shot in 0..4 {
        h.verify_at_court(&ANN.payload(40 + 10 * shot)).await;
    }
    // Some in every lane, where there are several: one after the other takes one lane after the other.
    for _ in 0..80 {
        let store = &h.authority.store;
        store.record(Event::Started, NOW).await.unwrap();
    }
    h
}

#[tokio::test]
async fn what_happens_is_in_the_log_and_nobody_by_name() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    for shot in 0..4 {
        h.verify_at_court(&ANN.payload(40 + 10 * shot)).await;
    }
    h.verify_at_court(&BOB.payload(10)).await;
    for arguments in [
        &["resident", "unlock", "--id", ANN.id][..],
        &["key", "rotate", "answer"],
        &["import-key", "new", "--issuer", "registry"],
        &["resident", "erase", "--id", ANN.id],
    ] {
        let output = command(&h, arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} {error}");
    }
    let events = events(&h);
    let names: Vec<&str> = events
        .iter()
        .map(|e| e["event"].as_str().unwrap())
        .collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    let answered = ["answered"; 5];
    let mut expected = [
        &["site_added"; 2][..],
        &["ticket_issued", "enrolled"],
        &answered,
        &["unlocked", "key_rotated", "import_key_issued", "erased"],
    ]
    .concat();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
    // Yes or no, enrolled or not: answers say which site, and nothing else.
    for answer in events.iter().filter(|e| e["event"] == "answered") {
        assert_eq!(answer["detail"], "pk_court");
        assert_eq!(answer["subject"], Value::Null);
    }
    let of = |name: &str| events.iter().find(|e| e["event"] == name).unwrap();
    assert!(of("enrolled")["subject"].is_string());
    for name in ["unlocked", "erased"] {
        assert_eq!(of(name)["subject"], of("enrolled")["subject"]);
    }
    let (count, _) = verify(&h, None).unwrap();
    assert_eq!(count, events.len() as u64);
    let shown = command(&h, &["audit", "show", "0:1", "--json"]);
    assert!(shown.status.success() || is_postgres());
}

/// What an operator does to a site, and nothing of what failed.
#[tokio::test]
async fn what_is_done_to_a_site_is_in_the_log() {
    let h = Harness::start().await;
    let before = events(&h).len();
    for (command_name, site, is_done) in [
        ("rotate-secret", "pk_court", true),
        ("limit", "pk_court", true),
        ("remove", "pk_hotel", true),
        ("rotate-secret", "pk_hotel", false),
        ("limit", "pk_hotel", false),
        ("remove", "pk_hotel", false),
    ] {
        let output = command(&h, &["site", command_name, "--sitekey", site]);
        assert_eq!(output.status.success(), is_done, "{command_name} {site}");
    }
    let events = events(&h);
    let said = |event: &Value| {
        let word = |name: &str| event[name].as_str().unwrap().to_owned();
        assert_eq!(event["subject"], Value::Null);
        (word("event"), word("detail"))
    };
    // Entries of one second in several lanes have no order.
    let mut said: Vec<_> = events.iter().map(said).collect();
    assert_eq!(said.len(), before + 3);
    said.sort();
    let expected = [
        ("site_added", "pk_court"),
        ("site_added", "pk_hotel"),
        ("site_limited", "pk_court"),
        ("site_removed", "pk_hotel"),
        ("site_secret_rotated", "pk_court"),
    ];
    assert_eq!(
        said,
        expected.map(|(event, site)| (event.to_owned(), site.to_owned()))
    );
    verify(&h, None).unwrap();
}

#[tokio::test]
async fn a_changed_entry_is_named() {
    let h = filled().await;
    let (_, head) = verify(&h, None).unwrap();
    let mut past = intruder(&h).await;
    let (lane, last) = lane(&mut past, 3).await;
    // Another time in the entry; the link as it was.
    let entries: Vec<(Vec<u8>,)> = past
        .rows(&format!(
            "SELECT entry FROM audit_entries WHERE lane = {lane} AND number = 2"
        ))
        .await;
    let mut entry = entries[0].0.clone();
    entry[7] ^= 1;
    let changed = past.blob(&entry);
    let changed = past
        .execute(&format!(
            "UPDATE audit_entries SET entry = {changed} WHERE lane = {lane} AND number = 2"
        ))
        .await;
    assert_eq!(changed, 1);
    let said = verify(&h, None).unwrap_err();
    assert!(
        said.contains(&format!("lane {lane}: entry 2 was changed")),
        "{said}"
    );
    // Chained anew from there, by somebody who has read the source and lacks the key.
    use sha2::{Digest, Sha256};
    let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = past
        .rows(&format!(
            "SELECT number, entry, link FROM audit_entries WHERE lane = {lane} ORDER BY number"
        ))
        .await;
    let mut link = rows[0].2.clone();
    for (number, entry, _) in &rows[1..] {
        link = Sha256::new()
            .chain_update(&link)
            .chain_update(entry)
            .finalize()
            .to_vec();
        let new = past.blob(&link);
        past.execute(&format!(
            "UPDATE audit_entries SET link = {new} WHERE lane = {lane} AND number = {number}"
        ))
        .await;
    }
    let said = verify(&h, None).unwrap_err();
    assert!(
        said.contains(&format!("entry {last} was changed")),
        "{said}"
    );
    let new = past.blob(&link);
    past.execute(&format!(
        "UPDATE audit_heads SET link = {new} WHERE lane = {lane}"
    ))
    .await;
    for since in [None, Some(head.as_str())] {
        let said = verify(&h, since).unwrap_err();
        assert!(
            said.contains("was not made with this key") || said.contains("goes on"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_removed_entry_is_named_at_the_end_too() {
    let h = filled().await;
    let mut past = intruder(&h).await;
    let (lane, last) = lane(&mut past, 4).await;
    past.execute(&format!(
        "DELETE FROM audit_entries WHERE lane = {lane} AND number = {last}"
    ))
    .await;
    let said = verify(&h, None).unwrap_err();
    let expected = format!("ends with entry {} and its head says {last}", last - 1);
    assert!(said.contains(&expected), "{said}");
    past.execute(&format!(
        "DELETE FROM audit_entries WHERE lane = {lane} AND number = 2"
    ))
    .await;
    let said = verify(&h, None).unwrap_err();
    assert!(
        said.contains("entry 2 is missing: 3 is in its place"),
        "{said}"
    );
    past.execute(&format!("DELETE FROM audit_entries WHERE lane = {lane}"))
        .await;
    assert!(verify(&h, None).is_err());
    // The head with them: on PostgreSQL the lane is missing; a log of one lane begins anew, unless a head was kept.
    past.execute(&format!("DELETE FROM audit_heads WHERE lane = {lane}"))
        .await;
    assert_eq!(verify(&h, None).is_err(), is_postgres());
}

#[tokio::test]
async fn entries_that_changed_places_are_named() {
    let h = filled().await;
    let mut past = intruder(&h).await;
    let (lane, _) = lane(&mut past, 4).await;
    for (from, to) in [(2, -2), (3, 2), (-2, 3)] {
        past.execute(&format!(
            "UPDATE audit_entries SET number = {to} WHERE lane = {lane} AND number = {from}"
        ))
        .await;
    }
    let said = verify(&h, None).unwrap_err();
    assert!(
        said.contains("entry 2 was changed, or moved here"),
        "{said}"
    );
}

#[tokio::test]
async fn an_old_log_that_was_put_back_is_noticed_with_a_kept_head() {
    let h = filled().await;
    let (before, old_head) = verify(&h, None).unwrap();
    let mut past = intruder(&h).await;
    let heads: Vec<(i64, i64, Vec<u8>, Vec<u8>)> = past
        .rows("SELECT lane, count, link, mac FROM audit_heads ORDER BY lane")
        .await;
    h.verify_at_court(&ANN.payload(90)).await;
    let (after, head) = verify(&h, Some(&old_head)).unwrap();
    assert_eq!(after, before + 1);
    // Entries and heads as they were: true in themselves.
    for (lane, count, link, mac) in heads {
        let (link, mac) = (past.blob(&link), past.blob(&mac));
        past.execute(&format!(
            "UPDATE audit_heads SET count = {count}, link = {link}, mac = {mac} WHERE lane = {lane}"
        ))
        .await;
        past.execute(&format!(
            "DELETE FROM audit_entries WHERE lane = {lane} AND number > {count}"
        ))
        .await;
    }
    assert_eq!(verify(&h, None).unwrap().0, before);
    assert!(verify(&h, Some(&old_head)).is_ok());
    let said = verify(&h, Some(&head)).unwrap_err();
    assert!(
        said.contains("does not go on from the head that was kept"),
        "{said}"
    );
    let mut others = head.clone();
    others.push_str(&format!(".{head}"));
    assert!(
        verify(&h, Some(&others))
            .unwrap_err()
            .contains("another log")
    );
    assert!(
        !command(&h, &["audit", "verify", "--since", "x"])
            .status
            .success()
    );
}

/// Nothing is appended to a head that somebody put there: that would make it true.
#[tokio::test]
async fn with_a_forged_head_nothing_is_answered() {
    let h = filled().await;
    let mut past = intruder(&h).await;
    past.execute("UPDATE audit_heads SET count = count + 1")
        .await;
    let reply = h.submit(&h.open_at_court().await, &ANN.payload(90)).await;
    assert_eq!(reply.problem(), "net.server");
}

#[tokio::test]
async fn the_table_takes_no_change_by_mistake() {
    let h = filled().await;
    let mut past = h.past_the_store().await;
    for sql in [
        "UPDATE audit_entries SET number = number + 100",
        "DELETE FROM audit_entries",
    ] {
        assert!(past.refused(sql).await, "{sql}");
    }
}

/// Answers at the same time, at two processes: each has its entry, and no chain has a gap.
#[tokio::test]
async fn many_at_once_are_all_in_it() {
    let h = Harness::start().await;
    let other = h.another().await;
    let started = std::time::Instant::now();
    let mut all = JoinSet::new();
    const EACH: u64 = 60;
    for store in [h.authority.store.clone(), other.authority.store.clone()] {
        for number in 0..EACH {
            let (store, site) = (store.clone(), SiteKey::parse("pk_court").unwrap());
            all.spawn(async move { store.record(Event::Answered(site), number).await.unwrap() });
        }
    }
    all.join_all().await;
    println!("{} entries in {:?}", 2 * EACH, started.elapsed());
    let whole = h.authority.store.verify_audit(None).await.unwrap();
    let heads: Heads = whole
        .map_err(|broken: BrokenLog| broken.to_string())
        .unwrap();
    // Two sites.
    assert_eq!(heads.count(), 2 * EACH + 2);
    assert_eq!(Heads::from_text(&heads.to_text()), Some(heads));
}
