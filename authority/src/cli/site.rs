//! `nod-authority site …`: relying parties.

mod change;
mod questions;

use std::path::Path;

use anyhow::{bail, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use clap::{Args, Subcommand, ValueEnum};
use nod_protocol::{
    ids::{Action, Level, Origin, Question, SiteKey},
    random,
};
use serde::Serialize;
use zeroize::Zeroizing;

use self::{
    change::{Named, Rotate},
    questions::{Questions, known_question},
};
use crate::{
    clock::{Clock, SystemClock, UnixSeconds, utc},
    config::is_secure,
    store::{OWN_SITE, Site},
    test_keys,
    traffic::PerMinute,
    vault::TokenKind,
};

#[derive(Subcommand)]
pub(super) enum SiteCommand {
    /// Register a relying party and print its secret, once.
    Add(Add),
    /// Give a relying party a limit of its own, or the settings' again (docs/limits.md).
    Limit(Limit),
    /// Say which questions a relying party may ask, in the place of those from before (docs/questions.md).
    Questions(Questions),
    /// Show the registered relying parties.
    List {
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one relying party, with the words of its consent.
    Show(Named),
    /// Give a relying party a new secret, shown once; the old one goes on working for a while.
    RotateSecret(Rotate),
    /// Take a registration back.
    Remove(Named),
}

#[derive(Args)]
#[command(after_help = "Example:\n  \
    nod-authority site add --data /var/lib/nod --sitekey pk_court --name \"City court\" \\\n      \
    --origin https://court.example.gov --alternative https://court.example.gov/counter \\\n      \
    --action efile-submit=\"File a claim in your name\"")]
pub(super) struct Add {
    /// Public key name, for example pk_court.
    #[arg(long, value_parser = |text: &str| SiteKey::parse(text).map_err(|e| e.to_string()))]
    sitekey: SiteKey,
    /// Name that residents read in the consent.
    #[arg(long)]
    name: String,
    /// Origin of pages that may embed the widget; may be given several times.
    #[arg(
        long = "origin",
        required = true,
        value_parser = |text: &str| Origin::parse(text).map_err(|e| e.to_string())
    )]
    origins: Vec<Origin>,
    /// Address of the way without a face, for people who cannot or do not want to use it.
    #[arg(long)]
    alternative: String,
    /// What residents confirm, as name=purpose in plain words; may be given several times, the first
    /// is the default.
    #[arg(long = "action", required = true, value_name = "NAME=PURPOSE", value_parser = parse_action)]
    actions: Vec<(Action, String)>,
    /// A question beyond identity that the site may ask (docs/questions.md); may be given several times.
    #[arg(long = "ask", value_name = "QUESTION", value_parser = known_question)]
    ask: Vec<Question>,
    /// Lowest level of the site's sessions: light or full.
    #[arg(long, default_value = "light", value_parser = super::parse_level)]
    level: Level,
    /// Let residents who cannot move their head verify without movement (with their passcode).
    #[arg(long)]
    still: bool,
    /// A screen that many residents use one after another: answers carry no pseudonym, but one within a group (its `bind`, for a
    /// day); no device is remembered, and residents may show a code of their card's in place of typing their number.
    #[arg(long)]
    kiosk: bool,
    /// What captures carry besides measurements: crops are small pictures of the face inside the seal, which a
    /// nod-evidence beside the authority looks at and drops (`[evidence]` in the settings); the consent says so.
    #[arg(long, value_enum, default_value_t = Evidence::None)]
    evidence: Evidence,
    /// Sessions that the site may open in a minute, 1 to 1000000; without it the settings' `site_sessions_per_minute` holds.
    #[arg(long, value_parser = |text: &str| text.parse::<PerMinute>())]
    sessions_per_minute: Option<PerMinute>,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Limit {
    /// The site's key.
    #[arg(long, value_parser = |text: &str| SiteKey::parse(text).map_err(|e| e.to_string()))]
    sitekey: SiteKey,
    /// Sessions in a minute, 1 to 1000000; without it the settings' `site_sessions_per_minute` holds again.
    #[arg(long, value_parser = |text: &str| text.parse::<PerMinute>())]
    sessions_per_minute: Option<PerMinute>,
}

/// A site's evidence policy by name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Evidence {
    /// Measurements only, no picture.
    None,
    /// The aligned crops of the keyframes.
    Crops,
}

/// `site add --json`. The secret is printed here and nowhere else.
#[derive(Serialize)]
struct Added<'a> {
    sitekey: &'a SiteKey,
    secret: &'a str,
}

/// One entry of `site list --json`.
#[derive(Serialize)]
struct Listed {
    sitekey: SiteKey,
    name: String,
    origins: Vec<Origin>,
    actions: Vec<Action>,
    ask: Vec<Question>,
    level: Level,
    still: bool,
    kiosk: bool,
    evidence: Evidence,
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions_per_minute: Option<PerMinute>,
    alternative: String,
    /// Until when the secret before the last works, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_secret_until: Option<u64>,
}

pub(super) async fn run(data: &Path, command: SiteCommand) -> anyhow::Result<()> {
    // Refuses an unusable directory with a better message than a missing database would give.
    super::config(data)?;
    match command {
        SiteCommand::Add(arguments) => add(data, arguments).await,
        SiteCommand::Limit(arguments) => limit(data, arguments).await,
        SiteCommand::Questions(arguments) => questions::set(data, arguments).await,
        SiteCommand::List { json } => list(data, json).await,
        SiteCommand::Show(named) => show(data, named).await,
        SiteCommand::RotateSecret(arguments) => change::rotate_secret(data, arguments).await,
        SiteCommand::Remove(named) => change::remove(data, named).await,
    }
}

async fn add(data: &Path, arguments: Add) -> anyhow::Result<()> {
    let Add { json, .. } = arguments;
    let site = checked(arguments)?;
    let secret = new_secret()?;
    let store = super::store(data).await?;
    let hash = store.vault().token_hash(TokenKind::SiteSecret, &secret);
    let is_new = store.add_site(&site, &hash, SystemClock.now()).await?;
    store.close().await;
    if !is_new {
        bail!("site key {} is taken", site.site_key);
    }
    let text = format!(
        "Registered {}.\nSecret for its back end (shown once, not kept): {}",
        site.site_key, *secret
    );
    super::print(
        json,
        &Added {
            sitekey: &site.site_key,
            secret: &secret,
        },
        &text,
    )
}

async fn limit(data: &Path, arguments: Limit) -> anyhow::Result<()> {
    let Limit {
        sitekey,
        sessions_per_minute,
    } = arguments;
    let store = super::store(data).await?;
    let now = SystemClock.now();
    let is_there = store.limit_site(&sitekey, sessions_per_minute, now).await?;
    store.close().await;
    ensure!(is_there, "no site is registered as {sitekey}");
    let text = match sessions_per_minute {
        Some(number) => format!("{sitekey} may open {} sessions a minute.", number.get()),
        None => format!("{sitekey} may open as many sessions a minute as the settings say."),
    };
    super::print(false, &(), &text)
}

fn new_secret() -> anyhow::Result<Zeroizing<String>> {
    let random = Zeroizing::new(random::bytes::<32>()?);
    Ok(Zeroizing::new(format!(
        "sk_{}",
        Base64UrlUnpadded::encode_string(random.as_slice())
    )))
}

async fn show(data: &Path, named: Named) -> anyhow::Result<()> {
    let store = super::store(data).await?;
    let site = store.site(&named.sitekey).await;
    let old_secrets = store.old_site_secrets(SystemClock.now()).await;
    store.close().await;
    let Some(site) = site? else {
        bail!("no site has the key {}", named.sitekey);
    };
    let purposes: Vec<String> = site
        .actions
        .iter()
        .map(|(action, purpose)| format!("\n  {action}: {purpose}"))
        .collect();
    let (alternative, purposes) = (site.alternative.clone(), purposes.concat());
    let listed = Listed::of(site, &old_secrets?);
    let text = format!(
        "{}\nWay without a face: {alternative}\nWhat residents confirm:{purposes}",
        listed.line()
    );
    super::print(named.json, &listed, &text)
}

async fn list(data: &Path, json: bool) -> anyhow::Result<()> {
    let store = super::store(data).await?;
    let sites = store.sites().await;
    let old_secrets = store.old_site_secrets(SystemClock.now()).await;
    store.close().await;
    let (sites, old_secrets) = (sites?.into_iter(), old_secrets?);
    let sites: Vec<Listed> = sites.map(|site| Listed::of(site, &old_secrets)).collect();
    let text = sites
        .iter()
        .map(Listed::line)
        .collect::<Vec<_>>()
        .join("\n");
    super::print(
        json,
        &sites,
        if sites.is_empty() {
            "No sites yet."
        } else {
            &text
        },
    )
}

/// What a registration must be beyond the form of its parts.
fn checked(arguments: Add) -> anyhow::Result<Site> {
    let Add {
        sitekey,
        name,
        mut origins,
        alternative,
        actions,
        mut ask,
        level,
        still,
        kiosk,
        evidence,
        sessions_per_minute,
        json: _,
    } = arguments;
    ensure!(
        sitekey.as_str() != OWN_SITE,
        "{OWN_SITE} is the authority's own pages"
    );
    ensure!(
        !test_keys::is_reserved(&sitekey),
        "site keys that begin with {} are for tests in development",
        test_keys::PREFIX
    );
    ensure!(
        !name.trim().is_empty(),
        "the name must not be empty: residents read it"
    );
    for origin in &origins {
        ensure!(
            is_secure(origin),
            "{origin} is not https: browsers give pages there no camera (http only on localhost)"
        );
    }
    origins.sort();
    origins.dedup();
    ask.sort();
    ask.dedup();
    ensure!(
        alternative.starts_with("https://") || alternative.starts_with("http://"),
        "the alternative must be an http(s) address"
    );
    for (index, (action, _)) in actions.iter().enumerate() {
        ensure!(
            actions
                .iter()
                .skip(index + 1)
                .all(|(other, _)| other != action),
            "action {action} is given twice"
        );
    }
    Ok(Site {
        site_key: sitekey,
        name,
        alternative,
        level,
        still,
        kiosk,
        evidence: evidence == Evidence::Crops,
        sessions_per_minute,
        origins,
        actions,
        ask,
    })
}

fn parse_action(text: &str) -> Result<(Action, String), String> {
    let (name, purpose) = text
        .split_once('=')
        .ok_or("expected name=purpose in plain words")?;
    let action = Action::parse(name).map_err(|error| error.to_string())?;
    if purpose.trim().is_empty() {
        return Err("the purpose must not be empty: residents read it".into());
    }
    Ok((action, purpose.trim().to_owned()))
}

impl Listed {
    fn of(site: Site, old_secrets: &[(SiteKey, UnixSeconds)]) -> Self {
        let old_secret = old_secrets.iter().find(|(key, _)| *key == site.site_key);
        Self {
            old_secret_until: old_secret.map(|(_, until)| *until),
            sitekey: site.site_key,
            name: site.name,
            origins: site.origins,
            actions: site.actions.into_iter().map(|(action, _)| action).collect(),
            ask: site.ask,
            level: site.level,
            still: site.still,
            kiosk: site.kiosk,
            evidence: match site.evidence {
                true => Evidence::Crops,
                false => Evidence::None,
            },
            sessions_per_minute: site.sessions_per_minute,
            alternative: site.alternative,
        }
    }

    fn line(&self) -> String {
        let origins: Vec<&str> = self.origins.iter().map(Origin::as_str).collect();
        let actions: Vec<&str> = self.actions.iter().map(Action::as_str).collect();
        let ask: Vec<&str> = self.ask.iter().map(Question::as_str).collect();
        format!(
            "{}  {}  {}  {}  {}{}{}{}{}{}{}",
            self.sitekey,
            self.name,
            self.level.as_str(),
            origins.join(" "),
            actions.join(","),
            match ask.as_slice() {
                [] => String::new(),
                some => format!("  asks {}", some.join(",")),
            },
            if self.still { "  still" } else { "" },
            if self.kiosk { "  kiosk" } else { "" },
            match self.evidence {
                Evidence::None => "",
                Evidence::Crops => "  crops",
            },
            match self.sessions_per_minute {
                None => String::new(),
                Some(number) => format!("  {} a minute", number.get()),
            },
            match self.old_secret_until {
                None => String::new(),
                Some(until) => format!("  old secret until {}", utc(until)),
            },
        )
    }
}
