//! A resident's whole way through the relay, and what each of the two learns of it.

use std::net::SocketAddr;

use nod_protocol::{
    bhttp::{Field, Request, Response},
    challenge::Challenge,
    envelope::{Header, MEDIA_TYPE, VERSION},
    http::{ChallengeReply, KeysReply, SessionReply},
    ids::ModelSetId,
    ohttp::{self, REQUEST_TYPE, RESPONSE_TYPE, STEP},
    seal::{self, SealPublicKey},
};
use serde_json::{Value, json};

use crate::{
    authority::{COURT, SECRET, Server},
    http::{get, send},
    people::ANN,
    process::Relay,
    tap::Tap,
};

/// What a browser would send along, and what is in front of it.
const OF_CLIENT: [&str; 9] = [
    "user-agent: planted-browser",
    "cookie: planted-cookie=1",
    "referer: https://planted-page.example/",
    "origin: https://planted-page.example",
    "accept-language: planted-language",
    "x-forwarded-for: 203.0.113.77",
    "forwarded: for=203.0.113.77",
    "via: 1.1 planted-proxy",
    "authorization: Bearer planted-authorization",
];

/// A widget behind a relay.
struct Client<'a> {
    relay: SocketAddr,
    server: &'a Server,
    key: SealPublicKey,
    /// All that it sent to the relay and got from it.
    seen_by_relay: Vec<u8>,
}

impl Client<'_> {
    /// The keys come through the relay, and the root that the build pins has signed them.
    fn start(relay: SocketAddr, server: &Server) -> Client<'_> {
        let published: KeysReply = serde_json::from_slice(&get(relay, "/v1/keys").body).unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let key = server
            .root()
            .choose(&published.keys, now.unwrap().as_secs());
        Client {
            relay,
            server,
            key: key.unwrap().public_key,
            seen_by_relay: Vec::new(),
        }
    }

    fn post(&mut self, path: &str, media_type: &str, content: &[u8]) -> Value {
        let request = Request {
            method: "POST".into(),
            scheme: "http".into(),
            authority: self.server.host().into(),
            path: path.into(),
            fields: vec![Field {
                name: "content-type".into(),
                value: media_type.into(),
            }],
            content: content.to_vec(),
        };
        let (message, pending) = ohttp::encapsulate(&self.key, &request.encode(STEP)).unwrap();
        let media_type = format!("content-type: {REQUEST_TYPE}");
        let headers = [OF_CLIENT.as_slice(), &[&media_type]].concat();
        let reply = send(self.relay, "POST", "/v1/ohttp", &headers, &message);
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("content-type"), RESPONSE_TYPE);
        self.seen_by_relay.extend(&message);
        self.seen_by_relay.extend(&reply.body);
        let opened = pending.decapsulate(&reply.body).unwrap();
        let response = Response::decode(&opened).map_err(|_| ()).unwrap();
        let said = String::from_utf8(response.content).unwrap();
        assert_eq!(response.status, 200, "{said}");
        serde_json::from_str(&said).unwrap()
    }

    fn post_json(&mut self, path: &str, body: &Value) -> Value {
        self.post(path, "application/json", body.to_string().as_bytes())
    }
}

/// Opens a session, draws its challenge, seals and sends.
fn capture(client: &mut Client<'_>, open: &Value, path: &str, shot: u64) -> Value {
    let session = client.post_json("/v1/sessions", open);
    let session: SessionReply = serde_json::from_value(session).unwrap();
    let drawn = format!("/v1/sessions/{}/challenge", session.session);
    let drawn = client.post_json(&drawn, &json!({"mode": "still"}));
    let drawn: ChallengeReply = serde_json::from_value(drawn).unwrap();
    let sealed = sealed(client, &session, &drawn.challenge, shot);
    client.post(path, MEDIA_TYPE, &sealed)
}

fn sealed(
    client: &Client<'_>,
    session: &SessionReply,
    challenge: &Challenge,
    shot: u64,
) -> Vec<u8> {
    let published: KeysReply = serde_json::from_slice(&get(client.relay, "/v1/keys").body).unwrap();
    let header = Header {
        version: VERSION,
        session: session.session.clone(),
        key: published.keys[0].kid.clone(),
        model_set: ModelSetId::parse("open-1").unwrap(),
        build: [7; 32],
    };
    let context = session.context(challenge);
    let envelope = seal::seal(&client.key, header, &context, &ANN.payload(shot));
    envelope.unwrap().encode()
}

#[test]
fn a_yes_of_which_the_relay_reads_nothing_and_the_authority_learns_no_address() {
    let server = Server::start();
    let tap = Tap::before(server.address);
    let relay = Relay::start(
        &format!("http://{}", tap.address),
        &["--trusted-proxy", "127.0.0.1"],
    );
    let mut client = Client::start(relay.address, &server);
    let open = json!({"sitekey": "pk_self", "origin": server.issuer, "purpose": "enrol",
                      "ticket": server.ticket});
    let enrolled = capture(&mut client, &open, "/v1/enrol", 10);
    assert_eq!(enrolled["enrolled"], true);
    let open = json!({"sitekey": "pk_planted_court", "origin": COURT, "rp_nonce": "planted-nonce"});
    let token = capture(&mut client, &open, "/v1/verify", 40)["token"].clone();
    let token = token.as_str().unwrap().to_owned();
    let check = json!({"secret": SECRET, "response": token}).to_string();
    let json = ["content-type: application/json"];
    let checked = send(
        server.address,
        "POST",
        "/v1/siteverify",
        &json,
        check.as_bytes(),
    );
    let checked: Value = serde_json::from_slice(&checked.body).unwrap();
    assert_eq!(
        (&checked["success"], &checked["yes"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(checked["rp_nonce"], "planted-nonce");

    // The relay: what came to it, what it sent on, what came back, what it wrote down. Nothing of the content.
    let logs = relay.stop();
    let wires = [
        tap.to_authority(),
        tap.to_relay(),
        client.seen_by_relay,
        logs.clone().into(),
    ];
    let normalised = ANN.payload(0).claim.id().unwrap().expose().to_owned();
    let claims = token.split('.').nth(1).unwrap();
    for wire in &wires {
        for planted in [
            "pk_planted_court",
            "planted-nonce",
            ANN.id,
            &normalised,
            ANN.passcode,
            server.ticket,
            &token,
            claims,
            "court.example.gov",
            "session",
            "challenge",
            "verify",
        ] {
            assert!(!contains(wire, planted), "{planted}");
        }
    }
    // The authority: one address, the relay's, and nothing that a browser or a proxy had said.
    for planted in [
        "planted",
        "203.0.113.77",
        "forwarded",
        "cookie",
        "user-agent",
        "referer",
        "accept-language",
    ] {
        assert!(!contains(&wires[0], planted), "{planted}");
    }
    let sent = String::from_utf8_lossy(&wires[0]).to_lowercase();
    assert_eq!(sent.matches("post /v1/ohttp http/1.1").count(), 6);
    for planted in ["203.0.113.77", "127.0.0.1:", "planted"] {
        let lines = logs.lines().filter(|line| line.contains("answered"));
        assert!(lines.clone().count() > 6, "{logs}");
        assert!(
            lines.clone().all(|line| !line.contains(planted)),
            "{planted}"
        );
    }
}

#[test]
fn the_relay_cannot_put_a_key_of_its_own_in_place() {
    let server = Server::start();
    let relay = Relay::start(&format!("http://{}", server.address), &[]);
    let published = get(relay.address, "/v1/keys");
    let mut published: KeysReply = serde_json::from_slice(&published.body).unwrap();
    let own = seal::SealKeyPair::generate().unwrap();
    let own = nod_protocol::key_config::RootKey::generate().unwrap().sign(
        published.keys[0].kid.clone(),
        &own.public_key(),
        0,
        u64::MAX,
    );
    published.keys = vec![own];
    let now = 1_800_000_000;
    assert!(server.root().choose(&published.keys, now).is_err());
}

#[test]
fn what_does_not_open_or_is_not_sealed_comes_back_as_the_gateway_says() {
    let server = Server::start();
    let relay = Relay::start(&format!("http://{}", server.address), &[]);
    let sealed = [format!("content-type: {REQUEST_TYPE}")];
    let sealed = [sealed[0].as_str()];
    let stranger = seal::SealKeyPair::generate().unwrap().public_key();
    let (message, _) = ohttp::encapsulate(&stranger, b"for another gateway").unwrap();
    let refused = send(relay.address, "POST", "/v1/ohttp", &sealed, &message);
    let problem: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(
        (refused.status, problem["type"].as_str()),
        (400, Some(ohttp::KEY_PROBLEM))
    );
    let cases: [(&[&str], Vec<u8>, u16); 4] = [
        (&sealed, vec![], 400),
        (&["content-type: application/json"], message.clone(), 415),
        (&[], message, 415),
        (&sealed, vec![0; (1 << 20) + 1], 413),
    ];
    for (headers, body, status) in cases {
        let refused = send(relay.address, "POST", "/v1/ohttp", headers, &body);
        assert_eq!(refused.status, status, "{}", refused.text());
        let problem: Value = serde_json::from_slice(&refused.body).unwrap();
        assert_eq!(problem["status"], status);
    }
}

#[test]
fn an_authority_that_is_away_is_said_to_be() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let relay = Relay::start(&format!("http://{address}"), &[]);
    let sealed = [format!("content-type: {REQUEST_TYPE}")];
    let reply = send(relay.address, "POST", "/v1/ohttp", &[&sealed[0]], &[0; 100]);
    let problem: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(
        (reply.status, problem["code"].as_str()),
        (502, Some("net.server"))
    );
    assert_eq!(get(relay.address, "/v1/keys").status, 502);
    assert_eq!(get(relay.address, "/healthz").status, 200);
}

fn contains(bytes: &[u8], text: &str) -> bool {
    let lower = bytes.to_ascii_lowercase();
    let text = text.to_lowercase();
    lower
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}
