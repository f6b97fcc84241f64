//! Settings: a TOML file in the data directory, then the environment over it.
//!
//! Each key of the file is also a variable: `issuer` is `NOD_AUTHORITY_ISSUER`, `socket` of the table `[evidence]` is
//! `NOD_AUTHORITY_EVIDENCE_SOCKET`. A key or variable that
//! is not known is an error: a misspelt safety setting must not be silently ignored.

mod environment;
mod limits;
mod secret;
#[cfg(test)]
mod tests;

use std::{net::SocketAddr, path::PathBuf};

use nod_protocol::ids::{ModelSetId, Origin};
use serde::Deserialize;

pub use limits::{ForwardedHeader, Limits, Network, Shared};
pub use secret::Secret;

use crate::clock::{self, UnixSeconds, UtcOffset};

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
    /// Live model sets, the preferred one first; empty = the manifest's recommended set. One that is to go says when:
    /// `open-1 until 2027-06-30` (docs/model-sets.md).
    pub model_sets: Vec<LiveSet>,
    /// A development machine: allows the fallback model set without naming it in `model_sets`, and answers test keys
    /// ([`test_keys`](crate::test_keys)).
    pub development: bool,
    /// Whether a strong match moves the template a little towards the face just seen (docs/templates.md).
    pub renew_templates: bool,
    /// Whether an operator may look for one face among all residents (docs/duplicates.md).
    pub duplicate_search: bool,
    /// Midnight of the place whose days count for questions (docs/questions.md): `+08:00`.
    pub utc_offset: UtcOffset,
    /// Log filter, for example `info` or `nod_authority=debug`.
    pub log: String,
    /// Log lines as text or JSON.
    pub log_format: LogFormat,
    /// If set, `/metrics` asks for it as a bearer token.
    pub metrics_token: Option<Secret>,
    /// A database that several authorities share; without it, a SQLite file in the data directory.
    #[serde(deserialize_with = "database")]
    pub database: Option<Database>,
    /// Where crops are looked at; needed by sites that are registered with `--evidence crops`.
    pub evidence: Option<Evidence>,
    /// Where operators of terminals work; without it there are none (docs/terminal.md).
    pub terminal: Option<Terminal>,
    /// How many requests a minute, and which proxies are believed.
    pub limits: Limits,
    /// Origins of the relays that serve the frame for this authority (docs/relay.md): a hand-off's link may lead there.
    pub relays: Vec<Origin>,
    /// How long requests under way may take to finish once the process is told to stop, in seconds.
    pub shutdown_seconds: u64,
}

/// A model set of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct LiveSet {
    /// Which.
    pub id: ModelSetId,
    /// First second at which it is not live any more.
    pub until: Option<UnixSeconds>,
}

impl TryFrom<String> for LiveSet {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (id, until) = match text.split_once(" until ") {
            None => (text.as_str(), None),
            Some((id, day)) => {
                let day = clock::start_of_day(day.trim());
                (
                    id,
                    Some(day.ok_or("expected a day like 2027-06-30 (UTC) after `until`")?),
                )
            }
        };
        let id = ModelSetId::parse(id.trim());
        let id = id.map_err(|_| "expected a model set, or `<set> until <day>`")?;
        Ok(Self { id, until })
    }
}

/// The table `[database]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Address of a PostgreSQL database with the user and password to connect with:
    /// `postgres://user:password@host:port/name`.
    pub url: Secret,
}

/// By hand: the derived error would repeat an address that is not in a table.
fn database<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Database>, D::Error> {
    use serde::de::Error;
    match toml::Value::deserialize(from) {
        Ok(toml::Value::Table(table)) => table.try_into().map(Some).map_err(D::Error::custom),
        _ => Err(D::Error::custom("[database] is a table with the key `url`")),
    }
}

/// The table `[evidence]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The Unix socket that a `nod-evidence serve` of this machine listens on.
    pub socket: PathBuf,
}

/// The table `[terminal]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terminal {
    /// Address and port to listen on for operators alone.
    pub listen: SocketAddr,
    /// Where their browsers find that: another origin than the issuer.
    pub origin: Origin,
    /// Program and arguments that send a message to a telephone; a development machine does without, and prints it.
    #[serde(default)]
    pub sender: Vec<String>,
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

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            issuer: default_issuer(),
            name: "Identity authority".into(),
            alternative: String::new(),
            dist: PathBuf::from("dist"),
            consent_version: "2".into(),
            model_sets: Vec::new(),
            development: false,
            renew_templates: false,
            duplicate_search: false,
            utc_offset: UtcOffset::default(),
            log: "info".into(),
            log_format: LogFormat::Text,
            metrics_token: None,
            database: None,
            evidence: None,
            terminal: None,
            limits: Limits::default(),
            relays: Vec::new(),
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
            if let Some((key, value)) = environment::setting_of_variable(&name, value)? {
                laid_over(&mut table, key, value);
            }
        }
        Self::from_table(table, "environment")
    }

    fn from_table(table: toml::Table, origin: &str) -> Result<Self, ConfigError> {
        let invalid = |reason: String| ConfigError::Invalid {
            origin: origin.to_owned(),
            reason,
        };
        let read: Result<Self, _> = table.clone().try_into();
        let mut config = read.map_err(|_| invalid(reason(table)))?;
        if !is_secure(&config.issuer) {
            return Err(invalid(
                "issuer must be https (http only on localhost): browsers give no camera otherwise"
                    .into(),
            ));
        }
        if config.alternative.is_empty() {
            config.alternative = format!("{}/", config.issuer);
        }
        if let Some(database) = &config.database {
            let url = database.url.expose();
            if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
                return Err(invalid(
                    "database.url must be postgres://user:password@host:port/name".into(),
                ));
            }
        }
        if !config.relays.iter().all(is_secure) {
            return Err(invalid(
                "relays must be https (http only on localhost): browsers give no camera otherwise"
                    .into(),
            ));
        }
        if let Some(terminal) = &config.terminal {
            if terminal.origin == config.issuer || !is_secure(&terminal.origin) {
                return Err(invalid(
                    "terminal.origin must be https (http only on localhost), and not the issuer's"
                        .into(),
                ));
            }
            if terminal.sender.is_empty() && !config.development {
                return Err(invalid(
                    "terminal.sender must name the program that sends messages to telephones"
                        .into(),
                ));
            }
        }
        if config.shutdown_seconds > 300 {
            return Err(invalid("shutdown_seconds must be 0 to 300".into()));
        }
        Ok(config)
    }
}

/// A key of a table goes beside the table's others.
fn laid_over(table: &mut toml::Table, key: String, value: toml::Value) {
    match (table.get_mut(&key), value) {
        (Some(toml::Value::Table(there)), toml::Value::Table(entries)) => there.extend(entries),
        (_, value) => {
            table.insert(key, value);
        }
    }
}

/// What is wrong with the first key that cannot be read, which is the one that cannot be read alone: an error of the whole
/// table does not name it.
fn reason(table: toml::Table) -> String {
    for (key, value) in table {
        let alone = toml::Table::from_iter([(key.clone(), value)]);
        if let Err(error) = alone.try_into::<Config>() {
            return format!("{key}: {}", without_value(error.message()));
        }
    }
    "not the settings of an authority".into()
}

/// Errors of a value begin with it, and end with what was expected in its place: it may be a secret in the wrong line.
fn without_value(message: &str) -> String {
    const BEGIN: [&str; 4] = [
        "invalid type: ",
        "invalid value: ",
        "invalid length ",
        "unknown variant ",
    ];
    if !BEGIN.iter().any(|begin| message.starts_with(begin)) {
        return message.to_owned();
    }
    match message.rsplit_once("expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => "not a value of this setting".into(),
    }
}

/// Whether pages of this origin are a secure context: https, or a loopback name that browsers trust
/// (W3C Secure Contexts §3.1).
pub fn is_secure(origin: &Origin) -> bool {
    origin.as_str().starts_with("https://") || is_loopback(origin)
}

/// Whether pages of this origin are served by the machine that shows them.
pub fn is_loopback(origin: &Origin) -> bool {
    let text = origin.as_str();
    let Some(rest) = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"))
    else {
        return false;
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

/// `http://id.localhost:8080`: a name of its own, so that it is another site than the pages it
/// serves. `Origin` has no infallible constructor; the text is a constant and tested below.
fn default_issuer() -> Origin {
    #[expect(
        clippy::expect_used,
        reason = "a constant, parsed by the tests of this file"
    )]
    Origin::parse("http://id.localhost:8080").expect("a valid origin")
}
