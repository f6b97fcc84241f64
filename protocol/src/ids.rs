//! Identifiers, parsed once at the edge and plain inside.
//!
//! A value of one of these types is already valid: the functions further in never check again.

mod nonce;
mod secret;

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use serde::{Deserialize, Serialize};

pub use nonce::{BadNonce, Nonce};
pub use secret::{BadSecret, ClaimHandle, ClaimedId, DeviceHandle, Passcode};

/// A text that is not a valid identifier of the named kind. It does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}: expected {expected}")]
pub struct BadId {
    kind: &'static str,
    expected: &'static str,
}

/// Declares a text newtype with its rule; JSON and CBOR carry it as plain text.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $rule:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Accepts the text if it follows the rule of this type.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                let rule: fn(&str) -> bool = $rule;
                if rule(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(BadId { kind: $kind, expected: $expected })
                }
            }

            /// The text as it goes over the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A site's public key name, for example `pk_court`.
    SiteKey, "site key", "pk_ and 1 to 40 of a-z, 0-9, _",
    |t| t.strip_prefix("pk_").is_some_and(|rest| within(rest, 1, 40, is_lower_word))
);
text_id!(
    /// One verification or enrolment attempt: `s_` and 22 characters of base64url (128 random bits).
    SessionId, "session", "s_ and 22 characters of base64url",
    |t| t.strip_prefix("s_").is_some_and(|rest| within(rest, 22, 22, is_base64url))
);
text_id!(
    /// Names a sealing or answer key of the authority.
    KeyId, "key id", "1 to 32 characters of base64url",
    |t| within(t, 1, 32, is_base64url)
);
text_id!(
    /// Names a model set of `models/manifest.toml`; templates of different sets are never compared.
    ModelSetId, "model set", "1 to 32 of a-z, 0-9, -",
    |t| within(t, 1, 32, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);
text_id!(
    /// What the resident is confirming, as the site registered it.
    Action, "action", "1 to 32 of a-z, 0-9, _, -",
    |t| within(t, 1, 32, |b| is_lower_word(b) || b == b'-')
);
text_id!(
    /// A yes/no question beyond identity, for example `age_over_18` or `benefit_active:pension`.
    Question, "question", "1 to 64 of a-z, 0-9, _, :",
    |t| within(t, 1, 64, |b| is_lower_word(b) || b == b':')
);
text_id!(
    /// The relying party's own one-time value, returned in the answer.
    RpNonce, "rp_nonce", "1 to 128 printable ASCII characters",
    |t| within(t, 1, 128, |b| b.is_ascii_graphic())
);
text_id!(
    /// A hash (or any short text) that the answer signs for, for example of the uploaded documents.
    Bind, "bind", "1 to 128 printable ASCII characters",
    |t| within(t, 1, 128, |b| b.is_ascii_graphic())
);
text_id!(
    /// A serialised web origin (RFC 6454 §6.2) with the scheme http or https; never `null`.
    Origin, "origin", "http(s)://host[:port] in lower case without a path",
    is_origin
);
text_id!(
    /// The public name of an enrolment ticket (not the code that lets one enrol).
    TicketId, "ticket id", "1 to 43 characters of base64url",
    |t| within(t, 1, 43, is_base64url)
);

impl SessionId {
    /// A fresh, unguessable session id.
    pub fn random() -> Result<Self, crate::random::RandomnessUnavailable> {
        use base64ct::{Base64UrlUnpadded, Encoding};
        let bytes = crate::random::bytes::<16>()?;
        Ok(Self(format!(
            "s_{}",
            Base64UrlUnpadded::encode_string(&bytes)
        )))
    }
}

/// How sure the authority must be, and what it asks of the resident.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The face alone, from any camera.
    Light,
    /// The face and a second factor, enrolled at an authorised terminal.
    Full,
}

/// What a sealed body is for; part of the HPKE `info`, so one can never be used as the other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Compare with the enrolled template and answer.
    Verify,
    /// Store a template, against a ticket.
    Enrol,
}

/// What an enrolment ticket lets its holder enrol with; part of the additional data, so that a body made for one
/// kind never opens for the other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketKind {
    /// A capture by a person in front of a camera.
    Live,
    /// One reference photograph that the authority already holds (bulk import).
    Portrait,
}

/// Wire names, equal to the JSON forms.
macro_rules! wire_names {
    ($type:ident { $($variant:ident => $name:literal),+ }) => {
        impl $type {
            /// The name on the wire and in the database.
            pub fn as_str(self) -> &'static str {
                match self { $($type::$variant => $name),+ }
            }

            /// The value with this wire name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some($type::$variant),)+ _ => None }
            }
        }
    };
}
wire_names!(Level { Light => "light", Full => "full" });
wire_names!(Purpose { Verify => "verify", Enrol => "enrol" });
wire_names!(TicketKind { Live => "live", Portrait => "portrait" });

fn within(text: &str, min: usize, max: usize, allowed: fn(u8) -> bool) -> bool {
    (min..=max).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_lower_word(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Hosts are compared as bytes later on, so anything that a browser would print differently (upper
/// case, a default port, a trailing slash, a user name) is refused here rather than normalised.
fn is_origin(text: &str) -> bool {
    let (rest, default_port) = match text.split_once("://") {
        Some(("https", rest)) => (rest, "443"),
        Some(("http", rest)) => (rest, "80"),
        _ => return false,
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !rest.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let host_is_valid = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(v6) => is_printed_v6(v6),
        None => {
            let labels = || host.split('.');
            within(host, 1, 253, |b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.'
            }) && labels().all(|label| (1..=63).contains(&label.len()))
                && (!labels().next_back().is_some_and(is_number)
                    || host.parse::<Ipv4Addr>().is_ok())
        }
    };
    let port_is_valid = match port {
        None => true,
        Some(p) => {
            let is_plain = p.bytes().all(|b| b.is_ascii_digit()) && !p.starts_with('0');
            is_plain && p != default_port && p.parse::<u16>().is_ok()
        }
    };
    host_is_valid && port_is_valid
}

/// Browsers print one form of an address: the shortest, without a part in dots.
fn is_printed_v6(text: &str) -> bool {
    text.parse::<Ipv6Addr>()
        .is_ok_and(|ip| ip.to_ipv4_mapped().is_none() && ip.to_string() == text)
}

/// A host whose last label is one is an IPv4 address to browsers, whatever else is in it (WHATWG URL, "ends in a number"):
/// `http://127.1` is 127.0.0.1, and printed so.
fn is_number(label: &str) -> bool {
    let is_hex = |rest: &str| rest.bytes().all(|b| b.is_ascii_hexdigit());
    label.bytes().all(|b| b.is_ascii_digit()) || label.strip_prefix("0x").is_some_and(is_hex)
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn origins_are_exact_or_refused() {
        for good in [
            "https://court.example.gov",
            "http://id.localhost:8080",
            "https://a.b-c.example:8443",
            "http://[::1]:8080",
            "http://127.0.0.1:8080",
            "http://[2001:db8::1]",
            "https://1.2.3.4.example",
        ] {
            assert_eq!(Origin::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "null",
            "",
            "court.example.gov",
            "https://Court.example.gov",
            "https://court.example.gov/",
            "https://court.example.gov:443",
            "https://court.example.gov:0",
            "https://court.example.gov:08080",
            "https://user@court.example.gov",
            "https://court..example",
            "https://",
            "ftp://court.example.gov",
            "http://[::1",
            "https://court.example.gov:99999",
            "https://court.example.gov:+8443",
            "https://court.example.gov:",
            "http://[0:0:0:0:0:0:0:1]:8080",
            "http://[::FFFF]",
            "http://[::ffff:1.2.3.4]",
            "http://127.1",
            "http://0x7f.0.0.1",
            "http://1.2.3.4.0x",
            "http://256.0.0.1",
            "http://01.2.3.4",
        ] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lengths_are_limited_at_both_ends() {
        assert!(Action::parse("").is_err());
        assert!(Action::parse(&"a".repeat(32)).is_ok());
        assert!(Action::parse(&"a".repeat(33)).is_err());
        assert!(Action::parse("Sübmit").is_err());
        assert!(RpNonce::parse(&"x".repeat(129)).is_err());
        assert!(SiteKey::parse("pk_").is_err());
        assert!(SessionId::parse("s_short").is_err());
    }

    #[test]
    fn a_random_session_id_parses_again() {
        let id = SessionId::random().unwrap();
        assert_eq!(SessionId::parse(id.as_str()).unwrap(), id);
    }

    #[test]
    fn json_refuses_what_parse_refuses() {
        assert!(serde_json::from_str::<Action>("\"efile-submit\"").is_ok());
        assert!(serde_json::from_str::<Action>("\"E-File\"").is_err());
    }

    #[test]
    fn full_is_above_light() {
        assert!(Level::Full > Level::Light);
        assert_eq!(Level::from_name(Level::Full.as_str()), Some(Level::Full));
    }
}
