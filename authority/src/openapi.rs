//! The HTTP interface as an OpenAPI 3.1 document: what `/.well-known/openapi.json` says.
//!
//! Made when it is asked for, of tables of operations (`openapi/operations/`), the schemas of their bodies
//! (`openapi/schemas/`) and the table of codes (`protocol/src/codes.rs`), from which every error response comes. Tests hold
//! the operations against the routes; `cargo xtask test` has schemathesis try every operation of a running authority.

mod operations;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use nod_protocol::codes::Code;
use serde_json::{Map, Value, json};

use self::operations::{ANYWHERE, Gives, Method, Operation, Proof, TERMINALS, Takes, all};
use crate::router::App;

/// Each for the bodies of one part of the interface, and `names` for what stands in them.
const SCHEMAS: [&str; 7] = [
    include_str!("openapi/schemas/names.json"),
    include_str!("openapi/schemas/authority.json"),
    include_str!("openapi/schemas/session.json"),
    include_str!("openapi/schemas/handoff.json"),
    include_str!("openapi/schemas/back_end.json"),
    include_str!("openapi/schemas/card.json"),
    include_str!("openapi/schemas/terminal.json"),
];

/// GET `/.well-known/openapi.json`.
pub async fn openapi(State(app): State<App>) -> Json<Value> {
    let issuer = app.config.issuer.as_str();
    let terminals = app.config.terminal.as_ref();
    let terminals = terminals.map(|terminal| terminal.origin.as_str());
    Json(document(issuer, terminals, app.test_keys.is_some()))
}

/// The document of an authority with this origin; what operators' terminals ask for stands in it where they have one.
pub fn document(issuer: &str, terminals: Option<&str>, development: bool) -> Value {
    let mut paths = BTreeMap::<&str, Map<String, Value>>::new();
    let mut describe = |operation: &Operation, server: Option<&str>| {
        let methods = paths.entry(operation.path).or_default();
        methods.insert(operation.method.name().into(), operation.described());
        if let Some(url) = server {
            methods.insert("servers".into(), json!([{ "url": url }]));
        }
    };
    for operation in all(development) {
        describe(operation, None);
    }
    if terminals.is_some() {
        for operation in TERMINALS {
            describe(operation, terminals);
        }
    }
    let mut schemas = Map::new();
    for text in SCHEMAS {
        // Parsed by a test: a program with a broken one is not built.
        schemas.extend(serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default());
    }
    schemas.insert("Problem".into(), problem(&[]));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Nod authority",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Is the person at this screen the resident they claim to be? A signed yes or no.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": issuer }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "siteSecret": bearer("What `nod-authority site add` printed"),
                "importKey": bearer("What `nod-authority import-key new` printed"),
                "handoffSecret": bearer("The secret of one side of a hand-off"),
                "cardToken": bearer("What `/v1/me/open` gave for an answer"),
                "operatorShift": bearer("What `/v1/terminal/sign-in` gave"),
                "phoneWaiting": bearer("`waiting` of the reply to an enrolment at a terminal"),
                "metricsToken": bearer("`metrics_token` of the settings"),
            },
        },
    })
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
        }
    }
}

impl Operation {
    fn described(&self) -> Value {
        let mut described = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "responses": self.responses(),
        });
        let Some(fields) = described.as_object_mut() else {
            return described;
        };
        let parameters = self.parameters();
        if !parameters.is_empty() {
            fields.insert("parameters".into(), parameters.into());
        }
        let content = match self.takes {
            Takes::Nothing => None,
            Takes::Json(schemas) => Some(content("application/json", one_of(schemas))),
            Takes::Bytes(media_type) => Some(content(media_type, bytes())),
        };
        if let Some(content) = content {
            let body = json!({ "required": true, "content": content });
            fields.insert("requestBody".into(), body);
        }
        match self.proof {
            Proof::None => None,
            Proof::Bearer(scheme) => Some(json!([{ scheme: [] }])),
            Proof::MayBearer(scheme) => Some(json!([{}, { scheme: [] }])),
        }
        .and_then(|security| fields.insert("security".into(), security));
        described
    }

    /// The parts of the path in braces, and what may stand behind it.
    fn parameters(&self) -> Vec<Value> {
        let names = self.path.split('/').filter_map(|part| {
            let name = part.strip_prefix('{')?;
            name.strip_suffix('}')
        });
        let schema = |name| match name {
            "id" => reference("SessionId"),
            "sitekey" => reference("SiteKey"),
            "hash" => json!({ "type": "string", "pattern": "^[0-9a-f]{8,64}$" }),
            _ => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]*$" }),
        };
        let in_path = names.map(
            |name| json!({ "name": name, "in": "path", "required": true, "schema": schema(name) }),
        );
        let in_query = self.query.iter().map(
            |query| json!({ "name": query.name, "in": "query", "schema": reference(query.schema) }),
        );
        in_path.chain(in_query).collect()
    }

    fn responses(&self) -> Map<String, Value> {
        let mut responses = Map::new();
        let (media_type, schema) = match self.gives {
            Gives::Json([]) => ("application/json", json!({ "type": "object" })),
            Gives::Json(schemas) => ("application/json", one_of(schemas)),
            Gives::Readiness(schema) => ("application/json", reference(schema)),
            Gives::Text(media_type) => (media_type, json!({ "type": "string" })),
            Gives::Bytes(media_type) => (media_type, bytes()),
            Gives::File => ("*/*", json!({})),
        };
        let done = json!({ "description": "As asked.", "content": content(media_type, schema) });
        responses.insert("200".into(), done);
        let mut by_status = BTreeMap::<u16, Vec<Code>>::new();
        for code in ANYWHERE.iter().chain(self.codes) {
            by_status.entry(code.status()).or_default().push(*code);
        }
        for (status, codes) in by_status {
            responses.insert(status.to_string(), refusal(status, &codes));
        }
        if let Gives::Readiness(schema) = self.gives
            && let Some(busy) = responses.get_mut("503")
        {
            // It says what is away in the same form.
            busy["content"]["application/json"] = json!({ "schema": reference(schema) });
        }
        responses
    }
}

/// A problem document (RFC 9457) with one of these codes.
fn refusal(status: u16, codes: &[Code]) -> Value {
    let titles: Vec<String> = codes
        .iter()
        .map(|code| format!("`{}`: {}", code.as_str(), code.title()))
        .collect();
    let mut described = json!({
        "description": titles.join(". "),
        "content": content("application/problem+json", problem(codes)),
    });
    let header = match status {
        429 | 503 => Some(("Retry-After", "Seconds after which to ask again.")),
        401 => Some((
            "WWW-Authenticate",
            "How to prove oneself (RFC 9110, 11.6.1).",
        )),
        _ => None,
    };
    if let Some((name, description)) = header {
        let schema = json!({ "type": "string" });
        let header = json!({ "description": description, "required": true, "schema": schema });
        described["headers"] = json!({ name: header });
    }
    described
}

/// Of any code if none is named.
fn problem(codes: &[Code]) -> Value {
    let all = Code::ALL.iter().filter(|code| code.status() != 0);
    let names: Vec<&str> = match codes {
        [] => all.map(|code| code.as_str()).collect(),
        some => some.iter().map(|code| code.as_str()).collect(),
    };
    json!({
        "type": "object",
        "required": ["type", "title", "status", "code", "retryable", "next"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string", "description": "For developers." },
            "status": { "type": "integer" },
            "code": { "enum": names },
            "retryable": { "type": "boolean", "description": "Whether trying again can help." },
            "next": { "type": "string", "description": "What to do next." },
        },
    })
}

fn content(media_type: &str, schema: Value) -> Value {
    json!({ media_type: { "schema": schema } })
}

fn bytes() -> Value {
    json!({ "type": "string", "format": "binary" })
}

fn one_of(schemas: &[&str]) -> Value {
    match schemas {
        [one] => reference(one),
        several => {
            json!({ "anyOf": several.iter().map(|name| reference(name)).collect::<Vec<_>>() })
        }
    }
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn bearer(description: &str) -> Value {
    json!({ "type": "http", "scheme": "bearer", "description": description })
}
