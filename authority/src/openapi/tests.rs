//! The document against the router's table and the tables that it is made of.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;

/// The routes of every source file as (path, method); axum tells nobody what it routes, so its source does.
fn routed() -> BTreeSet<(String, &'static str)> {
    let mut routes = BTreeSet::new();
    for (file, source) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        for call in source.split(".route(").skip(1) {
            let (path, handlers) = path_and_handlers(call)
                .unwrap_or_else(|| panic!("{file}: a route that this test cannot read"));
            // One that stands elsewhere under a name.
            let named = format!("let {handlers} = ");
            let handlers = match source.split_once(&named) {
                Some((_, rest)) => rest.split(';').next().unwrap(),
                None => handlers,
            };
            let methods = ["get", "post", "put", "patch", "delete", "any"];
            let before = routes.len();
            for method in methods.into_iter().filter(|name| calls(handlers, name)) {
                let is_new = routes.insert((path.replace("{*", "{"), method));
                assert!(is_new, "{method} {path} is routed twice");
            }
            assert!(
                routes.len() > before,
                "{path}: a method that this test does not know"
            );
        }
    }
    routes
}

/// Of what stands behind `.route(`, up to the parenthesis that closes it.
fn path_and_handlers(call: &str) -> Option<(&str, &str)> {
    let mut depth = 1;
    let end = call.char_indices().find_map(|(at, sign)| {
        match sign {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })?;
    let (path, handlers) = call[..end].split_once(',')?;
    let path = path.trim().strip_prefix('"')?.strip_suffix('"')?;
    Some((path, handlers.trim().trim_end_matches(',')))
}

/// Whether a function of this name is called, and not one whose name ends so.
fn calls(text: &str, name: &str) -> bool {
    let call = format!("{name}(");
    text.match_indices(&call).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|sign| sign.is_alphanumeric() || sign == '_' || sign == ':')
    })
}

/// The text of each file but this one, and of those below.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs")
            && !path.ends_with("openapi/tests.rs")
        {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text));
        }
    }
    found
}

fn everything() -> impl Iterator<Item = &'static Operation> {
    all(true).chain(TERMINALS)
}

fn documented() -> BTreeSet<(String, &'static str)> {
    let pairs = everything().map(|operation| (operation.path.to_owned(), operation.method.name()));
    pairs.collect()
}

#[test]
fn what_is_routed_is_documented_and_the_other_way_round() {
    let (routed, documented) = (routed(), documented());
    assert!(routed.len() > 35, "{routed:?}");
    let missing: Vec<_> = routed.difference(&documented).collect();
    assert!(
        missing.is_empty(),
        "add to a table in src/openapi/operations/, bodies to src/openapi/schemas/: {missing:?}"
    );
    let gone: Vec<_> = documented.difference(&routed).collect();
    assert!(gone.is_empty(), "no route: {gone:?}");
}

#[test]
fn names_are_unique_and_references_lead_somewhere() {
    let ids: BTreeSet<&str> = everything().map(|operation| operation.id).collect();
    assert_eq!(ids.len(), everything().count());
    let mut schemas = Map::new();
    for text in SCHEMAS {
        for (name, schema) in serde_json::from_str::<Map<String, Value>>(text).unwrap() {
            assert!(
                schemas.insert(name.clone(), schema).is_none(),
                "{name} twice"
            );
        }
    }
    let document = document(
        "https://id.example.gov",
        Some("https://desk.example.gov"),
        true,
    );
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
    for operation in everything() {
        for code in operation.codes {
            assert_ne!(code.status(), 0, "{}", code.as_str());
            listed.insert(code.as_str());
        }
    }
    // Of a method that is not there; of replies to siteverify; of the element.
    let elsewhere = [
        "config.bad_method",
        "answer.expired",
        "answer.already_used",
        "answer.invalid",
        "env.unsupported",
    ];
    for code in Code::ALL.iter().filter(|code| code.status() != 0) {
        let name = code.as_str();
        assert!(listed.contains(name) ^ elsewhere.contains(&name), "{name}");
    }
}

#[test]
fn what_is_for_development_is_not_in_the_document_of_production() {
    let paths =
        |development| document("https://id.example.gov", None, development)["paths"].clone();
    assert!(paths(false).get("/v1/test-answers").is_none());
    assert!(paths(true).get("/v1/test-answers").is_some());
}
