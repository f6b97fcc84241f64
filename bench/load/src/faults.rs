//! Processes killed at random while people enrol and verify, started again at once, and afterwards nothing that was acknowledged
//! is lost, nothing counts twice, and nothing is half there.
//!
//! ```text
//! scene ──── the authority's processes on one database, started again whenever they are killed
//! killer ─── who is killed, and when: a seed decides, and only while somebody waits for an answer
//! patient ── a client that tries again as a browser's page does
//! crowd ──── who they are, and what their pages seal
//! person ─── one resident: enrols, verifies, has the answer checked, and tries each a second time
//! check ──── what the database holds in the end
//! ```

mod check;
mod crowd;
mod killer;
mod patient;
mod person;
mod report;
mod scene;

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;
use nod_load::performance;
use nod_load::terminal::{progress, say};

use crate::database::Kind;
use crowd::Crowd;
use killer::Killer;
use person::Seen;
use scene::Scene;

/// Kills an authority's processes while people use it. `cargo xtask bench faults` calls this.
#[derive(Args)]
pub(crate) struct Options {
    /// The authority's program.
    #[arg(long)]
    authority: PathBuf,
    /// Folder with `performances` and `dist`; databases and logs are put there.
    #[arg(long)]
    dir: PathBuf,
    /// Databases, one after the other.
    #[arg(long, value_delimiter = ',')]
    databases: Vec<Kind>,
    /// Residents: each enrols and verifies.
    #[arg(long)]
    people: usize,
    /// How many of them at the same time.
    #[arg(long)]
    at_once: usize,
    /// Where the random numbers begin.
    #[arg(long)]
    seed: u64,
    /// Where the report goes besides.
    #[arg(long)]
    record: Option<PathBuf>,
}

/// Runs it on each database.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!(
        options.people > 0 && options.at_once > 0,
        "--people and --at-once take numbers above 0"
    );
    let mut text = report::heading(options.people, options.at_once, options.seed)?;
    say(&text);
    let mut is_sound = true;
    for kind in &options.databases {
        let (part, sound) = on(*kind, options)?;
        say(&part);
        text += &part;
        is_sound &= sound;
    }
    if let Some(file) = &options.record {
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    ensure!(is_sound, "something was lost, counted twice or half there");
    Ok(())
}

fn on(kind: Kind, options: &Options) -> Result<(String, bool)> {
    progress(&format!("{}: a database and tickets", kind.name()));
    let dir = options.dir.join("faults").join(kind.folder());
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    let scene = Scene::set(kind, options, &dir)?;
    let performances = performance::read(&options.dir.join("performances"))?;
    let crowd = Crowd::new(&scene, performances, options.people, options.seed)?;
    let (next, seen) = (AtomicUsize::new(0), Mutex::new(Seen::default()));
    let began = Instant::now();
    progress(&format!(
        "{}: {} people, {} at once, and kills",
        kind.name(),
        options.people,
        options.at_once
    ));
    let kills = std::thread::scope(|scope| {
        let killer = Killer::new(&scene, options.seed);
        let killing = scope.spawn(move || killer.work());
        let people: Vec<_> = (0..options.at_once)
            .map(|_| scope.spawn(|| in_turn(&crowd, &scene, options.people, &next, &seen)))
            .collect();
        let died = people.into_iter().filter_map(|person| person.join().err());
        let died = died.count();
        scene.end();
        let kills = killing.join().ok().context("the killer died")??;
        ensure!(died == 0, "{died} threads of the bench died");
        Ok(kills)
    })?;
    let seen = seen
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    progress(&format!("{}: everything once more", kind.name()));
    let again = person::once_more(&crowd, &scene, &seen)?;
    let rows = check::rows(&scene, options.people)?;
    let audit = check::audit(&scene)?;
    let outcome = report::Outcome {
        kind,
        kills: &kills,
        seen: &seen,
        again: &again,
        rows: &rows,
        audit: audit.as_deref(),
        time: began.elapsed(),
    };
    Ok((report::of(&outcome), outcome.is_sound()))
}

/// One person after the other, until everybody had a turn. What goes wrong with one is said in the report.
fn in_turn(crowd: &Crowd, scene: &Scene, people: usize, next: &AtomicUsize, seen: &Mutex<Seen>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= people {
            return;
        }
        if let Err(error) = person::live(crowd, scene, number, seen) {
            let wrong = format!("person {number}: {error:#}");
            scene::lock(seen).wrong.push(wrong);
        }
        scene.is_done(people);
    }
}
