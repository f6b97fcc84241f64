//! The table `[limits]`: how many requests a minute, and whose word about addresses is believed (docs/limits.md).

use std::{net::IpAddr, str::FromStr};

use serde::Deserialize;

use crate::traffic::PerMinute;

/// Limits on requests. None of them can be turned off, and the limits on guessing at a resident are not among them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests of frames, phones and cards from one address: a verification is three of them.
    pub address_per_minute: PerMinute,
    /// Sessions of a site that is registered without a limit of its own; as many answers may be checked.
    pub site_sessions_per_minute: PerMinute,
    /// Captures from one remembered device.
    pub device_per_minute: PerMinute,
    /// Sealed requests from one of the relays.
    pub relay_per_minute: PerMinute,
    /// Addresses of relays (docs/relay.md): what they carry counts by itself. Without a name a relay is an address as any other.
    pub relays: Vec<Network>,
    /// Proxies in front of the authority, whose header is believed.
    pub trusted_proxies: Vec<Network>,
    /// The header that they write.
    pub forwarded_header: ForwardedHeader,
    /// Addresses that many people share: offices, kiosks.
    pub shared: Vec<Shared>,
}

/// Which header a proxy writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Addresses with a limit of their own, each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// The addresses.
    pub network: Network,
    /// In place of `address_per_minute`.
    pub per_minute: PerMinute,
}

/// An address, or all that begin with the same bits (RFC 4632, RFC 4291 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    /// IPv4 as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2).
    bits: u128,
    /// How many of the 128 bits are compared.
    prefix: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            address_per_minute: PerMinute::at_most(300),
            site_sessions_per_minute: PerMinute::at_most(6_000),
            device_per_minute: PerMinute::at_most(10),
            relay_per_minute: PerMinute::at_most(30_000),
            relays: Vec::new(),
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::XForwardedFor,
            shared: Vec::new(),
        }
    }
}

impl Limits {
    /// How many requests this address has: by the narrowest network that it is in.
    pub fn of_address(&self, address: IpAddr) -> PerMinute {
        let own = self.shared.iter().filter(|it| it.network.has(address));
        own.max_by_key(|it| it.network.prefix)
            .map_or(self.address_per_minute, |it| it.per_minute)
    }

    /// Whether this is one of the relays.
    pub fn is_relay(&self, address: IpAddr) -> bool {
        self.relays.iter().any(|it| it.has(address))
    }

    /// Whether this is one of the proxies.
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|it| it.has(address))
    }
}

impl Network {
    fn has(&self, address: IpAddr) -> bool {
        let differing = self.bits ^ bits(address);
        // A shift by all bits is none.
        differing.checked_shr(128 - self.prefix).unwrap_or(0) == 0
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
    .to_bits()
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str =
            "expected an address or a network, as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32";
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| EXPECTED)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(prefix) => prefix.trim().parse().map_err(|_| EXPECTED)?,
        };
        if prefix > most {
            return Err(EXPECTED);
        }
        let network = Self {
            bits: bits(address),
            prefix: 128 - most + prefix,
        };
        let rest = u128::MAX.checked_shr(network.prefix).unwrap_or(0);
        if network.bits & rest != 0 {
            return Err("the bits behind a network's prefix must be zero");
        }
        Ok(network)
    }
}

impl TryFrom<String> for Network {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// `192.0.2.0/24=3000`: an entry of the variable NOD_AUTHORITY_LIMITS_SHARED, as the table that stands for it in the file.
pub(super) fn shared_of_text(text: &str) -> Option<toml::Value> {
    let (network, per_minute) = text.split_once('=')?;
    let entries = [
        ("network", toml::Value::from(network.trim())),
        ("per_minute", per_minute.trim().parse::<i64>().ok()?.into()),
    ];
    let entries = entries.map(|(key, value)| (key.to_owned(), value));
    Some(toml::Value::Table(toml::Table::from_iter(entries)))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    fn has(network: &str, address: &str) -> bool {
        let network: Network = network.parse().unwrap();
        network.has(address.parse().unwrap())
    }

    #[test]
    fn networks_have_their_addresses() {
        assert!(has("10.0.0.0/8", "10.255.0.1"));
        assert!(!has("10.0.0.0/8", "11.0.0.1"));
        assert!(has("192.0.2.7", "192.0.2.7"));
        assert!(!has("192.0.2.7", "192.0.2.6"));
        assert!(has("0.0.0.0/0", "203.0.113.9") && !has("0.0.0.0/0", "2001:db8::1"));
        assert!(has("::/0", "2001:db8::1") && has("::/0", "203.0.113.9"));
        assert!(has("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(has("192.0.2.0/24", "::ffff:192.0.2.9"));
        assert!(has("::1", &Ipv6Addr::LOCALHOST.to_string()));
        for bad in [
            "",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "::/129",
            "10.0.0.0/-1",
            "localhost",
            "10.0.0.0/8/8",
        ] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_narrowest_network_counts() {
        let limits: Limits = toml::from_str(
            "[[shared]]\nnetwork = \"192.0.2.0/24\"\nper_minute = 3000\n\
             [[shared]]\nnetwork = \"192.0.2.7\"\nper_minute = 9000\n\
             [[shared]]\nnetwork = \"192.0.0.0/16\"\nper_minute = 1000",
        )
        .unwrap();
        let of = |address: &str| limits.of_address(address.parse().unwrap()).get();
        assert_eq!(of("192.0.2.7"), 9000);
        assert_eq!(of("192.0.2.8"), 3000);
        assert_eq!(of("192.0.3.8"), 1000);
        assert_eq!(of("203.0.113.9"), 300);
    }
}
