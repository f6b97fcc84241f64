//! What the site's back end learns, once.

use nod_protocol::{
    answer::AnswerVerifyingKey,
    http::{JwksReply, SiteverifyReply},
    ids::Level,
};
use serde_json::json;

use crate::{
    harness::{COURT, COURT_SECRET, HOTEL_SECRET, Harness},
    people::ANN,
};

async fn check(h: &Harness, secret: &str, token: &str) -> SiteverifyReply {
    h.post(
        "/v1/siteverify",
        &json!({"secret": secret, "response": token}),
    )
    .await
    .json()
}

async fn a_yes(h: &Harness) -> String {
    h.enrol(&ANN, Level::Full).await;
    let session = h.open_at_court().await;
    h.submit(&session, &ANN.payload(40)).await.token()
}

#[tokio::test]
async fn an_answer_is_checked_once() {
    let h = Harness::start().await;
    let token = a_yes(&h).await;
    let reply = check(&h, COURT_SECRET, &token).await;
    assert!(reply.success && reply.yes == Some(true) && reply.error_codes.is_empty());
    assert_eq!(reply.origin.unwrap().as_str(), COURT);
    assert_eq!(reply.action.unwrap().as_str(), "efile-submit");
    assert_eq!(reply.rp_nonce.unwrap().as_str(), "n-1");
    assert_eq!(reply.bind.unwrap().as_str(), "sha256-doc");
    assert_eq!(reply.acr, Some(Level::Light));
    assert!(reply.sub.is_some() && reply.exp.unwrap() - reply.iat.unwrap() == 300);

    let second = check(&h, COURT_SECRET, &token).await;
    assert!(!second.success && second.yes.is_none() && second.sub.is_none());
    assert_eq!(second.error_codes, ["answer.already_used"]);
}

#[tokio::test]
async fn of_two_checks_at_once_one_is_the_first() {
    let h = Harness::start().await;
    let token = a_yes(&h).await;
    let (a, b) = tokio::join!(
        check(&h, COURT_SECRET, &token),
        check(&h, COURT_SECRET, &token)
    );
    assert!(a.success ^ b.success);
}

#[tokio::test]
async fn another_sites_secret_or_a_changed_token_is_refused_and_does_not_use_it_up() {
    let h = Harness::start().await;
    let token = a_yes(&h).await;
    let wrong_secret = check(&h, "sk_wrong", &token).await;
    assert_eq!(wrong_secret.error_codes, ["config.bad_session"]);
    let other_site = check(&h, HOTEL_SECRET, &token).await;
    assert_eq!(other_site.error_codes, ["answer.invalid"]);
    for changed in ["", "a.b.c", &token[1..], &format!("{token}A")] {
        let reply = check(&h, COURT_SECRET, changed).await;
        assert_eq!(reply.error_codes, ["answer.invalid"], "{changed}");
    }
    assert!(check(&h, COURT_SECRET, &token).await.success);
}

#[tokio::test]
async fn an_old_answer_is_expired() {
    let h = Harness::start().await;
    let token = a_yes(&h).await;
    h.wait(300 + 60);
    assert_eq!(
        check(&h, COURT_SECRET, &token).await.error_codes,
        ["answer.expired"]
    );
}

#[tokio::test]
async fn expected_sub_turns_a_yes_about_another_into_a_no() {
    let h = Harness::start().await;
    let token = a_yes(&h).await;
    let request = json!({"secret": COURT_SECRET, "response": token, "expected_sub": "stranger"});
    let reply: SiteverifyReply = h.post("/v1/siteverify", &request).await.json();
    assert!(reply.success && reply.yes == Some(false));
    let session = h.open_at_court().await;
    let token = h.submit(&session, &ANN.payload(50)).await.token();
    let request = json!({"secret": COURT_SECRET, "response": token, "expected_sub": reply.sub});
    let reply: SiteverifyReply = h.post("/v1/siteverify", &request).await.json();
    assert_eq!(reply.yes, Some(true));
}

#[tokio::test]
async fn the_published_key_is_the_one_that_signs() {
    let h = Harness::start().await;
    let token = a_yes(&h).await;
    let jwks: JwksReply = h.get("/.well-known/jwks.json").await.json();
    assert_eq!(
        Some(&jwks.keys[0].kid),
        AnswerVerifyingKey::id_of(&token).as_ref()
    );
    // Checked with the curve's own crate from the published numbers, not with our verifier.
    use base64ct::{Base64UrlUnpadded as B64, Encoding};
    use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
    let mut point = vec![4u8];
    point.extend(B64::decode_vec(&jwks.keys[0].x).unwrap());
    point.extend(B64::decode_vec(&jwks.keys[0].y).unwrap());
    let key = VerifyingKey::from_sec1_bytes(&point).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = Signature::from_slice(&B64::decode_vec(signature).unwrap()).unwrap();
    key.verify(signed.as_bytes(), &signature).unwrap();
}

#[tokio::test]
async fn malformed_requests_are_problems() {
    let h = Harness::start().await;
    for body in [json!({}), json!({"secret": 1, "response": "x"}), json!([])] {
        assert_eq!(
            h.post("/v1/siteverify", &body).await.problem(),
            "config.bad_session"
        );
    }
}
