//! A site's back end names the resident whom it expects by a sealed ID number: their yes is a yes, and nobody else's.

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::{
    http::{KeysReply, SessionReply, SiteSessionReply},
    ids::{ClaimedId, Level, SiteKey},
    payload::Payload,
    seal::{SealPublicKey, seal_claim},
};
use serde_json::{Value, json};

use crate::{
    harness::{COURT, COURT_SECRET, Harness, Reply},
    people::{ANN, BOB},
};

/// What a back end posts that holds this number, sealed as said by a site.
async fn claim(h: &Harness, id: &str, site: &str) -> Value {
    let published: KeysReply = h.get("/v1/keys").await.json();
    let config = &published.keys[0];
    let point = Base64UrlUnpadded::decode_vec(&config.public_key).unwrap();
    let sealed = seal_claim(
        &SealPublicKey::from_bytes(&point).unwrap(),
        &SiteKey::parse(site).unwrap(),
        &ClaimedId::parse(id).unwrap(),
    )
    .unwrap();
    json!({"kid": config.kid, "sealed": Base64UrlUnpadded::encode_string(&sealed)})
}

async fn mint(h: &Harness, terms: &Value) -> Reply {
    h.post_with("/v1/sessions", Some(COURT_SECRET), terms).await
}

async fn verify(h: &Harness, expected: Value, payload: &Payload) -> Value {
    let terms = json!({"action": "efile-submit", "claimed_id": expected});
    let minted: SiteSessionReply = mint(h, &terms).await.json();
    let taken = json!({"sitekey": "pk_court", "origin": COURT, "session": minted.session});
    let session: SessionReply = h.post("/v1/sessions", &taken).await.json();
    h.submit(&session, payload).await.claims()
}

#[tokio::test]
async fn a_yes_is_one_only_of_the_resident_whom_the_site_named() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    h.enrol(&BOB, Level::Full).await;
    let ann = verify(&h, claim(&h, ANN.id, "pk_court").await, &ANN.payload(40)).await;
    assert_eq!(ann["yes"], true);
    let bob = verify(&h, claim(&h, ANN.id, "pk_court").await, &BOB.payload(40)).await;
    assert_eq!(bob["yes"], false, "truthful, and somebody else");
}

#[tokio::test]
async fn nobody_is_told_who_is_enrolled() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let terms = |claimed_id| json!({"action": "efile-submit", "claimed_id": claimed_id});
    let known = mint(&h, &terms(claim(&h, ANN.id, "pk_court").await)).await;
    let unknown = mint(&h, &terms(claim(&h, BOB.id, "pk_court").await)).await;
    let fields = |reply: &Reply| -> Vec<String> {
        let body: Value = reply.json();
        body.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(fields(&known), fields(&unknown));
    assert_eq!(known.body.len(), unknown.body.len());
    let no = verify(&h, claim(&h, BOB.id, "pk_court").await, &ANN.payload(40)).await;
    assert_eq!(no["yes"], false);
}

#[tokio::test]
async fn what_was_not_sealed_for_this_site_and_authority_is_refused() {
    let h = Harness::start().await;
    let good = claim(&h, ANN.id, "pk_court").await;
    let with = |field: &str, value: Value| {
        let mut changed = good.clone();
        changed[field] = value;
        changed
    };
    for (claimed_id, code) in [
        (claim(&h, ANN.id, "pk_hotel").await, "seal.open_failed"),
        (with("sealed", json!("AAAA")), "seal.open_failed"),
        (with("sealed", json!("not base64!")), "config.bad_session"),
        (with("kid", json!("k0")), "seal.unknown_key"),
        (with("more", json!(1)), "config.bad_session"),
    ] {
        let terms = json!({"action": "efile-submit", "claimed_id": claimed_id});
        assert_eq!(mint(&h, &terms).await.problem(), code, "{terms}");
    }
    let both = json!({"action": "efile-submit", "claimed_id": good, "expected_sub": "x"});
    assert_eq!(mint(&h, &both).await.problem(), "config.bad_session");
}
