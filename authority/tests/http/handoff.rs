//! Continuing on a phone: one session, two screens, one answer, for the screen that began.

mod limits;

use axum::http::StatusCode;
use nod_protocol::{
    handoff::{JoinReply, OfferReply, OpenReply},
    http::{SessionReply, SiteSessionReply},
    ids::{Level, SessionId},
};
use serde_json::{Value, json};

use crate::{
    harness::{COURT, COURT_SECRET, Harness, ISSUER, Reply},
    people::{ANN, BOB},
    secrecy::{contains, database_bytes},
};

#[tokio::test]
async fn the_phone_verifies_and_the_desk_alone_gets_the_answer() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Light).await;
    let session = h.open_at_court().await;
    let offer = offer(&h, &session.session).await;
    assert_eq!(offer.expires_in, 300);
    assert_eq!(offer.code.len(), 6);
    assert_eq!(state(&h, &offer.desk).await, json!({"state": "waiting"}));

    let opened = open(&h, &offer).await;
    assert_eq!(opened.origin.as_str(), COURT);
    assert_eq!(opened.site.name, "Site pk_court");
    assert_eq!(opened.site.purpose_text, "File a claim in your name");
    for key in [&offer.desk, &opened.phone] {
        assert_eq!(state(&h, key).await, json!({"state": "opened"}));
    }
    let joined = join(&h, &opened.phone, &offer.code).await;
    assert_ne!(joined.session, session.session);
    let phone = claim(&h, &joined).await;
    // What the answer is bound to is the desk's.
    assert_eq!(phone.action, session.action);
    assert_eq!(phone.rp_nonce, session.rp_nonce);
    assert_eq!(phone.bind, session.bind);
    assert_ne!(phone.session_nonce, session.session_nonce);

    let reply = h.submit(&phone, &ANN.payload(40)).await;
    assert_eq!(
        (reply.status, reply.text().as_str()),
        (StatusCode::OK, "{}")
    );
    assert_eq!(state(&h, &opened.phone).await, json!({"state": "answered"}));
    let answer = h.get_with("/v1/handoff", &offer.desk).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let claims = answer.claims();
    assert_eq!(claims["yes"], true);
    assert_eq!(claims["origin"], COURT);
    assert_eq!(claims["rp_nonce"], "n-1");
    assert_eq!(claims["bind"], "sha256-doc");

    // The site checks it as it checks any other, once.
    let check = json!({"secret": COURT_SECRET, "response": answer.token()});
    let checked: Value = h.post("/v1/siteverify", &check).await.json();
    assert_eq!(checked["yes"], true, "{checked}");
}

#[tokio::test]
async fn the_phone_cannot_tell_a_no_from_a_yes() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Light).await;
    let (offer, opened, phone) = handed_on(&h).await;
    let reply = h.submit(&phone, &BOB.payload(40)).await;
    assert_eq!(
        (reply.status, reply.text().as_str()),
        (StatusCode::OK, "{}")
    );
    assert_eq!(state(&h, &opened.phone).await, json!({"state": "answered"}));
    let answer = h.get_with("/v1/handoff", &offer.desk).await;
    assert_eq!(answer.claims()["yes"], false);
}

#[tokio::test]
async fn exactly_one_of_the_two_screens_can_finish() {
    let h = Harness::start().await;
    // The phone has joined: the desk's session is spent, for a challenge, another claim and another offer.
    let session = h.open_at_court().await;
    let offered = offer(&h, &session.session).await;
    let opened = open(&h, &offered).await;
    let phone = claim(&h, &join(&h, &opened.phone, &offered.code).await).await;
    let challenge = format!("/v1/sessions/{}/challenge", session.session);
    let reply = h.post(&challenge, &json!({"mode": "still"})).await;
    assert_eq!(reply.problem(), "session.spent");
    let request = json!({"session": session.session});
    assert_eq!(
        h.post("/v1/handoff", &request).await.problem(),
        "session.spent"
    );
    // Nor is the phone's handed on further.
    let further = json!({"session": phone.session});
    assert_eq!(
        h.post("/v1/handoff", &further).await.problem(),
        "session.unknown"
    );

    // The desk was faster: the right code opens nothing.
    let session = h.open_at_court().await;
    let offered = offer(&h, &session.session).await;
    let opened = open(&h, &offered).await;
    h.challenge(&session).await;
    let reply = try_code(&h, &opened.phone, &offered.code).await;
    assert_eq!(reply.problem(), "session.spent");
}

#[tokio::test]
async fn either_side_ends_it_for_both() {
    let h = Harness::start().await;
    // The desk, before and after the phone has joined.
    for joins in [false, true] {
        let session = h.open_at_court().await;
        let offer = offer(&h, &session.session).await;
        let opened = open(&h, &offer).await;
        let phone = match joins {
            true => Some(claim(&h, &join(&h, &opened.phone, &offer.code).await).await),
            false => None,
        };
        let told = end(&h, &offer.desk, "cancelled").await;
        assert_eq!(told, json!({"state": "ended", "code": "handoff.ended"}));
        assert_eq!(state(&h, &opened.phone).await, told);
        match phone {
            None => assert_eq!(
                try_code(&h, &opened.phone, &offer.code).await.problem(),
                "handoff.ended"
            ),
            Some(phone) => {
                let challenge = format!("/v1/sessions/{}/challenge", phone.session);
                let reply = h.post(&challenge, &json!({"mode": "still"})).await;
                assert_eq!(reply.problem(), "session.spent");
            }
        }
    }
    // The phone, and why.
    for (reason, code) in [
        ("cancelled", "user.cancelled"),
        ("alternative", "user.alternative"),
        ("failed", "handoff.failed"),
    ] {
        let (offer, opened, _) = handed_on(&h).await;
        end(&h, &opened.phone, reason).await;
        let told = json!({"state": "ended", "code": code});
        assert_eq!(state(&h, &offer.desk).await, told);
        // What is over stays as it is.
        assert_eq!(end(&h, &offer.desk, "cancelled").await, told);
    }
}

#[tokio::test]
async fn an_answer_that_the_desk_no_longer_wants_is_given_to_nobody() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Light).await;
    let (offer, _, phone) = handed_on(&h).await;
    let challenge = h.challenge(&phone).await;
    let body = h.seal(&phone, &challenge, &ANN.payload(40)).await;
    end(&h, &offer.desk, "cancelled").await;
    assert_eq!(
        h.post_sealed("/v1/verify", body).await.problem(),
        "session.spent"
    );
    let told = state(&h, &offer.desk).await;
    assert_eq!(told, json!({"state": "ended", "code": "handoff.ended"}));
}

#[tokio::test]
async fn the_terms_of_a_back_end_go_with_the_session() {
    let h = Harness::start().await;
    h.enrol(&BOB, Level::Full).await;
    // The site expects somebody else than who will answer.
    let terms = json!({"action": "efile-pay", "level": "full", "rp_nonce": "n-2", "expected_sub": "somebody-else"});
    let minted: SiteSessionReply = h
        .post_with("/v1/sessions", Some(COURT_SECRET), &terms)
        .await
        .json();
    // Before the frame has claimed it, it is no page's.
    let request = json!({"session": minted.session});
    assert_eq!(
        h.post("/v1/handoff", &request).await.problem(),
        "session.unknown"
    );
    let claimed = json!({"sitekey": "pk_court", "origin": COURT, "session": minted.session});
    h.post("/v1/sessions", &claimed)
        .await
        .json::<SessionReply>();
    let offer = offer(&h, &minted.session).await;
    let opened = open(&h, &offer).await;
    assert_eq!(opened.site.purpose_text, "Pay a fee");
    let phone = claim(&h, &join(&h, &opened.phone, &offer.code).await).await;
    assert_eq!(phone.level, Level::Full);
    h.submit(&phone, &BOB.payload(40)).await;
    let claims = h.get_with("/v1/handoff", &offer.desk).await.claims();
    assert_eq!(
        (claims["yes"].clone(), claims["rp_nonce"].clone()),
        (json!(false), json!("n-2"))
    );
}

#[tokio::test]
async fn the_database_holds_no_code_no_secret_and_no_answer_in_the_clear() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Light).await;
    let (offer, opened, phone) = handed_on(&h).await;
    h.submit(&phone, &ANN.payload(40)).await;
    let token = h.get_with("/v1/handoff", &offer.desk).await.token();
    let raw = database_bytes(&h);
    assert!(contains(&raw, b"answered"), "the hand-off is in the file");
    let claims = token.split('.').nth(1).unwrap();
    for secret in [handle(&offer), &offer.desk, &opened.phone, claims] {
        assert!(!contains(&raw, secret.as_bytes()), "{secret}");
    }
    // Six digits could be there by chance; as a field of their own, behind its length in a record, hardly.
    assert!(!contains(&raw, format!("{}waiting", offer.code).as_bytes()));

    // An answer waits as long as it is good, and the rest is forgotten after an hour.
    let forget = async || {
        let store = &h.authority.store;
        store.forget_expired(h.authority.now()).await.unwrap();
    };
    h.wait(300);
    let told = state(&h, &offer.desk).await;
    assert_eq!(told, json!({"state": "ended", "code": "handoff.expired"}));
    forget().await;
    assert_eq!(state(&h, &offer.desk).await, told);
    h.wait(3601);
    forget().await;
    let reply = h.get_with("/v1/handoff", &offer.desk).await;
    assert_eq!(reply.problem(), "handoff.unknown");
}

/// A hand-off as far as the phone's open session.
pub(super) async fn handed_on(h: &Harness) -> (OfferReply, OpenReply, SessionReply) {
    let session = h.open_at_court().await;
    let offer = offer(h, &session.session).await;
    let opened = open(h, &offer).await;
    let joined = join(h, &opened.phone, &offer.code).await;
    let phone = claim(h, &joined).await;
    (offer, opened, phone)
}

pub(super) async fn offer(h: &Harness, session: &SessionId) -> OfferReply {
    let request = json!({"session": session});
    h.post("/v1/handoff", &request).await.json()
}

/// What stands behind `#` of the link; everything before it is the same for everybody.
pub(super) fn handle(offer: &OfferReply) -> &str {
    let page = format!("{ISSUER}/handoff#");
    offer.link.strip_prefix(&page).unwrap()
}

pub(super) async fn try_open(h: &Harness, offer: &OfferReply) -> Reply {
    let request = json!({"handle": handle(offer)});
    h.post("/v1/handoff/open", &request).await
}

pub(super) async fn open(h: &Harness, offer: &OfferReply) -> OpenReply {
    try_open(h, offer).await.json()
}

pub(super) async fn try_code(h: &Harness, phone: &str, code: &str) -> Reply {
    let request = json!({"code": code});
    h.post_with("/v1/handoff/join", Some(phone), &request).await
}

pub(super) async fn join(h: &Harness, phone: &str, code: &str) -> JoinReply {
    try_code(h, phone, code).await.json()
}

/// The phone opens its session as a frame does that was given one.
pub(super) async fn claim(h: &Harness, joined: &JoinReply) -> SessionReply {
    let request =
        json!({"sitekey": joined.sitekey, "origin": joined.origin, "session": joined.session});
    h.post("/v1/sessions", &request).await.json()
}

pub(super) async fn state(h: &Harness, key: &str) -> Value {
    h.get_with("/v1/handoff", key).await.json()
}

pub(super) async fn end(h: &Harness, key: &str, reason: &str) -> Value {
    let request = json!({"reason": reason});
    h.post_with("/v1/handoff/end", Some(key), &request)
        .await
        .json()
}

/// Another code than the right one.
pub(super) fn wrong(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}
