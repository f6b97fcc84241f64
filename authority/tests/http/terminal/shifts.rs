//! Operators: who is signed in, for how long, and what each may see.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use super::desk::{Desk, added};
use crate::people::{ANN, BOB};

#[tokio::test]
async fn only_an_operator_who_is_signed_in_gets_anything() {
    let desk = Desk::open().await;
    let enrolment = desk.enrolment(&ANN).await;
    let state = format!("/v1/terminal/enrolments/{}", enrolment.id);
    let id = json!({"claimed_id": BOB.id});
    for wrong in [None, Some(""), Some("os_wrong"), Some(desk.secret.as_str())] {
        for (path, body) in [
            ("/v1/terminal/enrolments", Some(&id)),
            ("/v1/terminal/revoke", Some(&id)),
            (state.as_str(), None),
            (
                &format!("{state}/issue"),
                Some(&json!({"document_checked": true})),
            ),
            (&format!("{state}/refuse"), Some(&json!({}))),
        ] {
            let refused = desk.with(path, wrong, body).await;
            assert_eq!(refused.status.as_u16(), 401, "{path}");
            assert_eq!(refused.problem(), "terminal.not_signed_in");
        }
    }
    for secret in ["", "op_wrong", &desk.shift] {
        assert_eq!(
            desk.sign_in(secret).await.problem(),
            "terminal.not_signed_in"
        );
    }
    desk.post("/v1/terminal/sign-out", &json!({})).await;
    assert_eq!(
        desk.with(&state, Some(&desk.shift), None)
            .await
            .status
            .as_u16(),
        401
    );
}

#[tokio::test]
async fn a_shift_ends_after_half_an_hour_in_which_only_the_page_has_asked() {
    let desk = Desk::open().await;
    let enrolment = desk.enrolment(&ANN).await;
    let state = format!("/v1/terminal/enrolments/{}", enrolment.id);
    for _ in 0..2 {
        desk.h.wait(10 * 60);
        assert_eq!(
            desk.with(&state, Some(&desk.shift), None)
                .await
                .status
                .as_u16(),
            200
        );
    }
    desk.h.wait(10 * 60);
    assert_eq!(
        desk.with(&state, Some(&desk.shift), None)
            .await
            .status
            .as_u16(),
        401
    );

    // Who works stays signed in, for twelve hours.
    let shift = desk.sign_in(&desk.secret).await.json::<Value>();
    let shift = shift["shift"].as_str().unwrap();
    let id = json!({"claimed_id": BOB.id});
    for quarter in 0..48 {
        let reply = desk
            .with("/v1/terminal/revoke", Some(shift), Some(&id))
            .await;
        assert_eq!(reply.status.as_u16(), 200, "{quarter}");
        desk.h.wait(15 * 60);
    }
    let reply = desk
        .with("/v1/terminal/revoke", Some(shift), Some(&id))
        .await;
    assert_eq!(reply.status.as_u16(), 401);
}

#[tokio::test]
async fn an_operator_sees_what_they_have_opened_and_who_is_revoked_sees_nothing() {
    let desk = Desk::open().await;
    let (enrolment, waiting) = desk.held(&ANN, &ANN).await;
    let (_, secret) = added(&desk.h, "Town hall, window 4").await;
    let other: Value = desk.sign_in(&secret).await.json();
    let other = other["shift"].as_str();
    let state = format!("/v1/terminal/enrolments/{enrolment}");
    assert_eq!(
        desk.with(&state, other, None).await.problem(),
        "terminal.nothing"
    );
    let issue = json!({"document_checked": true});
    let refused = desk
        .with(&format!("{state}/issue"), other, Some(&issue))
        .await;
    assert_eq!(refused.problem(), "terminal.nothing");

    let store = &desk.h.authority.store;
    let now = desk.h.authority.now();
    let open = desk.enrolment(&BOB).await;
    assert!(store.revoke_operator(&desk.operator, now).await.unwrap());
    assert!(!store.revoke_operator(&desk.operator, now).await.unwrap());
    assert_eq!(
        desk.with(&state, Some(&desk.shift), None)
            .await
            .status
            .as_u16(),
        401
    );
    assert_eq!(desk.sign_in(&desk.secret).await.status.as_u16(), 401);
    // What was open at that terminal is over, for the phones too.
    assert_eq!(
        desk.h.get_with("/v1/enrol", &waiting).await.problem(),
        "session.unknown"
    );
    let request = json!({"sitekey": "pk_self", "origin": crate::harness::ISSUER, "purpose": "enrol", "ticket": open.ticket});
    assert_eq!(
        desk.h.post("/v1/sessions", &request).await.problem(),
        "enrol.ticket_spent"
    );
}

#[tokio::test]
async fn terminals_and_everybody_else_have_origins_of_their_own() {
    let desk = Desk::open().await;
    let h = &desk.h;
    for path in [
        "/v1/terminal/sign-in",
        "/v1/terminal/enrolments",
        "/v1/terminal/revoke",
    ] {
        let reply = h.post(path, &json!({"secret": desk.secret})).await;
        // 405 where a file of the widget could have the name.
        assert!(matches!(reply.status.as_u16(), 404 | 405), "{path}");
    }
    for path in [
        "/frame/pk_court",
        "/me",
        "/enrol",
        "/v1/keys",
        "/metrics",
        "/readyz",
    ] {
        assert_eq!(
            desk.with(path, None, None).await.status.as_u16(),
            404,
            "{path}"
        );
    }
    let page = desk.with("/", None, None).await;
    assert_eq!(page.status.as_u16(), 200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
        "{policy}"
    );
    let request = Request::get("/").body(Body::empty()).unwrap();
    assert_eq!(h.send(request).await.status.as_u16(), 404);
}
