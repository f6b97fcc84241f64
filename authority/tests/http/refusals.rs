//! Sealed bodies that are refused, each with its code.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use nod_protocol::{
    envelope::{Envelope, MAX_BODY, MEDIA_TYPE},
    ids::{KeyId, Level, ModelSetId, SessionId},
};
use serde_json::json;

use crate::{
    harness::{COURT, Harness},
    people::ANN,
};

#[tokio::test]
async fn a_body_is_taken_once() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let session = h.open_at_court().await;
    let challenge = h.challenge(&session).await;
    let body = h.seal(&session, &challenge, &ANN.payload(40)).await;
    assert_eq!(
        h.post_sealed("/v1/verify", body.clone()).await.claims()["yes"],
        true
    );
    assert_eq!(
        h.post_sealed("/v1/verify", body).await.problem(),
        "session.spent"
    );
    let other = h.seal(&session, &challenge, &ANN.payload(50)).await;
    assert_eq!(
        h.post_sealed("/v1/verify", other).await.problem(),
        "session.spent"
    );
}

#[tokio::test]
async fn of_two_bodies_at_once_one_is_taken() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let session = h.open_at_court().await;
    let challenge = h.challenge(&session).await;
    let body = h.seal(&session, &challenge, &ANN.payload(40)).await;
    let (a, b) = tokio::join!(
        h.post_sealed("/v1/verify", body.clone()),
        h.post_sealed("/v1/verify", body)
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn a_body_after_its_minute_is_expired() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let session = h.open_at_court().await;
    let challenge = h.challenge(&session).await;
    let body = h.seal(&session, &challenge, &ANN.payload(40)).await;
    h.wait(60);
    assert_eq!(
        h.post_sealed("/v1/verify", body).await.problem(),
        "session.expired"
    );
}

#[tokio::test]
async fn a_body_without_a_challenge_or_for_another_purpose_finds_no_session() {
    let h = Harness::start().await;
    let session = h.open_at_court().await;
    let other = h.open_at_court().await;
    let foreign = h.challenge(&other).await;
    let body = h.seal(&session, &foreign, &ANN.payload(40)).await;
    assert_eq!(
        h.post_sealed("/v1/verify", body).await.problem(),
        "session.unknown"
    );
    let body = h.seal(&other, &foreign, &ANN.payload(40)).await;
    assert_eq!(
        h.post_sealed("/v1/enrol", body).await.problem(),
        "session.unknown"
    );
}

/// A changed header must find the matching refusal, and a changed ciphertext the one for all seals.
#[tokio::test]
async fn each_change_of_the_envelope_has_its_code() {
    let h = Harness::start().await;
    type Change = (&'static str, fn(&mut Envelope));
    let changes: [Change; 7] = [
        ("session.unknown", |e| {
            e.header.session = SessionId::random().unwrap()
        }),
        ("seal.unknown_key", |e| {
            e.header.key = KeyId::parse("k000000000000").unwrap()
        }),
        ("seal.malformed", |e| {
            e.header.model_set = ModelSetId::parse("everywhere-1").unwrap()
        }),
        ("seal.open_failed", |e| e.header.build[0] ^= 1),
        ("seal.open_failed", |e| e.ciphertext[0] ^= 1),
        ("seal.open_failed", |e| e.ciphertext.truncate(20)),
        ("seal.open_failed", |e| e.encapsulated_key[10] ^= 1),
    ];
    for (code, change) in changes {
        let session = h.open_at_court().await;
        let challenge = h.challenge(&session).await;
        let body = h.seal(&session, &challenge, &ANN.payload(40)).await;
        let mut envelope = Envelope::decode(&body).unwrap();
        change(&mut envelope);
        assert_eq!(
            h.post_sealed("/v1/verify", envelope.encode())
                .await
                .problem(),
            code
        );
    }
}

#[tokio::test]
async fn a_seal_made_for_another_context_does_not_open() {
    let h = Harness::start().await;
    for change in [
        "origin",
        "action",
        "level",
        "rp_nonce",
        "bind",
        "consent_version",
    ] {
        let session = h.open_at_court().await;
        let challenge = h.challenge(&session).await;
        let mut lied = serde_json::to_value(&session).unwrap();
        lied[change] = match change {
            "origin" => json!("https://evil.example"),
            "action" => json!("efile-pay"),
            "level" => json!("full"),
            _ => json!("other"),
        };
        let lied = serde_json::from_value(lied).unwrap();
        let body = h.seal(&lied, &challenge, &ANN.payload(40)).await;
        let refused = h.post_sealed("/v1/verify", body).await;
        assert_eq!(refused.problem(), "seal.open_failed", "{change}");
        // One try per session, also for a failed one.
        let honest = h.seal(&session, &challenge, &ANN.payload(40)).await;
        assert_eq!(
            h.post_sealed("/v1/verify", honest).await.problem(),
            "session.spent"
        );
    }
}

#[tokio::test]
async fn bodies_of_the_wrong_size_or_kind_are_refused() {
    let h = Harness::start().await;
    let session = h.open_at_court().await;
    let challenge = h.challenge(&session).await;
    let body = h.seal(&session, &challenge, &ANN.payload(40)).await;
    for length in [0, 1, body.len() / 2, body.len() - 1] {
        let reply = h.post_sealed("/v1/verify", body[..length].to_vec()).await;
        assert_eq!(reply.problem(), "seal.malformed", "{length}");
    }
    let too_large = h.post_sealed("/v1/verify", vec![0; MAX_BODY + 1]).await;
    assert_eq!(too_large.problem(), "seal.too_large");
    assert_eq!(too_large.status, StatusCode::PAYLOAD_TOO_LARGE);
    for media_type in ["application/json", "text/plain", "application/octet-stream"] {
        let request = Request::post("/v1/verify")
            .header(header::CONTENT_TYPE, media_type)
            .body(Body::from(body.clone()))
            .unwrap();
        assert_eq!(
            h.send(request).await.problem(),
            "seal.malformed",
            "{media_type}"
        );
    }
    // None of that used the session up.
    assert_eq!(
        h.post_sealed("/v1/verify", body).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn json_endpoints_take_json_only_and_not_too_much() {
    let h = Harness::start().await;
    let request = |media_type: &str, body: String| {
        Request::post("/v1/sessions")
            .header(header::CONTENT_TYPE, media_type)
            .body(Body::from(body))
            .unwrap()
    };
    let good = json!({"sitekey": "pk_court", "origin": COURT}).to_string();
    let as_form = h.send(request("text/plain", good.clone())).await;
    assert_eq!(as_form.problem(), "config.bad_session");
    let huge = format!("{good}{}", " ".repeat(MAX_BODY));
    assert_eq!(
        h.send(request("application/json", huge)).await.problem(),
        "seal.too_large"
    );
    let fine = h
        .send(request("application/json; charset=utf-8", good))
        .await;
    assert_eq!(fine.status, StatusCode::OK);
    let sealed = h.send(request(MEDIA_TYPE, String::new())).await;
    assert_eq!(sealed.problem(), "config.bad_session");
}
