//! Requests that came through a relay: the whole journey, and everything that must not get in that way.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use nod_authority::keys::root_public_key;
use nod_protocol::{
    bhttp::{self, Field},
    envelope::MEDIA_TYPE,
    http::{ChallengeReply, KeysReply, SessionReply},
    ids::Level,
    ohttp::{self, KEYS_TYPE, PendingResponse, REQUEST_TYPE, RESPONSE_TYPE, STEP},
    seal::{SealKeyPair, SealPublicKey},
};
use serde_json::{Value, json};

use crate::{
    harness::{COURT, COURT_SECRET, Harness, ISSUER, Reply},
    people::ANN,
};

/// A request as the frame makes it.
fn request(method: &str, path: &str, fields: &[(&str, &str)], content: &[u8]) -> bhttp::Request {
    let field = |(name, value): &(&str, &str)| Field {
        name: (*name).into(),
        value: value.as_bytes().to_vec(),
    };
    bhttp::Request {
        method: method.into(),
        scheme: "https".into(),
        authority: "id.example.gov".into(),
        path: path.into(),
        fields: fields.iter().map(field).collect(),
        content: content.to_vec(),
    }
}

pub(crate) fn json_request(path: &str, body: &Value) -> bhttp::Request {
    let fields = [("content-type", "application/json")];
    request("POST", path, &fields, body.to_string().as_bytes())
}

/// The key that the pinned root has signed.
pub(crate) async fn gateway_key(h: &Harness) -> SealPublicKey {
    let published: KeysReply = h.get("/v1/keys").await.json();
    let root = root_public_key(&h.dir.path().join("data")).unwrap();
    let key = root.choose(&published.keys, h.authority.now()).unwrap();
    key.public_key
}

async fn post(h: &Harness, message: Vec<u8>) -> Reply {
    let request = Request::post("/v1/ohttp")
        .header(header::CONTENT_TYPE, REQUEST_TYPE)
        .body(Body::from(message));
    h.send(request.unwrap()).await
}

pub(crate) fn unsealed(reply: &Reply, pending: PendingResponse) -> bhttp::Response {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert_eq!(reply.header("content-type"), RESPONSE_TYPE);
    assert_eq!(reply.header("cache-control"), "no-store");
    let opened = pending.decapsulate(&reply.body).unwrap();
    assert_eq!(opened.len() % STEP, 0, "padded");
    bhttp::Response::decode(&opened).map_err(|_| ()).unwrap()
}

async fn through(h: &Harness, request: &bhttp::Request) -> bhttp::Response {
    let key = gateway_key(h).await;
    let (message, pending) = ohttp::encapsulate(&key, &request.encode(STEP)).unwrap();
    unsealed(&post(h, message).await, pending)
}

fn json_of<T: serde::de::DeserializeOwned>(response: &bhttp::Response) -> T {
    assert_eq!(response.status, 200);
    serde_json::from_slice(&response.content).unwrap()
}

fn code_of(response: &bhttp::Response) -> String {
    let problem: Value = serde_json::from_slice(&response.content).unwrap();
    assert_eq!(problem["status"], response.status);
    problem["code"].as_str().unwrap().to_owned()
}

async fn open_at_court(h: &Harness) -> SessionReply {
    let open = json!({"sitekey": "pk_court", "origin": COURT, "rp_nonce": "n-1"});
    json_of(&through(h, &json_request("/v1/sessions", &open)).await)
}

#[tokio::test]
async fn the_whole_journey_ends_with_the_same_answer_as_straight() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Light).await;
    let session = open_at_court(&h).await;
    let path = format!("/v1/sessions/{}/challenge", session.session);
    let drawn = through(&h, &json_request(&path, &json!({"mode": "still"}))).await;
    let challenge = json_of::<ChallengeReply>(&drawn).challenge;
    let sealed = h.seal(&session, &challenge, &ANN.payload(40)).await;
    let fields = [("content-type", MEDIA_TYPE)];
    let verify = request("POST", "/v1/verify", &fields, &sealed);
    let answered: Value = json_of(&through(&h, &verify).await);
    let check = json!({"secret": COURT_SECRET, "response": answered["token"]});
    let checked: Value = h.post("/v1/siteverify", &check).await.json();
    assert_eq!(
        (&checked["success"], &checked["yes"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(checked["origin"], COURT);
    let metrics = h.metrics().await;
    assert!(
        metrics.contains("nod_oblivious_requests_total{outcome=\"opened\"} 3"),
        "{metrics}"
    );
    assert!(metrics.contains("POST /v1/verify 200"), "{metrics}");
}

#[tokio::test]
async fn nothing_but_the_frames_endpoints_is_within_reach() {
    let h = Harness::start().await;
    for path in [
        "/metrics",
        "/healthz",
        "/readyz",
        "/v1/siteverify",
        "/v1/tickets",
        "/v1/ohttp",
        "/v1/ohttp-keys",
        "/v1/test-answers",
        "/frame/pk_court",
        "/enrol",
        "/.well-known/nod",
        "/v1/models/manifest.json",
    ] {
        for method in ["GET", "POST"] {
            let fields = [
                ("content-type", "application/json"),
                ("authorization", "Bearer planted-metrics-token"),
            ];
            let response = through(&h, &request(method, path, &fields, b"{}")).await;
            assert_eq!(code_of(&response), "env.asset_fetch", "{method} {path}");
        }
    }
    // A request within a request.
    let key = gateway_key(&h).await;
    let inner = json_request("/v1/sessions", &json!({})).encode(STEP);
    let (inner, _) = ohttp::encapsulate(&key, &inner).unwrap();
    let nested = request(
        "POST",
        "/v1/ohttp",
        &[("content-type", REQUEST_TYPE)],
        &inner,
    );
    assert_eq!(through(&h, &nested).await.status, 404);
}

#[tokio::test]
async fn a_sites_secret_is_good_for_nothing_behind_a_relay() {
    let h = Harness::start().await;
    let mut minted = json_request("/v1/sessions", &json!({"action": "efile-submit"}));
    minted.fields.push(Field {
        name: "authorization".into(),
        value: format!("Bearer {COURT_SECRET}").into_bytes(),
    });
    assert_eq!(code_of(&through(&h, &minted).await), "config.bad_session");
}

#[tokio::test]
async fn a_hand_off_has_its_own_secrets_with_it() {
    let h = Harness::start().await;
    let session = open_at_court(&h).await;
    let offer = json_request("/v1/handoff", &json!({"session": session.session}));
    let offered: Value = json_of(&through(&h, &offer).await);
    let desk = format!("Bearer {}", offered["desk"].as_str().unwrap());
    let asked = request("GET", "/v1/handoff", &[("authorization", &desk)], b"");
    let state: Value = json_of(&through(&h, &asked).await);
    assert_eq!(state["state"], "waiting");
    let without = request("GET", "/v1/handoff", &[], b"");
    assert_eq!(code_of(&through(&h, &without).await), "handoff.unknown");
}

#[tokio::test]
async fn a_hand_off_leads_to_the_relay_that_the_operator_knows_and_to_no_other() {
    let h = Harness::start_with("relays = [\"https://relay.example\"]\n").await;
    for (relay, host) in [
        (None, Some(ISSUER)),
        (Some("https://relay.example"), Some("https://relay.example")),
        (Some("https://evil.example"), None),
        (Some("https://relay.example:444"), None),
    ] {
        let session = open_at_court(&h).await;
        let mut offer = json!({"session": session.session});
        if let Some(relay) = relay {
            offer["relay"] = relay.into();
        }
        let offered = through(&h, &json_request("/v1/handoff", &offer)).await;
        let Some(host) = host else {
            assert_eq!(code_of(&offered), "config.bad_action", "{relay:?}");
            continue;
        };
        let offered: Value = json_of(&offered);
        let link = offered["link"].as_str().unwrap();
        assert!(link.starts_with(&format!("{host}/handoff#")), "{link}");
    }
}

#[tokio::test]
async fn for_another_host_or_in_another_form_it_is_refused_inside() {
    let h = Harness::start().await;
    let good = json_request(
        "/v1/sessions",
        &json!({"sitekey": "pk_court", "origin": COURT}),
    );
    assert_eq!(through(&h, &good).await.status, 200);
    type Change = fn(&mut bhttp::Request);
    let changes: [(u16, Change); 6] = [
        (421, |r| r.authority = "other.example".into()),
        (421, |r| r.scheme = "http".into()),
        (400, |r| {
            r.path = "https://id.example.gov/v1/sessions".into()
        }),
        (400, |r| r.path = "*".into()),
        (400, |r| r.path.clear()),
        (405, |r| r.method = "DELETE".into()),
    ];
    for (status, change) in changes {
        let mut changed = good.clone();
        change(&mut changed);
        assert_eq!(through(&h, &changed).await.status, status);
    }
    // Sealed well, and no binary HTTP.
    let key = gateway_key(&h).await;
    let (message, pending) = ohttp::encapsulate(&key, b"no message").unwrap();
    assert_eq!(unsealed(&post(&h, message).await, pending).status, 400);
}

#[tokio::test]
async fn what_does_not_open_is_told_in_the_open_and_without_a_reason() {
    let h = Harness::start().await;
    let key = gateway_key(&h).await;
    let inner = json_request("/v1/sessions", &json!({})).encode(STEP);
    let (good, _) = ohttp::encapsulate(&key, &inner).unwrap();
    let stranger = SealKeyPair::generate().unwrap().public_key();
    let (for_another, _) = ohttp::encapsulate(&stranger, &inner).unwrap();
    let mut changed = good.clone();
    *changed.last_mut().unwrap() ^= 1;
    let mut other_suite = good.clone();
    other_suite[2] = 0x20;
    for message in [
        for_another,
        changed,
        other_suite,
        good[..good.len() - 1].to_vec(),
    ] {
        let reply = post(&h, message).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (400, "seal.unknown_key")
        );
        let problem: Value = serde_json::from_slice(&reply.body).unwrap();
        // RFC 9458 §5.3.
        assert_eq!(problem["type"], ohttp::KEY_PROBLEM);
    }
    for length in [0, 1, 6, 7, 40, 71, 80] {
        assert_eq!(
            post(&h, good[..length].to_vec()).await.status,
            400,
            "{length}"
        );
    }
    assert_eq!(post(&h, vec![0; 1 << 20]).await.problem(), "seal.too_large");
    let plain = Request::post("/v1/ohttp").header(header::CONTENT_TYPE, "application/json");
    let reply = h.send(plain.body(Body::from(good)).unwrap()).await;
    assert_eq!(reply.problem(), "seal.malformed");
}

#[tokio::test]
async fn a_request_sent_twice_changes_nothing_and_tells_nothing() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Light).await;
    let session = open_at_court(&h).await;
    let key = gateway_key(&h).await;
    let path = format!("/v1/sessions/{}/challenge", session.session);
    let draw = json_request(&path, &json!({"mode": "still"})).encode(STEP);
    let (draw, pending) = ohttp::encapsulate(&key, &draw).unwrap();
    let first = post(&h, draw.clone()).await;
    let again = post(&h, draw).await;
    assert_ne!(first.body, again.body);
    let drawn = unsealed(&first, pending);
    let challenge = json_of::<ChallengeReply>(&drawn).challenge;

    let sealed = h.seal(&session, &challenge, &ANN.payload(40)).await;
    let verify = request(
        "POST",
        "/v1/verify",
        &[("content-type", MEDIA_TYPE)],
        &sealed,
    );
    let (verify, pending) = ohttp::encapsulate(&key, &verify.encode(STEP)).unwrap();
    let answered = unsealed(&post(&h, verify.clone()).await, pending);
    assert_eq!(answered.status, 200);
    // The relay sends both again, and cannot read the replies; the metrics say what they were.
    assert_eq!(post(&h, verify).await.status, 200);
    let metrics = h.metrics().await;
    for once in [
        // The other one was for the enrolment.
        "\"POST /v1/sessions/{id}/challenge 200\"} 2",
        "\"POST /v1/sessions/{id}/challenge 409\"} 1",
        "\"POST /v1/verify 200\"} 1",
        "\"POST /v1/verify 409\"} 1",
        "nod_answers_total{yes=\"true\"} 1",
    ] {
        assert!(metrics.contains(once), "{once}: {metrics}");
    }
}

#[tokio::test]
async fn any_client_finds_the_key_in_the_standards_form() {
    let h = Harness::start().await;
    let reply = h.get("/v1/ohttp-keys").await;
    assert_eq!(reply.header("content-type"), KEYS_TYPE);
    let keys = ohttp::decode_keys(&reply.body).unwrap();
    assert_eq!(keys.len(), 1);
    let signed = gateway_key(&h).await;
    assert_eq!(
        (keys[0].public_key, keys[0].id),
        (signed, ohttp::key_id(&signed))
    );
}

#[tokio::test]
async fn replies_have_one_size_whatever_they_say() {
    let h = Harness::start().await;
    let key = gateway_key(&h).await;
    let mut sizes = Vec::new();
    for body in [
        json!({"sitekey": "pk_court", "origin": COURT}),
        json!({"sitekey": "pk_nobody", "origin": COURT}),
        json!({}),
    ] {
        let inner = json_request("/v1/sessions", &body).encode(STEP);
        let (message, _) = ohttp::encapsulate(&key, &inner).unwrap();
        sizes.push((message.len(), post(&h, message).await.body.len()));
    }
    // Header, encapsulated key and tag; nonce and tag.
    assert_eq!(sizes, vec![(7 + 65 + STEP + 16, 16 + STEP + 16); 3]);
}
