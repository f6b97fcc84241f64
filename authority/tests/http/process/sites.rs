//! The commands about relying parties, beside a running server.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{ORIGIN, add_court, init, json_of, run, server::Server, stderr};

#[test]
fn a_new_secret_ends_the_old_one_and_a_removed_site_is_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    let old = add_court(&data);
    let server = Server::start(&data, &[]);
    let mint = |secret: &str| {
        let terms = json!({"action": "efile-submit"});
        server.with_bearer("POST", "/v1/sessions", secret, &terms).0
    };
    let open = || {
        let page = json!({"sitekey": "pk_court", "origin": ORIGIN});
        server.try_post("/v1/sessions", &page)
    };
    assert_eq!((mint(&old), open().0), (200, 200));

    let shown = json_of(&run(
        &data,
        &["site", "show", "--sitekey", "pk_court", "--json"],
        "",
    ));
    assert_eq!(shown["sitekey"], "pk_court");
    let in_words = run(&data, &["site", "show", "--sitekey", "pk_court"], "").stdout;
    assert!(String::from_utf8_lossy(&in_words).contains("efile-submit: File a claim in your name"));

    let arguments = ["site", "rotate-secret", "--sitekey", "pk_court", "--json"];
    let new = json_of(&run(&data, &arguments, ""))["secret"].clone();
    let new = new.as_str().unwrap();
    assert_ne!(new, old);
    assert_eq!(mint(new), 200, "known at once");
    // At the latest when the server does not believe what it has read any more: 5 s.
    until(|| mint(&old) == 400);
    assert_eq!(mint(new), 200);

    let removed = json_of(&run(
        &data,
        &["site", "remove", "--sitekey", "pk_court", "--json"],
        "",
    ));
    assert_eq!(removed["forgotten_devices"], 0);
    until(|| open().1["code"] == "config.bad_sitekey");
    assert_eq!(mint(new), 400);
    let none: Value = json_of(&run(&data, &["site", "list", "--json"], ""));
    assert_eq!(none, json!([]));
    for command in ["show", "rotate-secret", "remove"] {
        let refused = run(&data, &["site", command, "--sitekey", "pk_court"], "");
        assert!(!refused.status.success());
        assert!(
            stderr(&refused).contains("no site has the key pk_court"),
            "{command}"
        );
    }
}

fn until(is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(15));
        std::thread::sleep(Duration::from_millis(200));
    }
}
