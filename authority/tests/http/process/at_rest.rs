//! Another at-rest key under a running server, by the real commands: nobody is locked out, nothing is left of the old key,
//! and templates are others.

use serde_json::{Value, json};

use super::{
    keys::{Place, at_court},
    run,
    server::Client,
    stderr,
};
use crate::people::{ANN, BOB, Person};

/// Bytes of all template cells, by owner.
async fn templates(place: &Place) -> Vec<(Vec<u8>,)> {
    let mut past = place.database.past_the_store(&place.data()).await;
    past.rows("SELECT embedding FROM templates ORDER BY resident_id")
        .await
}

fn says_yes(place: &Place, server: &Client, person: &Person, shot: u64) -> Value {
    let payload = person.payload(shot);
    let reply = server.capture(&place.root(), &at_court(), "/v1/verify", &payload);
    let check = json!({"secret": place.secret, "response": reply["token"]});
    server.post("/v1/siteverify", &check)["yes"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_sealed_anew_while_it_is_served_and_the_old_key_goes() {
    let place = Place::new();
    let mut server = place.serve();
    let record = r#"{"date_of_birth": "1990-02-28"}"#;
    let given = run(
        &place.data(),
        &["resident", "attributes", "--id", ANN.id, "--file", "-"],
        record,
    );
    assert!(given.status.success(), "{}", stderr(&given));
    let at_rest = |arguments: &[&str]| {
        let all = [&["at-rest"], arguments].concat();
        run(&place.data(), &all, "")
    };
    let refused = at_rest(&["retire", "1"]);
    assert!(
        stderr(&refused).contains("at-rest reseal"),
        "{}",
        stderr(&refused)
    );

    // One that will seal: everybody knows it, nobody uses it.
    let made = at_rest(&["rotate", "--seals-in", "3600", "--json"]);
    assert!(made.status.success(), "{}", stderr(&made));
    server.hang_up();
    assert_eq!(says_yes(&place, &server, &ANN, 40), json!(true));
    let early = at_rest(&["reseal"]);
    assert!(
        stderr(&early).contains("wait until then"),
        "{}",
        stderr(&early)
    );
    assert!(templates(&place).await.iter().all(|(cell,)| cell[0] == 1));

    // One that seals at once, and somebody who enrols after it.
    let made = at_rest(&["rotate", "--seals-in", "0", "--json"]);
    assert_eq!(super::json_of(&made)["number"], 3);
    server.hang_up();
    place.enrol(&server, &BOB);
    let before = templates(&place).await;
    let sealed_with =
        |cells: &[(Vec<u8>,)], number| cells.iter().filter(|(cell,)| cell[0] == number).count();
    // Ann and the decoy; Bob.
    assert_eq!((sealed_with(&before, 1), sealed_with(&before, 3)), (2, 1));
    for (person, shot) in [(&ANN, 50), (&BOB, 60)] {
        assert_eq!(says_yes(&place, &server, person, shot), json!(true));
    }

    let resealed = super::json_of(&at_rest(&["reseal", "--json"]));
    assert_eq!(resealed["unreadable"], 0);
    // Of the two from before at least an ID, a passcode, a template and the decoy's fifty captures.
    assert!(resealed["values"].as_u64().unwrap() > 55, "{resealed}");
    let again = super::json_of(&at_rest(&["reseal", "--json"]));
    assert_eq!(again, json!({"values": 0, "unreadable": 0}));
    assert_eq!(sealed_with(&templates(&place).await, 3), 3);
    let mut past = place.database.past_the_store(&place.data()).await;
    let records: Vec<(Vec<u8>,)> = past.rows("SELECT record FROM resident_attributes").await;
    assert_eq!(sealed_with(&records, 3), 2, "Ann's and the decoy's");
    // The server began with key 1 and keeps its coordinates.
    assert_eq!(says_yes(&place, &server, &ANN, 70), json!(true));

    let in_use = at_rest(&["retire", "3"]);
    assert!(!in_use.status.success());
    let early = at_rest(&["retire", "1"]);
    assert!(stderr(&early).contains("30 seconds"), "{}", stderr(&early));
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    for number in ["1", "2"] {
        let retired = at_rest(&["retire", number]);
        assert!(retired.status.success(), "{}", stderr(&retired));
    }
    let status = super::json_of(&at_rest(&["status", "--json"]));
    assert_eq!(status.as_array().unwrap().len(), 1);
    assert_eq!(
        (&status[0]["number"], &status[0]["seals"]),
        (&json!(3), &json!(true))
    );
    server.hang_up();
    assert_eq!(says_yes(&place, &server, &BOB, 80), json!(true));
    server.stop();

    // Another process knows nothing but key 3: everybody is who they were, with the passcode they had, and nobody else is.
    let server = place.server();
    for (person, shot) in [(&ANN, 90), (&BOB, 100)] {
        assert_eq!(says_yes(&place, &server, person, shot), json!(true));
    }
    let mut stranger = BOB.payload(110);
    stranger.claim = ANN.payload(0).claim;
    let reply = server.capture(&place.root(), &at_court(), "/v1/verify", &stranger);
    let check = json!({"secret": place.secret, "response": reply["token"]});
    assert_eq!(server.post("/v1/siteverify", &check)["yes"], false);
    server.stop();
}
