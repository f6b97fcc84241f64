//! `nod-authority resident attributes`: one resident's record, or many. Prints nothing of what is in them.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    clock::{Clock, SystemClock},
    questions::{Attributes, Date, Line},
    store::Store,
};

/// Bytes that a record's JSON, or a line of an import, may have.
const LONGEST: u64 = 64 * 1024;
/// Lines of an import between two that say how far it is.
const STEP: u64 = 1000;

#[derive(Args)]
#[command(after_help = "A record, of which every part may be missing:\n  \
    {\"date_of_birth\": \"1958-03-02\",\n   \
    \"insurance\": {\"pension\": {\"active\": true, \"paid_until\": \"2026-10\"}}}\n\n\
    Categories: pension, medical, unemployment, maternity, work_injury, housing_fund.\n\
    A line of an import: {\"id\": \"…\", \"record\": {…}}")]
pub(in crate::cli) struct Given {
    /// ID number of one resident; "-" reads it from the first line of the standard input.
    #[arg(long, required_unless_present = "import", requires = "file")]
    id: Option<String>,
    /// Their record as JSON; "-" reads it from the (rest of the) standard input.
    #[arg(long, requires = "id")]
    file: Option<PathBuf>,
    /// Many records, one a line; "-" reads them from the standard input. Lines that cannot be taken are named, and the others
    /// are taken all the same.
    #[arg(long, conflicts_with_all = ["id", "file"])]
    import: Option<PathBuf>,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// `--json`.
#[derive(Default, Serialize)]
struct Done {
    /// Residents who have a record now that was given here.
    set: u64,
    /// IDs under which nobody is enrolled.
    not_enrolled: u64,
    /// Lines that are no record.
    refused: u64,
}

pub(super) async fn run(data: &Path, given: Given) -> anyhow::Result<()> {
    let config = crate::cli::config(data)?;
    let today = Date::of(SystemClock.now(), config.utc_offset);
    let Given {
        id,
        file,
        import,
        json,
    } = given;
    let done = match (id, file, import) {
        (Some(id), Some(file), _) => one(data, id, &file, &today).await?,
        (_, _, Some(import)) => {
            let lines = opened(&import)?;
            let store = crate::cli::store(data).await?;
            let done = all_lines(&store, lines, &today).await;
            store.close().await;
            done?
        }
        // The arguments' own rules leave no other case.
        _ => bail!("give --id with --file, or --import"),
    };
    let text = match done.set {
        1 => "1 record is set.".to_owned(),
        number => format!("{number} records are set."),
    };
    crate::cli::print(json, &done, &text)?;
    ensure!(
        done.not_enrolled == 0 && done.refused == 0,
        "{} lines are no records, and under {} IDs nobody is enrolled: they are named above, and changed nothing",
        done.refused,
        done.not_enrolled
    );
    Ok(())
}

async fn one(data: &Path, id: String, file: &Path, today: &Date) -> anyhow::Result<Done> {
    let claimed_id = crate::cli::claimed_id(id)?;
    let mut text = Zeroizing::new(String::with_capacity(4096));
    let mut from = opened(file)?.take(LONGEST + 1);
    from.read_to_string(&mut text)
        .with_context(|| format!("cannot read {}", file.display()))?;
    ensure!(
        text.len() as u64 <= LONGEST,
        "{} is longer than any record",
        file.display()
    );
    let attributes = Attributes::parse(&text, today).with_context(|| named(file))?;
    let store = crate::cli::store(data).await?;
    let now = SystemClock.now();
    let is_set = store.set_attributes(&claimed_id, &attributes, now).await;
    store.close().await;
    ensure!(is_set?, "nobody is enrolled under this ID");
    Ok(Done {
        set: 1,
        ..Done::default()
    })
}

async fn all_lines(
    store: &Store,
    mut lines: Box<dyn BufRead>,
    today: &Date,
) -> anyhow::Result<Done> {
    let mut done = Done::default();
    let mut err = std::io::stderr();
    let mut line = Zeroizing::new(Vec::with_capacity(4096));
    for number in 1_u64.. {
        line.clear();
        let read = lines
            .by_ref()
            .take(LONGEST + 1)
            .read_until(b'\n', &mut line);
        let read = read.with_context(|| format!("cannot read line {number}"))?;
        if read == 0 {
            break;
        }
        ensure!(
            read as u64 <= LONGEST,
            "line {number} is longer than any record: those before it are set"
        );
        let text = match std::str::from_utf8(&line) {
            Ok(text) if text.trim().is_empty() => continue,
            Ok(text) => text,
            Err(_) => {
                done.refused += 1;
                writeln!(err, "line {number}: not UTF-8")?;
                continue;
            }
        };
        match Line::parse(text, today) {
            Ok(Line {
                claimed_id,
                attributes,
            }) => {
                let now = SystemClock.now();
                let is_set = store.set_attributes(&claimed_id, &attributes, now).await;
                match is_set
                    .with_context(|| format!("at line {number}; those before it are set"))?
                {
                    true => done.set += 1,
                    false => {
                        done.not_enrolled += 1;
                        writeln!(err, "line {number}: nobody is enrolled under this ID")?;
                    }
                }
            }
            Err(error) => {
                done.refused += 1;
                // Each line is read by itself, as its first.
                let words = error.to_string().replace(" at line 1 column", " at column");
                writeln!(err, "line {number}: {words}")?;
            }
        }
        if number.is_multiple_of(STEP) {
            writeln!(err, "{number} lines read, {} records set", done.set)?;
        }
    }
    Ok(done)
}

fn opened(file: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if file == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let opened = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    Ok(Box::new(BufReader::new(opened)))
}

fn named(file: &Path) -> String {
    match file.to_str() {
        Some("-") | None => "the record".to_owned(),
        Some(name) => name.to_owned(),
    }
}
