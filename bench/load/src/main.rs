//! `nod-load`: drives a real authority, as a process of its own, with sealed verifications over HTTP, and measures it.
//! `cargo xtask bench authority` prepares what it needs and starts it; docs/throughput.md says what the figures mean.
//!
//! ```text
//! town ──── a data directory with sites, residents and a cohort
//! database ─ the SQLite file in it, or a PostgreSQL server
//! server ── `nod-authority serve` on cores of its own
//! limits ── what the cryptography and the disk do alone, on the same cores
//! closed ── saturation: more and more connections, each sending as soon as it is answered
//! open ──── half of that rate, sent by the clock
//! timing ── whether the time of an answer tells one no from another
//! errand ── the four calls of a verification; crowd ── whose, and with which capture
//! report ── what is printed
//! scale ─── the same with millions of residents, and what they take (docs/scale.md)
//! faults ── instead of measuring: processes are killed at random, and nothing may be lost (docs/faults.md)
//! ```

mod client;
mod closed;
mod crowd;
mod database;
mod errand;
mod faults;
mod latency;
mod limits;
mod machine;
mod open;
mod report;
mod scale;
mod server;
mod timing;
mod town;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use nod_load::performance;
use nod_load::terminal::{progress, say};

use crate::crowd::Crowd;
use crate::database::Database;
use crate::limits::Limits;
use crate::machine::Machine;
use crate::report::Measured;
use crate::server::Server;
use crate::town::{KINDS, RESIDENTS, Town};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Drive(Drive),
    Limits(limits::Options),
    Timing(timing::Options),
    Scale(scale::Options),
    Faults(faults::Options),
}

/// Drives an authority. `cargo xtask bench authority` calls this.
#[derive(Args)]
struct Drive {
    /// The authority's program.
    #[arg(long)]
    authority: PathBuf,
    /// Folder with `performances` and `dist`; database and logs are put there.
    #[arg(long)]
    dir: PathBuf,
    /// Seconds at half load.
    #[arg(long)]
    seconds: u64,
    /// Connections at saturation.
    #[arg(long, value_delimiter = ',')]
    connections: Vec<usize>,
    /// Cores for the authority.
    #[arg(long)]
    cores: Option<usize>,
    /// Databases, one after the other.
    #[arg(long, value_delimiter = ',')]
    databases: Vec<database::Kind>,
    /// Only this kind of site.
    #[arg(long)]
    only: Option<String>,
    /// Where the random numbers begin.
    #[arg(long)]
    seed: u64,
    /// Where the report goes besides.
    #[arg(long)]
    record: Option<PathBuf>,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Drive(options) => drive(&options),
        Command::Limits(options) => limits::run(&options),
        Command::Scale(options) => scale::run(&options),
        Command::Timing(options) => timing::run(&options),
        Command::Faults(options) => faults::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn drive(options: &Drive) -> Result<()> {
    let most = closed::MOST_STEPS;
    ensure!(
        (1..=most).contains(&options.connections.len()) && !options.connections.contains(&0),
        "--connections takes 1 to {most} numbers above 0"
    );
    let machine = Machine::this(options.cores)?;
    machine.keep_off_the_authoritys_cores()?;
    progress("the limits: cryptography, Argon2id and the disk alone, on the authority's cores");
    let limits = Limits::measured(&machine, &options.dir)?;

    let mut text = report::heading(&machine, &limits)?;
    say(&text);
    for kind in &options.databases {
        text += &drive_on(*kind, options, &machine, &limits)?;
    }
    let end = report::closing(&machine)?;
    say(&end);
    text += &end;
    if let Some(file) = &options.record {
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// One database; returns what was reported.
fn drive_on(
    kind: database::Kind,
    options: &Drive,
    machine: &Machine,
    limits: &Limits,
) -> Result<String> {
    progress(&format!(
        "a town on {}: sites, residents, a cohort",
        kind.name()
    ));
    let dir = options.dir.join(kind.folder());
    fs::create_dir_all(&dir)?;
    let database = Database::start(kind, &dir, machine)?;
    let (program, dist) = (&options.authority, options.dir.join("dist"));
    let town = Town::found(
        program,
        &dir.join("data"),
        &dist,
        &database,
        options.seed,
        RESIDENTS,
    )?;
    let server = Server::start(program, &town.data, machine, &database)?;
    let performances = performance::read(&options.dir.join("performances"))?;
    let crowd = Crowd::of(town, performances, &server, options.seed)?;
    let mut text = report::of_database(kind, &crowd, machine);
    say(&text);
    for kind in KINDS {
        if options.only.as_ref().is_some_and(|only| only != kind.name) {
            continue;
        }
        let site = crowd.site(kind.name)?;
        let steps = closed::staircase(&server, &crowd, site, &options.connections)?;
        let best = closed::best(&steps).context("no step of the staircase was measured")?;
        let half = open::at(
            &server,
            &crowd,
            site,
            best.verifications() / 2.0,
            options.seconds,
        )?;
        let measured = Measured {
            kind,
            steps: &steps,
            half: &half,
            limits,
            machine,
        };
        let part = report::of(&measured);
        say(&part);
        text += &part;
    }
    let end = report::counters(&server)?;
    say(&end);
    Ok(text + &end)
}
