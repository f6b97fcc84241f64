//! What one address may do here, which stands in for the authority's limits by address.

use serde_json::Value;

use crate::{
    authority::Server,
    http::{get, send},
    process::Relay,
};

#[test]
fn an_address_that_asks_too_often_is_told_to_wait_and_no_other_is() {
    let server = Server::start();
    let relay = Relay::start(
        &format!("http://{}", server.address),
        &[
            "--requests-per-minute",
            "2",
            "--files-per-minute",
            "2",
            "--trusted-proxy",
            "127.0.0.1",
        ],
    );
    let from = |address: &str| {
        let said = format!("x-forwarded-for: {address}");
        let headers = ["content-type: message/ohttp-req", said.as_str()];
        send(relay.address, "POST", "/v1/ohttp", &headers, &[0; 100])
    };
    for _ in 0..2 {
        assert_eq!(from("203.0.113.1").status, 400);
    }
    let limited = from("203.0.113.1");
    let problem: Value = serde_json::from_slice(&limited.body).unwrap();
    assert_eq!(
        (limited.status, problem["code"].as_str()),
        (429, Some("limit.address"))
    );
    assert!(limited.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(from("203.0.113.2").status, 400);
    // A client's own header is in front of the proxy's.
    assert_eq!(from("198.51.100.9, 203.0.113.1").status, 429);
    // One network of 64 bits is one subscriber.
    for host in 1..=2 {
        assert_eq!(from(&format!("2001:db8::{host}")).status, 400);
    }
    assert_eq!(from("2001:db8::ffff").status, 429);
    // Files have a limit of their own; the operator's pages have none.
    for _ in 0..2 {
        assert_eq!(get(relay.address, "/v1/keys").status, 200);
    }
    assert_eq!(get(relay.address, "/v1/keys").status, 429);
    assert_eq!(get(relay.address, "/healthz").status, 200);
    let metrics = send(
        relay.address,
        "GET",
        "/metrics",
        &["authorization: Bearer planted-token"],
        b"",
    );
    assert!(
        metrics.text().contains("nod_relay_limited_total 4\n"),
        "{}",
        metrics.text()
    );
    assert_eq!(
        send(
            relay.address,
            "GET",
            "/metrics",
            &["authorization: Bearer other"],
            b""
        )
        .status,
        404
    );
}
