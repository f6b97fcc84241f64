//! Pages, files and what the operator reads.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use nod_protocol::ids::Level;
use serde_json::{Value, json};

use crate::{
    harness::{Harness, ISSUER, site},
    people::ANN,
};

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                      connect-src 'self'; img-src 'self'; worker-src 'self'; form-action 'none'; \
                      base-uri 'none'";

#[tokio::test]
async fn the_frame_is_for_the_sites_own_origins() {
    let h = Harness::start().await;
    let frame = h.get("/frame/pk_court").await;
    assert_eq!(frame.status, StatusCode::OK);
    assert_eq!(
        frame.header("content-security-policy"),
        format!("{POLICY}; frame-ancestors https://court.example.gov")
    );
    assert!(frame.header("content-type").starts_with("text/html"));
    assert!(frame.header("permissions-policy").contains("camera=(self)"));
    assert_eq!(frame.header("cache-control"), "no-cache");
    assert_eq!(frame.header("set-cookie"), "");
    for unknown in [
        "/frame/pk_nobody",
        "/frame/pk_self",
        "/frame/court",
        "/frame/%00",
    ] {
        assert_eq!(
            h.get(unknown).await.problem(),
            "config.bad_sitekey",
            "{unknown}"
        );
    }
}

#[tokio::test]
async fn the_frame_knows_the_way_without_a_face_before_any_session() {
    let h = Harness::start().await;
    let mut inn = site("pk_inn", "https://inn.example", Level::Light, true);
    inn.name = "\"Rose\" & <Crown>".into();
    inn.alternative = "https://inn.example/desk?a=1&b=2".into();
    h.register(inn, "sk_planted-inn").await;
    let page = h.get("/frame/pk_inn").await.text();
    let name = r#"data-site="&quot;Rose&quot; &amp; &lt;Crown&gt;""#;
    assert!(page.contains(name), "{page}");
    let way = r#"data-alternative="https://inn.example/desk?a=1&amp;b=2""#;
    assert!(page.contains(way), "{page}");
}

#[tokio::test]
async fn a_page_that_a_relay_may_serve_says_whose_it_is() {
    let h = Harness::start().await;
    for path in ["/frame/pk_court", "/handoff"] {
        let page = h.get(path).await.text();
        let named = format!("data-authority=\"{ISSUER}\"");
        assert!(page.contains(&named), "{page}");
    }
}

#[tokio::test]
async fn the_authoritys_own_pages_are_never_framed() {
    let h = Harness::start().await;
    for path in ["/enrol", "/handoff"] {
        let page = h.get(path).await;
        assert_eq!(
            page.header("content-security-policy"),
            format!("{POLICY}; frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-cache");
    }
}

#[tokio::test]
async fn files_never_change_and_only_the_element_is_for_other_origins() {
    let h = Harness::start().await;
    for (file, kind, is_element) in [
        ("nod.js", "text/javascript", true),
        ("worker.js", "text/javascript", false),
        ("nod_wasm_bg.wasm", "application/wasm", false),
        ("strings/en.ftl", "text/plain; charset=utf-8", false),
    ] {
        let reply = h.get(&format!("/v1/0123456789abcdef/{file}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{file}");
        assert_eq!(reply.header("content-type"), kind);
        assert!(reply.header("cache-control").contains("immutable"));
        assert!(
            reply.header("content-security-policy").starts_with(POLICY),
            "{file}"
        );
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        let cors = reply.header("access-control-allow-origin");
        let resource_policy = reply.header("cross-origin-resource-policy");
        let expected = if is_element {
            ("*", "cross-origin")
        } else {
            ("", "same-origin")
        };
        assert_eq!((cors, resource_policy), expected, "{file}");
    }
    let network = h.get("/v1/models/aa00.plan").await;
    assert!(network.header("cache-control").contains("immutable"));
    assert_eq!(
        h.get("/v1/models/manifest.json")
            .await
            .header("cache-control"),
        "no-cache"
    );
}

#[tokio::test]
async fn nothing_outside_the_build_is_served() {
    let h = Harness::start().await;
    for path in [
        "/",
        "/v1/0123456789abcdef/missing.js",
        "/v1/0123456789abcdef/..%2f..%2fbuild.json",
        "/v1/0123456789abcdef/../../../data/root.pub",
        "/v1/models/..%2f..%2fdata%2fkeys%2froot.key",
        "/v1/models/.hidden",
        "/v1/..%2f/nod.js",
        "/v1/0123456789abcdef/strings",
        "/nothing/here",
    ] {
        assert_eq!(h.get(path).await.problem(), "env.asset_fetch", "{path}");
    }
    let wrong_method = Request::delete("/v1/keys").body(Body::empty()).unwrap();
    assert_eq!(
        h.send(wrong_method).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn anybody_may_discover_the_authority() {
    let h = Harness::start().await;
    let found: Value = h.get("/.well-known/nod").await.json();
    assert_eq!(found["issuer"], ISSUER);
    assert_eq!(found["endpoints"]["verify"], format!("{ISSUER}/v1/verify"));
    assert_eq!(
        found["endpoints"]["handoff"],
        format!("{ISSUER}/v1/handoff")
    );
    assert_eq!(
        found["limits"],
        json!({"body": 65536, "verify_body": 65536, "session": 1800, "challenge": 60,
                                       "answer": 300, "handoff": 300})
    );
    assert_eq!(found["model_sets"], json!(["open-1"]));
    assert_eq!(found["languages"], json!(["en", "zh-Hant"]));
}

#[tokio::test]
async fn the_operator_sees_readiness_and_counts() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    h.verify_at_court(&ANN.payload(40)).await;
    assert_eq!(h.get("/healthz").await.status, StatusCode::OK);
    let ready: Value = h.get("/readyz").await.json();
    assert_eq!(ready["ready"], true);
    assert_eq!(ready["model_sets"], json!(["open-1"]));
    assert_eq!(
        ready["cohort"],
        json!([{"model_set": "open-1", "mode": "tightened raw threshold", "version": null,
                "size": 0, "statistics_stored": false}])
    );

    assert_eq!(h.get("/metrics").await.status, StatusCode::UNAUTHORIZED);
    let text = h.metrics().await;
    for line in [
        "nod_answers_total{yes=\"true\"} 1",
        "nod_enrolments_total{outcome=\"stored\"} 1",
        "nod_requests_total{request=\"POST /v1/verify 200\"} 1",
        "nod_database_up 1",
        "nod_cohort_size{model_set=\"open-1\"} 0",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    // A session id in a label would show as one: `s_` and 22 characters.
    assert!(!text.contains("PLANTED") && !text.contains("/s_"), "{text}");

    h.authority.begin_draining();
    assert_eq!(
        h.get("/readyz").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn every_reply_has_a_request_id() {
    let h = Harness::start().await;
    let (one, other) = (h.get("/healthz").await, h.get("/healthz").await);
    assert_eq!(one.header("x-request-id").len(), 16);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}
