//! Everything that a process logs at its most talkative while everything happens to it, searched for what nobody may read
//! there: in the clear, in hexadecimal digits, in base64 and as lists of numbers.

use std::collections::{BTreeSet, HashMap};

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use nod_protocol::{
    ids::{ClaimedId, DeviceHandle, Passcode},
    key_config::RootPublicKey,
    payload::{Claim, Payload},
};
use serde_json::{Value, json};

use super::{ISSUER, ORIGIN, add_court, init, json_of, new_ticket, run, server::Server};
use crate::people::{ANN, BOB, Person};

/// Characters that a text to search for has at least.
const BEGINNING: usize = 6;

/// What must not be in the logs, with a name for messages.
#[derive(Default)]
struct Planted(Vec<(String, String)>);

impl Planted {
    fn text(&mut self, name: &str, text: &str) {
        assert!(
            text.len() >= BEGINNING,
            "{name} is too short to be searched for"
        );
        self.0.push((name.to_owned(), text.to_lowercase()));
        self.bytes(name, text.as_bytes());
    }

    /// Any eight of them in a row, in each way that bytes are written in.
    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let mut add = |form: &str, text: String| {
            self.0
                .push((format!("{name}, {form}"), text.to_lowercase()));
        };
        for part in bytes.chunks_exact(8) {
            add("hexadecimal", hex(part, ""));
            add("hexadecimal in groups", hex(part, " "));
            let decimals: Vec<String> = part.iter().map(u8::to_string).collect();
            add("numbers", decimals.join(", "));
            add("numbers in JSON", decimals.join(","));
        }
        // Base64 has three forms of a run, by where in it the run begins; without the characters at its ends that
        // neighbours change.
        for part in bytes.chunks_exact(24) {
            for skip in 0..3 {
                let inner = &part[skip..skip + 21];
                add("base64", Base64Unpadded::encode_string(inner));
                add("base64url", Base64UrlUnpadded::encode_string(inner));
            }
        }
    }

    /// What a person typed, and what the camera saw in these shots.
    fn person(&mut self, person: &Person, shots: &[u64]) {
        self.text("typed ID", person.id);
        let normalised = person.payload(0).claim.id().unwrap().expose().to_owned();
        self.text("claimed ID", &normalised);
        self.text("passcode", person.passcode);
        for &shot in shots {
            let capture = person.capture(shot);
            for embedding in capture.keyframes.iter().chain([&capture.fused]) {
                self.bytes("embedding", &embedding.to_bytes());
                for value in embedding
                    .values()
                    .iter()
                    .filter(|v| v.to_string().len() > 9)
                {
                    self.0
                        .push(("number of an embedding".into(), value.to_string()));
                }
            }
        }
    }

    /// Each place of the text is looked up by the few characters that begin there: texts to search for are many thousands.
    fn found_in(&self, logs: &str) -> BTreeSet<&str> {
        let logs = logs.to_lowercase().into_bytes();
        let mut by_beginning = HashMap::<&[u8], Vec<&(String, String)>>::new();
        for planted in &self.0 {
            let beginning = &planted.1.as_bytes()[..BEGINNING];
            by_beginning.entry(beginning).or_default().push(planted);
        }
        let mut found = BTreeSet::new();
        for (at, window) in logs.windows(BEGINNING).enumerate() {
            for (name, text) in by_beginning.get(window).into_iter().flatten() {
                if logs[at..].starts_with(text.as_bytes()) {
                    found.insert(name.as_str());
                }
            }
        }
        found
    }
}

fn hex(bytes: &[u8], between: &str) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(between)
}

#[test]
fn the_search_finds_what_is_there() {
    let mut planted = Planted::default();
    planted.person(&ANN, &[10]);
    let bytes = ANN.look(10).to_bytes();
    for (form, logs) in [
        ("typed ID", format!("id={}", ANN.id.to_lowercase())),
        ("hexadecimal", hex(&bytes[16..32], "")),
        ("numbers", format!("{:?}", &bytes[..40])),
        ("base64", Base64Unpadded::encode_string(&bytes)),
        (
            "number of an embedding",
            format!("{:?}", ANN.look(10).values()),
        ),
    ] {
        let found = planted.found_in(&logs);
        assert!(
            found.iter().any(|name| name.contains(form)),
            "{form}: {found:?}"
        );
    }
    assert!(
        planted
            .found_in("{\"level\":\"INFO\",\"status\":200}")
            .is_empty()
    );
}

#[test]
fn no_log_of_a_full_run_holds_a_face_a_number_or_a_secret() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let database = init(&data, dir.path());
    let mut planted = Planted::default();
    let secret = add_court(&data);
    let code = new_ticket(&data);
    let made = run(
        &data,
        &["import-key", "new", "--issuer", "register", "--json"],
        "",
    );
    let import_key = json_of(&made)["key"].as_str().unwrap().to_owned();
    let metrics_token = "planted-metrics-token-planted";
    let variables = [
        ("NOD_AUTHORITY_LOG", "trace"),
        ("NOD_AUTHORITY_METRICS_TOKEN", metrics_token),
    ];
    let server = Server::start(&data, &variables);
    let root = std::fs::read_to_string(data.join("root.pub")).unwrap();
    let root = RootPublicKey::from_base64url(root.trim()).unwrap();
    let device = [0xA7; 32];

    let open = json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol", "ticket": code});
    server.capture(&root, &open, "/v1/enrol", &ANN.payload(10));
    let court = json!({"sitekey": "pk_court", "origin": ORIGIN, "rp_nonce": "planted-rp-nonce",
                       "bind": "planted-bind-value"});
    let verify = |payload: &Payload| {
        server.capture(&root, &court, "/v1/verify", payload)["token"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    // Yes, and a device to remember; yes by the device; no by another face, another passcode, another number.
    let handle_of_device = || DeviceHandle::from_bytes(&device).unwrap();
    let to_remember = Claim::Id {
        id: ClaimedId::parse(ANN.id).unwrap(),
        remember: Some(handle_of_device()),
    };
    let by_device = Claim::Device(handle_of_device());
    let wrong_passcode = Passcode::parse("83920174").unwrap();
    let tokens = [
        verify(&Payload {
            claim: to_remember,
            ..ANN.payload(20)
        }),
        verify(&Payload {
            claim: by_device,
            ..ANN.payload(30)
        }),
        verify(&Payload {
            captures: BOB.payload(40).captures,
            ..ANN.payload(40)
        }),
        verify(&Payload {
            passcode: Some(wrong_passcode),
            ..ANN.payload(50)
        }),
        verify(&BOB.payload(60)),
    ];
    for token in tokens.iter().chain(&tokens) {
        for secret in [secret.as_str(), "sk_planted-wrong-secret"] {
            let check = json!({"secret": secret, "response": token});
            server.try_post("/v1/siteverify", &check);
        }
    }

    // To a phone: a wrong code, the right one, and its end.
    let session = server.post("/v1/sessions", &court)["session"].clone();
    let offer = server.post("/v1/handoff", &json!({"session": session}));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let handle = text(&offer["link"]).rsplit_once('#').unwrap().1.to_owned();
    let opened = server.post("/v1/handoff/open", &json!({"handle": handle}));
    let (desk, phone) = (text(&offer["desk"]), text(&opened["phone"]));
    for code in ["planted-code", &text(&offer["code"])] {
        server.with_bearer("POST", "/v1/handoff/join", &phone, &json!({"code": code}));
    }
    server.with_bearer("GET", "/v1/handoff", &desk, &Value::Null);
    let reason = json!({"reason": "cancelled"});
    server.with_bearer("POST", "/v1/handoff/end", &desk, &reason);
    let forget =
        json!({"sitekey": "pk_court", "device": Base64UrlUnpadded::encode_string(&device)});
    server.post("/v1/devices/forget", &forget);

    // Refusals of all kinds, each with something that must not be repeated.
    for (path, body) in [
        (
            "/v1/sessions",
            json!({"sitekey": "pk_court", "origin": "https://planted-origin.example"}),
        ),
        (
            "/v1/sessions",
            json!({"sitekey": "pk_planted_site", "origin": ORIGIN}),
        ),
        (
            "/v1/sessions",
            json!({"planted-field": "planted-value", "id": ANN.id}),
        ),
        (
            "/v1/sessions",
            json!({"sitekey": "pk_self", "origin": ISSUER, "purpose": "enrol",
                                "ticket": "planted-ticket-code"}),
        ),
        (
            "/v1/sessions/s_planted-session-12345/challenge",
            json!({"mode": "still"}),
        ),
        (
            "/v1/siteverify",
            json!({"secret": secret, "response": "planted.token.planted"}),
        ),
        ("/v1/handoff/open", json!({"handle": "planted-handle"})),
        ("/v1/planted-path", json!({"passcode": ANN.passcode})),
        ("/frame/planted-frame", json!(ANN.id)),
    ] {
        let (status, _) = server.try_post(path, &body);
        assert!(status >= 400 || path == "/v1/siteverify", "{path} {status}");
    }
    let (status, _) = server.send_sealed("/v1/verify", b"planted-body-that-is-no-envelope");
    assert_eq!(status, 400);
    let again = server.sealed(&root, &court, &ANN.payload(70));
    assert_eq!(server.send_sealed("/v1/verify", &again).0, 200);
    assert_eq!(server.send_sealed("/v1/verify", &again).0, 409);
    for (path, token) in [
        ("/v1/tickets", import_key.as_str()),
        ("/v1/tickets", "ik_planted-key"),
    ] {
        let ask = json!({"id": "planted-ticket", "claimed_id_hash": "A".repeat(43)});
        server.with_bearer("POST", path, token, &ask);
    }
    assert_eq!(
        server
            .with_bearer("GET", "/metrics", metrics_token, &Value::Null)
            .0,
        200
    );
    assert_eq!(
        server
            .with_bearer("GET", "/metrics", "planted-wrong-token", &Value::Null)
            .0,
        401
    );

    let logs = server.stop();
    // It was talkative, and the requests are in it.
    assert!(logs.contains("\"DEBUG\""), "{logs}");
    for route in [
        "/v1/enrol",
        "/v1/verify",
        "/v1/handoff/join",
        "/v1/tickets",
        "seal.malformed",
    ] {
        assert!(logs.contains(route), "{route}");
    }
    planted.person(&ANN, &[10, 20, 30, 40, 50, 70]);
    planted.person(&BOB, &[40, 60]);
    for (name, text) in [
        ("a planted value", "planted"),
        ("site secret", &secret),
        ("ticket", &code),
        ("import key", &import_key),
        ("wrong passcode", "83920174"),
        ("desk's secret", &desk),
        ("phone's secret", &phone),
        ("handle", &handle),
        ("session", session.as_str().unwrap()),
    ] {
        planted.text(name, text);
    }
    for token in &tokens {
        planted.text("answer", token);
    }
    planted.bytes("device", &device);
    planted.bytes("sealed body", &again);
    for entry in std::fs::read_dir(data.join("keys")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "key") {
            let text = std::fs::read_to_string(&path).unwrap();
            planted.text("private key", text.trim());
            let bytes = Base64UrlUnpadded::decode_vec(text.trim()).unwrap();
            planted.bytes("private key", &bytes);
        }
    }
    let found = planted.found_in(&logs);
    assert!(found.is_empty(), "{found:?}");
    drop(database);
}
