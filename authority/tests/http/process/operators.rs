//! Operators of terminals from the command line, and the settings of a terminal.

use serde_json::Value;

use super::{authority, init, json_of, run, server::Server, stderr};

#[test]
fn an_operators_secret_is_shown_once_and_worth_nothing_once_they_have_left() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    let none = run(&data, &["operator", "list"], "");
    assert!(String::from_utf8_lossy(&none.stdout).contains("No operators yet"));
    let arguments = ["operator", "add", "--name", "Town hall, window 3", "--json"];
    let added = json_of(&run(&data, &arguments, ""));
    let (id, secret) = (
        added["id"].as_str().unwrap(),
        added["secret"].as_str().unwrap(),
    );
    // 160 random bits.
    assert!(secret.starts_with("op_") && secret.len() == 3 + 27);
    let list = || -> Value { json_of(&run(&data, &["operator", "list", "--json"], "")) };
    assert!(!list().to_string().contains("op_"));
    assert_eq!(
        (&list()[0]["name"], &list()[0]["revoked_at"]),
        (&"Town hall, window 3".into(), &Value::Null)
    );
    let revoked = run(&data, &["operator", "revoke", id], "");
    assert!(revoked.status.success(), "{}", stderr(&revoked));
    assert!(list()[0]["revoked_at"].is_u64());
    for (arguments, words) in [
        (&["operator", "revoke", id][..], "is at work"),
        (
            &["operator", "revoke", "nobody"],
            "not the name of an operator",
        ),
        (&["operator", "add", "--name", " "], "1 to 64"),
    ] {
        let refused = run(&data, arguments, "");
        assert!(
            !refused.status.success() && stderr(&refused).contains(words),
            "{}",
            stderr(&refused)
        );
    }
}

#[test]
fn a_terminal_needs_an_origin_of_its_own_and_somebody_who_sends_messages() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    let listen = ("NOD_AUTHORITY_TERMINAL_LISTEN", "127.0.0.1:0");
    let origin = (
        "NOD_AUTHORITY_TERMINAL_ORIGIN",
        "http://terminal.localhost:8090",
    );
    let sender = ("NOD_AUTHORITY_TERMINAL_SENDER", "/usr/bin/true --quickly");
    for (settings, words) in [
        (&[listen, sender][..], "origin"),
        (&[listen, origin], "terminal.sender"),
        (
            &[
                listen,
                ("NOD_AUTHORITY_TERMINAL_ORIGIN", "http://id.localhost:8080"),
                sender,
            ],
            "not the issuer's",
        ),
        (
            &[
                listen,
                (
                    "NOD_AUTHORITY_TERMINAL_ORIGIN",
                    "http://terminal.example.gov",
                ),
                sender,
            ],
            "must be https",
        ),
    ] {
        let mut command = authority(&data, &["serve"]);
        command.env("NOD_AUTHORITY_DEVELOPMENT", "false");
        command.envs(settings.iter().copied());
        let refused = command.output().unwrap();
        assert!(
            !refused.status.success() && stderr(&refused).contains(words),
            "{}",
            stderr(&refused)
        );
    }
    let logs = Server::start(&data, &[listen, origin, sender]).stop();
    assert!(logs.contains("terminal.localhost:8090"), "{logs}");
}
