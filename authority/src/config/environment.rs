//! Settings from environment variables.

use super::ConfigError;

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
        "development" | "renew_templates" => toml::Value::Boolean(
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
        "evidence_socket" => return Ok(Some(one_of_table("evidence", "socket", value))),
        "database_url" => return Ok(Some(one_of_table("database", "url", value))),
        "listen" | "issuer" | "name" | "alternative" | "dist" | "consent_version" | "log"
        | "log_format" | "metrics_token" => toml::Value::String(value),
        _ => return Err(invalid("no such setting")),
    };
    Ok(Some((key, value)))
}

/// The one key of its table.
fn one_of_table(table: &str, key: &str, value: String) -> (String, toml::Value) {
    let entry = (key.to_owned(), toml::Value::String(value));
    let entries = toml::Table::from_iter([entry]);
    (table.to_owned(), toml::Value::Table(entries))
}
