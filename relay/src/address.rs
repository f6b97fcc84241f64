//! Whose request it is, for the limits and nothing else: the address is in no log, no metric and nothing that is sent on.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;

/// An IPv4 address, or the first 64 bits of an IPv6 one: what a subscriber gets. Not printable.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Subscriber(IpAddr);

/// The peer's, or what trusted proxies say: of X-Forwarded-For the last address that is not one of theirs.
pub(crate) fn subscriber(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> Subscriber {
    let mut address = peer.to_canonical();
    if trusted.contains(&address) {
        let values = headers.get_all("x-forwarded-for").iter().rev();
        let entries = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.rsplit(','));
        for entry in entries {
            let Ok(said) = entry.trim().parse::<IpAddr>() else {
                break;
            };
            address = said.to_canonical();
            if !trusted.contains(&address) {
                break;
            }
        }
    }
    Subscriber(network(address))
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["10.0.0.1", "10.0.0.2"].map(|ip| ip.parse().unwrap());
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        subscriber(peer.parse().unwrap(), &headers, &trusted)
            .0
            .to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_what_they_added() {
        assert_eq!(of("192.0.2.7", &["198.51.100.1"]), "192.0.2.7");
        assert_eq!(of("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        // A client that writes the header itself only adds in front.
        assert_eq!(
            of("10.0.0.1", &["203.0.113.9, 198.51.100.1"]),
            "198.51.100.1"
        );
        assert_eq!(
            of("10.0.0.1", &["203.0.113.9", "198.51.100.1, 10.0.0.2"]),
            "198.51.100.1"
        );
        assert_eq!(of("10.0.0.1", &["198.51.100.1, nonsense"]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn a_network_of_64_bits_is_one_subscriber() {
        assert_eq!(of("2001:db8:1:2:3:4:5:6", &[]), "2001:db8:1:2::");
        assert_eq!(of("::ffff:192.0.2.7", &[]), "192.0.2.7");
    }
}
