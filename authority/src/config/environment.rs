//! Settings from environment variables.

use super::{ConfigError, limits::shared_of_text};

/// Variables that steer the command line itself and are no settings.
const COMMAND_VARIABLES: [&str; 1] = ["NOD_AUTHORITY_DATA"];
const PREFIX: &str = "NOD_AUTHORITY_";

/// The key and typed value that a variable sets; `None` if it is not one of ours.
pub(super) fn setting_of_variable(
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
        "development" | "renew_templates" | "duplicate_search" => toml::Value::Boolean(
            value
                .parse()
                .map_err(|_| invalid("expected true or false"))?,
        ),
        "shutdown_seconds" => {
            toml::Value::Integer(value.parse().map_err(|_| invalid("expected a number"))?)
        }
        "model_sets" | "relays" => toml::Value::Array(
            value
                .split(',')
                .filter(|id| !id.is_empty())
                .map(|id| id.trim().into())
                .collect(),
        ),
        "limits_address_per_minute"
        | "limits_site_sessions_per_minute"
        | "limits_device_per_minute"
        | "limits_relay_per_minute" => {
            let number: i64 = value.parse().map_err(|_| invalid("expected a number"))?;
            return Ok(Some(one_of_limits(&key, number.into())));
        }
        "limits_forwarded_header" => return Ok(Some(one_of_limits(&key, value.into()))),
        "limits_trusted_proxies" | "limits_relays" => {
            let networks = value.split(',').filter(|network| !network.is_empty());
            let networks = networks.map(|network| network.trim().into()).collect();
            return Ok(Some(one_of_limits(&key, toml::Value::Array(networks))));
        }
        "limits_shared" => {
            let entries = value.split(',').filter(|entry| !entry.is_empty());
            let entries: Option<Vec<_>> = entries.map(shared_of_text).collect();
            let entries = entries.ok_or_else(|| {
                invalid("expected 192.0.2.0/24=3000, several with commas between")
            })?;
            return Ok(Some(one_of_limits(&key, toml::Value::Array(entries))));
        }
        "evidence_socket" => return Ok(Some(one_of_table("evidence", "socket", value.into()))),
        "database_url" => return Ok(Some(one_of_table("database", "url", value.into()))),
        "terminal_listen" => return Ok(Some(one_of_table("terminal", "listen", value.into()))),
        "terminal_origin" => return Ok(Some(one_of_table("terminal", "origin", value.into()))),
        // A program and its arguments; what has spaces in it is written in the file.
        "terminal_sender" => {
            let words = value.split_whitespace().map(toml::Value::from).collect();
            let words = toml::Value::Array(words);
            return Ok(Some(one_of_table("terminal", "sender", words)));
        }
        "listen" | "issuer" | "name" | "alternative" | "dist" | "consent_version" | "log"
        | "log_format" | "metrics_token" | "utc_offset" => toml::Value::String(value),
        _ => return Err(invalid("no such setting")),
    };
    Ok(Some((key, value)))
}

fn one_of_limits(variable: &str, value: toml::Value) -> (String, toml::Value) {
    let key = variable.strip_prefix("limits_").unwrap_or(variable);
    let entries = toml::Table::from_iter([(key.to_owned(), value)]);
    ("limits".to_owned(), toml::Value::Table(entries))
}

/// One key of a table.
fn one_of_table(table: &str, key: &str, value: toml::Value) -> (String, toml::Value) {
    let entries = toml::Table::from_iter([(key.to_owned(), value)]);
    (table.to_owned(), toml::Value::Table(entries))
}
