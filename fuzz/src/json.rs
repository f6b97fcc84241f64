//! The JSON bodies of every endpoint, and the replies that the widget reads.

use nod_protocol::{
    answer::Claims,
    handoff::{
        CODE_DIGITS, EndRequest, JoinReply, JoinRequest, OfferReply, OfferRequest, OpenReply,
        OpenRequest,
    },
    http::{
        ChallengeReply, ChallengeRequest, EnrolReply, FrameSessionRequest, JwksReply, KeysReply,
        PortraitTicketReply, PortraitTicketRequest, SessionReply, SiteSessionReply,
        SiteSessionRequest, SiteverifyReply, SiteverifyRequest, TestAnswerRequest, VerifyReply,
    },
    ids::{Nonce, Origin, SiteKey},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    answer::claims,
    key_config::signed,
    samples::{challenge, header},
};

/// The first byte says which body the rest is.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some((which, json)) = data.split_first() else {
        return false;
    };
    BODIES[usize::from(*which) % BODIES.len()](json)
}

/// Each has an example in [`EXAMPLES`].
#[rustfmt::skip]
const BODIES: [fn(&[u8]) -> bool; 20] = [
    |json| body(json, |request: &FrameSessionRequest| {
        is_site(&request.sitekey);
        is_origin(&request.origin);
        let texts = [request.rp_nonce.as_ref().map(|n| n.as_str()), request.bind.as_ref().map(|b| b.as_str())];
        is_printable(&texts);
    }),
    |json| body(json, |request: &SiteSessionRequest| {
        let texts = [request.rp_nonce.as_ref().map(|n| n.as_str()), request.bind.as_ref().map(|b| b.as_str())];
        is_printable(&texts);
        assert!((1..=32).contains(&request.action.as_str().len()));
    }),
    |json| body(json, |_: &ChallengeRequest| ()),
    siteverify,
    |json| body(json, |request: &PortraitTicketRequest| is_nonce(request.claimed_id_hash)),
    |json| body(json, |_: &TestAnswerRequest| ()),
    |json| body(json, |_: &OfferRequest| ()),
    |json| body(json, |_: &OpenRequest| ()),
    |json| body(json, |_: &JoinRequest| ()),
    |json| body(json, |_: &EndRequest| ()),
    |json| body(json, |reply: &SessionReply| {
        // What the widget seals to: the same for the same reply, whatever is in it.
        let context = reply.context(&challenge());
        assert!(context.aad(&header()) == reply.clone().context(&challenge()).aad(&header()));
        is_site(&reply.sitekey);
        is_origin(&reply.origin);
        is_nonce(reply.session_nonce);
    }),
    |json| body(json, |reply: &ChallengeReply| {
        let json = serde_json::to_vec(&reply.challenge).unwrap_or_default();
        let again = serde_json::from_slice::<nod_protocol::challenge::Challenge>(&json);
        assert!(again.is_ok_and(|again| again.hash() == reply.challenge.hash()), "another hash");
    }),
    |json| body(json, |_: &KeysReply| ()),
    |json| body(json, |_: &JwksReply| ()),
    |json| body(json, |_: &VerifyReply| ()),
    |json| body(json, |_: &EnrolReply| ()),
    |json| body(json, |_: &SiteverifyReply| ()),
    |json| body(json, |claims: &Claims| is_origin(&claims.origin)),
    |json| body(json, |_: &OfferReply| ()) | body(json, |_: &OpenReply| ()) | body(json, |_: &JoinReply| ()),
    |json| body(json, |_: &PortraitTicketReply| ()) | body(json, |_: &SiteSessionReply| ()),
];

/// What is accepted can be said again, in one way, and keeps its limits.
fn body<T: DeserializeOwned + Serialize>(json: &[u8], check: fn(&T)) -> bool {
    let Ok(value) = serde_json::from_slice::<T>(json) else {
        return false;
    };
    check(&value);
    let said = serde_json::to_vec(&value).unwrap_or_default();
    let again = serde_json::from_slice::<T>(&said).map(|again| serde_json::to_vec(&again));
    assert!(
        matches!(again, Ok(Ok(again)) if again == said),
        "not the same again"
    );
    true
}

/// It holds a secret, so it cannot be said again.
fn siteverify(json: &[u8]) -> bool {
    let Ok(request) = serde_json::from_slice::<SiteverifyRequest>(json) else {
        return false;
    };
    let longest = request.secret.len().max(request.response.len());
    assert!(longest <= json.len(), "more than was sent");
    true
}

fn is_site(site: &SiteKey) {
    assert!(SiteKey::parse(site.as_str()).is_ok());
}

fn is_origin(origin: &Origin) {
    assert!(Origin::parse(origin.as_str()).is_ok());
}

fn is_printable(texts: &[Option<&str>]) {
    for text in texts.iter().flatten() {
        assert!((1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()));
    }
}

fn is_nonce(nonce: Nonce) {
    assert!(String::from(nonce).len() == 43);
}

pub(crate) const WORDS: &[&str] = &[
    "\"sitekey\":",
    "\"pk_court\"",
    "\"origin\":",
    "\"https://court.example.gov\"",
    "\"purpose\":",
    "\"verify\"",
    "\"enrol\"",
    "\"session\":",
    "\"s_AAAAAAAAAAAAAAAAAAAAAA\"",
    "\"action\":",
    "\"level\":",
    "\"full\"",
    "\"light\"",
    "\"rp_nonce\":",
    "\"bind\":",
    "\"ask\":[",
    "\"ticket\":",
    "\"mode\":",
    "\"still\"",
    "\"move\"",
    "\"secret\":",
    "\"response\":",
    "\"expected_sub\":",
    "\"handle\":",
    "\"code\":",
    "\"reason\":",
    "\"cancelled\"",
    "\"steps\":[",
    "\"do\":",
    "\"millis\":",
    "\"turn_left\"",
    "\"look_up\"",
    "\"come_closer\"",
    "null",
    "true",
    "-0",
    "1e999",
    "18446744073709551616",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[[[[[[[[",
];

/// Examples of bodies, by their number; those with signatures are made by [`seeds`].
#[rustfmt::skip]
const EXAMPLES: [(u8, &str); 18] = [
    (0, r#"{"sitekey":"pk_court","origin":"https://court.example.gov","purpose":"enrol","action":"efile","level":"full","rp_nonce":"n","bind":"b","ask":["age_over_18"],"ticket":"t"}"#),
    (1, r#"{"action":"efile-submit","level":"light","rp_nonce":"n","bind":"b","ask":[],"expected_sub":"x"}"#),
    (2, r#"{"mode":"still"}"#),
    (3, r#"{"secret":"sk_x","response":"a.b.c","expected_sub":"x"}"#),
    (4, r#"{"id":"t1","claimed_id_hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#),
    (5, r#"{"session":"s_AAAAAAAAAAAAAAAAAAAAAA"}"#),
    (6, r#"{"session":"s_AAAAAAAAAAAAAAAAAAAAAA"}"#),
    (7, r#"{"handle":"h"}"#),
    (8, r#"{"code":"271828"}"#),
    (9, r#"{"reason":"cancelled"}"#),
    (10, r#"{"session":"s_AAAAAAAAAAAAAAAAAAAAAA","session_nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","expires_in":1800,"purpose":"verify","sitekey":"pk_court","origin":"https://court.example.gov","action":"efile","level":"full","ask":[],"rp_nonce":null,"bind":null,"consent_version":"2","ticket":{"id":"t","claimed_id_hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","level":"full","consent_version":"2","issuer":"i","kind":"live"},"model_sets":["open-1"],"site":{"name":"Court","purpose_text":"File","alternative":"https://court.example.gov/","still":true,"evidence":false}}"#),
    (11, r#"{"challenge":{"nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","mode":"move","steps":[{"do":"turn_left","millis":1600},{"do":"come_closer","millis":2600}]},"expires_in":60}"#),
    (12, r#"{"keys":[]}"#),
    (13, r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"a1","alg":"ES256","use":"sig"}]}"#),
    (14, r#"{"token":"a.b.c"}"#),
    (15, r#"{"enrolled":true,"level":"light"}"#),
    (16, r#"{"success":true,"yes":true,"origin":"https://court.example.gov","action":"efile","acr":"full","amr":["face"],"sub":"s","answers":{"age_over_18":true},"iat":1,"exp":2,"error_codes":[]}"#),
    (16, r#"{"success":false,"error_codes":["answer.invalid"]}"#),
];

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let seed = |which: u8, json: &str| [&[which], json.as_bytes()].concat();
    let mut seeds: Vec<Vec<u8>> = EXAMPLES
        .iter()
        .map(|(which, json)| seed(*which, json))
        .collect();
    let claims = serde_json::to_string(&claims()).unwrap_or_default();
    let keys = serde_json::to_string(&KeysReply {
        keys: vec![signed()],
    })
    .unwrap_or_default();
    seeds.push(seed(17, &claims));
    seeds.push(seed(12, &keys));
    let code = "1".repeat(CODE_DIGITS);
    seeds.push(seed(18, &format!(r##"{{"desk":"d","link":"https://id.example.gov/handoff#h","qr":{{"side":21,"path":"M0 0h1"}},"code":"{code}","expires_in":300}}"##)));
    seeds.push(seed(18, r#"{"phone":"p","site":{"name":"C","purpose_text":"F","alternative":"a","still":false,"evidence":true},"origin":"https://court.example.gov","expires_in":300}"#));
    seeds.push(seed(18, r#"{"session":"s_AAAAAAAAAAAAAAAAAAAAAA","sitekey":"pk_court","origin":"https://court.example.gov"}"#));
    seeds.push(seed(19, r#"{"code":"c","expires_in":600}"#));
    seeds.push(seed(
        19,
        r#"{"session":"s_AAAAAAAAAAAAAAAAAAAAAA","expires_in":1800}"#,
    ));
    // A field twice, one that nobody knows, and what is no value of its kind.
    seeds.push(seed(2, r#"{"mode":"still","mode":"move"}"#));
    seeds.push(seed(2, r#"{"mode":"still","more":1}"#));
    seeds.push(seed(0, r#"{"sitekey":"court","origin":"null"}"#));
    seeds
}
