//! Opening sessions: who may, for what, for how long.

use axum::http::StatusCode;
use nod_protocol::{
    http::{SessionReply, SiteSessionReply},
    ids::Level,
};
use serde_json::json;

use crate::{
    harness::{COURT, COURT_SECRET, HOTEL, Harness, ISSUER},
    people::ANN,
};

#[tokio::test]
async fn the_frame_gets_what_it_must_seal_and_what_consent_shows() {
    let h = Harness::start().await;
    let session = h.open_at_court().await;
    assert_eq!(session.expires_in, 1800);
    assert_eq!(session.origin.as_str(), COURT);
    assert_eq!(session.level, Level::Light);
    assert_eq!(session.rp_nonce.unwrap().as_str(), "n-1");
    assert_eq!(session.bind.unwrap().as_str(), "sha256-doc");
    assert_eq!(session.model_sets[0].as_str(), "open-1");
    assert_eq!(session.site.purpose_text, "File a claim in your name");
    assert_eq!(session.site.alternative, format!("{COURT}/counter"));
    assert!(session.site.still && session.ticket.is_none());
    assert_ne!(h.open_at_court().await.session_nonce, session.session_nonce);
}

#[tokio::test]
async fn the_first_registered_action_is_the_default() {
    let h = Harness::start().await;
    let request = json!({"sitekey": "pk_court", "origin": COURT});
    let session: SessionReply = h.post("/v1/sessions", &request).await.json();
    assert_eq!(session.action.as_str(), "efile-submit");
}

#[tokio::test]
async fn attributes_only_ask_and_the_registration_sets_the_floor() {
    let h = Harness::start().await;
    let level_at = async |site: &str, origin: &str, level: &str| {
        let request = json!({"sitekey": site, "origin": origin, "level": level});
        h.post("/v1/sessions", &request)
            .await
            .json::<SessionReply>()
            .level
    };
    assert_eq!(level_at("pk_court", COURT, "light").await, Level::Light);
    assert_eq!(level_at("pk_court", COURT, "full").await, Level::Full);
    assert_eq!(level_at("pk_hotel", HOTEL, "light").await, Level::Full);
}

#[tokio::test]
async fn requests_that_the_site_is_not_registered_for_are_refused() {
    let h = Harness::start().await;
    for (request, status, code) in [
        (
            json!({"sitekey": "pk_nobody", "origin": COURT}),
            404,
            "config.bad_sitekey",
        ),
        (
            json!({"sitekey": "pk_court", "origin": HOTEL}),
            403,
            "config.origin_not_allowed",
        ),
        (
            json!({"sitekey": "pk_court", "origin": "https://court.example.gov:8443"}),
            403,
            "config.origin_not_allowed",
        ),
        (
            json!({"sitekey": "pk_court", "origin": "null"}),
            400,
            "config.bad_session",
        ),
        (
            json!({"sitekey": "pk_court", "origin": COURT, "x": 1}),
            400,
            "config.bad_session",
        ),
        (
            json!({"sitekey": "pk_court", "origin": COURT, "action": "delete"}),
            400,
            "config.bad_action",
        ),
        (
            json!({"sitekey": "pk_court", "origin": COURT, "ask": ["age_over_18"]}),
            400,
            "config.bad_action",
        ),
        (
            json!({"sitekey": "pk_court", "origin": COURT, "purpose": "enrol"}),
            400,
            "config.bad_action",
        ),
        (
            json!({"sitekey": "pk_self", "origin": ISSUER}),
            400,
            "config.bad_action",
        ),
        (
            json!({"sitekey": "pk_court", "origin": COURT, "ticket": "x"}),
            400,
            "config.bad_session",
        ),
    ] {
        let reply = h.post("/v1/sessions", &request).await;
        assert_eq!(
            (reply.problem().as_str(), reply.status.as_u16()),
            (code, status),
            "{request}"
        );
    }
}

#[tokio::test]
async fn a_back_end_mints_and_the_frame_claims_for_its_page() {
    let h = Harness::start().await;
    let terms = json!({"action": "efile-pay", "level": "full", "rp_nonce": "n-2", "bind": "b"});
    let reply = h
        .post_with("/v1/sessions", Some(COURT_SECRET), &terms)
        .await;
    let minted: SiteSessionReply = reply.json();
    assert_eq!(minted.expires_in, 1800);

    let claim = json!({"sitekey": "pk_court", "origin": COURT, "session": minted.session,
                       "level": "light", "action": "efile-submit"});
    let claimed: SessionReply = h.post("/v1/sessions", &claim).await.json();
    // What the page asks for counts nothing against what the back end fixed.
    assert_eq!(
        (claimed.action.as_str(), claimed.level),
        ("efile-pay", Level::Full)
    );
    assert_eq!(claimed.rp_nonce.unwrap().as_str(), "n-2");

    let again: SessionReply = h.post("/v1/sessions", &claim).await.json();
    assert_eq!(
        again.session_nonce, claimed.session_nonce,
        "a reloaded page"
    );
}

#[tokio::test]
async fn only_the_right_secret_mints_and_only_the_right_site_claims() {
    let h = Harness::start().await;
    let terms = json!({"action": "efile-submit"});
    let refused = h.post_with("/v1/sessions", Some("sk_wrong"), &terms).await;
    assert_eq!(refused.problem(), "config.bad_session");

    let reply = h
        .post_with("/v1/sessions", Some(COURT_SECRET), &terms)
        .await;
    let minted: SiteSessionReply = reply.json();
    let by_another = json!({"sitekey": "pk_hotel", "origin": HOTEL, "session": minted.session});
    assert_eq!(
        h.post("/v1/sessions", &by_another).await.problem(),
        "session.unknown"
    );
    let made_up = json!({"sitekey": "pk_court", "origin": COURT,
                         "session": "s_AAAAAAAAAAAAAAAAAAAAAA"});
    assert_eq!(
        h.post("/v1/sessions", &made_up).await.problem(),
        "session.unknown"
    );
    h.wait(1800);
    let late = json!({"sitekey": "pk_court", "origin": COURT, "session": minted.session});
    assert!(
        ["session.unknown", "session.expired"]
            .contains(&h.post("/v1/sessions", &late).await.problem().as_str())
    );
}

#[tokio::test]
async fn the_challenge_is_drawn_once_and_in_time() {
    let h = Harness::start().await;
    let session = h.open_at_court().await;
    let path = format!("/v1/sessions/{}/challenge", session.session);
    h.wait(1799);
    let first = h.post(&path, &json!({"mode": "still"})).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    assert_eq!(
        h.post(&path, &json!({"mode": "still"})).await.problem(),
        "session.spent"
    );

    let session = h.open_at_court().await;
    let path = format!("/v1/sessions/{}/challenge", session.session);
    h.wait(1800);
    assert_eq!(
        h.post(&path, &json!({"mode": "still"})).await.problem(),
        "session.expired"
    );
    let nobody = "/v1/sessions/s_AAAAAAAAAAAAAAAAAAAAAA/challenge";
    assert_eq!(
        h.post(nobody, &json!({"mode": "still"})).await.problem(),
        "session.unknown"
    );
    let malformed = "/v1/sessions/not-a-session/challenge";
    assert_eq!(
        h.post(malformed, &json!({"mode": "still"})).await.problem(),
        "session.unknown"
    );
}

#[tokio::test]
async fn a_mode_that_the_site_does_not_allow_is_refused_before_capture() {
    let h = Harness::start().await;
    let request = json!({"sitekey": "pk_hotel", "origin": HOTEL});
    let session: SessionReply = h.post("/v1/sessions", &request).await.json();
    let path = format!("/v1/sessions/{}/challenge", session.session);
    assert_eq!(
        h.post(&path, &json!({"mode": "still"})).await.problem(),
        "config.bad_action"
    );
}

#[tokio::test]
async fn an_enrolment_session_needs_a_ticket_that_is_good() {
    let h = Harness::start().await;
    let open = async |code: Option<&str>| {
        let request = json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol",
                             "ticket": code});
        h.post("/v1/sessions", &request).await
    };
    assert_eq!(open(None).await.problem(), "enrol.ticket_unknown");
    assert_eq!(open(Some("guess")).await.problem(), "enrol.ticket_unknown");
    let code = h.ticket(&ANN, Level::Full).await;
    let session: SessionReply = open(Some(&code)).await.json();
    assert_eq!(session.level, Level::Full);
    assert_eq!(session.ticket.unwrap().issuer, "terminal-7");
    h.wait(15 * 60);
    assert_eq!(open(Some(&code)).await.problem(), "enrol.ticket_unknown");
}
