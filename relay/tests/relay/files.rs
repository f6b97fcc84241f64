//! The frame and its files from the relay's host.

use std::{thread, time::Duration};

use crate::{
    authority::{COURT, Server},
    http::{get, send},
    process::{ORIGIN, Relay},
    tap::Tap,
};

#[test]
fn the_frame_is_the_authoritys_under_the_relays_own_policy() {
    let server = Server::start();
    let relay = Relay::start(&format!("http://{}", server.address), &[]);
    let frame = get(relay.address, "/frame/pk_planted_court");
    let straight = get(server.address, "/frame/pk_planted_court");
    assert_eq!((frame.status, frame.text()), (200, straight.text()));
    let policy = frame.header("content-security-policy");
    assert!(
        policy.contains(&format!("; connect-src {ORIGIN}; ")),
        "{policy}"
    );
    assert!(
        policy.ends_with(&format!("; frame-ancestors {COURT}")),
        "{policy}"
    );
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(frame.header("permissions-policy").contains("camera=(self)"));
    assert_eq!(frame.header("referrer-policy"), "no-referrer");
    assert_eq!(frame.header("cross-origin-resource-policy"), "cross-origin");
    assert_eq!((frame.header("set-cookie"), frame.header("etag")), ("", ""));
    // The worker runs under the policy of its own file.
    let worker = get(relay.address, "/v1/0123456789abcdef/worker.js");
    assert_eq!(worker.text(), "self.close()");
    assert!(
        worker
            .header("content-security-policy")
            .contains(&format!("connect-src {ORIGIN};"))
    );
    assert!(worker.header("cache-control").contains("immutable"));
    let element = get(relay.address, "/v1/0123456789abcdef/nod.js");
    assert_eq!(element.header("access-control-allow-origin"), "*");
    assert!(
        get(relay.address, "/handoff")
            .header("content-security-policy")
            .ends_with("'none'")
    );
}

#[test]
fn nothing_else_of_the_authority_is_here() {
    let server = Server::start();
    let relay = Relay::start(&format!("http://{}", server.address), &[]);
    for path in [
        "/",
        "/enrol",
        "/metrics",
        "/readyz",
        "/.well-known/nod",
        "/.well-known/jwks.json",
        "/v1/siteverify",
        "/v1/sessions",
        "/v1/handoff",
        "/frame/pk_nobody",
        "/frame/a%2Fb",
        "/v1/0123456789abcdef/../../metrics",
        "/v1/models/..%2f..%2fkeys",
        "/v1/0123456789abcdef/none.js",
        "//healthz",
    ] {
        assert_eq!(get(relay.address, path).status, 404, "{path}");
    }
    let open = ["content-type: application/json"];
    let plain = send(relay.address, "POST", "/v1/sessions", &open, b"{}");
    assert!(matches!(plain.status, 404 | 405), "{}", plain.status);
}

#[test]
fn a_file_is_fetched_once_whoever_asks_and_however() {
    let server = Server::start();
    let tap = Tap::before(server.address);
    let relay = Relay::start(&format!("http://{}", tap.address), &[]);
    let path = "/v1/0123456789abcdef/worker.js";
    for number in 0..5 {
        let agent = format!("user-agent: planted-{number}");
        let headers = [
            agent.as_str(),
            "accept-encoding: gzip, br;q=0.9, planted",
            "if-none-match: planted",
        ];
        let query = format!("{path}?planted={number}");
        let file = send(relay.address, "GET", &query, &headers, b"");
        assert_eq!(
            (file.text().as_str(), file.header("content-encoding")),
            ("in brotli", "br")
        );
        assert_eq!(file.header("vary"), "accept-encoding");
    }
    assert_eq!(get(relay.address, path).text(), "self.close()");
    for _ in 0..3 {
        get(relay.address, "/v1/keys");
    }
    thread::sleep(Duration::from_millis(50));
    let sent = String::from_utf8_lossy(&tap.to_authority()).to_lowercase();
    assert_eq!(sent.matches("get ").count(), 3, "{sent}");
    assert!(
        !sent.contains("planted") && !sent.contains("if-none-match"),
        "{sent}"
    );
    let metrics = send(
        relay.address,
        "GET",
        "/metrics",
        &["authorization: Bearer planted-token"],
        b"",
    );
    assert!(
        metrics.text().contains("nod_relay_files_cached_total 6\n"),
        "{}",
        metrics.text()
    );
    assert!(metrics.text().contains("nod_relay_files_fetched_total 3\n"));
}
