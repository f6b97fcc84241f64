//! Device keys: bound after an enrolment or on an opened card, a second factor from then on, until they are removed; and nothing
//! that anybody else has, or had, counts for one.

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_authority::store::{Alert, CREDENTIALS_KEPT, Note};
use nod_protocol::{
    http::SessionReply,
    ids::{ClaimedId, Level, Passcode},
    payload::{Assertion, Payload, key_challenge},
};
use serde_json::{Value, json};

use crate::{
    card::opened,
    harness::{COURT, Harness, ISSUER, Reply},
    people::{ANN, BOB, Person},
    process::run,
    secrecy::{contains, database_bytes},
    soft_key::{SoftKey, created, got},
};

const HOST: &str = "id.example.gov";

/// Enrols and returns the secret that a key can be bound with.
async fn enrolled(h: &Harness, person: &Person) -> String {
    let code = h.ticket(person, Level::Full).await;
    let session = h.open_to_enrol(&code).await;
    let reply: Value = h.submit(&session, &person.payload(10)).await.json();
    reply["key_registration"].as_str().unwrap().to_owned()
}

/// What a browser answers to a registration's options with this key.
fn made(key: &SoftKey, options: &Value) -> Value {
    let challenge = options["options"]["challenge"].as_str().unwrap();
    let challenge = Base64UrlUnpadded::decode_vec(challenge).unwrap();
    let client_data = created(&challenge, ISSUER).to_string();
    let base64url = Base64UrlUnpadded::encode_string;
    json!({"registration": options["registration"], "client_data": base64url(client_data.as_bytes()),
           "attestation": base64url(&key.attestation())})
}

async fn bind_with(h: &Harness, secret: &str, key: &SoftKey) -> Reply {
    let request = json!({"registration": secret});
    let options: Value = h.post("/v1/enrol/key/options", &request).await.json();
    h.post("/v1/enrol/key", &made(key, &options)).await
}

/// Enrols a person, and binds a key of this number.
async fn enrolled_with_key(h: &Harness, person: &Person, seed: u8) -> SoftKey {
    let secret = enrolled(h, person).await;
    let key = SoftKey::new(seed, HOST);
    let reply: Value = bind_with(h, &secret, &key).await.json();
    assert_eq!(reply, json!({"added": true}));
    key
}

/// What an opened card hands to the browser.
async fn key_options(h: &Harness, card: &str) -> Value {
    let nothing = json!({});
    h.post_with("/v1/me/keys/options", Some(card), &nothing)
        .await
        .json()
}

async fn on_card(h: &Harness, card: &str, key: &SoftKey) -> Reply {
    let options = key_options(h, card).await;
    h.post_with("/v1/me/keys", Some(card), &made(key, &options))
        .await
}

async fn full_session(h: &Harness) -> SessionReply {
    let request =
        json!({"sitekey": "pk_court", "origin": COURT, "action": "efile-submit", "level": "full"});
    h.post("/v1/sessions", &request).await.json()
}

/// What a browser has the key sign in the frame of a session.
fn signed(key: &SoftKey, session: &SessionReply) -> Assertion {
    let challenge = key_challenge(&session.session, &session.session_nonce);
    let mut client_data = got(&challenge, ISSUER);
    client_data["crossOrigin"] = json!(true);
    client_data["topOrigin"] = json!(COURT);
    key.assertion(&client_data)
}

/// A capture whose second factor is a device key, if it has any.
fn with(person: &Person, shot: u64, assertion: Option<Assertion>) -> Payload {
    Payload {
        passcode: None,
        assertion,
        ..person.payload(shot)
    }
}

/// At level full, with this key.
async fn claims(h: &Harness, person: &Person, shot: u64, key: &SoftKey) -> Value {
    let session = full_session(h).await;
    let payload = with(person, shot, Some(signed(key, &session)));
    h.submit(&session, &payload).await.claims()
}

async fn is_yes(h: &Harness, person: &Person, shot: u64, key: &SoftKey) -> bool {
    claims(h, person, shot, key).await["yes"] == json!(true)
}

async fn alerts(h: &Harness, person: &Person) -> Vec<Alert> {
    let store = &h.authority.store;
    let id = ClaimedId::parse(person.id).unwrap();
    let resident = store.enrolled(&id).await.unwrap().unwrap();
    let notes = store.receipts(resident).await.unwrap().into_iter();
    notes
        .filter_map(|noted| match noted.note {
            Note::Alert { alert } => Some(alert),
            Note::Answer(_) => None,
        })
        .collect()
}

/// How often a resident was told something.
async fn told(h: &Harness, person: &Person, what: Alert) -> usize {
    let alerts = alerts(h, person).await.into_iter();
    alerts.filter(|alert| *alert == what).count()
}

/// How often something was checked so far, by the name of its counter.
async fn counted(h: &Harness, name: &str) -> u64 {
    let metrics = h.metrics().await;
    let lines = metrics.lines().filter(|line| line.starts_with(name));
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

#[tokio::test]
async fn it_stands_for_the_passcode_and_the_answer_says_which_it_was() {
    let h = Harness::start().await;
    let key = enrolled_with_key(&h, &ANN, 3).await;
    let by_key = claims(&h, &ANN, 40, &key).await;
    assert_eq!(by_key["yes"], true);
    assert_eq!(by_key["amr"], json!(["face", "pop"]));
    let by_passcode = h.submit(&full_session(&h).await, &ANN.payload(50)).await;
    let by_passcode = by_passcode.claims();
    assert_eq!(by_passcode["amr"], json!(["face", "pin"]));
    assert_eq!(by_key["sub"], by_passcode["sub"]);
    let session = full_session(&h).await;
    let both = Payload {
        assertion: Some(signed(&key, &session)),
        ..ANN.payload(60)
    };
    let both = h.submit(&session, &both).await.claims();
    assert_eq!(both["amr"], json!(["face", "pin", "pop"]));
    // At level light nothing says what a still capture counted with, and nothing of it is asked for.
    let session = h.open_at_court().await;
    let payload = with(&ANN, 70, Some(signed(&key, &session)));
    let light = h.submit(&session, &payload).await.claims();
    assert_eq!(
        (&light["yes"], &light["amr"]),
        (&json!(true), &json!(["face"]))
    );
    // Without either it is a no, and another's face with the key as well.
    let session = full_session(&h).await;
    let neither = h.submit(&session, &with(&ANN, 80, None)).await.claims();
    assert_eq!(neither["yes"], false);
    assert!(!is_yes(&h, &Person { id: ANN.id, ..BOB }, 90, &key).await);
}

#[tokio::test]
async fn it_is_good_for_one_session_one_page_and_its_owner() {
    let h = Harness::start().await;
    let anns = enrolled_with_key(&h, &ANN, 3).await;
    h.wait(1);
    let bobs = enrolled_with_key(&h, &BOB, 4).await;
    assert!(!is_yes(&h, &ANN, 40, &bobs).await, "another resident's key");
    let stranger = SoftKey::new(5, HOST);
    assert!(!is_yes(&h, &ANN, 50, &stranger).await, "nobody's key");
    let mut posing = SoftKey::new(5, HOST);
    posing.id = anns.id.clone();
    assert!(!is_yes(&h, &ANN, 60, &posing).await, "a known id alone");
    // What was signed in another session, for which it was right.
    let before = full_session(&h).await;
    let session = full_session(&h).await;
    let replayed = with(&ANN, 70, Some(signed(&anns, &before)));
    assert_eq!(h.submit(&session, &replayed).await.claims()["yes"], false);
    // Within a page that is not the site's.
    let session = full_session(&h).await;
    let challenge = key_challenge(&session.session, &session.session_nonce);
    let mut elsewhere = got(&challenge, ISSUER);
    elsewhere["crossOrigin"] = json!(true);
    elsewhere["topOrigin"] = json!("https://evil.example");
    let elsewhere = with(&ANN, 80, Some(anns.assertion(&elsewhere)));
    assert_eq!(h.submit(&session, &elsewhere).await.claims()["yes"], false);
    h.wait(3600);
    assert!(is_yes(&h, &ANN, 90, &anns).await);
}

#[tokio::test]
async fn any_part_of_an_assertion_that_is_changed_is_a_no() {
    let h = Harness::start().await;
    let key = enrolled_with_key(&h, &ANN, 3).await;
    type Change = fn(&mut Assertion);
    let changes: [(&str, Change); 6] = [
        ("credential", |a| a.credential[0] ^= 1),
        ("rp id", |a| a.authenticator_data[0] ^= 1),
        ("flags", |a| a.authenticator_data[32] ^= 4),
        ("counter", |a| a.authenticator_data[36] ^= 1),
        ("client data", |a| a.client_data.push(b' ')),
        ("signature", |a| a.signature[10] ^= 1),
    ];
    for (at, (name, change)) in (0..).zip(changes) {
        // Six failures in a row would be stopped by the limit on guessing.
        h.wait(3600);
        let session = full_session(&h).await;
        let mut assertion = signed(&key, &session);
        change(&mut assertion);
        let payload = with(&ANN, 40 + 10 * at, Some(assertion));
        let claims = h.submit(&session, &payload).await.claims();
        assert_eq!(claims["yes"], false, "{name}");
    }
    h.wait(3600);
    assert!(is_yes(&h, &ANN, 200, &key).await);
}

#[tokio::test]
async fn a_counter_that_does_not_go_on_is_refused_and_its_owner_told() {
    let h = Harness::start().await;
    let secret = enrolled(&h, &ANN).await;
    let mut key = SoftKey::new(3, HOST);
    key.counter = 4;
    assert_eq!(bind_with(&h, &secret, &key).await.status, 200);
    key.counter = 5;
    assert!(is_yes(&h, &ANN, 40, &key).await);
    assert!(!is_yes(&h, &ANN, 50, &key).await, "the same again");
    key.counter = 4;
    assert!(!is_yes(&h, &ANN, 60, &key).await, "an older one");
    key.counter = 0;
    assert!(!is_yes(&h, &ANN, 70, &key).await, "one that counts no more");
    assert_eq!(told(&h, &ANN, Alert::KeyCopied).await, 3);
    key.counter = 6;
    assert!(is_yes(&h, &ANN, 80, &key).await, "the owner goes on");
    // A stranger's signature is no copy of anything.
    let mut posing = SoftKey::new(5, HOST);
    posing.id = key.id.clone();
    posing.counter = 2;
    assert!(!is_yes(&h, &ANN, 90, &posing).await);
    assert_eq!(told(&h, &ANN, Alert::KeyCopied).await, 3);
}

#[tokio::test]
async fn the_work_is_the_same_whoevers_key_it_is() {
    let h = Harness::start().await;
    let anns = enrolled_with_key(&h, &ANN, 3).await;
    h.wait(1);
    enrolled(&h, &BOB).await;
    let stranger = SoftKey::new(5, HOST);
    let nobody = Person {
        id: "PLANTED-9999-NOBODY",
        ..BOB
    };
    let mut database = h.past_the_store().await;
    let tries = "SELECT CAST(COALESCE(SUM(tries), 0) AS BIGINT) FROM credentials";
    let cases = [
        ("right", &ANN, &anns),
        ("nobody's", &ANN, &stranger),
        ("of who has none", &BOB, &stranger),
        ("another's", &BOB, &anns),
        ("not enrolled", &nobody, &stranger),
    ];
    for (before, (name, person, key)) in (0..).zip(cases) {
        let shot = 40 + 10 * before;
        claims(&h, person, shot, key).await;
        assert_eq!(
            counted(&h, "nod_key_checks_total{").await,
            before + 1,
            "{name}"
        );
        // One row was changed, and no passcode hashed in place of one that was not sent.
        let changed = database.rows::<(i64,)>(tries).await[0].0;
        assert_eq!(u64::try_from(changed).unwrap(), before + 1, "{name}");
        assert_eq!(counted(&h, "nod_passcode_checks_total{").await, 0, "{name}");
    }
    // Where both were sent both are checked; where none was, the passcode as ever.
    let session = full_session(&h).await;
    let both = Payload {
        assertion: Some(signed(&stranger, &session)),
        ..BOB.payload(200)
    };
    assert_eq!(
        h.submit(&session, &both).await.claims()["amr"],
        json!(["face", "pin"])
    );
    let session = full_session(&h).await;
    h.submit(&session, &with(&BOB, 210, None)).await;
    assert_eq!(counted(&h, "nod_passcode_checks_total{").await, 2);
    assert_eq!(counted(&h, "nod_key_checks_total{").await, 6);
}

#[tokio::test]
async fn one_secret_binds_one_key_for_ten_minutes() {
    let h = Harness::start().await;
    let secret = enrolled(&h, &ANN).await;
    let request = json!({"registration": secret});
    let reply = h.post("/v1/enrol/key/options", &request).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    let options: Value = reply.json();
    assert_eq!(options["registration"], json!(secret));
    let asked = &options["options"];
    assert_eq!(asked["rp"]["id"], HOST);
    assert_eq!(asked["attestation"], "none");
    assert_eq!(
        asked["pubKeyCredParams"],
        json!([{"type": "public-key", "alg": -7}])
    );
    assert_eq!(
        asked["authenticatorSelection"]["userVerification"],
        "required"
    );
    assert_eq!(asked["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(asked["excludeCredentials"], json!([]));
    assert_eq!(asked["user"]["name"], "Nod card, 2027-01-15");
    assert!(!options.to_string().contains(ANN.id));
    // What does not hold spends nothing.
    let key = SoftKey::new(3, HOST);
    let mut wrong = made(&key, &options);
    wrong["attestation"] = json!("AAAA");
    let refused = h.post("/v1/enrol/key", &wrong).await;
    assert_eq!(refused.problem(), "enrol.key_refused");
    wrong["attestation"] = json!("=");
    let malformed = h.post("/v1/enrol/key", &wrong).await;
    assert_eq!(malformed.problem(), "config.bad_session");
    let foreign = SoftKey::new(3, "example.gov");
    let foreign = h.post("/v1/enrol/key", &made(&foreign, &options)).await;
    assert_eq!(foreign.problem(), "enrol.key_refused");
    let right = h.post("/v1/enrol/key", &made(&key, &options)).await;
    assert_eq!(right.status, 200);
    let again = h
        .post("/v1/enrol/key", &made(&SoftKey::new(4, HOST), &options))
        .await;
    assert_eq!(again.problem(), "session.expired");
    for nobodys in ["", "kr_", "mc_AAAA", &secret] {
        let request = json!({"registration": nobodys});
        let reply = h.post("/v1/enrol/key/options", &request).await;
        assert_eq!(reply.problem(), "session.expired", "{nobodys}");
    }
    // A secret runs out.
    let late = enrolled(&h, &BOB).await;
    h.wait(600);
    let reply = h
        .post("/v1/enrol/key/options", &json!({"registration": late}))
        .await;
    assert_eq!(reply.problem(), "session.expired");
    h.authority
        .store
        .forget_expired(h.authority.now())
        .await
        .unwrap();
    let mut database = h.past_the_store().await;
    let left = "SELECT COUNT(*) FROM credential_registrations";
    assert_eq!(database.rows::<(i64,)>(left).await[0].0, 0);
}

#[tokio::test]
async fn the_card_binds_lists_and_removes_them() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    h.wait(60);
    let card = opened(&h, &ANN, 40).await;
    for seed in 0..CREDENTIALS_KEPT {
        let key = SoftKey::new(10 + seed as u8, HOST);
        assert_eq!(on_card(&h, &card, &key).await.status, 200, "{seed}");
        h.wait(1);
    }
    let full = h
        .post_with("/v1/me/keys/options", Some(&card), &json!({}))
        .await;
    assert_eq!(full.problem(), "enrol.key_refused");
    let shown: Value = h.get_with("/v1/me", &card).await.json();
    let keys = shown["keys"].as_array().unwrap().clone();
    assert_eq!(
        (keys.len(), &shown["keys_kept"]),
        (CREDENTIALS_KEPT, &json!(5))
    );
    let since = |at: usize| keys[at]["since"].as_u64().unwrap();
    assert!((1..5).all(|at| since(at) == since(at - 1) + 1));
    assert_eq!(keys[0]["used_on"], Value::Null);
    let first = SoftKey::new(10, HOST);
    assert!(is_yes(&h, &ANN, 50, &first).await);
    let shown: Value = h.get_with("/v1/me", &card).await.json();
    let now = h.authority.now();
    assert_eq!(shown["keys"][0]["used_on"], json!(now - now % 86_400));
    // One by its name, which is not what it is found by; then the others.
    let one = json!({"key": keys[0]["key"]});
    let forget = async |body: &Value| -> Value {
        h.post_with("/v1/me/keys/forget", Some(&card), body)
            .await
            .json()
    };
    assert_eq!(forget(&one).await["changed"], 1);
    assert_eq!(forget(&one).await["changed"], 0);
    assert!(!is_yes(&h, &ANN, 60, &first).await);
    // Another one has room, and the options name those that are there.
    let options = key_options(&h, &card).await;
    let excluded = options["options"]["excludeCredentials"].as_array().unwrap();
    assert_eq!(excluded.len(), 4);
    let bound = SoftKey::new(12, HOST);
    let again = h
        .post_with("/v1/me/keys", Some(&card), &made(&bound, &options))
        .await;
    assert_eq!(again.problem(), "enrol.key_refused", "bound already");
    assert_eq!(forget(&json!({})).await["changed"], 4);
    let bad = h
        .post_with("/v1/me/keys/forget", Some(&card), &json!({"key": "AA"}))
        .await;
    assert_eq!(bad.problem(), "config.bad_session");
    assert_eq!(told(&h, &ANN, Alert::KeyAdded).await, 5);
    assert_eq!(told(&h, &ANN, Alert::KeyRemoved).await, 5);
    let log = run(&h.dir.path().join("data"), &["audit", "list"], "");
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    let entries = |name: &str| log.lines().filter(|line| line.contains(name)).count();
    assert_eq!(
        (entries("key_added"), entries("key_removed")),
        (5, 5),
        "{log}"
    );
}

#[tokio::test]
async fn a_card_binds_keys_to_its_own_resident_and_is_opened_by_one() {
    let h = Harness::start().await;
    let anns = enrolled_with_key(&h, &ANN, 3).await;
    h.wait(1);
    let bobs_secret = enrolled(&h, &BOB).await;
    let card = opened(&h, &ANN, 40).await;
    let request = json!({"registration": bobs_secret});
    let options: Value = h.post("/v1/enrol/key/options", &request).await.json();
    let key = SoftKey::new(4, HOST);
    let reply = h
        .post_with("/v1/me/keys", Some(&card), &made(&key, &options))
        .await;
    assert_eq!(reply.problem(), "session.expired");
    for path in ["/v1/me/keys/options", "/v1/me/keys", "/v1/me/keys/forget"] {
        let reply = h.post_with(path, Some("mc_nobodys"), &json!({})).await;
        assert_eq!(reply.problem(), "session.expired", "{path}");
    }
    // A key that somebody has is nobody else's.
    let taken = h.post("/v1/enrol/key", &made(&anns, &options)).await;
    assert_eq!(taken.problem(), "enrol.key_refused");
    // The authority's own page is at top level: what was signed within another page opens nothing there.
    let own = json!({"sitekey": "pk_self", "origin": ISSUER, "action": "card", "level": "full"});
    let session: SessionReply = h.post("/v1/sessions", &own).await.json();
    let framed = with(&ANN, 50, Some(signed(&anns, &session)));
    assert_eq!(h.submit(&session, &framed).await.claims()["yes"], false);
    let session: SessionReply = h.post("/v1/sessions", &own).await.json();
    let challenge = key_challenge(&session.session, &session.session_nonce);
    let at_top = with(&ANN, 60, Some(anns.assertion(&got(&challenge, ISSUER))));
    let token = h.submit(&session, &at_top).await.token();
    let reply = h.post("/v1/me/open", &json!({"response": token})).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn revoking_and_erasing_end_them_and_a_new_enrolment_has_none() {
    let h = Harness::start().await;
    let key = enrolled_with_key(&h, &ANN, 3).await;
    let card = opened(&h, &ANN, 40).await;
    // One under way when everything ends.
    let options = key_options(&h, &card).await;
    h.post_with("/v1/me/revoke", Some(&card), &json!({})).await;
    assert!(!is_yes(&h, &ANN, 50, &key).await);
    let late = h
        .post_with(
            "/v1/me/keys",
            Some(&card),
            &made(&SoftKey::new(4, HOST), &options),
        )
        .await;
    assert_eq!(late.problem(), "session.expired");
    assert!(on_card_is_refused(&h, &card).await);
    h.wait(1);
    h.enrol(&ANN, Level::Full).await;
    assert!(
        !is_yes(&h, &ANN, 60, &key).await,
        "a key of the enrolment before"
    );
    let card = opened(&h, &ANN, 70).await;
    // The device may be bound again.
    assert_eq!(on_card(&h, &card, &key).await.status, 200);
    assert!(is_yes(&h, &ANN, 80, &key).await);
    h.post_with("/v1/me/erase", Some(&card), &json!({"confirm": "erase"}))
        .await;
    let mut database = h.past_the_store().await;
    let left = "SELECT COUNT(*) FROM credentials";
    assert_eq!(database.rows::<(i64,)>(left).await[0].0, 1, "the decoy's");
}

/// A registration that a revoked card begins comes to nothing.
async fn on_card_is_refused(h: &Harness, card: &str) -> bool {
    let reply = on_card(h, card, &SoftKey::new(5, HOST)).await;
    reply.problem() == "enrol.key_refused"
}

#[tokio::test]
async fn operators_list_and_remove_them_and_restoring_ends_what_was_under_way() {
    let h = Harness::start().await;
    let key = enrolled_with_key(&h, &ANN, 3).await;
    assert!(is_yes(&h, &ANN, 40, &key).await);
    let data = h.dir.path().join("data");
    let listed = run(&data, &["resident", "keys", "--id", ANN.id, "--json"], "");
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let now = h.authority.now();
    assert_eq!(listed[0]["used_on"], json!(now - now % 86_400));
    let forgotten = run(&data, &["resident", "forget-keys", "--id", ANN.id], "");
    assert!(String::from_utf8_lossy(&forgotten.stdout).contains("Device keys removed: 1."));
    assert!(!is_yes(&h, &ANN, 50, &key).await);
    assert_eq!(told(&h, &ANN, Alert::KeyRemoved).await, 1);
    h.wait(1);
    let secret = enrolled(&h, &BOB).await;
    let store = &h.authority.store;
    store
        .end_what_was_under_way(h.authority.now())
        .await
        .unwrap();
    let reply = h
        .post("/v1/enrol/key/options", &json!({"registration": secret}))
        .await;
    assert_eq!(reply.problem(), "session.expired");
}

#[tokio::test]
async fn neither_id_nor_key_lies_in_the_clear() {
    let h = Harness::start().await;
    let mut key = SoftKey::new(3, HOST);
    key.id = b"PLANTED-credential-id-0123456789".to_vec();
    let secret = enrolled(&h, &ANN).await;
    assert_eq!(bind_with(&h, &secret, &key).await.status, 200);
    assert!(is_yes(&h, &ANN, 40, &key).await);
    let raw = database_bytes(&h);
    let public = key.public();
    for planted in [
        &key.id[..],
        &public[1..33],
        &public[33..],
        secret.as_bytes(),
    ] {
        assert!(!contains(&raw, planted));
    }
}

#[tokio::test]
async fn a_still_capture_counts_with_it_and_spraying_does_not_stop_its_owner() {
    let h = Harness::start().await;
    let key = enrolled_with_key(&h, &ANN, 3).await;
    // Ann's face, tried on many IDs by a stranger.
    for number in 0..25 {
        let id = format!("PLANTED-SPRAYED-{number:04}");
        let payload = Payload {
            claim: ClaimedId::parse(&id).unwrap().into(),
            passcode: Passcode::parse(BOB.passcode).ok(),
            ..ANN.payload(100 + number)
        };
        h.verify_at_court(&payload).await;
    }
    let session = h.open_at_court().await;
    let without = h.submit(&session, &with(&ANN, 40, None)).await.claims();
    assert_eq!(without["yes"], false);
    let session = h.open_at_court().await;
    let payload = with(&ANN, 50, Some(signed(&key, &session)));
    assert_eq!(h.submit(&session, &payload).await.claims()["yes"], true);
}
