//! Test keys: every outcome in development, nothing in production, and no way from one to a resident.

use axum::http::StatusCode;
use base64ct::{Base64UrlUnpadded, Encoding};
use nod_authority::{
    config::Config,
    state::{Authority, StartError},
    test_keys::TestKeys,
};
use nod_protocol::{
    answer::AnswerVerifyingKey,
    http::{JwksReply, SessionReply, SiteSessionReply, SiteverifyReply},
    ids::Level,
};
use serde_json::{Value, json};

use crate::{
    harness::{COURT_SECRET, Harness, ISSUER, Reply, site},
    people::ANN,
};

/// A page on a developer's machine.
const PAGE: &str = "http://shop.localhost:3000";

async fn development() -> Harness {
    Harness::start_with("development = true").await
}

async fn open(h: &Harness, key: &str, origin: &str) -> Reply {
    let request =
        json!({"sitekey": key, "origin": origin, "action": "pay-invoice", "rp_nonce": "n-7"});
    h.post("/v1/sessions", &request).await
}

/// What the frame of a test key asks for, as far as it gets.
async fn walk(h: &Harness, key: &str) -> Reply {
    let session: SessionReply = open(h, key, PAGE).await.json();
    h.challenge(&session).await;
    h.post("/v1/test-answers", &json!({"session": session.session}))
        .await
}

async fn siteverify(h: &Harness, secret: &str, token: &str) -> SiteverifyReply {
    let request = json!({"secret": secret, "response": token});
    h.post("/v1/siteverify", &request).await.json()
}

/// A page that asks questions can be tried too: any that there are.
#[tokio::test]
async fn a_test_yes_answers_every_question_with_yes_and_a_test_no_none() {
    let h = development().await;
    for (key, answers) in [
        (
            "pk_test_yes",
            json!({"age_over_18": true, "benefit_active:pension": true}),
        ),
        ("pk_test_no", Value::Null),
    ] {
        let ask = ["age_over_18", "benefit_active:pension"];
        let request = json!({"sitekey": key, "origin": PAGE, "action": "pay-invoice", "ask": ask});
        let session: SessionReply = h.post("/v1/sessions", &request).await.json();
        h.challenge(&session).await;
        let answered = json!({"session": session.session});
        let answered = h.post("/v1/test-answers", &answered).await;
        assert_eq!(answered.claims()["answers"], answers, "{key}");
        let request = json!({"sitekey": key, "origin": PAGE, "ask": ["no_such_question"]});
        let refused = h.post("/v1/sessions", &request).await;
        assert_eq!(refused.problem(), "config.bad_action");
    }
}

#[tokio::test]
async fn yes_and_no_are_signed_and_checked_as_real_ones_and_say_that_they_are_tests() {
    let h = development().await;
    let token = walk(&h, "pk_test_yes").await.token();
    let reply = siteverify(&h, "sk_test_yes", &token).await;
    assert!(reply.success && reply.yes == Some(true) && reply.test);
    assert_eq!(reply.origin.unwrap().as_str(), PAGE);
    assert_eq!(reply.action.unwrap().as_str(), "pay-invoice");
    assert_eq!(reply.rp_nonce.unwrap().as_str(), "n-7");
    let sub = reply.sub.unwrap();
    assert_eq!(sub.len(), 43, "shaped like a resident's");
    let again = siteverify(&h, "sk_test_yes", &token).await;
    assert_eq!(again.error_codes, ["answer.already_used"]);

    let no = walk(&h, "pk_test_no").await.token();
    let reply = siteverify(&h, "sk_test_no", &no).await;
    assert!(reply.success && reply.yes == Some(false) && reply.test && reply.sub.is_none());
}

#[tokio::test]
async fn a_back_end_mints_sessions_for_test_keys_too_and_learns_whose_yes_it_is() {
    let h = development().await;
    for (expected, yes) in [(None, true), (Some("somebody-else"), false)] {
        let request = json!({"action": "pay-invoice", "expected_sub": expected});
        let minted = h.post_with("/v1/sessions", Some("sk_test_yes"), &request);
        let minted: SiteSessionReply = minted.await.json();
        let request = json!({"sitekey": "pk_test_yes", "origin": PAGE, "session": minted.session});
        let session: SessionReply = h.post("/v1/sessions", &request).await.json();
        h.challenge(&session).await;
        let request = json!({"session": session.session});
        let claims = h.post("/v1/test-answers", &request).await.claims();
        assert_eq!(claims["yes"], yes);
    }
}

#[tokio::test]
async fn the_other_outcomes_are_what_their_names_say() {
    let h = development().await;
    let old = walk(&h, "pk_test_expired").await.token();
    let reply = siteverify(&h, "sk_test_expired", &old).await;
    assert_eq!(reply.error_codes, ["answer.expired"]);

    assert_eq!(walk(&h, "pk_test_spent").await.problem(), "session.spent");
    let refused = open(&h, "pk_test_unavailable", PAGE).await;
    assert_eq!(refused.problem(), "net.busy");
    assert_eq!(refused.header("retry-after"), "2");
    let request = json!({"secret": "sk_test_unavailable", "response": old});
    assert_eq!(
        h.post("/v1/siteverify", &request).await.problem(),
        "net.busy"
    );
    // The frame ends these two before it asks for an answer; whoever asks nevertheless gets no yes.
    for key in ["pk_test_camera_denied", "pk_test_unsupported"] {
        assert_eq!(walk(&h, key).await.claims()["yes"], false, "{key}");
    }
}

#[tokio::test]
async fn a_slow_yes_is_a_yes_after_seconds() {
    let h = development().await;
    assert_eq!(walk(&h, "pk_test_slow").await.claims()["yes"], true);
}

#[tokio::test]
async fn a_test_session_is_answered_once_and_only_after_its_challenge() {
    let h = development().await;
    let session: SessionReply = open(&h, "pk_test_yes", PAGE).await.json();
    let request = json!({"session": session.session});
    assert_eq!(
        h.post("/v1/test-answers", &request).await.problem(),
        "session.unknown"
    );
    h.challenge(&session).await;
    assert_eq!(
        h.post("/v1/test-answers", &request).await.status,
        StatusCode::OK
    );
    assert_eq!(
        h.post("/v1/test-answers", &request).await.problem(),
        "session.spent"
    );
}

#[tokio::test]
async fn nobody_who_checks_real_answers_accepts_a_test() {
    let h = development().await;
    let token = walk(&h, "pk_test_yes").await.token();
    // For a site of this very authority, and for another test key.
    for secret in [COURT_SECRET, "sk_test_no"] {
        let reply = siteverify(&h, secret, &token).await;
        assert_eq!(reply.error_codes, ["answer.invalid"], "{secret}");
    }
    // Offline: its key is not among those of real answers, its issuer is another, and it says what it is.
    let real: JwksReply = h.get("/.well-known/jwks.json").await.json();
    let test: JwksReply = h.get("/.well-known/test-jwks.json").await.json();
    let kid = AnswerVerifyingKey::id_of(&token).unwrap();
    assert!(real.keys.iter().all(|key| key.kid != kid));
    assert_eq!(test.keys[0].kid, kid);
    assert!(real.keys.iter().all(|key| key.x != test.keys[0].x));
    let claims = token.split('.').nth(1).unwrap();
    let claims: Value =
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap();
    assert_eq!(claims["iss"], format!("{ISSUER}/test"));
    assert_eq!(claims["aud"], "pk_test_yes");
    assert_eq!(claims["test"], true);
    // And a real yes is none for whoever tests.
    h.enrol(&ANN, Level::Full).await;
    let session = h.open_at_court().await;
    let real = h.submit(&session, &ANN.payload(40)).await.token();
    let reply = siteverify(&h, "sk_test_yes", &real).await;
    assert_eq!(reply.error_codes, ["answer.invalid"]);
}

#[tokio::test]
async fn no_capture_is_opened_for_a_test_key_and_no_resident_is_answered_about_as_a_test() {
    let h = development().await;
    h.enrol(&ANN, Level::Full).await;
    let session: SessionReply = open(&h, "pk_test_yes", PAGE).await.json();
    // A resident's real capture, sealed for the test session in every way right.
    let sealed = h.submit(&session, &ANN.payload(40)).await;
    assert_eq!(sealed.problem(), "config.bad_sitekey");
    // And a site's session, at the address of the test answers.
    let session = h.open_at_court().await;
    h.challenge(&session).await;
    let request = json!({"session": session.session});
    assert_eq!(
        h.post("/v1/test-answers", &request).await.problem(),
        "session.unknown"
    );
    let enrol =
        json!({"sitekey": "pk_test_yes", "origin": PAGE, "purpose": "enrol", "ticket": "t"});
    assert_eq!(
        h.post("/v1/sessions", &enrol).await.problem(),
        "config.bad_action"
    );
}

#[tokio::test]
async fn only_pages_on_a_loopback_address_may_use_one() {
    let h = development().await;
    for origin in ["https://shop.example", "http://localhost.example"] {
        let reply = open(&h, "pk_test_yes", origin).await;
        assert_eq!(reply.problem(), "config.origin_not_allowed", "{origin}");
    }
    let frame = h.get("/frame/pk_test_yes").await;
    let policy = frame.header("content-security-policy");
    let (_, ancestors) = policy.split_once("frame-ancestors ").unwrap();
    for ancestor in ancestors.split(' ') {
        let host = ancestor.split_once("://").unwrap().1;
        assert!(
            ["localhost:*", "*.localhost:*", "127.0.0.1:*"].contains(&host),
            "{ancestor}"
        );
    }
    assert_eq!(
        h.get("/frame/pk_test_maybe").await.problem(),
        "config.bad_sitekey"
    );
}

#[tokio::test]
async fn a_production_authority_knows_none() {
    let h = Harness::start().await;
    for key in TestKeys::site_keys() {
        assert_eq!(
            open(&h, &key, PAGE).await.problem(),
            "config.bad_sitekey",
            "{key}"
        );
        let frame = h.get(&format!("/frame/{key}")).await;
        assert_eq!(frame.problem(), "config.bad_sitekey", "{key}");
        let secret = key.replace("pk_", "sk_");
        let request = json!({"action": "efile-submit"});
        let minted = h.post_with("/v1/sessions", Some(&secret), &request);
        assert_eq!(minted.await.problem(), "config.bad_session", "{secret}");
        let reply = siteverify(&h, &secret, "a.b.c").await;
        assert_eq!(reply.error_codes, ["config.bad_session"], "{secret}");
    }
    let request = json!({"session": h.open_at_court().await.session});
    assert_eq!(
        h.post("/v1/test-answers", &request).await.status,
        StatusCode::NOT_FOUND
    );
    let jwks = h.get("/.well-known/test-jwks.json").await;
    assert_eq!(jwks.status, StatusCode::NOT_FOUND);
    let known: Value = h.get("/.well-known/nod").await.json();
    assert!(known.get("test").is_none());
}

/// A session of a test key that is still in the database when the machine becomes one for production.
#[tokio::test]
async fn a_test_session_ends_with_development() {
    let h = development().await;
    let session: SessionReply = open(&h, "pk_test_yes", PAGE).await.json();
    let production = restarted(&h, "").await.unwrap();
    let request = nod_protocol::http::ChallengeRequest {
        mode: nod_protocol::challenge::Mode::Still,
    };
    let drawn = nod_authority::challenge::draw(&production, &session.session, request).await;
    assert_eq!(
        drawn.err().map(|error| error.code().as_str()),
        Some("config.bad_sitekey")
    );
}

#[tokio::test]
async fn no_authority_starts_with_a_site_under_a_reserved_key() {
    let h = Harness::start().await;
    let planted = site("pk_test_yes", "https://shop.example", Level::Light, true);
    h.register(planted, "sk_planted").await;
    for settings in ["", "development = true"] {
        let refused = restarted(&h, settings).await.err();
        assert!(
            matches!(&refused, Some(StartError::ReservedKey(key)) if key.as_str() == "pk_test_yes"),
            "{settings}: {refused:?}"
        );
    }
}

/// Another authority on the same data directory.
async fn restarted(h: &Harness, more: &str) -> Result<Authority, StartError> {
    let dist = h.dir.path().join("dist");
    let settings = format!(
        "issuer = \"{ISSUER}\"\ndist = \"{}\"\n{more}{}",
        dist.display(),
        h.database.settings()
    );
    let config = Config::parse(&settings, "config.toml", std::iter::empty()).unwrap();
    let data = h.dir.path().join("data");
    Authority::start(config, &data, h.clock.clone()).await
}
