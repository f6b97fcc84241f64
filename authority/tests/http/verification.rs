//! Yes for the enrolled resident with face and passcode, and one and the same no for everything else.

use nod_protocol::{
    http::{SessionReply, SiteSessionReply},
    ids::{Level, Passcode},
    payload::Payload,
};
use serde_json::{Value, json};

use crate::{
    harness::{COURT, COURT_SECRET, Harness, ISSUER, NOW},
    people::{ANN, BOB},
};

#[tokio::test]
async fn the_enrolled_resident_gets_a_yes_that_says_what_was_asked() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let claims = h.verify_at_court(&ANN.payload(40)).await;
    assert_eq!(claims["yes"], true);
    for (claim, value) in [
        ("iss", json!(ISSUER)),
        ("aud", json!("pk_court")),
        ("iat", json!(NOW)),
        ("exp", json!(NOW + 300)),
        ("origin", json!(COURT)),
        ("action", json!("efile-submit")),
        ("rp_nonce", json!("n-1")),
        ("bind", json!("sha256-doc")),
        ("acr", json!("light")),
        // A still capture does not show: the same as with movement.
        ("amr", json!(["face"])),
    ] {
        assert_eq!(claims[claim], value, "{claim}");
    }
    assert_eq!(claims["sub"].as_str().unwrap().len(), 43);
    let again = h.verify_at_court(&ANN.payload(50)).await;
    assert_eq!(
        again["sub"], claims["sub"],
        "the same resident at the same site"
    );
    assert_ne!(again["jti"], claims["jti"]);
}

#[tokio::test]
async fn every_no_looks_the_same() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    type Case = (&'static str, fn() -> Payload);
    let cases: [Case; 6] = [
        ("another face", || Payload {
            captures: BOB.payload(40).captures,
            ..ANN.payload(40)
        }),
        ("wrong passcode", || Payload {
            passcode: Passcode::parse(BOB.passcode).ok(),
            ..ANN.payload(40)
        }),
        ("no passcode", || Payload {
            passcode: None,
            ..ANN.payload(40)
        }),
        ("not enrolled", || BOB.payload(40)),
        ("frozen picture", || {
            let mut payload = ANN.payload(40);
            payload.captures[0].keyframes = vec![ANN.look(1), ANN.look(1), ANN.look(1)];
            payload
        }),
        ("too few keyframes", || {
            let mut payload = ANN.payload(40);
            payload.captures[0].keyframes.clear();
            payload
        }),
    ];
    for (name, payload) in cases {
        let mut claims = h.verify_at_court(&payload()).await;
        assert!(claims.as_object_mut().unwrap().remove("jti").is_some());
        let same_for_all = json!({
            "iss": ISSUER, "aud": "pk_court", "iat": NOW, "exp": NOW + 300, "origin": COURT,
            "action": "efile-submit", "rp_nonce": "n-1", "bind": "sha256-doc", "acr": "light",
            "amr": [], "yes": false
        });
        assert_eq!(claims, same_for_all, "{name}");
        // The limit is tested on its own; here each case shall be judged.
        assert_eq!(
            h.verify_at_court(&ANN.payload(60)).await["yes"],
            true,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_site_that_asks_for_full_never_accepts_a_light_enrolment() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Light).await;
    h.enrol(&BOB, Level::Full).await;
    let ask_full = async |payload: &Payload| {
        let request = json!({"sitekey": "pk_court", "origin": COURT, "level": "full"});
        let session: SessionReply = h.post("/v1/sessions", &request).await.json();
        h.submit(&session, payload).await.claims()
    };
    assert_eq!(ask_full(&ANN.payload(40)).await["yes"], false);
    assert_eq!(h.verify_at_court(&ANN.payload(40)).await["yes"], true);
    let full = ask_full(&BOB.payload(40)).await;
    assert_eq!((&full["yes"], &full["acr"]), (&json!(true), &json!("full")));
    assert_eq!(full["amr"], json!(["face", "pin"]));
}

#[tokio::test]
async fn a_yes_about_somebody_else_than_expected_is_a_no() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    h.enrol(&BOB, Level::Full).await;
    let anns = h.verify_at_court(&ANN.payload(40)).await["sub"].clone();
    let verify_as = async |payload: &Payload| -> Value {
        let terms = json!({"action": "efile-submit", "expected_sub": anns});
        let minted: SiteSessionReply = h
            .post_with("/v1/sessions", Some(COURT_SECRET), &terms)
            .await
            .json();
        let claim = json!({"sitekey": "pk_court", "origin": COURT, "session": minted.session});
        let session: SessionReply = h.post("/v1/sessions", &claim).await.json();
        h.submit(&session, payload).await.claims()
    };
    let truthful_but_other = verify_as(&BOB.payload(40)).await;
    assert_eq!(truthful_but_other["yes"], false);
    assert!(truthful_but_other.get("sub").is_none());
    assert_eq!(verify_as(&ANN.payload(50)).await["yes"], true);
}

#[tokio::test]
async fn five_failures_in_a_row_delay_even_the_right_person_and_only_at_that_site() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    let wrong = || Payload {
        captures: BOB.payload(40).captures,
        ..ANN.payload(40)
    };
    for _ in 0..5 {
        assert_eq!(h.verify_at_court(&wrong()).await["yes"], false);
    }
    assert_eq!(
        h.verify_at_court(&ANN.payload(40)).await["yes"],
        false,
        "locked for 30 s"
    );
    h.wait(29);
    assert_eq!(h.verify_at_court(&ANN.payload(40)).await["yes"], false);
    h.wait(1);
    assert_eq!(h.verify_at_court(&ANN.payload(40)).await["yes"], true);
    assert_eq!(h.verify_at_court(&wrong()).await["yes"], false);
    assert_eq!(
        h.verify_at_court(&ANN.payload(50)).await["yes"],
        true,
        "counted from zero"
    );
}

#[tokio::test]
async fn an_operator_can_unlock_while_the_server_runs() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    for _ in 0..5 {
        let wrong = Payload {
            captures: BOB.payload(40).captures,
            ..ANN.payload(40)
        };
        h.verify_at_court(&wrong).await;
    }
    assert_eq!(h.verify_at_court(&ANN.payload(40)).await["yes"], false);
    let unlocked = std::process::Command::new(env!("CARGO_BIN_EXE_nod-authority"))
        .args(["resident", "unlock", "--id", ANN.id, "--data"])
        .arg(h.dir.path().join("data"))
        .output()
        .unwrap();
    assert!(
        unlocked.status.success(),
        "{}",
        String::from_utf8_lossy(&unlocked.stderr)
    );
    assert!(!String::from_utf8_lossy(&unlocked.stdout).contains("PLANTED"));
    assert_eq!(h.verify_at_court(&ANN.payload(50)).await["yes"], true);
}

#[tokio::test]
async fn unknown_ids_are_limited_like_known_ones() {
    let h = Harness::start().await;
    for _ in 0..6 {
        assert_eq!(h.verify_at_court(&BOB.payload(40)).await["yes"], false);
    }
    // Enrolled only now: the failures counted all the same.
    h.enrol(&BOB, Level::Full).await;
    assert_eq!(h.verify_at_court(&BOB.payload(40)).await["yes"], false);
    h.wait(60);
    assert_eq!(h.verify_at_court(&BOB.payload(40)).await["yes"], true);
}
