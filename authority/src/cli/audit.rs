//! `nod-authority audit …`: whether the log of what happened is whole, and what it says (docs/audit.md).

use std::path::Path;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::{
    clock::utc,
    store::{Heads, Listed, Store},
};

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Look the whole log through: a changed, removed or moved entry is named, and the exit code is not 0.
    Verify(Verify),
    /// Show the last entries, without checking them.
    List(List),
    /// Show one entry.
    Show(Show),
}

#[derive(Args)]
pub(super) struct Verify {
    /// A head that `audit verify` printed earlier: the log must go on from there.
    #[arg(long, value_name = "HEAD")]
    since: Option<String>,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct List {
    /// How many.
    #[arg(long, default_value_t = 50)]
    last: u32,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Show {
    /// Lane and number, as `list` shows them: 0:17.
    #[arg(value_parser = parse_place)]
    entry: (u8, u64),
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// `audit verify --json`. Where the log is broken, `broken` says how, and the head is missing.
#[derive(Serialize)]
struct Verified {
    whole: bool,
    entries: Option<u64>,
    head: Option<String>,
    broken: Option<String>,
}

/// An entry of `audit list --json` and `audit show --json`.
#[derive(Serialize)]
struct Shown {
    lane: u8,
    number: u64,
    /// Seconds since 1970.
    at: u64,
    event: &'static str,
    /// The site, key or level that the event names.
    detail: String,
    /// Stands for whoever it is about.
    subject: Option<String>,
}

pub(super) async fn run(data: &Path, command: AuditCommand) -> anyhow::Result<()> {
    // Refuses an unusable directory with a better message than a missing database would give.
    super::config(data)?;
    let store = super::store(data).await?;
    let done = match command {
        AuditCommand::Verify(arguments) => verify(&store, arguments).await,
        AuditCommand::List(arguments) => list(&store, arguments).await,
        AuditCommand::Show(arguments) => show(&store, arguments).await,
    };
    store.close().await;
    done
}

async fn verify(store: &Store, arguments: Verify) -> anyhow::Result<()> {
    let Verify { since, json } = arguments;
    let parse =
        |text: String| Heads::from_text(&text).context("--since is no head of an audit log");
    let earlier = since.map(parse).transpose()?;
    match store.verify_audit(earlier.as_ref()).await? {
        Ok(heads) => {
            let held = match earlier {
                Some(earlier) => format!(
                    "It goes on from the head that was kept, of {} entries.\n",
                    earlier.count()
                ),
                None => String::new(),
            };
            let text = format!(
                "The audit log is whole: {} entries.\n{held}Head, to keep where this database's owner cannot write:\n{}",
                heads.count(),
                heads.to_text()
            );
            let verified = Verified {
                whole: true,
                entries: Some(heads.count()),
                head: Some(heads.to_text()),
                broken: None,
            };
            super::print(json, &verified, &text)
        }
        Err(broken) => {
            let verified = Verified {
                whole: false,
                entries: None,
                head: None,
                broken: Some(broken.to_string()),
            };
            if json {
                super::print(json, &verified, "")?;
            }
            bail!("the audit log is broken: {broken}")
        }
    }
}

async fn list(store: &Store, arguments: List) -> anyhow::Result<()> {
    let entries = store.audit_entries(arguments.last).await?.into_iter();
    let entries: Vec<Shown> = entries.map(Shown::from).collect();
    let lines: Vec<String> = entries.iter().map(Shown::line).collect();
    let text = match lines.as_slice() {
        [] => "No entries yet.".to_owned(),
        some => some.join("\n"),
    };
    super::print(arguments.json, &entries, &text)
}

async fn show(store: &Store, arguments: Show) -> anyhow::Result<()> {
    let (lane, number) = arguments.entry;
    let entry = store.audit_entry(lane, number).await?;
    let entry = entry.with_context(|| format!("there is no entry {lane}:{number}"))?;
    let shown = Shown::from(entry);
    super::print(arguments.json, &shown, &shown.line())
}

impl From<Listed> for Shown {
    fn from(listed: Listed) -> Self {
        let Listed {
            lane,
            number,
            entry,
        } = listed;
        Self {
            lane,
            number,
            at: entry.at,
            event: entry.event.name(),
            detail: entry.event.detail().to_owned(),
            subject: entry.subject.map(|subject| subject.to_text()),
        }
    }
}

impl Shown {
    fn line(&self) -> String {
        let place = format!("{}:{}", self.lane, self.number);
        let subject = self.subject.as_deref().unwrap_or_default();
        let line = format!(
            "{place:<10}  {}  {:<18}  {:<12}  {subject}",
            utc(self.at),
            self.event,
            self.detail
        );
        line.trim_end().to_owned()
    }
}

fn parse_place(text: &str) -> Result<(u8, u64), String> {
    let place = text
        .split_once(':')
        .and_then(|(lane, number)| Some((lane.parse().ok()?, number.parse().ok()?)));
    place.ok_or_else(|| "expected lane and number, 0:17 for example".into())
}
