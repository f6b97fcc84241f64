//! `nod-authority at-rest …`: the keys that encrypt the database, changed beside a running server.

use std::{
    io::{IsTerminal, Write},
    path::Path,
};

use anyhow::{Context, bail, ensure};
use clap::Subcommand;
use nod_protocol::ids::KeyId;
use serde::Serialize;

use crate::{
    audit::Event,
    clock::{Clock, SystemClock, UnixSeconds, utc},
    store::{Resealed, Store},
    vault::KeyNumber,
};

#[derive(Subcommand)]
#[command(after_help = "A rotation, one after the other:\n  \
        nod-authority at-rest rotate      # key 2 is made; it seals in a minute, when every server knows it\n  \
        nod-authority at-rest reseal      # everything is sealed with it, templates become others\n  \
        nod-authority at-rest retire 1    # refused while anything is sealed with key 1")]
pub(super) enum AtRestCommand {
    /// Show the keys, which one seals, and how many values are sealed with each.
    Status {
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make the next key. Running servers take it up within seconds and seal with it when its time has come.
    Rotate {
        /// Seconds until it seals: every server that shares the database must know it by then.
        #[arg(long, default_value_t = 60, value_name = "SECONDS")]
        seals_in: u64,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Seal everything with the key in use, beside running servers. May be stopped and run again.
    Reseal {
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take a key away. Refused while it is in use, or anything is sealed with it.
    ///
    /// Backups from before need it: keep it with them, away from this machine.
    Retire {
        /// Its number.
        number: u8,
    },
}

/// One key of `at-rest status --json`.
#[derive(Serialize)]
struct Status {
    number: u8,
    seals_from: UnixSeconds,
    seals: bool,
    values: u64,
}

#[derive(Serialize)]
struct Made {
    number: u8,
    seals_from: UnixSeconds,
}

#[derive(Serialize)]
struct Done {
    values: u64,
    unreadable: u64,
}

pub(super) async fn run(data: &Path, command: AtRestCommand) -> anyhow::Result<()> {
    match command {
        AtRestCommand::Status { json } => status(data, json).await,
        AtRestCommand::Rotate { seals_in, json } => rotate(data, seals_in, json).await,
        AtRestCommand::Reseal { json } => reseal(data, json).await,
        AtRestCommand::Retire { number } => retire(data, KeyNumber(number)).await,
    }
}

async fn status(data: &Path, json: bool) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let keys = super::keys_of(data)?.at_rest()?;
    let store = super::store(data).await?;
    let mut all = Vec::new();
    for (number, seals_from) in keys.numbers() {
        all.push(Status {
            number: number.0,
            seals_from,
            seals: keys.sealing(now) == number,
            values: total(&store, number).await?,
        });
    }
    store.close().await;
    let lines = all.iter().map(|key| {
        let state = match (key.seals, key.seals_from > now) {
            (true, _) => "seals".to_owned(),
            (false, true) => format!("seals from {}", utc(key.seals_from)),
            (false, false) => "opens".to_owned(),
        };
        format!(
            "key {}: {state}; {} values are sealed with it",
            key.number, key.values
        )
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    super::print(json, &all, &text)
}

async fn rotate(data: &Path, seals_in: u64, json: bool) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let made = super::keys_of(data)?.rotate_at_rest(seals_in, now)?;
    let text = format!(
        "Made at-rest key {}, which seals from {}.\n\
         After that `nod-authority at-rest reseal` seals everything with it.\n\
         Back it up now: what it seals is lost without it.",
        made.number,
        utc(made.in_use_from)
    );
    let made = Made {
        number: made.number.0,
        seals_from: made.in_use_from,
    };
    super::print(json, &made, &text)?;
    record(data, Event::KeyRotated(name_of(made.number)?), now).await
}

async fn reseal(data: &Path, json: bool) -> anyhow::Result<()> {
    let keys = super::keys_of(data)?.at_rest()?;
    let now = SystemClock.now();
    let waiting = keys
        .numbers()
        .find(|(number, _)| *number > keys.sealing(now));
    if let Some((number, from)) = waiting {
        bail!("key {number} seals from {} on: wait until then", utc(from));
    }
    let store = super::store(data).await?;
    let mut err = std::io::stderr();
    let is_watched = err.is_terminal();
    let mut told = |done: Resealed| {
        if is_watched {
            let _ = write!(err, "\r{} values sealed anew", done.values);
        }
    };
    let done = store.reseal(&mut told).await;
    store.close().await;
    if is_watched {
        let _ = writeln!(std::io::stderr());
    }
    let done = done?;
    let text = format!(
        "Sealed {} values with key {}.",
        done.values,
        keys.sealing(now)
    );
    let said = Done {
        values: done.values,
        unreadable: done.unreadable,
    };
    super::print(json, &said, &text)?;
    ensure!(
        done.unreadable == 0,
        "{} values do not open with any key that is there: they were left as they are",
        done.unreadable
    );
    Ok(())
}

async fn retire(data: &Path, number: KeyNumber) -> anyhow::Result<()> {
    let store = super::store(data).await?;
    let values = total(&store, number).await;
    store.close().await;
    let values = values?;
    ensure!(
        values == 0,
        "{values} values are sealed with key {number}: run `nod-authority at-rest reseal` first"
    );
    let now = SystemClock.now();
    super::keys_of(data)?.retire_at_rest(number, now)?;
    let text = format!("At-rest key {number} is gone. Backups from before need it.");
    super::print(false, &(), &text)?;
    record(data, Event::KeyRetired(name_of(number.0)?), now).await
}

/// The file's name, as the audit log has it.
fn name_of(number: u8) -> anyhow::Result<KeyId> {
    Ok(KeyId::parse(&format!("at-rest-{number}"))?)
}

/// Keys are files and the log is in the database: one after the other.
async fn record(data: &Path, event: Event, now: UnixSeconds) -> anyhow::Result<()> {
    let store = super::store(data).await?;
    let recorded = store.record(event, now).await;
    store.close().await;
    recorded.context("the key is changed, as said above; but the audit log has no entry of it")
}

async fn total(store: &Store, number: KeyNumber) -> anyhow::Result<u64> {
    let counts = store.sealed_with(number).await?;
    Ok(counts.iter().map(|(_, count)| count).sum())
}
