//! Settings: a TOML file in the data directory, then the environment over it.
//!
//! Each key of the file is also a variable: `issuer` is `NOD_AUTHORITY_ISSUER`. A key or variable that
//! is not known is an error: a misspelt safety setting must not be silently ignored.

use std::{net::SocketAddr, path::PathBuf};

use nod_protocol::ids::{ModelSetId, Origin};
use serde::Deserialize;
use subtle::ConstantTimeEq;

/// All settings, valid: whatever builds one has checked it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port to listen on. Keep it on loopback and put a TLS terminator in front.
    pub listen: SocketAddr,
    /// The authority's public origin: `iss` of the answers and the origin of the frame.
    pub issuer: Origin,
    /// Display name on the authority's own pages.
    pub name: String,
    /// Where people go who do not want to enrol by face.
    pub alternative: String,
    /// Directory with the built widget (`frame.html`, `v1/`, `models/`).
    pub dist: PathBuf,
    /// Version of the consent text; part of every seal and stored with every enrolment.
    pub consent_version: String,
    /// Live model sets, the preferred one first; empty = the manifest's recommended set.
    pub model_sets: Vec<ModelSetId>,
    /// A development machine: allows the fallback model set without naming it in `model_sets`.
    pub development: bool,
    /// Log filter, for example `info` or `nod_authority=debug`.
    pub log: String,
    /// Log lines as text or JSON.
    pub log_format: LogFormat,
    /// If set, `/metrics` asks for it as a bearer token.
    pub metrics_token: Option<Secret>,
    /// How long requests under way may take to finish once the process is told to stop, in seconds.
    pub shutdown_seconds: u64,
}

/// Form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A secret text: never printed, compared in constant time.
#[derive(Clone)]
pub struct Secret(String);

/// Why the settings are unusable.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or not readable.
    #[error("cannot read {path}: {source} (run `nod-authority init` first?)")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not TOML, an unknown key, or a value of the wrong kind.
    #[error("{origin}: {reason}")]
    Invalid {
        /// File name or "environment".
        origin: String,
        /// Names the key; never repeats a value.
        reason: String,
    },
}

/// Variables that steer the command line itself and are no settings.
const COMMAND_VARIABLES: [&str; 1] = ["NOD_AUTHORITY_DATA"];
const PREFIX: &str = "NOD_AUTHORITY_";

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            issuer: default_issuer(),
            name: "Identity authority".into(),
            alternative: String::new(),
            dist: PathBuf::from("dist"),
            consent_version: "1".into(),
            model_sets: Vec::new(),
            development: false,
            log: "info".into(),
            log_format: LogFormat::Text,
            metrics_token: None,
            shutdown_seconds: 10,
        }
    }
}

impl Config {
    /// Reads the file, lays the environment over it and checks the result.
    pub fn load(
        path: &std::path::Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, &path.display().to_string(), environment)
    }

    /// [`Config::load`] on a text; `origin` names it in errors.
    pub fn parse(
        text: &str,
        origin: &str,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let invalid = |reason: String| ConfigError::Invalid {
            origin: origin.to_owned(),
            reason,
        };
        let mut table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| invalid(error.message().to_owned()))?;
        // The file alone first, so that an error names the file and not the environment.
        Self::from_table(table.clone(), origin)?;
        for (name, value) in environment {
            if let Some((key, value)) = setting_of_variable(&name, value)? {
                table.insert(key, value);
            }
        }
        Self::from_table(table, "environment")
    }

    fn from_table(table: toml::Table, origin: &str) -> Result<Self, ConfigError> {
        let invalid = |reason: String| ConfigError::Invalid {
            origin: origin.to_owned(),
            reason,
        };
        let mut config: Self = table
            .try_into()
            .map_err(|error: toml::de::Error| invalid(error.message().to_owned()))?;
        if !is_secure(&config.issuer) {
            return Err(invalid(
                "issuer must be https (http only on localhost): browsers give no camera otherwise"
                    .into(),
            ));
        }
        if config.alternative.is_empty() {
            config.alternative = format!("{}/", config.issuer);
        }
        if config.shutdown_seconds > 300 {
            return Err(invalid("shutdown_seconds must be 0 to 300".into()));
        }
        Ok(config)
    }
}

impl Secret {
    /// Whether both texts are the same, in time that depends on their lengths only.
    pub fn matches(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

/// By hand: the derived error would repeat a value of the wrong kind.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(from) {
            Ok(toml::Value::String(text)) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("a secret must be a text")),
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// Whether pages of this origin are a secure context: https, or a loopback name that browsers trust
/// (W3C Secure Contexts §3.1).
pub fn is_secure(origin: &Origin) -> bool {
    let Some(rest) = origin.as_str().strip_prefix("http://") else {
        return origin.as_str().starts_with("https://");
    };
    let host = rest.rsplit_once(':').map_or(
        rest,
        |(host, port)| {
            if port.ends_with(']') { rest } else { host }
        },
    );
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// The key and typed value that a variable sets; `None` if it is not one of ours.
fn setting_of_variable(
    name: &str,
    value: String,
) -> Result<Option<(String, toml::Value)>, ConfigError> {
    let Some(key) = name.strip_prefix(PREFIX) else {
        return Ok(None);
    };
    if COMMAND_VARIABLES.contains(&name) {
        return Ok(None);
    }
    let key = key.to_ascii_lowercase();
    let invalid = |reason: &str| ConfigError::Invalid {
        origin: "environment".into(),
        reason: format!("{name}: {reason}"),
    };
    let value = match key.as_str() {
        "development" => toml::Value::Boolean(
            value
                .parse()
                .map_err(|_| invalid("expected true or false"))?,
        ),
        "shutdown_seconds" => {
            toml::Value::Integer(value.parse().map_err(|_| invalid("expected a number"))?)
        }
        "model_sets" => toml::Value::Array(
            value
                .split(',')
                .filter(|id| !id.is_empty())
                .map(|id| id.trim().into())
                .collect(),
        ),
        "listen" | "issuer" | "name" | "alternative" | "dist" | "consent_version" | "log"
        | "log_format" | "metrics_token" => toml::Value::String(value),
        _ => return Err(invalid("no such setting")),
    };
    Ok(Some((key, value)))
}

/// `http://id.localhost:8080`: a name of its own, so that it is another site than the pages it
/// serves. `Origin` has no infallible constructor; the text is a constant and tested below.
fn default_issuer() -> Origin {
    #[expect(
        clippy::expect_used,
        reason = "a constant, parsed by the tests of this file"
    )]
    Origin::parse("http://id.localhost:8080").expect("a valid origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_environment(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables: Vec<_> = variables
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        Config::parse(text, "config.toml", variables.into_iter())
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        let config = with_environment("", &[("HOME", "/root")]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.issuer.as_str(), "http://id.localhost:8080");
        assert_eq!(config.alternative, "http://id.localhost:8080/");
        assert!(!config.development);
    }

    #[test]
    fn the_environment_goes_over_the_file() {
        let config = with_environment(
            "listen = \"127.0.0.1:1\"\ndevelopment = false",
            &[
                ("NOD_AUTHORITY_LISTEN", "127.0.0.1:9000"),
                ("NOD_AUTHORITY_DEVELOPMENT", "true"),
                ("NOD_AUTHORITY_MODEL_SETS", "open-1, everywhere-1"),
                ("NOD_AUTHORITY_DATA", "/srv/nod"),
            ],
        )
        .unwrap();
        assert_eq!(config.listen.port(), 9000);
        assert!(config.development);
        assert_eq!(config.model_sets.len(), 2);
    }

    #[test]
    fn unknown_keys_and_variables_are_refused_by_name() {
        let file = with_environment("lisen = \"127.0.0.1:1\"", &[])
            .unwrap_err()
            .to_string();
        assert!(
            file.contains("config.toml") && file.contains("lisen"),
            "{file}"
        );
        let variable = with_environment("", &[("NOD_AUTHORITY_LISEN", "x")]).unwrap_err();
        assert!(
            variable.to_string().contains("NOD_AUTHORITY_LISEN"),
            "{variable}"
        );
    }

    #[test]
    fn an_issuer_without_tls_is_refused_outside_loopback() {
        assert!(with_environment("issuer = \"http://id.example.gov\"", &[]).is_err());
        for fine in [
            "https://id.example.gov",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
        ] {
            assert!(
                with_environment(&format!("issuer = \"{fine}\""), &[]).is_ok(),
                "{fine}"
            );
        }
        for bad in [
            "http://localhost.example.gov",
            "http://1.2.3.4",
            "http://xlocalhost",
        ] {
            assert!(
                with_environment(&format!("issuer = \"{bad}\""), &[]).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn secrets_are_never_printed() {
        let config = with_environment("metrics_token = \"planted-secret\"", &[]).unwrap();
        assert!(!format!("{config:?}").contains("planted"));
        assert!(format!("{config:?}").contains("Secret(redacted)"));
        assert!(config.metrics_token.unwrap().matches("planted-secret"));
        let error = with_environment("", &[("NOD_AUTHORITY_METRIC_TOKEN", "planted-secret")]);
        assert!(!format!("{:?}", error.unwrap_err()).contains("planted"));
        let malformed = with_environment("metrics_token = planted-secret", &[]).unwrap_err();
        assert!(
            !format!("{malformed:?}{malformed}").contains("planted"),
            "{malformed:?}"
        );
        let number = with_environment("metrics_token = 271828", &[]).unwrap_err();
        assert!(
            !format!("{number:?}{number}").contains("271828"),
            "{number:?}"
        );
        let wrong_kind = with_environment("listen = \"planted-secret\"", &[]).unwrap_err();
        assert!(
            !format!("{wrong_kind:?}{wrong_kind}").contains("planted"),
            "{wrong_kind:?}"
        );
    }
}
