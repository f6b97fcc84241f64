//! `nod-authority case …`: what an operator finds by the number that a resident reads in the frame after a no.

use std::path::Path;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::{
    case::{CaseNumber, Stopped},
    clock::{Clock, SystemClock},
    store::Case,
};

#[derive(Subcommand)]
pub(super) enum CaseCommand {
    /// Say when and where the attempt was, and whether a limit stopped it.
    Show(Show),
    /// Forget the failures in a row that the case is one of, after checking who asks: the next attempt counts again. A face
    /// that was tried on too many IDs stays limited for its day.
    Resolve(Resolve),
}

#[derive(Args)]
pub(super) struct Show {
    /// The twelve digits, with or without spaces.
    #[arg(value_parser = CaseNumber::parse)]
    number: CaseNumber,
    /// ID number of the person who asks, to see whether the case is theirs; "-" reads it from the standard input.
    #[arg(long)]
    id: Option<String>,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Resolve {
    /// The twelve digits, with or without spaces.
    #[arg(value_parser = CaseNumber::parse)]
    number: CaseNumber,
}

/// `case show --json`.
#[derive(Serialize)]
struct Shown {
    number: String,
    /// Seconds since 1970.
    at: u64,
    sitekey: String,
    /// `claimed_id`, `face`, or nothing.
    stopped_by: &'static str,
    /// Failures in a row that count now.
    failures: u32,
    /// Seconds until an attempt counts again; absent where it does now, or where only an operator helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    wait: Option<u64>,
    /// Whether only an operator helps.
    locked: bool,
    /// Whether it is about the ID that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_about_id: Option<bool>,
}

pub(super) async fn run(data: &Path, command: CaseCommand) -> anyhow::Result<()> {
    let (CaseCommand::Show(Show { number, .. }) | CaseCommand::Resolve(Resolve { number })) =
        &command;
    let store = super::store(data).await?;
    let case = store.case(number).await?;
    let case = case.context("no such case (cases are kept for thirty days)")?;
    match command {
        CaseCommand::Show(Show { id, json, .. }) => {
            let is_about_id = match id {
                Some(id) => {
                    let claimed_id = super::claimed_id(id)?;
                    Some(store.vault().resident_lookup(&claimed_id) == case.claim)
                }
                None => None,
            };
            let attempts = store.attempts(&case.subject).await?;
            store.close().await;
            let now = SystemClock.now();
            let locked = attempts.is_stopped();
            let wait = attempts.not_before.saturating_sub(now);
            let shown = Shown {
                number: case.number.to_string(),
                at: case.at,
                sitekey: case.site_key.to_string(),
                stopped_by: case.stopped.name(),
                failures: attempts.failures,
                wait: (wait > 0 && !locked).then_some(wait),
                locked,
                is_about_id,
            };
            super::print(json, &shown, &in_words(&case, &shown, now))
        }
        CaseCommand::Resolve(_) => {
            store.clear_attempts(&case.subject).await?;
            store.close().await;
            super::print(
                false,
                &(),
                "The failures that this case is one of are forgotten.",
            )
        }
    }
}

fn in_words(case: &Case, shown: &Shown, now: u64) -> String {
    let minutes = now.saturating_sub(case.at) / 60;
    let stopped = match case.stopped {
        Stopped::Nowhere => "by no limit: the attempt was looked at, and the answer was no",
        Stopped::ByClaimedId => {
            "by the limit on failures in a row for this ID at this site, or for this device"
        }
        Stopped::ByFace => "by the limit on one face tried with many IDs",
    };
    let state = match (shown.locked, shown.wait) {
        (true, _) => "; no attempt counts until this case is resolved".to_owned(),
        (false, Some(wait)) => format!("; an attempt counts again in {wait} s"),
        (false, None) => String::new(),
    };
    let mut text = format!(
        "Case {} at {}, {minutes} minutes ago ({}, Unix time).\nStopped {stopped}.\nFailures in a row now: {}{state}.",
        case.number, case.site_key, case.at, shown.failures
    );
    if let Some(is_about_id) = shown.is_about_id {
        text += if is_about_id {
            "\nIt is about this ID number."
        } else {
            "\nIt is about another ID number."
        };
    }
    text
}
