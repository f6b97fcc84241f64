//! Records and registrations for questions, by the real commands: nothing of a record is ever printed.

use serde_json::Value;

use super::{add_court, init, json_of, keys::Place, run, stderr};
use crate::people::{ANN, BOB};

#[test]
fn records_are_given_one_by_one_or_line_by_line_and_never_shown() {
    let place = Place::new();
    let server = place.serve();
    place.enrol(&server, &BOB);
    server.stop();
    let data = place.data();
    let mut said = String::new();
    let mut give = |arguments: &[&str], input: &str| {
        let all = [&["resident", "attributes"], arguments].concat();
        let output = run(&data, &all, input);
        said += &String::from_utf8_lossy(&output.stdout);
        said += &stderr(&output);
        (output.status.success(), stderr(&output))
    };
    let file = data.join("record.json");
    std::fs::write(
        &file,
        r#"{"date_of_birth": "1958-03-02", "insurance": {"pension": {"active": true}}}"#,
    )
    .unwrap();
    let file = file.to_str().unwrap();
    assert!(give(&["--id", ANN.id, "--file", file], "").0);
    assert!(give(&["--id", "-", "--file", file], &format!("{}\n", ANN.id)).0);
    let both = format!("{}\n{{\"date_of_birth\":\n\"1958-03-02\"}}\n", BOB.id);
    assert!(give(&["--id", "-", "--file", "-"], &both).0);

    for (arguments, input, words) in [
        (
            &["--id", "NOBODY1", "--file", "-"][..],
            "{}",
            "nobody is enrolled",
        ),
        (
            &["--id", ANN.id, "--file", "-"],
            "{\n\"date_of_birth\": \"1958-02-30\"}",
            "expected a day that there is, as",
        ),
        (
            &["--id", ANN.id, "--file", "-"],
            r#"{"dob": "1958-03-02"}"#,
            "expected `date_of_birth` or `insurance`",
        ),
        (
            &["--id", ANN.id, "--file", "-"],
            "1958",
            "expected an object",
        ),
        (
            &["--id", ANN.id, "--file", "/no/such"],
            "",
            "cannot open /no/such",
        ),
        (&["--id", ANN.id], "", "--file"),
        (&["--file", file], "", "--id"),
        (&[], "", "--id"),
        (
            &["--import", file, "--id", ANN.id],
            "",
            "cannot be used with",
        ),
    ] {
        let (done, error) = give(arguments, input);
        assert!(!done && error.contains(words), "{arguments:?}: {error}");
    }

    let lines = format!(
        concat!(
            "{{\"id\": \"{}\", \"record\": {{\"date_of_birth\": \"1958-03-02\"}}}}\n",
            "\n",
            "{{\"id\": \"{}\", \"record\": {{\"date_of_birth\": \"1958-03-32\"}}}}\n",
            "{{\"id\": \"NOBODY1\", \"record\": {{}}}}\n",
            "{{\"id\": \"{}\", \"record\": {{}}}}",
        ),
        ANN.id, ANN.id, BOB.id
    );
    let (done, error) = give(&["--import", "-"], &lines);
    assert!(!done);
    for words in [
        "line 3: expected a day that there is, as \"1990-02-28\" at column",
        "line 4: nobody is enrolled under this ID",
        "1 lines are no records, and under 1 IDs nobody is enrolled",
    ] {
        assert!(error.contains(words), "{error}");
    }
    let all = ["resident", "attributes", "--import", "-", "--json"];
    let counted = json_of(&run(&data, &all, lines.lines().next().unwrap()));
    assert_eq!(
        counted,
        serde_json::json!({"set": 1, "not_enrolled": 0, "refused": 0})
    );

    for planted in ["1958", "PLANTED", "4711", "dob", "NOBODY1"] {
        assert!(!said.contains(planted), "{planted}: {said}");
    }
    let list = run(&data, &["audit", "list", "--last", "100"], "");
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    // Three by themselves, two of the first import, one of the second.
    assert_eq!(list.matches("attributes_set").count(), 6, "{list}");
    assert!(!list.contains("1958"));
}

#[test]
fn sites_are_registered_for_questions_that_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _database = init(&data, dir.path());
    add_court(&data);
    let asked = || -> Value {
        let sites = json_of(&run(&data, &["site", "list", "--json"], ""));
        let sites = sites.as_array().unwrap().iter();
        sites.map(|site| site["ask"].clone()).collect()
    };
    assert_eq!(asked(), serde_json::json!([[]]));
    let questions = |more: &[&str]| {
        run(
            &data,
            &[&["site", "questions", "--sitekey"], more].concat(),
            "",
        )
    };
    let refused = questions(&["pk_court", "--ask", "age_over_19"]);
    let words = stderr(&refused);
    assert!(!refused.status.success());
    assert!(
        words.contains("there are age_over_14, ")
            && words.contains("contributions_current:housing_fund"),
        "{words}"
    );
    let unknown = questions(&["pk_other", "--ask", "age_over_18"]);
    assert!(stderr(&unknown).contains("no site has the key pk_other"));
    let twice = [
        "pk_court",
        "--ask",
        "benefit_active:pension",
        "--ask",
        "age_over_18",
        "--ask",
        "age_over_18",
    ];
    assert!(questions(&twice).status.success());
    assert_eq!(
        asked(),
        serde_json::json!([["age_over_18", "benefit_active:pension"]])
    );
    let shown = run(&data, &["site", "list"], "");
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(
        shown.contains("asks age_over_18,benefit_active:pension"),
        "{shown}"
    );
    assert!(questions(&["pk_court"]).status.success());
    assert_eq!(asked(), serde_json::json!([[]]));

    let add = [
        "site",
        "add",
        "--sitekey",
        "pk_bar",
        "--name",
        "Bar",
        "--origin",
        "http://bar.localhost:8081",
        "--alternative",
        "http://bar.localhost:8081/door",
        "--action",
        "enter=Come in",
        "--ask",
        "age_over_18",
        "--ask",
        "age_over_18",
    ];
    assert!(run(&data, &add, "").status.success());
    assert_eq!(asked(), serde_json::json!([["age_over_18"], []]));
    let bad = [&add[..3], &["pk_bar2"], &add[4..13], &["drinks_a_lot"]].concat();
    assert!(stderr(&run(&data, &bad, "")).contains("no such question"));
}
