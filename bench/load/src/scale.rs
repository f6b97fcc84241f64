//! What a resident takes on the disk, and what an authority answers, with very many of them in PostgreSQL. `cargo xtask bench scale`;
//! docs/scale.md says what the figures mean.
//!
//! ```text
//! population ── residents as the authority stores them: sealed cells, statistics of the cohort
//! copy ──────── on their way into the database
//! sizes ─────── what they take there, and what it reads and writes
//! stage ─────── so many residents: verifications at saturation and at half load
//! report ────── what is printed
//! ```

mod copy;
mod population;
mod report;
mod sizes;
mod stage;

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;
use nod_load::terminal::{progress, say};

use self::population::Population;
use crate::database::Database;
use crate::machine::Machine;
use crate::town::{RESIDENTS, Town};

/// Measures; `cargo xtask bench scale` calls this.
#[derive(Args)]
pub(crate) struct Options {
    /// The authority's program.
    #[arg(long)]
    authority: PathBuf,
    /// Folder with `performances` and `dist`; database and logs are put there.
    #[arg(long)]
    dir: PathBuf,
    /// How many residents there are at each stage.
    #[arg(long, value_delimiter = ',')]
    residents: Vec<usize>,
    /// Seconds at half load.
    #[arg(long)]
    seconds: u64,
    /// Connections at saturation.
    #[arg(long)]
    connections: usize,
    /// PostgreSQL's `shared_buffers`.
    #[arg(long)]
    shared_buffers: String,
    /// Cores for the authority and the database.
    #[arg(long)]
    cores: Option<usize>,
    /// Where the random numbers begin.
    #[arg(long)]
    seed: u64,
    /// Where the report goes besides.
    #[arg(long)]
    record: Option<PathBuf>,
}

/// Residents of a stage who verify: too many for what they need to stay in the database's own memory by itself.
const WHO_COME: usize = 20_000;

/// Measures and prints.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut counts = options.residents.clone();
    counts.sort_unstable();
    ensure!(
        counts.first().is_some_and(|first| *first > RESIDENTS),
        "--residents takes numbers above {RESIDENTS}"
    );
    ensure!(options.connections > 0, "--connections is a number above 0");
    let machine = Machine::this(options.cores)?;
    machine.keep_off_the_authoritys_cores()?;
    progress("a town on PostgreSQL: sites, residents, a cohort");
    let database = database(options, &machine)?;
    let (data, dist) = (options.dir.join("data"), options.dir.join("dist"));
    let mut town = Town::found(
        &options.authority,
        &data,
        &dist,
        &database,
        options.seed,
        RESIDENTS,
    )?;
    let mut text = report::heading(options, &machine)?;
    say(&text);

    let mut population = Population::beside(&town, &database, options.seed)?;
    let before = sizes::of_everything(&database)?;
    let setting = stage::Setting {
        program: &options.authority,
        performances: &options.dir.join("performances"),
        machine: &machine,
        database: &database,
        connections: options.connections,
        seconds: options.seconds,
        seed: options.seed,
    };
    // The town alone first: what more residents cost is the difference.
    let measured;
    (town, measured) = stage::measured(&setting, town)?;
    let part = report::stage(RESIDENTS, &measured);
    say(&part);
    text += &part;
    for count in counts {
        let (began, added) = (Instant::now(), count - population.len());
        town.residents = population.grow(&database, count, WHO_COME)?;
        let filled = report::filled(added, began.elapsed());
        sizes::settle(&database)?;
        let grown = sizes::of_everything(&database)?;
        let measured;
        (town, measured) = stage::measured(&setting, town)?;
        let part = filled
            + &report::sizes(&before, &grown, population.len() - RESIDENTS)
            + &report::stage(count, &measured);
        say(&part);
        text += &part;
    }
    let end = report::events(&sizes::of_events(&database)?, &machine)?;
    say(&end);
    text += &end;
    if let Some(file) = &options.record {
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// A durable server on the authority's cores, with more of the log between checkpoints than the default, as who fills a database has it.
fn database(options: &Options, machine: &Machine) -> Result<Database> {
    let dir = options.dir.join("postgres");
    fs::create_dir_all(&dir)?;
    let server = nod_postgres::Server::start(nod_postgres::Options {
        within: Some(dir.clone()),
        log: Some(dir.join("postgres.log")),
        is_durable: true,
        settings: vec![
            format!("shared_buffers={}", options.shared_buffers),
            "max_wal_size=4GB".into(),
            "checkpoint_timeout=15min".into(),
        ],
        processors: Some(machine.authoritys_cores()),
        ..Default::default()
    })?;
    Ok(Database::Postgres(Box::new(server)))
}
