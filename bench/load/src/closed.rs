//! Saturation: each connection sends its next call as soon as the last is answered (a closed loop).
//!
//! A person needs some twenty seconds before the camera, so the calls cannot follow each other at once. They are sent in
//! rounds: many sessions are minted, all of these claimed, all their challenges drawn; the bodies, sealed meanwhile, are
//! posted when the performances are over. That gives each call its own rate and processor time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nod_load::terminal::progress;
use nod_protocol::challenge::Challenge;
use nod_protocol::http::SessionReply;
use nod_protocol::ids::SessionId;

use crate::client::Connection;
use crate::crowd::{AFTER, Crowd, LATE, OtherThanDue, Sealed};
use crate::errand;
use crate::latency::Latencies;
use crate::server::{Server, Used};
use crate::town::Site;

/// One number of connections.
pub(crate) struct Step {
    pub(crate) connections: usize,
    /// In the order of [`errand::CALLS`].
    pub(crate) calls: [Call; 4],
    /// Answers that were not the ones due.
    pub(crate) others: Vec<OtherThanDue>,
}

/// One of the four calls, many times.
pub(crate) struct Call {
    pub(crate) latencies: Latencies,
    /// From the first to the last.
    pub(crate) time: Duration,
    pub(crate) cpu: Used,
}

/// So many steps fit into the time of one performance, so that the first bodies are due when the last challenges are drawn.
pub(crate) const MOST_STEPS: usize = 5;
/// How long sessions are minted in each step; the number decides about the other calls.
const MINTING: Duration = Duration::from_millis(700);
/// Sessions of one step at most.
const MOST_SESSIONS: usize = 4_000;
/// More of them could not be verified in time at any rate seen so far, and sealing takes time too.
const MOST_BODIES: usize = 1_500;
/// From one step to the next.
const STEP: Duration = Duration::from_millis(4_000);

impl Call {
    /// Per second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.count() as f64 / self.time.as_secs_f64()
    }

    /// Milliseconds of the authority's processor time for each.
    pub(crate) fn cpu_each(&self) -> f64 {
        self.each(self.cpu.authority)
    }

    /// The same of the database's processes.
    pub(crate) fn database_cpu_each(&self) -> f64 {
        self.each(self.cpu.database)
    }

    fn each(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1e3 / self.latencies.count().max(1) as f64
    }

    /// Cores that the authority and its database used.
    pub(crate) fn cores(&self) -> f64 {
        (self.cpu.authority + self.cpu.database).as_secs_f64() / self.time.as_secs_f64()
    }
}

impl Step {
    /// Whole verifications per second: all four calls, one of each.
    pub(crate) fn verifications(&self) -> f64 {
        1.0 / self.calls.iter().map(|call| 1.0 / call.rate()).sum::<f64>()
    }
}

/// The step with the most verifications per second.
pub(crate) fn best(steps: &[Step]) -> Option<&Step> {
    let by_rate = |a: &&Step, b: &&Step| a.verifications().total_cmp(&b.verifications());
    steps.iter().max_by(by_rate)
}

/// A step half done: sessions whose people are before the camera.
struct Waiting {
    connections: Vec<Connection>,
    calls: [Call; 3],
    bodies: Vec<Sealed>,
    /// When the first challenge was drawn.
    drawn: Instant,
}

/// All steps for one site.
pub(crate) fn staircase(
    server: &Server<'_>,
    crowd: &Crowd,
    site: &Site,
    connections: &[usize],
) -> Result<Vec<Step>> {
    let mut waiting = Vec::new();
    for count in connections {
        let began = Instant::now();
        progress(&format!(
            "{}: {count} connections open sessions",
            site.kind.name
        ));
        waiting.push(opened(server, crowd, site, *count)?);
        std::thread::sleep(STEP.saturating_sub(began.elapsed()));
    }
    let mut steps = Vec::new();
    for one in waiting {
        let due = one.drawn + Duration::from_millis(AFTER);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let count = one.connections.len();
        progress(&format!(
            "{}: {count} connections post bodies",
            site.kind.name
        ));
        steps.push(one.posted(server)?);
    }
    Ok(steps)
}

fn opened(server: &Server<'_>, crowd: &Crowd, site: &Site, count: usize) -> Result<Waiting> {
    let mut connections = Connection::several(&server.address, count)?;
    let all = &mut connections;
    let until = Instant::now() + MINTING;
    let mint = |connection: &mut Connection, _| errand::mint(connection, site);
    let (minted, sessions) = round(server, all, MOST_SESSIONS, Some(until), mint)?;
    let claim = |connection: &mut Connection, at: usize| {
        errand::claim(connection, site, &sessions[at] as &SessionId)
    };
    let (claimed, sessions) = round(server, all, sessions.len(), None, claim)?;
    let drawn = Instant::now();
    let draw = |connection: &mut Connection, at: usize| {
        errand::challenge(connection, &sessions[at] as &SessionReply)
    };
    let (challenged, challenges) = round(server, all, sessions.len(), None, draw)?;
    let pairs = sessions.iter().zip(&challenges).take(MOST_BODIES);
    let seal =
        |(session, challenge): (&SessionReply, &Challenge)| crowd.seal(site, session, challenge);
    let bodies = pairs.map(seal).collect::<Result<_>>()?;
    Ok(Waiting {
        connections,
        calls: [minted, claimed, challenged],
        bodies,
        drawn,
    })
}

impl Waiting {
    fn posted(mut self, server: &Server) -> Result<Step> {
        let until = self.drawn + Duration::from_millis(AFTER + LATE);
        let post = |connection: &mut Connection, at: usize| {
            let sealed: &Sealed = &self.bodies[at];
            let sent = Instant::now();
            let yes = errand::verify(connection, &sealed.body)?;
            Ok(sealed.held_against(yes, sent.elapsed()))
        };
        let all = &mut self.connections;
        let (verified, others) = round(server, all, self.bodies.len(), Some(until), post)?;
        let [minted, claimed, challenged] = self.calls;
        Ok(Step {
            connections: self.connections.len(),
            calls: [minted, claimed, challenged, verified],
            others: others.into_iter().flatten().collect(),
        })
    }
}

/// One call many times, on all connections at once: so many, or fewer if the time is over before. What comes back is in
/// the order of the numbers that the call is given.
fn round<T: Send>(
    server: &Server<'_>,
    connections: &mut [Connection],
    count: usize,
    until: Option<Instant>,
    call: impl Fn(&mut Connection, usize) -> Result<T> + Sync,
) -> Result<(Call, Vec<T>)> {
    let next = AtomicUsize::new(0);
    let work = |connection: &mut Connection| -> Result<(Latencies, Vec<(usize, T)>)> {
        let (mut latencies, mut results) = (Latencies::default(), Vec::new());
        while until.is_none_or(|until| Instant::now() < until) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                break;
            }
            let sent = Instant::now();
            results.push((at, call(connection, at)?));
            latencies.add(sent.elapsed());
        }
        Ok((latencies, results))
    };
    let (before, began) = (server.cpu()?, Instant::now());
    let done = std::thread::scope(|scope| {
        let threads: Vec<_> = connections
            .iter_mut()
            .map(|connection| scope.spawn(|| work(connection)))
            .collect();
        let joined = threads.into_iter().map(|thread| {
            let outcome = thread.join().ok();
            outcome.context("a thread of the load generator died")
        });
        joined.collect::<Result<Vec<_>>>()
    })?;
    let (time, cpu) = (began.elapsed(), server.cpu()? - before);
    let (mut latencies, mut results) = (Latencies::default(), Vec::new());
    for part in done {
        let (times, part) = part?;
        latencies.extend(times);
        results.extend(part);
    }
    results.sort_unstable_by_key(|(at, _)| *at);
    let results = results.into_iter().map(|(_, result)| result).collect();
    let call = Call {
        latencies,
        time,
        cpu,
    };
    Ok((call, results))
}
