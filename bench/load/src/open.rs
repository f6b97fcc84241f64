//! Half load, by the clock: verifications begin at even intervals, whatever the authority does (an open loop), and each
//! call's time counts from when it was to be sent. So a stall shows in every call that it delays, not in one
//! ("coordinated omission").

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nod_load::terminal::progress;
use nod_protocol::challenge::Challenge;
use nod_protocol::http::SessionReply;

use crate::client::Connection;
use crate::crowd::{AFTER, Crowd, OtherThanDue, Sealed};
use crate::errand;
use crate::latency::Latencies;
use crate::server::Server;
use crate::town::Site;

/// What was seen.
pub(crate) struct Half {
    /// Verifications per second that were begun and finished.
    pub(crate) rate: f64,
    pub(crate) seconds: u64,
    /// In the order of [`errand::CALLS`].
    pub(crate) calls: [Latencies; 4],
    /// All four calls of one verification together, without the time before the camera.
    pub(crate) together: Latencies,
    /// How late the load generator itself sent.
    pub(crate) late: Latencies,
    /// Milliseconds of the authority's processor time for each verification.
    pub(crate) cpu_each: f64,
    /// The same of the database's processes.
    pub(crate) database_cpu_each: f64,
    /// Answers that were not the ones due.
    pub(crate) others: Vec<OtherThanDue>,
}

/// Connections that wait for something to send: more than are ever under way at half load.
const CONNECTIONS: usize = 32;
/// A session is opened so long before the performance begins; the rest of [`AFTER`] follows.
const OPENING: Duration = Duration::from_millis(200);
/// A body is sealed so long before it is posted.
const AHEAD: Duration = Duration::from_millis(1_000);
/// Seconds until what happens is counted, beyond the first performances.
const SETTLING: Duration = Duration::from_millis(1_000);

/// What is to be done next, and when.
enum Task {
    /// Mint, claim, draw the challenge of this verification.
    Open(usize, Instant),
    /// Post its body.
    Post(usize, Instant),
}

/// When everything is due.
struct Timetable {
    began: Instant,
    interval: Duration,
    /// Verifications in all.
    count: usize,
    opened: usize,
    posted: usize,
}

/// Shared by the connections.
struct Scene<'a> {
    site: &'a Site,
    timetable: Mutex<Timetable>,
    bodies: Mutex<HashMap<usize, (Sealed, Duration)>>,
    seen: Mutex<Seen>,
    /// What is counted: calls that were due in this time.
    counted: std::ops::Range<Instant>,
}

#[derive(Default)]
struct Seen {
    calls: [Latencies; 4],
    together: Latencies,
    late: Latencies,
    others: Vec<OtherThanDue>,
}

/// What the sealer is told: which verification, its session and challenge, and how long opening it took.
type Opened = (usize, Box<SessionReply>, Challenge, Duration);

/// Drives the authority at this rate for so many seconds.
pub(crate) fn at(
    server: &Server<'_>,
    crowd: &Crowd,
    site: &Site,
    rate: f64,
    seconds: u64,
) -> Result<Half> {
    progress(&format!(
        "{}: {rate:.0} verifications a second by the clock",
        site.kind.name
    ));
    let began = Instant::now() + Duration::from_millis(50);
    let from = began + OPENING + Duration::from_millis(AFTER) + SETTLING;
    let until = from + Duration::from_secs(seconds);
    let interval = Duration::from_secs_f64(1.0 / rate);
    let scene = Scene {
        site,
        timetable: Mutex::new(Timetable {
            began,
            interval,
            // Sessions are opened until the end, so that bodies never come alone.
            count: ((until - began).as_secs_f64() * rate) as usize,
            opened: 0,
            posted: 0,
        }),
        bodies: Mutex::default(),
        seen: Mutex::default(),
        counted: from..until,
    };
    let connections = Connection::several(&server.address, CONNECTIONS)?;
    let (tell, told) = mpsc::channel::<Opened>();
    let cpu = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for mut connection in connections {
            let (scene, tell) = (&scene, tell.clone());
            threads.push(scope.spawn(move || scene.work(&mut connection, &tell)));
        }
        drop(tell);
        let scene = &scene;
        let sealer = scope.spawn(move || scene.seal(crowd, told));
        std::thread::sleep(from.saturating_duration_since(Instant::now()));
        let before = server.cpu()?;
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        let cpu = server.cpu()? - before;
        for thread in threads {
            thread
                .join()
                .ok()
                .context("a thread of the load generator died")??;
        }
        sealer.join().ok().context("the sealing thread died")??;
        Ok::<_, anyhow::Error>(cpu)
    })?;
    let seen = scene
        .seen
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let finished = seen.calls[3].count();
    Ok(Half {
        rate: finished as f64 / seconds as f64,
        seconds,
        cpu_each: cpu.authority.as_secs_f64() * 1e3 / finished.max(1) as f64,
        database_cpu_each: cpu.database.as_secs_f64() * 1e3 / finished.max(1) as f64,
        calls: seen.calls,
        together: seen.together,
        late: seen.late,
        others: seen.others,
    })
}

impl Timetable {
    fn at(&self, number: usize) -> Instant {
        self.began + self.interval.mul_f64(number as f64)
    }

    /// The next task in the order of time; none when the last body that counts is posted.
    fn next(&mut self) -> Option<Task> {
        let after = OPENING + Duration::from_millis(AFTER);
        let (open, post) = (self.at(self.opened), self.at(self.posted) + after);
        let last = self.at(self.count);
        if self.opened < self.count && open <= post {
            self.opened += 1;
            Some(Task::Open(self.opened - 1, open))
        } else if post < last {
            self.posted += 1;
            Some(Task::Post(self.posted - 1, post))
        } else {
            None
        }
    }
}

impl Scene<'_> {
    fn work(&self, connection: &mut Connection, tell: &mpsc::Sender<Opened>) -> Result<()> {
        loop {
            let mut timetable = self
                .timetable
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let task = timetable.next();
            drop(timetable);
            match task {
                Some(Task::Open(number, due)) => self.open(connection, number, due, tell)?,
                Some(Task::Post(number, due)) => self.post(connection, number, due)?,
                None => return Ok(()),
            }
        }
    }

    fn open(
        &self,
        connection: &mut Connection,
        number: usize,
        due: Instant,
        tell: &mpsc::Sender<Opened>,
    ) -> Result<()> {
        wait_until(due);
        let late = due.elapsed();
        let minted = errand::mint(connection, self.site)?;
        let first = due.elapsed();
        let session = errand::claim(connection, self.site, &minted)?;
        let second = due.elapsed();
        let challenge = errand::challenge(connection, &session)?;
        let all = due.elapsed();
        if self.counted.contains(&due) {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.late.add(late);
            seen.calls[0].add(first);
            seen.calls[1].add(second - first);
            seen.calls[2].add(all - second);
        }
        let told = tell.send((number, Box::new(session), challenge, all));
        told.ok().context("the sealing thread died")
    }

    fn post(&self, connection: &mut Connection, number: usize, due: Instant) -> Result<()> {
        wait_until(due);
        let late = due.elapsed();
        let mut bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        let body = bodies.remove(&number);
        drop(bodies);
        let (sealed, opening) = body.context("a body was not sealed in time")?;
        let yes = errand::verify(connection, &sealed.body)?;
        let time = due.elapsed();
        if self.counted.contains(&due) {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.late.add(late);
            seen.calls[3].add(time);
            seen.together.add(opening + time);
            seen.others.extend(sealed.held_against(yes, time));
        }
        Ok(())
    }

    /// Seals each body shortly before it is posted.
    fn seal(&self, crowd: &Crowd, told: mpsc::Receiver<Opened>) -> Result<()> {
        for (number, session, challenge, opening) in told {
            let timetable = self
                .timetable
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let due = timetable.at(number) + OPENING + Duration::from_millis(AFTER);
            let last = timetable.at(timetable.count);
            drop(timetable);
            if due >= last {
                continue;
            }
            wait_until(due - AHEAD);
            let sealed = crowd.seal(self.site, &session, &challenge)?;
            let mut bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
            bodies.insert(number, (sealed, opening));
        }
        Ok(())
    }
}

fn wait_until(due: Instant) {
    std::thread::sleep(due.saturating_duration_since(Instant::now()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_due_in_the_order_of_time_and_every_body_was_opened_for() {
        let mut timetable = Timetable {
            began: Instant::now(),
            interval: Duration::from_millis(500),
            count: 60,
            opened: 0,
            posted: 0,
        };
        let (mut opened, mut posted, mut last) = (0, 0, timetable.began);
        while let Some(task) = timetable.next() {
            let due = match task {
                Task::Open(number, due) => {
                    assert_eq!(number, opened);
                    opened += 1;
                    due
                }
                Task::Post(number, due) => {
                    assert_eq!(number, posted);
                    posted += 1;
                    due
                }
            };
            assert!(due >= last && posted <= opened);
            last = due;
        }
        // 60 in thirty seconds; the last bodies that are posted were opened 23.5 s before the end.
        assert_eq!((opened, posted), (60, 13));
    }
}
