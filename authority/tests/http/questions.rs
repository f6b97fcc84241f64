//! Questions beyond identity: booleans in the answer of a yes, nothing in that of a no, and records that nobody else sees.

use nod_authority::{
    questions::{Attributes, Date, all, known},
    store::Site,
};
use nod_protocol::{
    http::{SessionReply, SiteSessionReply},
    ids::{ClaimedId, Level},
    payload::Payload,
};
use serde_json::{Value, json};

use crate::{
    card::opened,
    harness::{COURT, Harness, ISSUER, NOW, Reply, site},
    people::{ANN, BOB, Person},
    secrecy::{contains, database_bytes},
};

const BENEFITS: &str = "https://benefits.example.gov";
const BENEFITS_SECRET: &str = "sk_planted-benefits-secret";
const ASKED: [&str; 3] = [
    "age_over_18",
    "benefit_active:pension",
    "contributions_current:medical",
];
/// Eighteen on the day of the tests (2027-01-15), insured, and behind with the contributions.
pub(crate) const RECORD: &str = r#"{"date_of_birth": "2009-01-15", "insurance": {
    "pension": {"active": true, "paid_until": "2026-10"}, "medical": {"active": true, "paid_until": "2026-10"}}}"#;

/// An authority with a site that may ask some questions.
async fn start(settings: &str) -> Harness {
    let h = Harness::start_with(settings).await;
    let benefits = Site {
        ask: ASKED.map(|name| known(name).unwrap()).to_vec(),
        ..site("pk_benefits", BENEFITS, Level::Light, true)
    };
    h.register(benefits, BENEFITS_SECRET).await;
    h
}

pub(crate) async fn give(h: &Harness, person: &Person, record: &str) {
    let claimed_id = ClaimedId::parse(person.id).unwrap();
    let today = Date::new(2027, 1, 15).unwrap();
    let record = Attributes::parse(record, &today);
    let record = record.unwrap_or_else(|error| panic!("{error}"));
    let store = &h.authority.store;
    let is_set = store.set_attributes(&claimed_id, &record, h.authority.now());
    assert!(is_set.await.unwrap());
}

fn request(ask: &[&str]) -> Value {
    json!({"sitekey": "pk_benefits", "origin": BENEFITS, "ask": ask})
}

async fn answer(h: &Harness, ask: &[&str], payload: &Payload) -> Reply {
    let session: SessionReply = h.post("/v1/sessions", &request(ask)).await.json();
    let asked: Vec<&str> = session.ask.iter().map(|one| one.as_str()).collect();
    assert_eq!(asked, ask, "for the consent and the seal");
    h.submit(&session, payload).await
}

#[tokio::test]
async fn a_yes_has_a_boolean_for_each_question_and_nothing_else() {
    let h = start("").await;
    h.enrol(&ANN, Level::Full).await;
    give(&h, &ANN, RECORD).await;
    let reply = answer(&h, &ASKED, &ANN.payload(40)).await;
    let claims = reply.claims();
    let expected = json!({"age_over_18": true, "benefit_active:pension": true,
                          "contributions_current:medical": false});
    assert_eq!(claims["yes"], true);
    assert_eq!(claims["answers"], expected);
    for part in ["2009", "01-15", "2026-10", "paid", "birth"] {
        assert!(!claims.to_string().contains(part), "{part}");
    }
    let check = json!({"secret": BENEFITS_SECRET, "response": reply.token()});
    let checked: Value = h.post("/v1/siteverify", &check).await.json();
    assert_eq!(checked["answers"], expected);

    // About somebody else than the back end expects it is no answer.
    let reply = answer(&h, &ASKED, &ANN.payload(45)).await;
    let check = json!({"secret": BENEFITS_SECRET, "response": reply.token(), "expected_sub": "x"});
    let checked: Value = h.post("/v1/siteverify", &check).await.json();
    assert_eq!(
        (&checked["yes"], &checked["answers"]),
        (&json!(false), &Value::Null)
    );

    // One question, and none.
    let claims = answer(&h, &ASKED[1..2], &ANN.payload(50)).await.claims();
    assert_eq!(claims["answers"], json!({"benefit_active:pension": true}));
    let claims = answer(&h, &[], &ANN.payload(60)).await.claims();
    assert_eq!(
        (&claims["yes"], claims.get("answers")),
        (&json!(true), None)
    );

    // A new record stands in the place of the old one, all of it.
    give(
        &h,
        &ANN,
        r#"{"insurance": {"medical": {"paid_until": "2026-11"}}}"#,
    )
    .await;
    let claims = answer(&h, &ASKED, &ANN.payload(70)).await.claims();
    let expected = json!({"age_over_18": false, "benefit_active:pension": false,
                          "contributions_current:medical": true});
    assert_eq!(claims["answers"], expected);
}

#[tokio::test]
async fn a_back_end_fixes_the_questions_of_its_session() {
    let h = start("").await;
    h.enrol(&ANN, Level::Full).await;
    give(&h, &ANN, RECORD).await;
    let terms = json!({"action": "efile-submit", "ask": ["age_over_18"]});
    let minted = h.post_with("/v1/sessions", Some(BENEFITS_SECRET), &terms);
    let minted: SiteSessionReply = minted.await.json();
    // What the page asks for counts nothing against it.
    let mut taken = request(&ASKED);
    taken["session"] = json!(minted.session);
    let session: SessionReply = h.post("/v1/sessions", &taken).await.json();
    let claims = h.submit(&session, &ANN.payload(40)).await.claims();
    assert_eq!(claims["answers"], json!({"age_over_18": true}));
    let terms = json!({"action": "efile-submit", "ask": ["age_over_60"]});
    let refused = h.post_with("/v1/sessions", Some(BENEFITS_SECRET), &terms);
    assert_eq!(refused.await.problem(), "config.bad_action");
}

#[tokio::test]
async fn a_site_asks_what_it_is_registered_for_and_each_question_once() {
    let h = start("").await;
    h.enrol(&ANN, Level::Full).await;
    let court = json!({"sitekey": "pk_court", "origin": COURT, "ask": ["age_over_18"]});
    for (request, code) in [
        (request(&["age_over_60"]), "config.bad_action"),
        (request(&["age_over_18", "no_such"]), "config.bad_action"),
        (
            request(&["age_over_18", "age_over_18"]),
            "config.bad_session",
        ),
        (court, "config.bad_action"),
    ] {
        let reply = h.post("/v1/sessions", &request).await;
        assert_eq!(reply.problem(), code, "{request}");
    }
    let code = h.ticket(&BOB, Level::Full).await;
    let enrol = json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol", "ticket": code,
                       "ask": ["age_over_18"]});
    let reply = h.post("/v1/sessions", &enrol).await;
    assert_eq!(reply.problem(), "config.bad_action");

    // Another registration counts once servers have read it; a session that is open is answered as it was opened.
    let open: SessionReply = h.post("/v1/sessions", &request(&ASKED)).await.json();
    let (key, sixty) = (open.sitekey.clone(), [known("age_over_60").unwrap()]);
    let store = &h.authority.store;
    assert!(store.set_site_questions(&key, &sixty, NOW).await.unwrap());
    h.wait(5);
    let refused = h.post("/v1/sessions", &request(&ASKED)).await;
    assert_eq!(refused.problem(), "config.bad_action");
    assert_eq!(
        h.submit(&open, &ANN.payload(40)).await.claims()["answers"]
            .as_object()
            .unwrap()
            .len(),
        3
    );
    let claims = answer(&h, &["age_over_60"], &ANN.payload(50))
        .await
        .claims();
    assert_eq!(claims["answers"], json!({"age_over_60": false}));
}

#[tokio::test]
async fn a_no_answers_no_question_and_looks_like_every_other() {
    let h = start("").await;
    h.enrol(&ANN, Level::Full).await;
    give(&h, &ANN, RECORD).await;
    let another_face = Payload {
        captures: BOB.payload(40).captures,
        ..ANN.payload(40)
    };
    let mut seen = Vec::new();
    for payload in [another_face, BOB.payload(40)] {
        let mut claims = answer(&h, &ASKED, &payload).await.claims();
        assert_eq!(claims["yes"], false);
        assert!(claims.as_object_mut().unwrap().remove("jti").is_some());
        seen.push(claims);
    }
    assert!(seen[0].get("answers").is_none());
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn without_a_record_everything_is_a_no_of_its_own() {
    let h = start("").await;
    h.enrol(&ANN, Level::Full).await;
    let claims = answer(&h, &ASKED, &ANN.payload(40)).await.claims();
    assert_eq!(claims["yes"], true, "it is her all the same");
    let answers = claims["answers"].as_object().unwrap();
    assert_eq!(answers.len(), 3);
    assert!(answers.values().all(|answer| *answer == json!(false)));
}

#[tokio::test]
async fn a_birthday_begins_at_midnight_of_the_settings() {
    // 2027-01-15 08:00 UTC: the clock of the tests. Born on the 16th.
    for (settings, before, from) in [
        ("", NOW + 16 * 3600 - 1, NOW + 16 * 3600),
        (
            "utc_offset = \"+08:00\"\n",
            NOW + 8 * 3600 - 1,
            NOW + 8 * 3600,
        ),
        (
            "utc_offset = \"-03:30\"\n",
            NOW + 39 * 1800 - 1,
            NOW + 39 * 1800,
        ),
    ] {
        let h = start(settings).await;
        h.enrol(&ANN, Level::Full).await;
        give(&h, &ANN, r#"{"date_of_birth": "2009-01-16"}"#).await;
        for (now, yes) in [(before, false), (from, true)] {
            h.set_clock(now);
            let claims = answer(&h, &["age_over_18"], &ANN.payload(now % 1000))
                .await
                .claims();
            assert_eq!(
                claims["answers"],
                json!({"age_over_18": yes}),
                "{settings} {now}"
            );
        }
    }
}

/// A record that does not open is noticed whoever it is read for, and only where something was asked.
#[tokio::test]
async fn one_record_is_opened_for_whoever_is_claimed() {
    let h = start("").await;
    h.enrol(&ANN, Level::Full).await;
    h.enrol(&BOB, Level::Full).await;
    give(&h, &ANN, RECORD).await;
    let mut past = h.past_the_store().await;
    let damaged = past.blob(&[1; 93]);
    let decoy = "(SELECT id FROM residents WHERE ticket_id = 'decoy')";
    let damage =
        format!("UPDATE resident_attributes SET record = {damaged} WHERE resident_id = {decoy}");
    assert_eq!(past.execute(&damage).await, 1);
    let carla = Person {
        id: "PLANTED-1234-CAR",
        passcode: "51739264",
        seed: 3,
    };
    // The decoy's, because there is no own one; her own.
    for (person, opens) in [(&carla, false), (&BOB, false), (&ANN, true)] {
        let reply = answer(&h, &ASKED, &person.payload(40)).await;
        assert_eq!(reply.status == 200, opens, "{}", reply.text());
        let reply = answer(&h, &[], &person.payload(50)).await;
        assert_eq!(reply.status, 200);
    }
    // Everybody's has one length, the decoy's too: a new start gives it another.
    past.execute(&format!(
        "DELETE FROM resident_attributes WHERE resident_id = {decoy}"
    ))
    .await;
    let again = h.another().await;
    give(&again, &BOB, "{}").await;
    let lengths: Vec<(i64,)> = past
        .rows("SELECT CAST(length(record) AS BIGINT) FROM resident_attributes")
        .await;
    assert_eq!(lengths, [(93,); 3]);
    assert_eq!(
        answer(&again, &ASKED, &carla.payload(60)).await.claims()["yes"],
        false
    );
}

#[tokio::test]
async fn a_record_is_seen_by_its_resident_and_by_nobody_else() {
    let h = start("").await;
    h.enrol(&ANN, Level::Full).await;
    give(&h, &ANN, RECORD).await;
    answer(&h, &ASKED, &ANN.payload(40)).await;
    let another_face = Payload {
        captures: BOB.payload(50).captures,
        ..ANN.payload(50)
    };
    answer(&h, &ASKED[..1], &another_face).await;

    let raw = database_bytes(&h);
    // What sites may ask is no secret, and shows that the search finds things.
    assert!(contains(&raw, b"benefit_active:pension"));
    for planted in [
        "2009-01-15".as_bytes(),
        &20_090_115_u32.to_be_bytes(),
        &20_090_115_u32.to_le_bytes(),
        &202_610_u32.to_be_bytes(),
        b"date_of_birth",
    ] {
        assert!(!contains(&raw, planted), "{planted:?}");
    }
    // The receipts are as secret as they were.
    assert!(!contains(&raw, br#""asked""#));

    let card = opened(&h, &ANN, 60).await;
    let receipts: Value = h
        .get_with("/v1/me/receipts?kind=answer", &card)
        .await
        .json();
    let receipts = receipts["receipts"].as_array().unwrap();
    let of_site = |yes: bool| {
        let mut found = receipts
            .iter()
            .filter(|one| one["sitekey"] == "pk_benefits" && one["yes"] == yes);
        found.next().unwrap()["asked"].clone()
    };
    assert_eq!(
        of_site(true),
        json!({"age_over_18": true, "benefit_active:pension": true, "contributions_current:medical": false})
    );
    assert_eq!(
        of_site(false),
        json!({"age_over_18": null}),
        "asked, and not answered"
    );
    let own = receipts
        .iter()
        .find(|one| one["sitekey"] == "pk_self")
        .unwrap();
    assert!(own.get("asked").is_none());

    // It is her own record: in the copy of her data it is as it was given.
    let export = h.post_with("/v1/me/export", Some(&card), &json!({})).await;
    let cover = json!({"active": true, "paid_until": "2026-10"});
    assert_eq!(
        export.json::<Value>()["attributes"],
        json!({"given_at": NOW, "date_of_birth": "2009-01-15", "insurance": {"medical": cover, "pension": cover}})
    );
}

/// What the names of all questions make of a receipt fits, and comes back.
#[tokio::test]
async fn all_questions_at_once_are_answered() {
    let h = Harness::start().await;
    let curious = Site {
        ask: all(),
        ..site("pk_benefits", BENEFITS, Level::Light, true)
    };
    h.register(curious, BENEFITS_SECRET).await;
    h.enrol(&ANN, Level::Full).await;
    give(&h, &ANN, RECORD).await;
    let names: Vec<String> = all().iter().map(ToString::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let claims = answer(&h, &names, &ANN.payload(40)).await.claims();
    let yes = claims["answers"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, yes)| **yes == json!(true));
    let yes: Vec<&str> = yes.map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        yes,
        [
            "age_over_14",
            "age_over_16",
            "age_over_18",
            "benefit_active:medical",
            "benefit_active:pension"
        ]
    );
}

#[tokio::test]
async fn an_erased_resident_has_no_record_and_a_revoked_one_keeps_it_for_a_new_enrolment() {
    let h = start("").await;
    h.enrol(&ANN, Level::Full).await;
    give(&h, &ANN, RECORD).await;
    let card = opened(&h, &ANN, 40).await;
    assert_eq!(
        h.post_with("/v1/me/revoke", Some(&card), &json!({}))
            .await
            .status,
        200
    );
    let store = &h.authority.store;
    let id = ClaimedId::parse(ANN.id).unwrap();
    let nothing = Attributes::default();
    assert!(
        !store.set_attributes(&id, &nothing, NOW).await.unwrap(),
        "nobody is enrolled"
    );
    h.wait(1);
    h.enrol(&ANN, Level::Full).await;
    let claims = answer(&h, &ASKED[..1], &ANN.payload(50)).await.claims();
    assert_eq!(claims["answers"], json!({"age_over_18": true}));

    store.erase(&id, NOW).await.unwrap();
    let mut past = h.past_the_store().await;
    let rows: Vec<(i64,)> = past.rows("SELECT COUNT(*) FROM resident_attributes").await;
    assert_eq!(rows, [(1,)], "the decoy's alone");
    h.wait(1);
    h.enrol(&ANN, Level::Full).await;
    let claims = answer(&h, &ASKED[..1], &ANN.payload(60)).await.claims();
    assert_eq!(claims["answers"], json!({"age_over_18": false}));
}
