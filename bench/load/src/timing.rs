//! Whether the time that an answer takes tells one no from another: the same number of requests of each kind, in random order, one
//! after the other on one connection, to an authority of its own. `cargo xtask bench timing`; docs/timing.md says what it means.

mod statistics;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use nod_authority::keys;
use nod_authority::state::database_path;
use nod_authority::store::{Attempts, Store};
use nod_load::face::Face;
use nod_load::performance;
use nod_load::random::Random;
use nod_load::terminal::{progress, say};
use nod_protocol::ids::{ClaimedId, SiteKey};

use self::statistics::{Comparison, Times};
use crate::client::Connection;
use crate::crowd::{AFTER, Crowd, Follows, LATE, Who};
use crate::database::Database;
use crate::machine::{Machine, today};
use crate::server::Server;
use crate::town::{Resident, Site, Town, now};
use crate::{errand, report};

/// Measures; `cargo xtask bench timing` calls this.
#[derive(Args)]
pub(crate) struct Options {
    /// The authority's program.
    #[arg(long)]
    authority: PathBuf,
    /// Folder with `performances` and `dist`; database and logs are put there.
    #[arg(long)]
    dir: PathBuf,
    /// Requests of each kind.
    #[arg(long)]
    requests: usize,
    /// Permutations for what chance gives.
    #[arg(long)]
    permutations: usize,
    /// Cores for the authority.
    #[arg(long)]
    cores: Option<usize>,
    /// Where the random numbers begin.
    #[arg(long)]
    seed: u64,
    /// Where the report goes besides.
    #[arg(long)]
    record: Option<PathBuf>,
}

/// Why an answer is no.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Another face, which has followed the challenge.
    No,
    /// The same under an ID that nobody has.
    NotEnrolled,
    /// The resident's own face, which has followed the challenge, after fifty failures.
    Locked,
    /// The resident's own face, which has moved in another order.
    ChallengeFailed,
}

const KINDS: [(Kind, &str); 4] = [
    (Kind::No, "no"),
    (Kind::NotEnrolled, "not enrolled"),
    (Kind::Locked, "locked"),
    (Kind::ChallengeFailed, "challenge failed"),
];

/// Residents whom no kind of answer needs are there for the cohort.
const FOR_A_COHORT: usize = 600;
/// Bodies that are posted at a time, while their performances are believed.
const AT_ONCE: usize = 150;
/// Groups whose people are before the camera at the same time, and from one to the next.
const GROUPS: usize = 5;
const APART: Duration = Duration::from_millis(4_000);
/// So long before the authority stops believing in a performance no more is posted.
const SPARE: u64 = 500;

/// A sealed body and what it is.
struct Body {
    kind: usize,
    bytes: Vec<u8>,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!(
        options.requests > 0 && options.permutations > 0,
        "--requests and --permutations are numbers above 0"
    );
    let machine = Machine::this(options.cores)?;
    machine.keep_off_the_authoritys_cores()?;
    let performances = performance::read(&options.dir.join("performances"))?;
    progress("a town: sites, residents, a cohort");
    // A resident for each request: the second time that somebody fails with the same face writes less than the first, whoever it is.
    let residents = (3 * options.requests).max(FOR_A_COHORT);
    let (data, dist) = (options.dir.join("data"), options.dir.join("dist"));
    let database = Database::Sqlite;
    let town = Town::found(
        &options.authority,
        &data,
        &dist,
        &database,
        options.seed,
        residents,
    )?;
    lock(&town, options.requests)?;
    let before = machine.load()?;
    let server = Server::start(&options.authority, &town.data, &machine, &database)?;
    let crowd = Crowd::of(town, performances, &server, options.seed)?;
    let mut people = People::of(&crowd, options.requests, options.seed)?;

    let mut times: [Vec<Duration>; 4] = Default::default();
    let mut left: Vec<usize> = (0..KINDS.len())
        .flat_map(|kind| std::iter::repeat_n(kind, options.requests))
        .collect();
    people.random.shuffle(&mut left);
    // The first answers of a process are slower: a group that does not count.
    let mut warm: Vec<usize> = (0..AT_ONCE).map(|at| at % 2).collect();
    measured(&server, &mut people, &mut warm, &mut Default::default())?;
    while !left.is_empty() {
        progress(&format!("{} answers to go", left.len()));
        measured(&server, &mut people, &mut left, &mut times)?;
    }
    let text = report(options, &machine, &before, &times)? + &report::counters(&server)?;
    say(&text);
    if let Some(file) = &options.record {
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// Takes bodies from the end of `left`, in groups; what could not be posted in time is put back.
fn measured(
    server: &Server,
    people: &mut People<'_>,
    left: &mut Vec<usize>,
    times: &mut [Vec<Duration>; 4],
) -> Result<()> {
    let mut connection = Connection::open(&server.address)?;
    let mut groups = Vec::new();
    for _ in 0..GROUPS {
        let began = Instant::now();
        let group = left.split_off(left.len().saturating_sub(AT_ONCE));
        if group.is_empty() {
            break;
        }
        groups.push(people.before_the_camera(&mut connection, &group)?);
        std::thread::sleep(APART.saturating_sub(began.elapsed()));
    }
    for (drawn, bodies) in groups {
        let due = drawn + Duration::from_millis(AFTER);
        let end = due + Duration::from_millis(LATE - SPARE);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        for body in bodies {
            if Instant::now() >= end {
                left.push(body.kind);
                continue;
            }
            let sent = Instant::now();
            let yes = errand::verify(&mut connection, &body.bytes)?;
            let time = sent.elapsed();
            ensure!(!yes, "a yes where {} was due", KINDS[body.kind].1);
            times[body.kind].push(time);
        }
    }
    Ok(())
}

/// Who comes, each with what the kind of answer needs.
struct People<'a> {
    crowd: &'a Crowd,
    site: &'a Site,
    random: Random,
    /// Requests of each kind, and so many residents for each that needs some.
    requests: usize,
    next: [usize; 4],
}

impl<'a> People<'a> {
    fn of(crowd: &'a Crowd, requests: usize, seed: u64) -> Result<Self> {
        ensure!(
            crowd.town.residents.len() >= 3 * requests,
            "too few residents"
        );
        Ok(Self {
            crowd,
            site: crowd.site("light")?,
            random: Random::branch(seed, "timing", 0),
            requests,
            next: [0; 4],
        })
    }

    /// Sessions with challenges, and the bodies that answer them; the time is that of the first challenge.
    fn before_the_camera(
        &mut self,
        connection: &mut Connection,
        kinds: &[usize],
    ) -> Result<(Instant, Vec<Body>)> {
        let drawn = Instant::now();
        let mut opened = Vec::with_capacity(kinds.len());
        for _ in kinds {
            let id = errand::mint(connection, self.site)?;
            let session = errand::claim(connection, self.site, &id)?;
            let challenge = errand::challenge(connection, &session)?;
            opened.push((session, challenge));
        }
        let mut bodies = Vec::with_capacity(kinds.len());
        for (kind, (session, challenge)) in kinds.iter().zip(&opened) {
            let who = self.who(*kind)?;
            let bytes = self
                .crowd
                .seal_as(who, session, challenge, &mut self.random)?;
            bodies.push(Body { kind: *kind, bytes });
        }
        Ok((drawn, bodies))
    }

    fn who(&mut self, kind: usize) -> Result<Who> {
        let number = self.next[kind];
        self.next[kind] += 1;
        let residents = &self.crowd.town.residents;
        let nth = |of: usize| &residents[of * self.requests + number % self.requests];
        let own = |resident: &Resident| (resident.id.clone(), resident.face.clone());
        let stranger = Face::any(self.crowd.town.likeness, &mut self.random);
        let (kind, _) = KINDS[kind];
        let (id, face) = match kind {
            Kind::No => (nth(1).id.clone(), stranger),
            Kind::NotEnrolled => (format!("NONE-{number:06}"), stranger),
            Kind::Locked => own(nth(0)),
            Kind::ChallengeFailed => own(nth(2)),
        };
        let follows = match kind {
            Kind::ChallengeFailed => Follows::AnotherOrder,
            Kind::No | Kind::NotEnrolled | Kind::Locked => Follows::TheChallenge,
        };
        Ok(Who { id, face, follows })
    }
}

/// Fifty failures for each of the first residents, as the authority stores them.
fn lock(town: &Town, locked: usize) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build()?;
    runtime.block_on(async {
        let vault = Arc::new(keys::vault(&town.data, now())?);
        let store = Store::open(&database_path(&town.data), vault, false).await?;
        let site = SiteKey::parse("pk_light")?;
        for resident in town.residents.iter().take(locked) {
            let id = ClaimedId::parse(&resident.id)?;
            let subject = store.vault().attempts_lookup(&id, &site);
            let failures = Attempts {
                failures: 50,
                not_before: now() + 3600,
            };
            store
                .record_attempt(&subject, Attempts::default(), failures)
                .await?;
        }
        store.close().await;
        Ok(())
    })
}

fn report(
    options: &Options,
    machine: &Machine,
    before: &str,
    times: &[Vec<Duration>; 4],
) -> Result<String> {
    let times: Vec<Times> = times.iter().map(|times| Times::of(times)).collect();
    let mut random = Random::branch(options.seed, "permutations", 0);
    let mut text = format!(
        "Time of an answer by what it was for, {date}: {model}, {cores} cores, of which the authority had {own}\n\
         cargo xtask bench timing --requests {requests} --permutations {permutations} --seed {seed}; load average before: {before}, \
         after: {after}\n\
         site `light`, SQLite, one connection on loopback, kinds in random order; all answers are no\n\n\
         {:18} {:>6} {:>9} {:>9} {:>9} {:>9} {:>9}   ms\n",
        "",
        "n",
        "p10",
        "median",
        "p90",
        "p99",
        "mean",
        date = today()?,
        model = machine.model(),
        cores = machine.cores,
        own = machine.authority,
        requests = options.requests,
        permutations = options.permutations,
        seed = options.seed,
        after = machine.load()?,
    );
    for ((_, name), times) in KINDS.iter().zip(&times) {
        text += &format!("{name:18} {:>6}", times.count());
        for value in [
            times.quantile(0.1),
            times.quantile(0.5),
            times.quantile(0.9),
            times.quantile(0.99),
            times.mean(),
        ] {
            text += &format!(" {value:>9.3}");
        }
        text += "\n";
    }
    text += "\nHow well the time of one answer tells two kinds apart: AUC, the chance that one of the second kind takes longer than one\n\
             of the first (0.5: not at all), and KS, the largest difference of their distributions; in brackets what 99 % of random\n\
             divisions of the same times stay within. Answers: how many, half of each kind, somebody would need who may ask on the\n\
             authority's own machine as often as they like, to be right 95 times of 100 (Noether 1987).\n\n";
    text += &format!(
        "{:38} {:>9} {:>17} {:>7} {:>9} {:>9}\n",
        "", "median, ms", "AUC", "KS", "", "answers"
    );
    for (first, (_, name)) in KINDS.iter().enumerate() {
        for (second, (_, other)) in KINDS.iter().enumerate().skip(first + 1) {
            let compared = Comparison::of(
                &times[first],
                &times[second],
                options.permutations,
                &mut random,
            );
            text += &format!("{:38} {}\n", format!("{name} / {other}"), compared.line());
        }
    }
    text += "\n";
    Ok(text)
}
