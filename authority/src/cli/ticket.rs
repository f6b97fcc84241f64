//! `nod-authority ticket new`: permission for one person to enrol once.

use std::path::Path;

use anyhow::ensure;
use base64ct::{Base64UrlUnpadded, Encoding};
use clap::{Args, Subcommand};
use nod_protocol::{
    context::TicketContext,
    ids::{Level, TicketId, TicketKind},
    random,
};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    clock::{Clock, SystemClock},
    store::Ticket,
    vault::TokenKind,
};

/// The contract: at most a quarter of an hour.
const MAX_MINUTES: u64 = 15;

#[derive(Subcommand)]
pub(super) enum TicketCommand {
    /// Make a ticket and print its code, once.
    New(New),
}

#[derive(Args)]
pub(super) struct New {
    /// ID number of the person who may enrol; "-" reads it from the standard input, which keeps it out
    /// of the process list and the shell's history.
    #[arg(long)]
    id: String,
    /// Level to enrol for: light or full.
    #[arg(long, default_value = "full", value_parser = super::parse_level)]
    level: Level,
    /// Minutes until the ticket runs out, at most 15.
    #[arg(long, default_value_t = MAX_MINUTES)]
    minutes: u64,
    /// Who issues it, for the records.
    #[arg(long, default_value = "operator")]
    issuer: String,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// `ticket new --json`. The code is printed here and nowhere else.
#[derive(Serialize)]
struct Made<'a> {
    id: &'a TicketId,
    code: &'a str,
    link: &'a str,
    level: Level,
    expires_at: u64,
}

pub(super) async fn run(data: &Path, command: TicketCommand) -> anyhow::Result<()> {
    let TicketCommand::New(arguments) = command;
    let config = super::config(data)?;
    ensure!(
        (1..=MAX_MINUTES).contains(&arguments.minutes),
        "a ticket lasts 1 to {MAX_MINUTES} minutes"
    );
    let claimed_id = super::claimed_id(arguments.id)?;
    let id = TicketId::parse(&format!("t{}", token::<9>()?.as_str()))?;
    let code = token::<16>()?;
    let now = SystemClock.now();
    let ticket = Ticket {
        context: TicketContext {
            claimed_id_hash: claimed_id.hash_for_ticket(&id),
            id,
            level: arguments.level,
            consent_version: config.consent_version.clone(),
            issuer: arguments.issuer,
            kind: TicketKind::Live,
        },
        expires_at: now + arguments.minutes * 60,
        spent: false,
        at_terminal: false,
    };
    let store = super::store(data).await?;
    let hash = store.vault().token_hash(TokenKind::TicketCode, &code);
    let is_new = store.add_ticket(&ticket, &hash, None, now).await?;
    store.close().await;
    ensure!(is_new, "there is a ticket of this name; try again");
    // After the `#`: browsers do not send it, so it is in no server's log.
    let link = Zeroizing::new(format!("{}/enrol#{}", config.issuer, *code));
    let text = format!(
        "Ticket {} for level {}, good for {} minutes and one enrolment.\nCode: {}\nLink: {}",
        ticket.context.id,
        arguments.level.as_str(),
        arguments.minutes,
        *code,
        *link
    );
    let made = Made {
        id: &ticket.context.id,
        code: &code,
        link: &link,
        level: arguments.level,
        expires_at: ticket.expires_at,
    };
    super::print(arguments.json, &made, &text)
}

fn token<const N: usize>() -> anyhow::Result<Zeroizing<String>> {
    let bytes = Zeroizing::new(random::bytes::<N>()?);
    Ok(Zeroizing::new(Base64UrlUnpadded::encode_string(
        bytes.as_slice(),
    )))
}
