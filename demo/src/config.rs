//! What the demo is told at its start: where the authority is, the sites' secrets, their ports.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Parser;
use serde::Deserialize;

/// The relying parties of the demo, and a page that leads to them.
#[derive(Parser)]
#[command(version, about)]
pub(crate) struct Options {
    /// The authority as browsers see it
    #[arg(
        long,
        env = "NOD_DEMO_AUTHORITY",
        default_value = "http://id.localhost:8080"
    )]
    authority: String,
    /// The authority as the sites' back ends reach it
    #[arg(
        long,
        env = "NOD_DEMO_AUTHORITY_ADDRESS",
        default_value = "http://127.0.0.1:8080"
    )]
    authority_address: String,
    /// The build's index: address and integrity of nod.js
    #[arg(long, env = "NOD_DEMO_DIST", default_value = "dist/build.json")]
    dist: PathBuf,
    /// File with a line `court=sk_…` for each site
    #[arg(long, env = "NOD_DEMO_SECRETS")]
    secrets: Option<PathBuf>,
    #[arg(
        long,
        env = "NOD_DEMO_SECRET_COURT",
        hide_env_values = true,
        hide = true
    )]
    court_secret: Option<String>,
    #[arg(
        long,
        env = "NOD_DEMO_SECRET_BENEFITS",
        hide_env_values = true,
        hide = true
    )]
    benefits_secret: Option<String>,
    #[arg(
        long,
        env = "NOD_DEMO_SECRET_HOTEL",
        hide_env_values = true,
        hide = true
    )]
    hotel_secret: Option<String>,
    #[arg(
        long,
        env = "NOD_DEMO_SECRET_HOTEL_DESK",
        hide_env_values = true,
        hide = true
    )]
    hotel_desk_secret: Option<String>,
    #[arg(
        long,
        env = "NOD_DEMO_SECRET_CAFE",
        hide_env_values = true,
        hide = true
    )]
    cafe_secret: Option<String>,
    /// Where operators of terminals work, for the start page
    #[arg(
        long,
        env = "NOD_DEMO_TERMINAL",
        default_value = "http://terminal.localhost:8090"
    )]
    terminal: String,
    /// Port of http://start.localhost
    #[arg(long, default_value_t = 8088)]
    start_port: u16,
    /// Port of http://court.localhost
    #[arg(long, default_value_t = 8081)]
    court_port: u16,
    /// Port of http://benefits.localhost
    #[arg(long, default_value_t = 8082)]
    benefits_port: u16,
    /// Port of http://hotel.localhost
    #[arg(long, default_value_t = 8083)]
    hotel_port: u16,
    /// Port of http://cafe.localhost
    #[arg(long, default_value_t = 8084)]
    cafe_port: u16,
}

/// The options with their files read.
pub(crate) struct Config {
    pub(crate) authority: String,
    pub(crate) authority_address: String,
    pub(crate) terminal: String,
    pub(crate) script: Script,
    pub(crate) ports: Ports,
    secrets: HashMap<String, String>,
}

/// One port a site.
pub(crate) struct Ports {
    pub(crate) court: u16,
    pub(crate) benefits: u16,
    pub(crate) hotel: u16,
    pub(crate) cafe: u16,
    pub(crate) start: u16,
}

/// What the `<script>` tag says.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) address: String,
    pub(crate) integrity: String,
}

#[derive(Deserialize)]
struct BuildIndex {
    hash: String,
    sri: HashMap<String, String>,
}

impl Options {
    /// Reads the build index and the secrets; every missing piece is an error that names it.
    pub(crate) fn load(self) -> anyhow::Result<Config> {
        let authority = self.authority.trim_end_matches('/').to_owned();
        let text = fs::read_to_string(&self.dist)
            .with_context(|| format!("{} is missing: build first", self.dist.display()))?;
        let build: BuildIndex = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a build index", self.dist.display()))?;
        let integrity = build
            .sri
            .get("nod.js")
            .context("the build index has no hash of nod.js")?;
        let script = Script {
            address: format!("{authority}/v1/{}/nod.js", build.hash),
            integrity: integrity.clone(),
        };
        let mut secrets = match &self.secrets {
            Some(path) => parse_secrets(
                &fs::read_to_string(path)
                    .with_context(|| format!("{} cannot be read", path.display()))?,
            )?,
            None => HashMap::new(),
        };
        let given = [
            ("court", self.court_secret),
            ("benefits", self.benefits_secret),
            ("hotel", self.hotel_secret),
            ("hotel_desk", self.hotel_desk_secret),
            ("cafe", self.cafe_secret),
        ];
        for (name, secret) in given {
            if let Some(secret) = secret {
                secrets.insert(name.to_owned(), secret);
            }
        }
        Ok(Config {
            authority,
            authority_address: self.authority_address.trim_end_matches('/').to_owned(),
            terminal: self.terminal.trim_end_matches('/').to_owned(),
            script,
            ports: Ports {
                court: self.court_port,
                benefits: self.benefits_port,
                hotel: self.hotel_port,
                cafe: self.cafe_port,
                start: self.start_port,
            },
            secrets,
        })
    }
}

impl Config {
    /// The secret key of a site; without one the site could not check a single answer.
    pub(crate) fn secret(&self, site: &str) -> anyhow::Result<String> {
        self.secrets
            .get(site)
            .cloned()
            .with_context(|| format!("no secret for {site}: give --secrets or the environment"))
    }
}

fn parse_secrets(text: &str) -> anyhow::Result<HashMap<String, String>> {
    let mut secrets = HashMap::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, secret)) = line.split_once('=') else {
            // Not the line itself: it may be a secret.
            bail!("the secrets file has a line without `=`");
        };
        secrets.insert(name.trim().to_owned(), secret.trim().to_owned());
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::parse_secrets;

    #[test]
    fn secrets_are_lines_of_name_and_key() {
        let secrets = parse_secrets("# sites\ncourt = sk_a\n\nhotel=sk_b=\n").unwrap();
        assert_eq!(secrets["court"], "sk_a");
        assert_eq!(secrets["hotel"], "sk_b=");
        assert_eq!(secrets.len(), 2);
    }

    #[test]
    fn a_broken_line_is_refused_without_repeating_it() {
        let error = parse_secrets("sk_naked").unwrap_err().to_string();
        assert!(!error.contains("sk_naked"), "{error}");
    }
}
