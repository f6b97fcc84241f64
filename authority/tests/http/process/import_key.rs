//! Import keys from the command line.

use serde_json::Value;

use super::{init, json_of, run, stderr};

#[test]
fn an_import_key_is_shown_once_listed_without_itself_and_revoked_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    let none = run(&data, &["import-key", "list"], "");
    assert!(String::from_utf8_lossy(&none.stdout).contains("No import keys yet"));

    let arguments = [
        "import-key",
        "new",
        "--issuer",
        "Population register",
        "--json",
    ];
    let made = json_of(&run(&data, &arguments, ""));
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    // 256 random bits.
    assert!(key.starts_with("ik_") && key.len() == 3 + 43);
    let other = json_of(&run(&data, &arguments, ""));
    assert!(other["id"] != id && other["key"] != key);

    let list = || -> Value { json_of(&run(&data, &["import-key", "list", "--json"], "")) };
    assert!(!list().to_string().contains("ik_"));
    assert_eq!(list()[0]["issuer"], "Population register");
    let revoked = run(&data, &["import-key", "revoke", id], "");
    assert!(revoked.status.success(), "{}", stderr(&revoked));
    let states: Vec<bool> = list()
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["id"] == id && key["revoked_at"].is_u64())
        .collect();
    assert_eq!(states.iter().filter(|revoked| **revoked).count(), 1);
    let again = run(&data, &["import-key", "revoke", id], "");
    assert!(
        stderr(&again).contains("no import key"),
        "{}",
        stderr(&again)
    );
    let nameless = run(&data, &["import-key", "new", "--issuer", " "], "");
    assert!(
        stderr(&nameless).contains("1 to 64"),
        "{}",
        stderr(&nameless)
    );
}
