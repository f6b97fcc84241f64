//! Limits on what comes through a relay.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use nod_protocol::ohttp::{self, REQUEST_TYPE, STEP};
use serde_json::json;

use super::{is_through, open_from};
use crate::{
    gateway::{gateway_key, json_request, unsealed},
    harness::{COURT, Harness},
};

/// A session of the court, asked for by a frame behind a relay at this address; whether the gateway let it through.
async fn carried_by(h: &Harness, peer: &str) -> bool {
    let open = json!({"sitekey": "pk_court", "origin": COURT, "action": "efile-submit"});
    let inside = json_request("/v1/sessions", &open).encode(STEP);
    let (message, pending) = ohttp::encapsulate(&gateway_key(h).await, &inside).unwrap();
    let request = Request::post("/v1/ohttp")
        .header(header::CONTENT_TYPE, REQUEST_TYPE)
        .extension(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4711)))
        .body(Body::from(message));
    let reply = h.send(request.unwrap()).await;
    // Over the limit it is told in the open: the seal was not looked at.
    let is_through = is_through(&reply, "limit.address");
    if is_through {
        assert_eq!(unsealed(&reply, pending).status, StatusCode::OK);
    }
    is_through
}

#[tokio::test]
async fn a_relay_that_the_operator_named_has_a_limit_of_its_own() {
    let settings =
        "limits = { address_per_minute = 2, relay_per_minute = 5, relays = [\"192.0.2.80/31\"] }\n";
    let h = Harness::start_with(settings).await;
    for _ in 0..5 {
        assert!(carried_by(&h, "192.0.2.80").await);
    }
    assert!(!carried_by(&h, "192.0.2.80").await);
    assert!(carried_by(&h, "192.0.2.81").await, "another relay");
    // What else comes from its address counts as for anybody.
    for is_through_now in [true, true, false] {
        let reply = open_from(&h, "192.0.2.80", None).await;
        assert_eq!(is_through(&reply, "limit.address"), is_through_now);
    }
    h.wait(12);
    assert!(carried_by(&h, "192.0.2.80").await);
    assert!(!carried_by(&h, "192.0.2.80").await);
    let metrics = h.metrics().await;
    assert!(metrics.contains("nod_limited_requests_total{by=\"relay\"} 2\n"));
}

#[tokio::test]
async fn who_is_no_named_relay_is_an_address_like_any_other() {
    let settings = "limits = { address_per_minute = 2, relays = [\"192.0.2.80\"] }\n";
    let h = Harness::start_with(settings).await;
    assert!(carried_by(&h, "203.0.113.9").await);
    let straight = open_from(&h, "203.0.113.9", None).await;
    assert!(
        is_through(&straight, "limit.address"),
        "one bucket for both"
    );
    assert!(!carried_by(&h, "203.0.113.9").await);
    assert!(carried_by(&h, "192.0.2.80").await);
}
