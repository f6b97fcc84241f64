//! The search for one face among all: off by default, in the log before it begins, and with the number of strangers to expect.

use super::{json_of, keys::Place, run, stderr};
use crate::people::{ANN, BOB, Person};

#[test]
fn one_face_is_found_under_another_number_where_the_settings_allow_it() {
    let place = Place::new();
    let server = place.serve();
    place.enrol(&server, &BOB);
    // Ann's face once more, under a number of its own.
    let twin = Person {
        id: "PLANTED-4712-ANN",
        ..ANN
    };
    place.enrol(&server, &twin);
    server.stop();
    let data = place.data();
    let arguments = ["resident", "duplicates", "--id", "-", "--json"];
    let ann = format!("{}\n", ANN.id);
    let off = run(&data, &arguments, &ann);
    assert!(
        !off.status.success() && stderr(&off).contains("duplicate_search = true"),
        "{}",
        stderr(&off)
    );
    assert!(!stderr(&off).contains(ANN.id));

    let config = data.join("config.toml");
    let settings = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("duplicate_search = true\n{settings}")).unwrap();
    let found = json_of(&run(&data, &arguments, &ann));
    // Bob, the twin and the decoy.
    assert_eq!(found["compared"], 3);
    assert_eq!(found["expected_strangers"], 3.0 * 1e-4);
    assert_eq!(found["alike"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["alike"][0]["id"], "PLANTED4712ANN");
    let bob = json_of(&run(&data, &arguments, &format!("{}\n", BOB.id)));
    assert_eq!(bob["alike"].as_array().unwrap().len(), 0);
    let nobody = run(&data, &arguments, "NOBODY-1\n");
    assert!(
        stderr(&nobody).contains("nobody is enrolled"),
        "{}",
        stderr(&nobody)
    );
    let log = run(&data, &["audit", "list"], "");
    let log = String::from_utf8_lossy(&log.stdout);
    assert_eq!(log.matches("duplicates_searched").count(), 2, "{log}");
}
