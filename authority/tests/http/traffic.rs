//! Limits on requests: by address, by site, by device, across processes.

mod relay;

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, header},
};
use nod_protocol::{
    ids::{ClaimedId, DeviceHandle, Level, SiteKey},
    payload::{Claim, Payload},
};
use serde_json::{Value, json};

use crate::{
    harness::{COURT, COURT_SECRET, Harness, NOW, Reply},
    people::ANN,
    process::{init, server::Server},
};

/// A session of the court, asked for by a frame at this address.
async fn open_from(h: &Harness, peer: &str, forwarded: Option<&str>) -> Reply {
    let body = json!({"sitekey": "pk_court", "origin": COURT, "action": "efile-submit"});
    post_from(h, "/v1/sessions", None, &body, peer, forwarded).await
}

async fn post_from(
    h: &Harness,
    path: &str,
    secret: Option<&str>,
    body: &Value,
    peer: &str,
    forwarded: Option<&str>,
) -> Reply {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .extension(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4711)));
    if let Some(forwarded) = forwarded {
        request = request.header("x-forwarded-for", forwarded);
    }
    if let Some(secret) = secret {
        request = request.header(header::AUTHORIZATION, format!("Bearer {secret}"));
    }
    h.send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

/// Whether it was let through; what was not says so as it must.
fn is_through(reply: &Reply, code: &str) -> bool {
    if reply.status == StatusCode::OK {
        return true;
    }
    assert_eq!(
        reply.status,
        StatusCode::TOO_MANY_REQUESTS,
        "{}",
        reply.text()
    );
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    let seconds: u64 = reply.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(reply.problem(), code);
    false
}

#[tokio::test]
async fn an_address_has_so_many_requests_a_minute() {
    let h = Harness::start_with("limits = { address_per_minute = 6 }\n").await;
    for _ in 0..6 {
        assert!(is_through(
            &open_from(&h, "203.0.113.9", None).await,
            "limit.address"
        ));
    }
    for _ in 0..3 {
        assert!(!is_through(
            &open_from(&h, "203.0.113.9", None).await,
            "limit.address"
        ));
    }
    let neighbour = open_from(&h, "203.0.113.8", None).await;
    assert!(is_through(&neighbour, "limit.address"));
    // One of six has come after ten seconds, and no second one.
    h.wait(10);
    assert!(is_through(
        &open_from(&h, "203.0.113.9", None).await,
        "limit.address"
    ));
    assert!(!is_through(
        &open_from(&h, "203.0.113.9", None).await,
        "limit.address"
    ));
    assert!(
        h.metrics()
            .await
            .contains("nod_limited_requests_total{by=\"address\"} 4\n")
    );
}

#[test]
fn a_real_process_knows_whom_it_speaks_with() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    // `init --development` gives loopback more: here it is an address like any other.
    let variables = [
        ("NOD_AUTHORITY_LIMITS_SHARED", ""),
        ("NOD_AUTHORITY_LIMITS_ADDRESS_PER_MINUTE", "2"),
    ];
    let server = Server::start(&data, &variables);
    let ask = || server.try_post("/v1/handoff/open", &json!({"handle": "nobody's"}));
    assert_eq!([ask().0, ask().0], [404, 404]);
    let (status, problem) = ask();
    assert_eq!((status, &problem["code"]), (429, &json!("limit.address")));
    let log = server.stop();
    // Where it listens, and nobody who asks.
    assert_eq!(log.matches("127.0.0.1").count(), 1, "{log}");
}

#[tokio::test]
async fn every_step_of_an_attempt_is_a_request() {
    let h = Harness::start_with("limits = { address_per_minute = 2 }\n").await;
    let peer = "203.0.113.9";
    let opened: nod_protocol::http::SessionReply = open_from(&h, peer, None).await.json();
    let path = format!("/v1/sessions/{}/challenge", opened.session);
    let mode = json!({"mode": "still"});
    let drawn = post_from(&h, &path, None, &mode, peer, None).await;
    assert!(is_through(&drawn, "limit.address"));
    for (path, body) in [
        ("/v1/verify", json!({})),
        ("/v1/enrol", json!({})),
        ("/v1/handoff", json!({"session": opened.session})),
        ("/v1/handoff/open", json!({"handle": "x"})),
        ("/v1/handoff/join", json!({"code": "123456"})),
        (
            "/v1/devices/forget",
            json!({"sitekey": "pk_court", "device": "x"}),
        ),
    ] {
        let reply = post_from(&h, path, None, &body, peer, None).await;
        assert!(!is_through(&reply, "limit.address"), "{path}");
    }
    // Nothing is lost: the challenged session is as it was.
    h.wait(30);
    let spent = post_from(&h, &path, None, &mode, peer, None).await;
    assert_eq!(spent.problem(), "session.spent");
}

#[tokio::test]
async fn what_is_asked_about_a_card_is_a_request_whatever_the_token() {
    let h = Harness::start_with("limits = { address_per_minute = 2 }\n").await;
    let peer = "203.0.113.9";
    for _ in 0..2 {
        let guess = json!({"response": "x.y.z"});
        let refused = post_from(&h, "/v1/me/open", None, &guess, peer, None).await;
        assert_eq!(refused.problem(), "session.expired");
    }
    for path in [
        "open",
        "close",
        "devices/forget",
        "freeze",
        "unfreeze",
        "revoke",
        "export",
        "erase",
    ] {
        let path = format!("/v1/me/{path}");
        let reply = post_from(&h, &path, Some("mc_guess"), &json!({}), peer, None).await;
        assert!(!is_through(&reply, "limit.address"), "{path}");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    for path in ["/v1/me", "/v1/me/receipts"] {
        let request = Request::get(path)
            .header(header::AUTHORIZATION, "Bearer mc_guess")
            .extension(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4711)));
        let reply = h.send(request.body(Body::empty()).unwrap()).await;
        assert!(!is_through(&reply, "limit.address"), "{path}");
    }
    // Somebody else at another address has lost nothing.
    let nothing = json!({});
    let path = "/v1/me/freeze";
    let other = post_from(&h, path, Some("mc_guess"), &nothing, "203.0.113.8", None);
    assert_eq!(other.await.problem(), "session.expired");
}

#[tokio::test]
async fn the_limit_of_an_address_holds_across_processes() {
    let one = Harness::start_with("limits = { address_per_minute = 160 }\n").await;
    let other = one.another().await;
    let mut through = 0;
    for round in 0..200 {
        let h = if round % 2 == 0 { &one } else { &other };
        through += u32::from(is_through(
            &open_from(h, "203.0.113.9", None).await,
            "limit.address",
        ));
    }
    // Each takes ten at a time, and may be left with some of them.
    assert!((142..=160).contains(&through), "{through}");
    // And it outlives them.
    let third = one.another().await;
    assert!(!is_through(
        &open_from(&third, "203.0.113.9", None).await,
        "limit.address"
    ));
}

#[tokio::test]
async fn requests_at_the_same_time_have_no_more_than_the_limit() {
    let one = Harness::start_with("limits = { address_per_minute = 12 }\n").await;
    let other = one.another().await;
    let (one, other) = (std::sync::Arc::new(one), std::sync::Arc::new(other));
    let mut requests = tokio::task::JoinSet::new();
    for number in 0..40 {
        let h = if number % 2 == 0 {
            one.clone()
        } else {
            other.clone()
        };
        requests.spawn(async move {
            is_through(&open_from(&h, "203.0.113.9", None).await, "limit.address")
        });
    }
    let through = requests
        .join_all()
        .await
        .into_iter()
        .filter(|is| *is)
        .count();
    assert_eq!(through, 12);
}

#[tokio::test]
async fn behind_a_named_proxy_the_client_counts_and_nobody_else_is_believed() {
    let settings = "limits = { address_per_minute = 1, trusted_proxies = [\"10.0.0.0/8\"], \
                    shared = [{ network = \"192.0.2.0/24\", per_minute = 3 }] }\n";
    let h = Harness::start_with(settings).await;
    let through = async |peer: &str, forwarded: &str| {
        is_through(&open_from(&h, peer, Some(forwarded)).await, "limit.address")
    };
    assert!(through("10.0.0.1", "203.0.113.1").await);
    assert!(
        !through("10.0.0.2", "198.51.100.7, 203.0.113.1").await,
        "a forged one in front"
    );
    assert!(through("10.0.0.1", "203.0.113.2").await);
    assert!(through("203.0.113.3", "203.0.113.4").await);
    assert!(
        !through("203.0.113.3", "203.0.113.5").await,
        "no proxy's word"
    );
    assert!(through("10.0.0.1", "2001:db8::1").await);
    assert!(
        !through("10.0.0.1", "2001:db8::2").await,
        "one network of 64 bits"
    );
    for _ in 0..3 {
        assert!(through("10.0.0.1", "192.0.2.77").await, "an office");
    }
    assert!(!through("10.0.0.1", "192.0.2.77").await);
}

#[tokio::test]
async fn a_back_end_is_limited_by_its_site_and_not_by_its_address() {
    let settings = "limits = { address_per_minute = 1, site_sessions_per_minute = 4 }\n";
    let h = Harness::start_with(settings).await;
    let mint = json!({"action": "efile-submit"});
    let minted = async |secret| {
        let path = "/v1/sessions";
        post_from(&h, path, Some(secret), &mint, "203.0.113.9", None).await
    };
    for _ in 0..4 {
        assert!(is_through(&minted(COURT_SECRET).await, "limit.site"));
    }
    assert!(!is_through(&minted(COURT_SECRET).await, "limit.site"));
    // Wrong secrets are somebody's at an address.
    assert_eq!(minted("sk_guess-1").await.problem(), "config.bad_session");
    assert_eq!(minted("sk_guess-2").await.problem(), "limit.address");
    // The frame's sessions are the same site's.
    assert!(!is_through(
        &open_from(&h, "203.0.113.10", None).await,
        "limit.site"
    ));
    // Answers that it checks count by themselves.
    let check = async || {
        let body = json!({"secret": COURT_SECRET, "response": "x.y.z"});
        post_from(&h, "/v1/siteverify", None, &body, "203.0.113.9", None).await
    };
    for _ in 0..4 {
        assert!(is_through(&check().await, "limit.site"));
    }
    assert!(!is_through(&check().await, "limit.site"));
}

#[tokio::test]
async fn a_site_can_have_a_limit_of_its_own() {
    let h = Harness::start_with("limits = { site_sessions_per_minute = 1 }\n").await;
    let key = SiteKey::parse("pk_court").unwrap();
    let store = &h.authority.store;
    assert!(store.limit_site(&key, "3".parse().ok(), NOW).await.unwrap());
    let mut through = 0;
    for number in 0..6 {
        let peer = format!("203.0.113.{number}");
        through += u32::from(is_through(&open_from(&h, &peer, None).await, "limit.site"));
    }
    assert_eq!(through, 3);
    let nobody = SiteKey::parse("pk_nobody").unwrap();
    assert!(!store.limit_site(&nobody, None, NOW).await.unwrap());
}

#[tokio::test]
async fn a_device_has_so_many_captures_a_minute_whoever_it_stands_for() {
    let h = Harness::start_with("limits = { device_per_minute = 2 }\n").await;
    h.enrol(&ANN, Level::Full).await;
    let handle = || DeviceHandle::from_bytes(&[7; 32]).unwrap();
    for attempt in 0..4 {
        let payload = Payload {
            claim: Claim::Id {
                id: ClaimedId::parse(ANN.id).unwrap(),
                remember: Some(handle()),
            },
            ..ANN.payload(40 + attempt * 10)
        };
        let session = h.open_at_court().await;
        let reply = h.submit(&session, &payload).await;
        assert_eq!(is_through(&reply, "limit.device"), attempt < 2, "{attempt}");
    }
    let claim = Claim::Device(handle());
    let payload = Payload {
        claim,
        ..ANN.payload(90)
    };
    let session = h.open_at_court().await;
    let reply = h.submit(&session, &payload).await;
    assert!(!is_through(&reply, "limit.device"), "by any claim of it");
    // Nothing was counted against the resident.
    let answer = h.verify_at_court(&ANN.payload(100)).await;
    assert_eq!(answer["yes"], true);
}

#[tokio::test]
async fn the_database_has_no_address_and_forgets_what_is_over() {
    let h = Harness::start_with("limits = { address_per_minute = 60 }\n").await;
    open_from(&h, "203.0.113.9", None).await;
    let mut past = h.past_the_store().await;
    let buckets = "SELECT COUNT(*) FROM request_buckets";
    assert!(past.rows::<(i64,)>(buckets).await[0].0 >= 2);
    h.authority
        .store
        .forget_expired(h.authority.now())
        .await
        .unwrap();
    assert!(
        past.rows::<(i64,)>(buckets).await[0].0 >= 2,
        "a moment later something is missing still"
    );
    h.wait(61);
    h.authority
        .store
        .forget_expired(h.authority.now())
        .await
        .unwrap();
    assert_eq!(past.rows::<(i64,)>(buckets).await, [(0,)]);
}
