//! Settings: options of the command line, each of which is also a variable.

use std::{fmt, net::IpAddr, net::SocketAddr, str::FromStr};

use axum::http::Uri;
use clap::Parser;

/// Serves an authority's frame from this host and carries its sealed requests, so that the authority does not learn which
/// address asked. It reads none of them.
///
/// Put a TLS terminator in front. Residents get the frame, and with it all scripts, from here: run it with the same care as
/// an authority's own host.
#[derive(Parser)]
#[command(version)]
pub struct Settings {
    /// Address and port to listen on.
    #[arg(long, env = "NOD_RELAY_LISTEN", default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// This relay's public origin, where browsers reach it.
    #[arg(long, env = "NOD_RELAY_ORIGIN")]
    pub origin: Origin,
    /// The authority's origin: its issuer. The frame, its files and the signed keys are fetched from there.
    #[arg(long, env = "NOD_RELAY_AUTHORITY")]
    pub authority: Origin,
    /// Where sealed requests go, if not to /v1/ohttp of the authority.
    #[arg(long, env = "NOD_RELAY_GATEWAY")]
    pub gateway: Option<Uri>,
    /// A proxy in front of this one (the TLS terminator), whose X-Forwarded-For is believed. May be given several times, or
    /// with commas.
    #[arg(
        long = "trusted-proxy",
        env = "NOD_RELAY_TRUSTED_PROXIES",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<IpAddr>,
    /// Sealed requests that one address (an IPv6 network of 64 bits) may send in a minute. A resident sends about five, and
    /// one every 1.5 seconds while a phone is waited for.
    #[arg(long, env = "NOD_RELAY_REQUESTS_PER_MINUTE", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub requests_per_minute: u32,
    /// Files that one address may fetch in a minute. A first visit takes about 90.
    #[arg(long, env = "NOD_RELAY_FILES_PER_MINUTE", default_value_t = 3000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub files_per_minute: u32,
    /// Mebibytes of files that are kept in memory.
    #[arg(long, env = "NOD_RELAY_CACHE_MIB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub cache_mib: u32,
    /// If set, /metrics is there and asks for it as bearer token.
    #[arg(long, env = "NOD_RELAY_METRICS_TOKEN", hide_env_values = true)]
    pub metrics_token: Option<String>,
    /// Log filter, for example `info` or `nod_relay=debug`.
    #[arg(long, env = "NOD_RELAY_LOG", default_value = "info")]
    pub log: String,
    /// Log lines as JSON.
    #[arg(long, env = "NOD_RELAY_LOG_JSON")]
    pub log_json: bool,
    /// Seconds that requests under way may take to finish once the process is told to stop.
    #[arg(long, env = "NOD_RELAY_SHUTDOWN_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=300))]
    pub shutdown_seconds: u64,
}

/// Scheme, host and port: `https`, or `http` on a machine's own names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin(String);

impl Origin {
    /// As browsers write it, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of a path on it.
    pub(crate) fn at(&self, path: &str) -> Option<Uri> {
        format!("{}{path}", self.0).parse().ok()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "expected https://host or https://host:port (http only on localhost)";
        let (scheme, host_and_port) = text.split_once("://").ok_or(FORM)?;
        let uri: Uri = text.parse().map_err(|_| FORM)?;
        let host = uri.host().ok_or(FORM)?;
        let is_plain = !host_and_port.is_empty()
            && host_and_port
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:[]".contains(&b));
        let is_local = host == "localhost"
            || host.ends_with(".localhost")
            || host == "[::1]"
            || host.starts_with("127.");
        match scheme {
            "https" if is_plain => Ok(Self(text.to_owned())),
            "http" if is_plain && is_local => Ok(Self(text.to_owned())),
            _ => Err(FORM),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_https_or_local_and_nothing_more() {
        for good in [
            "https://relay.example",
            "https://relay.example:8443",
            "http://relay.localhost:8090",
            "http://127.0.0.1:1",
            "http://[::1]:80",
        ] {
            assert_eq!(good.parse::<Origin>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "relay.example",
            "http://relay.example",
            "https://",
            "https://relay.example/",
            "https://Relay.example",
            "https://user@relay.example",
            "https://relay.example; script-src *",
            "ftp://localhost",
            "https://a b",
        ] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_command_line_is_complete() {
        use clap::CommandFactory;
        Settings::command().debug_assert();
        let settings = Settings::try_parse_from([
            "nod-relay",
            "--origin",
            "https://relay.example",
            "--authority",
            "https://id.example.gov",
            "--trusted-proxy",
            "10.0.0.1,10.0.0.2",
        ]);
        assert_eq!(settings.map_err(|_| ()).unwrap().trusted_proxies.len(), 2);
    }
}
