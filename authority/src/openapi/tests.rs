//! The document against the router's table and the tables that it is made of.

use std::collections::BTreeSet;

use super::*;

/// The routes of `router.rs` as (path, method); axum tells nobody what it routes, so its source does.
fn routed() -> BTreeSet<(String, &'static str)> {
    let source = include_str!("../router.rs");
    let mut routes = BTreeSet::new();
    for route in source.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap();
        // Up to the next call of the chain, or the end of the function.
        let ends = ["\n        .", "\n}"]
            .into_iter()
            .filter_map(|end| route.find(end));
        let handlers = &route[..ends.min().unwrap()];
        let methods = [
            ("get", "get("),
            ("post", "post("),
            ("put", "put("),
            ("delete", "delete("),
        ];
        let mut found = 0;
        for (name, call) in methods {
            if handlers.contains(call) {
                routes.insert((path.replace("{*", "{"), name));
                found += 1;
            }
        }
        assert!(found > 0, "{path}: a method that this test does not know");
    }
    routes
}

fn documented() -> BTreeSet<(String, &'static str)> {
    let all = OPERATIONS.iter().chain(IN_DEVELOPMENT);
    let pairs = all.map(|operation| (operation.path.to_owned(), operation.method.name()));
    pairs.collect()
}

#[test]
fn what_is_routed_is_documented_and_the_other_way_round() {
    let (routed, documented) = (routed(), documented());
    assert!(routed.len() > 20, "{routed:?}");
    let missing: Vec<_> = routed.difference(&documented).collect();
    assert!(
        missing.is_empty(),
        "add to src/openapi/operations.rs, bodies to src/openapi/schemas.json: {missing:?}"
    );
    let gone: Vec<_> = documented.difference(&routed).collect();
    assert!(gone.is_empty(), "no route: {gone:?}");
}

#[test]
fn names_are_unique_and_references_lead_somewhere() {
    let all = || OPERATIONS.iter().chain(IN_DEVELOPMENT);
    let ids: BTreeSet<&str> = all().map(|operation| operation.id).collect();
    assert_eq!(ids.len(), all().count());
    let schemas: Map<String, Value> = serde_json::from_str(SCHEMAS).unwrap();
    let document = document("https://id.example.gov", true);
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    for reference in &references {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas.contains_key(name), "{reference}");
    }
    for name in schemas.keys() {
        let reference = format!("#/components/schemas/{name}");
        assert!(references.contains(&reference), "{name} is used by nothing");
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref") {
                references.insert(reference.as_str().unwrap().to_owned());
            }
            fields.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

#[test]
fn every_code_that_is_answered_with_a_status_belongs_to_some_operation() {
    let mut listed: BTreeSet<&str> = ANYWHERE.iter().map(|code| code.as_str()).collect();
    for operation in OPERATIONS.iter().chain(IN_DEVELOPMENT) {
        for code in operation.codes {
            assert_ne!(code.status(), 0, "{}", code.as_str());
            listed.insert(code.as_str());
        }
    }
    // Of a method that is not there; of replies to siteverify; not answered with yet.
    let elsewhere = [
        "config.bad_method",
        "answer.expired",
        "answer.already_used",
        "answer.invalid",
        "env.unsupported",
        "limit.site",
        "limit.address",
    ];
    for code in Code::ALL.iter().filter(|code| code.status() != 0) {
        let name = code.as_str();
        assert!(listed.contains(name) ^ elsewhere.contains(&name), "{name}");
    }
}

#[test]
fn what_is_for_development_is_not_in_the_document_of_production() {
    let paths = |development| document("https://id.example.gov", development)["paths"].clone();
    assert!(paths(false).get("/v1/test-answers").is_none());
    assert!(paths(true).get("/v1/test-answers").is_some());
}
