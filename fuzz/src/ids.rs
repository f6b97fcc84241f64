//! Identifiers, and what residents type. Whatever gets through here is believed everywhere else.

use nod_protocol::{
    codes::Code,
    handoff::HandoffState,
    ids::{
        Action, Bind, ClaimedId, KeyId, Level, ModelSetId, Nonce, Origin, Passcode, Purpose,
        Question, RpNonce, SessionId, SiteKey, TicketId, TicketKind,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

/// The first byte says what the rest is to be.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some((which, rest)) = data.split_first() else {
        return false;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return false;
    };
    KINDS[usize::from(*which) % KINDS.len()](text)
}

#[rustfmt::skip]
const KINDS: [fn(&str) -> bool; 14] = [
    |text| id(text, SiteKey::parse(text).ok(), SiteKey::as_str, |t| t.starts_with("pk_") && within(&t[3..], 1, 40, "_")),
    |text| id(text, SessionId::parse(text).ok(), SessionId::as_str, |t| t.starts_with("s_") && base64url(&t[2..], 22, 22)),
    |text| id(text, KeyId::parse(text).ok(), KeyId::as_str, |t| base64url(t, 1, 32)),
    |text| id(text, ModelSetId::parse(text).ok(), ModelSetId::as_str, |t| within(t, 1, 32, "-")),
    |text| id(text, Action::parse(text).ok(), Action::as_str, |t| within(t, 1, 32, "_-")),
    |text| id(text, Question::parse(text).ok(), Question::as_str, |t| within(t, 1, 64, "_:")),
    |text| id(text, RpNonce::parse(text).ok(), RpNonce::as_str, |t| printable(t, 1, 128)),
    |text| id(text, Bind::parse(text).ok(), Bind::as_str, |t| printable(t, 1, 128)),
    |text| id(text, TicketId::parse(text).ok(), TicketId::as_str, |t| base64url(t, 1, 43)),
    |text| id(text, Origin::parse(text).ok(), Origin::as_str, |t| t.len() <= 300) && origin(text),
    claimed_id,
    |text| Passcode::parse(text).is_ok_and(|code| {
        assert!(code.expose() == text && text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()));
        true
    }),
    |text| Nonce::try_from(text.to_owned()).is_ok_and(|nonce| {
        assert!(String::from(nonce) == text, "a second text of one nonce");
        true
    }),
    names,
];

/// What is accepted follows the rule, stays as it is, and is the same in JSON.
fn id<T: Serialize + DeserializeOwned>(
    text: &str,
    parsed: Option<T>,
    as_str: fn(&T) -> &str,
    rule: fn(&str) -> bool,
) -> bool {
    let json = serde_json::to_vec(text).unwrap_or_default();
    let from_json: Option<T> = serde_json::from_slice(&json).ok();
    assert!(
        from_json.is_some() == parsed.is_some(),
        "JSON is read otherwise"
    );
    let Some(id) = parsed else {
        return false;
    };
    assert!(as_str(&id) == text, "changed");
    assert!(rule(text), "against the rule: {text}");
    assert!(serde_json::to_vec(&id).is_ok_and(|said| said == json));
    true
}

/// Origins are compared as bytes, so each is what a browser would say (WHATWG URL, HTML §7.1.1), of which there is another
/// reading than ours.
fn origin(text: &str) -> bool {
    if Origin::parse(text).is_err() {
        return false;
    }
    let Ok(url) = Url::parse(text) else {
        // Names with other letters than ASCII's are checked by tables that we do not have: a page has no such origin, and
        // nothing is wrong with one registered in vain.
        assert!(text.contains("xn--"), "no address: {text}");
        return true;
    };
    assert!(
        url.origin().ascii_serialization() == text,
        "said otherwise: {text}"
    );
    assert!(url.username().is_empty() && url.password().is_none());
    #[cfg(feature = "authority")]
    secure(text, &url);
    true
}

/// Where browsers give a camera (W3C Secure Contexts §3.1).
#[cfg(feature = "authority")]
fn secure(text: &str, url: &Url) {
    use nod_authority::config::{is_loopback, is_secure};
    use url::Host;

    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let (loopback, secure) = Origin::parse(text)
        .map(|origin| (is_loopback(&origin), is_secure(&origin)))
        .unwrap_or_default();
    assert!(loopback == is_here, "loopback: {text}");
    assert!(
        secure == (is_here || url.scheme() == "https"),
        "secure: {text}"
    );
}

/// However it was typed: 4 to 64 letters or digits, and the same when it is read again where the seal is opened.
fn claimed_id(text: &str) -> bool {
    let Ok(id) = ClaimedId::parse(text) else {
        return false;
    };
    let normal = id.expose();
    assert!(
        normal.chars().all(char::is_alphanumeric),
        "no letter or digit: {normal}"
    );
    assert!(
        (4..=64).contains(&normal.chars().count()),
        "too short or too long: {normal}"
    );
    let again = ClaimedId::parse(normal);
    assert!(
        again.is_ok_and(|again| again == id),
        "another ID when read again: {normal}"
    );
    true
}

/// Words that stand for something: what is known is what is said.
fn names(text: &str) -> bool {
    let known = [
        Level::from_name(text).map(Level::as_str),
        Purpose::from_name(text).map(Purpose::as_str),
        TicketKind::from_name(text).map(TicketKind::as_str),
        HandoffState::from_name(text).map(HandoffState::as_str),
        Code::from_name(text).map(Code::as_str),
    ];
    assert!(known.iter().flatten().all(|name| *name == text));
    known.iter().any(Option::is_some)
}

/// Lower-case words, digits, and what else is allowed.
fn within(text: &str, min: usize, max: usize, more: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c);
    (min..=max).contains(&text.len()) && text.chars().all(allowed)
}

fn base64url(text: &str, min: usize, max: usize) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (min..=max).contains(&text.len()) && text.chars().all(allowed)
}

fn printable(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.len()) && text.chars().all(|c| ('!'..='~').contains(&c))
}

pub(crate) const WORDS: &[&str] = &[
    "https://",
    "http://",
    "localhost",
    ".localhost",
    "127.0.0.1",
    "[::1]",
    "[::ffff:1.2.3.4]",
    ":443",
    ":80",
    ":8080",
    "0x7f",
    "xn--",
    "pk_",
    "s_",
    "null",
    "@",
    "%00",
    "/",
    "..",
    "\u{390}",
    "\u{149}",
    "\u{df}",
    "\u{2028}",
    "\u{ff11}",
    "light",
    "full",
    "verify",
    "enrol",
    "portrait",
    "joined",
    "session.spent",
];

#[rustfmt::skip]
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let good: [(u8, &str); 24] = [
        (0, "pk_court"), (1, "s_AAAAAAAAAAAAAAAAAAAAAA"), (2, "k1"), (3, "open-1"), (4, "efile-submit"),
        (5, "benefit_active:pension"), (6, "n-1~!"), (7, "sha256-0"), (8, "ticket_1"),
        (9, "https://court.example.gov"), (9, "http://id.localhost:8080"), (9, "http://[::1]:8080"), (9, "http://127.0.0.1"),
        (9, "https://[2001:db8::1]"), (9, "https://a.b-c.example:8443"),
        (10, "110105-19491231.002x"), (10, "\u{54c8}\u{592b}\u{7f57}\u{7d22}1"), (10, "stra\u{df}e1"),
        (11, "27182818"), (12, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        (13, "light"), (13, "enrol"), (13, "joined"), (13, "session.spent"),
    ];
    let bad: [(u8, &str); 7] = [
        (0, "pk_"), (9, "null"), (9, "https://Court.example.gov"), (9, "https://court.example.gov:443"),
        (10, "123"), (11, "2718281"), (12, "AAAA"),
    ];
    good.iter().chain(&bad).map(|(which, text)| [&[*which], text.as_bytes()].concat()).collect()
}
