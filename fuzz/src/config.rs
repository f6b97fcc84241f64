//! Settings: a text and variables, both the operator's, and both easily mistyped.

use nod_authority::config::{Config, is_secure};
use toml::Value;

/// A value that stands for a secret which somebody put in the wrong place.
const PLANTED: &str = "planted-secret";

/// The first byte says whether the rest is a file and variables, or a secret in some place.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some((how, rest)) = data.split_first() else {
        return false;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return false;
    };
    if how % 2 == 0 {
        settings(text)
    } else {
        misplaced(text)
    }
}

/// A file, and after a NUL variables, one a line. What is accepted keeps the documented limits.
fn settings(text: &str) -> bool {
    let (file, variables) = text.split_once('\0').unwrap_or((text, ""));
    let Ok(config) = Config::parse(file, "config.toml", pairs(variables)) else {
        return false;
    };
    assert!(is_secure(&config.issuer), "no camera there");
    assert!(config.shutdown_seconds <= 300, "waits too long");
    assert!(!config.alternative.is_empty(), "no other way");
    let shown = format!("{config:?}");
    if config.metrics_token.is_some() {
        assert!(shown.contains("Secret(redacted)"), "a secret is shown");
    }
    true
}

fn pairs(lines: &str) -> impl Iterator<Item = (String, String)> + '_ {
    let pairs = lines.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
}

const KEYS: [&str; 17] = [
    "listen",
    "issuer",
    "name",
    "alternative",
    "dist",
    "consent_version",
    "model_sets",
    "development",
    "renew_templates",
    "utc_offset",
    "log",
    "log_format",
    "metrics_token",
    "evidence",
    "shutdown_seconds",
    "metrics_tokn",
    "evidence_socket",
];

/// Whatever key gets the secret, in whatever form: no error repeats it.
fn misplaced(text: &str) -> bool {
    let mut bytes = text.bytes();
    let (key, form) = (bytes.next().unwrap_or(0), bytes.next().unwrap_or(0));
    let key = KEYS[usize::from(key) % KEYS.len()];
    // On one line: what begins the next one is a key, and keys are named.
    let more: String = text.chars().skip(2).filter(|c| !c.is_control()).collect();
    let secret = format!("{PLANTED}{more}");
    let quoted = Value::String(secret.clone());
    let variable = format!("NOD_AUTHORITY_{}", key.to_uppercase());
    let (file, variables) = match form % 5 {
        0 => (format!("{key} = {quoted}"), vec![]),
        1 => (format!("{key} = [{quoted}]"), vec![]),
        2 => (format!("{key} = {secret}"), vec![]),
        3 => (format!("[evidence]\n{key} = {quoted}"), vec![]),
        _ => (String::new(), vec![(variable, secret)]),
    };
    match Config::parse(&file, "config.toml", variables.into_iter()) {
        Ok(_) => true,
        Err(error) => {
            let said = format!("{error} {error:?}");
            assert!(!said.contains(PLANTED), "a value is repeated: {said}");
            false
        }
    }
}

pub(crate) const WORDS: &[&str] = &[
    "listen",
    "issuer",
    "name",
    "alternative",
    "dist",
    "consent_version",
    "model_sets",
    "development",
    "renew_templates",
    "utc_offset",
    "log",
    "log_format",
    "metrics_token",
    "[evidence]",
    "socket",
    "shutdown_seconds",
    "NOD_AUTHORITY_",
    "ISSUER",
    "EVIDENCE_SOCKET",
    "MODEL_SETS",
    "= true",
    "= \"",
    "\"\"\"",
    "= [",
    "127.0.0.1:8080",
    "https://id.example.gov",
    "http://id.localhost:8080",
    "json",
    "text",
    "open-1",
    "300",
    "-1",
    "0x7f",
    "1e9",
    "1979-05-27",
];

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let file = "listen = \"127.0.0.1:8080\"\nissuer = \"https://id.example.gov\"\nname = \"Registry\"\n\
        model_sets = [\"open-1\"]\nlog_format = \"json\"\nmetrics_token = \"m\"\nshutdown_seconds = 30\n\
        [evidence]\nsocket = \"/run/nod/evidence\"\n";
    let variables = "NOD_AUTHORITY_ISSUER=http://id.localhost:8080\nNOD_AUTHORITY_DEVELOPMENT=true\n\
        NOD_AUTHORITY_MODEL_SETS=open-1, everywhere-1\nNOD_AUTHORITY_SHUTDOWN_SECONDS=300\nHOME=/root\n\
        NOD_AUTHORITY_EVIDENCE_SOCKET=/run/e\n";
    let mut seeds: Vec<Vec<u8>> = [
        format!("\0{file}\0{variables}"),
        "\0".into(),
        format!("\0{file}"),
        format!("\0\0{variables}"),
        "\0shutdown_seconds = 301".into(),
        "\0issuer = \"http://id.example.gov\"".into(),
        "\0a.b.c = { d = [1, 2.5, 1979-05-27T07:32:00Z] }".into(),
    ]
    .map(String::into_bytes)
    .into();
    for key in 0..KEYS.len() as u8 {
        for form in 0..5 {
            seeds.push(vec![1, key, form, b'1']);
        }
    }
    seeds
}
