//! `nod-authority operator add`, `list` and `revoke`: who works at authorised terminals.

use std::path::Path;

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::{
    clock::{Clock, SystemClock},
    store::Operator,
    terminal::{self, OperatorId},
    vault::TokenKind,
};

#[derive(Subcommand)]
pub(super) enum OperatorCommand {
    /// Let somebody work at terminals, and print their secret, once.
    Add(Add),
    /// Show the operators, former ones too, without their secrets.
    List {
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// End somebody's work: they are signed out at once, and what is open at their terminal is over.
    Revoke {
        /// Name of the operator, as `list` shows it.
        id: String,
    },
}

#[derive(Args)]
pub(super) struct Add {
    /// Office and person, as your records have them: written into every enrolment.
    #[arg(long)]
    name: String,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// `operator add --json`. The secret is printed here and nowhere else.
#[derive(Serialize)]
struct Added<'a> {
    id: &'a str,
    secret: &'a str,
}

/// One entry of `operator list --json`; times are seconds since 1970.
#[derive(Serialize)]
struct Listed {
    id: String,
    name: String,
    created_at: u64,
    revoked_at: Option<u64>,
}

pub(super) async fn run(data: &Path, command: OperatorCommand) -> anyhow::Result<()> {
    // Refuses an unusable directory with a better message than a missing database would give.
    super::config(data)?;
    match command {
        OperatorCommand::Add(arguments) => add(data, arguments).await,
        OperatorCommand::List { json } => list(data, json).await,
        OperatorCommand::Revoke { id } => revoke(data, &id).await,
    }
}

async fn add(data: &Path, arguments: Add) -> anyhow::Result<()> {
    let name = arguments.name.trim();
    ensure!(
        (1..=64).contains(&name.len()),
        "a name has 1 to 64 characters"
    );
    let secret = terminal::new_secret()?;
    let operator = Operator {
        id: OperatorId::random()?,
        name: name.to_owned(),
        created_at: SystemClock.now(),
        revoked_at: None,
    };
    let store = super::store(data).await?;
    let hash = store.vault().token_hash(TokenKind::OperatorSecret, &secret);
    store.add_operator(&operator, &hash).await?;
    store.close().await;
    let id = operator.id.as_str();
    let text = format!(
        "Operator {id}, {name}; secret (shown once, not kept): {}\n\
         When they leave: nod-authority operator revoke {id}",
        *secret
    );
    let added = Added {
        id,
        secret: &secret,
    };
    super::print(arguments.json, &added, &text)
}

async fn list(data: &Path, json: bool) -> anyhow::Result<()> {
    let store = super::store(data).await?;
    let operators = store.operators().await?.into_iter();
    let operators: Vec<Listed> = operators.map(Listed::from).collect();
    store.close().await;
    let lines: Vec<String> = operators.iter().map(Listed::line).collect();
    let text = match lines.is_empty() {
        true => "No operators yet.".to_owned(),
        false => lines.join("\n"),
    };
    super::print(json, &operators, &text)
}

async fn revoke(data: &Path, id: &str) -> anyhow::Result<()> {
    let id = OperatorId::parse(id).context("not the name of an operator: see `operator list`")?;
    let store = super::store(data).await?;
    let is_revoked = store.revoke_operator(&id, SystemClock.now()).await?;
    store.close().await;
    ensure!(is_revoked, "no operator {} is at work", id.as_str());
    super::print(false, &(), &format!("Operator {} is revoked.", id.as_str()))
}

impl From<Operator> for Listed {
    fn from(operator: Operator) -> Self {
        Self {
            id: operator.id.as_str().to_owned(),
            name: operator.name,
            created_at: operator.created_at,
            revoked_at: operator.revoked_at,
        }
    }
}

impl Listed {
    fn line(&self) -> String {
        let state = match self.revoked_at {
            Some(_) => "revoked",
            None => "at work",
        };
        format!("{}  {}  {state}", self.id, self.name)
    }
}
