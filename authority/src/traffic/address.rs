//! Which address a request comes from: the peer's, or, where that is a proxy which the operator named, the last one before it that
//! is none.
//!
//! Headers are believed from named proxies only, and only the one header that the settings say: a proxy appends to one, and passes on
//! what a client writes into the other. They are read from the right, where the nearest proxy has written, up to the first address that
//! is no proxy's; what is left of it is the client's word.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};

use crate::{
    config::{ForwardedHeader, Limits},
    router::App,
};

/// Where a request comes from, as far as it is counted by it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Caller(Option<IpAddr>);

impl Caller {
    /// Requests from inside the process, which are those of the relay's gateway, have no address. The server gives every other one
    /// the peer of its connection (`server.rs`; a test asks a real process).
    pub fn address(self) -> Option<IpAddr> {
        self.0
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let limits = &app.config.limits;
        Ok(Self(peer.map(|ConnectInfo(peer)| {
            client(limits, peer.ip(), &parts.headers)
        })))
    }
}

/// What is counted of an address: of IPv6 the network of 64 bits, of which one line has as many addresses as it likes.
pub fn counted(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().into_iter().take(8).collect(),
    }
}

fn client(limits: &Limits, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let mut last = peer.to_canonical();
    let mut before = match limits.forwarded_header {
        ForwardedHeader::XForwardedFor => x_forwarded_for(headers),
        ForwardedHeader::Forwarded => forwarded(headers),
    };
    while limits.is_trusted(last) {
        // What is no address hides what is before it: then it was the proxy.
        match before.pop() {
            Some(Some(address)) => last = address.to_canonical(),
            Some(None) | None => break,
        }
    }
    last
}

/// The addresses of `X-Forwarded-For`, the nearest one last; `None` for what is no address. Several lines are one list (RFC 9110 §5.3).
fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all("x-forwarded-for").iter();
    let values = lines.flat_map(|line| line.to_str().unwrap_or_default().split(','));
    values.map(|value| node(value.trim())).collect()
}

/// The same of `Forwarded` (RFC 7239 §4): elements by commas, pairs by semicolons, neither inside quotes.
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all(header::FORWARDED).iter();
    let mut nodes = Vec::new();
    for line in lines {
        let line = line.to_str().unwrap_or_default();
        for element in split(line, ',') {
            let of = |pair: &str| {
                let (name, value) = pair.split_once('=')?;
                let is_for = name.trim().eq_ignore_ascii_case("for");
                is_for.then(|| node(value.trim().trim_matches('"')))
            };
            nodes.push(split(element, ';').into_iter().find_map(of).flatten());
        }
    }
    nodes
}

/// Parts of a text between separators that stand outside of quotes (RFC 9110 §5.6.4).
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(|c: char| {
        let separates = c == separator && !is_quoted;
        if is_escaped {
            is_escaped = false;
        } else if c == '"' {
            is_quoted = !is_quoted;
        } else {
            is_escaped = is_quoted && c == '\\';
        }
        separates
    })
    .collect()
}

/// An address, with or without a port; IPv6 in brackets or not.
fn node(text: &str) -> Option<IpAddr> {
    let bracketed = || {
        let inside = text.strip_prefix('[')?.strip_suffix(']')?;
        inside.parse::<Ipv6Addr>().ok().map(IpAddr::from)
    };
    let with_port = || text.parse::<SocketAddr>().ok().map(|it| it.ip());
    text.parse().ok().or_else(bracketed).or_else(with_port)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn limits(header: &str) -> Limits {
        toml::from_str(&format!(
            "trusted_proxies = [\"10.0.0.0/8\", \"fd00::/8\"]\nforwarded_header = \"{header}\""
        ))
        .unwrap()
    }

    fn from(header: &'static str, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header, HeaderValue::from_str(line).unwrap());
        }
        client(&limits(header), peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_header_of_somebody_who_is_no_proxy_says_nothing() {
        let forged = from("x-forwarded-for", "203.0.113.9", &["198.51.100.1"]);
        assert_eq!(forged, "203.0.113.9");
        let forged = from("forwarded", "203.0.113.9", &["for=198.51.100.1"]);
        assert_eq!(forged, "203.0.113.9");
    }

    #[test]
    fn the_last_address_that_is_no_proxy_is_the_clients() {
        for (lines, client) in [
            (&["203.0.113.9"][..], "203.0.113.9"),
            (&["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            (&["198.51.100.1", "203.0.113.9, 10.2.0.1"], "203.0.113.9"),
            (&["203.0.113.9:4711"], "203.0.113.9"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["::ffff:203.0.113.9"], "203.0.113.9"),
            // Only proxies, nothing at all, or nonsense in front of the nearest: it was the last one that is known.
            (&["10.3.0.1, 10.2.0.1"], "10.3.0.1"),
            (&[], "10.1.0.1"),
            (&["203.0.113.9, unknown"], "10.1.0.1"),
            (&["203.0.113.9, unknown, 10.2.0.1"], "10.2.0.1"),
            (&["203.0.113.9,"], "10.1.0.1"),
        ] {
            assert_eq!(
                from("x-forwarded-for", "10.1.0.1", lines),
                client,
                "{lines:?}"
            );
        }
        let mapped = from("x-forwarded-for", "::ffff:10.1.0.1", &["203.0.113.9"]);
        assert_eq!(mapped, "203.0.113.9");
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_says() {
        for (lines, client) in [
            (&["for=203.0.113.9"][..], "203.0.113.9"),
            (
                &["for=198.51.100.1, For=203.0.113.9;proto=https;by=10.1.0.1"],
                "203.0.113.9",
            ),
            (&["for=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17"),
            (
                &["for=\"203.0.113.9:80\";host=\"a,b;for=1.1.1.1\""],
                "203.0.113.9",
            ),
            (&["for=203.0.113.9", "for=\"[fd00::1]\""], "203.0.113.9"),
            (&["for=203.0.113.9, for=_hidden"], "10.1.0.1"),
            (&["for=203.0.113.9, proto=https"], "10.1.0.1"),
            // A quote that the client leaves open takes nobody else's name.
            (&["for=9.9.9.9, for=\"x, for=203.0.113.9"], "10.1.0.1"),
        ] {
            assert_eq!(from("forwarded", "10.1.0.1", lines), client, "{lines:?}");
        }
    }

    #[test]
    fn of_ipv6_a_network_of_64_bits_counts() {
        let counted = |text: &str| counted(text.parse().unwrap());
        assert_eq!(counted("2001:db8::1"), counted("2001:db8::ffff:1:2:3"));
        assert_ne!(counted("2001:db8::1"), counted("2001:db8:0:1::1"));
        assert_ne!(counted("203.0.113.9"), counted("203.0.113.8"));
        assert_eq!(counted("203.0.113.9"), counted("::ffff:203.0.113.9"));
    }
}
