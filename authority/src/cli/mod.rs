//! The command line: what an operator does with an authority.

mod at_rest;
mod audit;
mod backup;
mod case;
mod cohort;
mod import_key;
mod init;
mod key;
mod manifest;
mod model_set;
mod operator;
mod resident;
mod restore;
mod serve;
mod site;
mod ticket;
mod time;

use std::{
    io::{BufRead, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use nod_protocol::ids::{ClaimedId, Level};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    keys::{self, GivenKeys, KeySource},
    state::open_store,
    store::Store,
};

/// Nod's authority: enrols residents and answers "is this person who they claim to be?" with a signed
/// yes or no.
#[derive(Parser)]
#[command(
    version,
    after_help = "First steps:\n  \
        nod-authority init --data ./nod-data\n  \
        nod-authority site add --data ./nod-data --sitekey pk_court --name \"City court\" \\\n      \
            --origin https://court.example.gov --alternative https://court.example.gov/counter \\\n      \
            --action efile-submit=\"File a claim in your name\"\n  \
        nod-authority serve --data ./nod-data\n  \
        nod-authority ticket new --data ./nod-data --id - --level full\n\n\
        Settings are in <DATA>/config.toml; each is also a variable, `issuer` for example \
        NOD_AUTHORITY_ISSUER."
)]
pub struct Cli {
    /// Data directory: settings, keys, and the database unless the settings name one.
    #[arg(
        long,
        global = true,
        env = "NOD_AUTHORITY_DATA",
        default_value = "nod-data"
    )]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a data directory with settings, keys and an empty database; never overwrites.
    Init(init::Init),
    /// Answer requests until told to stop (SIGINT, SIGTERM).
    Serve,
    /// Relying parties.
    #[command(subcommand)]
    Site(site::SiteCommand),
    /// Enrolled people.
    #[command(subcommand)]
    Resident(resident::ResidentCommand),
    /// Answers that were a no, by the number that the frame shows.
    #[command(subcommand)]
    Case(case::CaseCommand),
    /// Other people's templates that scores are normalised against: one false match rate for everyone.
    #[command(subcommand)]
    Cohort(cohort::CohortCommand),
    /// The networks that templates are made with, on the way from one set to the next.
    #[command(subcommand)]
    ModelSet(model_set::ModelSetCommand),
    /// Who works at authorised terminals.
    #[command(subcommand)]
    Operator(operator::OperatorCommand),
    /// Permission to enrol.
    #[command(subcommand)]
    Ticket(ticket::TicketCommand),
    /// Permission to import reference photographs.
    #[command(subcommand)]
    ImportKey(import_key::ImportKeyCommand),
    /// The keys that encrypt the database: rotate them, seal everything anew, retire them.
    #[command(subcommand)]
    AtRest(at_rest::AtRestCommand),
    /// The keys that captures are sealed to and answers are signed by: rotate them, retire them.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// The log of what happened, of which no entry can be changed or taken away unnoticed.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Copy an authority while it serves; restore it with `restore`.
    Backup(backup::Backup),
    /// Make a data directory of a backup, and end what was under way when it was made.
    Restore(restore::Restore),
    /// After PostgreSQL's own tools have restored a database: check the keys, and end what was under way.
    AfterRestore(restore::AfterRestore),
}

/// Runs a command; errors go to the standard error in words, with exit code 1.
pub async fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Command::AtRest(command) => at_rest::run(&cli.data, command).await,
        Command::Case(command) => case::run(&cli.data, command).await,
        Command::Cohort(command) => cohort::run(&cli.data, command).await,
        Command::Init(arguments) => init::run(&cli.data, arguments).await,
        Command::Serve => serve::run(&cli.data).await,
        Command::Operator(command) => operator::run(&cli.data, command).await,
        Command::Resident(command) => resident::run(&cli.data, command).await,
        Command::Site(command) => site::run(&cli.data, command).await,
        Command::Ticket(command) => ticket::run(&cli.data, command).await,
        Command::ImportKey(command) => import_key::run(&cli.data, command).await,
        Command::ModelSet(command) => model_set::run(&cli.data, command).await,
        Command::Key(command) => key::run(&cli.data, command).await,
        Command::Audit(command) => audit::run(&cli.data, command).await,
        Command::Backup(arguments) => backup::run(&cli.data, arguments).await,
        Command::Restore(arguments) => restore::run(&cli.data, arguments).await,
        Command::AfterRestore(arguments) => restore::after(&cli.data, arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "nod-authority: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The settings of a data directory, with the environment over them.
fn config(data: &std::path::Path) -> anyhow::Result<Config> {
    Ok(Config::load(&data.join("config.toml"), environment())?)
}

/// Variables that are text; others cannot be ours. Keys are no settings.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        if keys::is_key(&name) {
            drop(Zeroizing::new(value.into_encoded_bytes()));
            return None;
        }
        Some((name.into_string().ok()?, value.into_string().ok()?))
    })
}

/// The private keys that variables hold.
fn given_keys() -> anyhow::Result<GivenKeys> {
    Ok(GivenKeys::from_environment(std::env::vars_os())?)
}

/// The keys of a data directory, those of the environment among them.
fn keys_of(data: &std::path::Path) -> anyhow::Result<KeySource> {
    Ok(KeySource::with(data, given_keys()?))
}

/// The database of an authority, for commands that change it beside a running server.
async fn store(data: &std::path::Path) -> anyhow::Result<Store> {
    let config = config(data)?;
    let vault = Arc::new(keys_of(data)?.vault(SystemClock.now())?);
    Ok(open_store(&config, data, vault, false).await?)
}

/// Prints a result for programs (one JSON line) or for people.
fn print(as_json: bool, value: &impl Serialize, text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        serde_json::to_writer(&mut out, value)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{text}")?;
    }
    Ok(())
}

/// An ID number given as an argument, or on the standard input if the argument is "-".
fn claimed_id(argument: String) -> anyhow::Result<ClaimedId> {
    let typed = Zeroizing::new(argument);
    if *typed != "-" {
        return Ok(ClaimedId::parse(&typed)?);
    }
    let mut line = Zeroizing::new(String::with_capacity(128));
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("cannot read the ID")?;
    Ok(ClaimedId::parse(line.trim())?)
}

fn parse_level(name: &str) -> Result<Level, String> {
    Level::from_name(name).ok_or_else(|| "expected light or full".into())
}
