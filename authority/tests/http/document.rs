//! Replies with an opened card against the served OpenAPI document. schemathesis (tests/interface/) has no face to open a card
//! with, so what it cannot see is held against the document here.

use nod_authority::questions::known;
use nod_protocol::{
    http::SessionReply,
    ids::{Level, SiteKey},
};
use serde_json::{Map, Value, json};

use crate::{
    card::opened,
    devices::to_remember,
    harness::{COURT, Harness, NOW, Reply},
    people::ANN,
    questions::{RECORD, give},
};

#[tokio::test]
async fn what_an_opened_card_replies_is_what_the_document_says() {
    let h = Harness::start().await;
    let document: Value = h.get("/.well-known/openapi.json").await.json();
    let fits = |path: &str, method: &str, reply: &Reply| {
        let schema = &document["paths"][path][method]["responses"]["200"]["content"]["application/json"]
            ["schema"];
        assert!(schema.is_object(), "{method} {path} has no schema");
        let wrong = misfits(&document, schema, &reply.json(), path);
        assert!(wrong.is_empty(), "{wrong:?}");
    };
    h.enrol(&ANN, Level::Full).await;
    give(&h, &ANN, RECORD).await;
    let court = SiteKey::parse("pk_court").unwrap();
    let ask = [known("age_over_18").unwrap()];
    let store = &h.authority.store;
    assert!(store.set_site_questions(&court, &ask, NOW).await.unwrap());
    h.wait(60);
    let request = json!({"sitekey": "pk_court", "origin": COURT, "ask": ask});
    let session: SessionReply = h.post("/v1/sessions", &request).await.json();
    let answered = h.submit(&session, &to_remember(&ANN, 1, 40)).await.claims();
    assert_eq!(answered["answers"], json!({"age_over_18": true}));
    h.wait(60);
    let card = opened(&h, &ANN, 50).await;
    for path in ["/v1/me", "/v1/me/receipts"] {
        let reply = h.get_with(path, &card).await;
        fits(path, "get", &reply);
        // Not of empty lists alone.
        assert!(reply.text().contains("pk_court"), "{path}");
    }
    let last = [
        ("/v1/me/export", json!({})),
        ("/v1/me/devices/forget", json!({})),
        ("/v1/me/keys/options", json!({})),
        ("/v1/me/keys/forget", json!({})),
        ("/v1/me/freeze", json!({})),
        ("/v1/me/unfreeze", json!({})),
        ("/v1/me/erase", json!({"confirm": "erase"})),
    ];
    for (path, body) in last {
        let reply = h.post_with(path, Some(&card), &body).await;
        fits(path, "post", &reply);
    }
}

/// Where a value is not as its schema says, by the keywords that the document uses (JSON Schema 2020-12), `pattern` and
/// lengths left out.
fn misfits(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        return misfits(document, target.unwrap(), value, at);
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(schemas) = schema[choice].as_array() {
            let all = schemas
                .iter()
                .map(|schema| misfits(document, schema, value, at));
            return all.min_by_key(Vec::len).unwrap();
        }
    }
    let mut wrong = Vec::new();
    let allowed = schema["enum"].as_array();
    if allowed.is_some_and(|values| !values.contains(value))
        || schema.get("const").is_some_and(|only| only != value)
        || !has_type(&schema["type"], value)
    {
        wrong.push(format!("{at}: {value} is not {schema}"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        wrong.extend(misfits(
            document,
            &schema["items"],
            item,
            &format!("{at}/{index}"),
        ));
    }
    if let Some(fields) = value.as_object() {
        wrong.extend(misfits_of_fields(document, schema, fields, at));
    }
    wrong
}

fn misfits_of_fields(
    document: &Value,
    schema: &Value,
    fields: &Map<String, Value>,
    at: &str,
) -> Vec<String> {
    let required = schema["required"].as_array().into_iter().flatten();
    let missing = required.filter(|name| !fields.contains_key(name.as_str().unwrap()));
    let mut wrong: Vec<String> = missing.map(|name| format!("{at}: no {name}")).collect();
    for (name, value) in fields {
        // An object of names that nobody lists has a schema for all of them (JSON Schema 2020-12, core, 10.3.2.3).
        let others = schema.get("additionalProperties");
        let others = others.filter(|others| others.is_object());
        match schema["properties"].get(name).or(others) {
            Some(schema) => wrong.extend(misfits(document, schema, value, &format!("{at}/{name}"))),
            None => wrong.push(format!("{at}: {name} is not in the document")),
        }
    }
    wrong
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("a type that this test does not know: {other}"),
    };
    match wanted {
        Value::Null => true,
        Value::String(name) => is(name),
        several => several
            .as_array()
            .unwrap()
            .iter()
            .any(|it| is(it.as_str().unwrap())),
    }
}
