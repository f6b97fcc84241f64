//! Who is killed, and when. A seed decides about whom and how long to wait; a kill comes only while somebody waits for an
//! answer, a few milliseconds into it, so that most of them hit a request half done.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;
use nod_load::random::Random;

use super::scene::Scene;

/// What was killed, when, and for how long it was away.
pub(crate) struct Kill {
    pub(crate) whom: Victim,
    /// Since the beginning.
    pub(crate) at: Duration,
    /// Requests that waited at this moment, of all processes.
    pub(crate) waiting: usize,
    pub(crate) away: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Victim {
    /// The authority's process of this number.
    Authority(usize),
    Postgres,
}

/// From one kill to the next.
const SECONDS: (f64, f64) = (0.2, 2.5);
/// How far into a request: about what one takes.
const MILLIS: (f64, f64) = (0.0, 30.0);
/// One in so many is the database, if it is a server.
const DATABASE: f64 = 1.0 / 8.0;

pub(crate) struct Killer<'a> {
    scene: &'a Scene,
    seed: u64,
}

impl<'a> Killer<'a> {
    pub(crate) fn new(scene: &'a Scene, seed: u64) -> Self {
        Self { scene, seed }
    }

    /// Until it is over.
    pub(crate) fn work(&self) -> Result<Vec<Kill>> {
        let mut random = Random::branch(self.seed, "killer", 0);
        let (mut kills, began) = (Vec::new(), Instant::now());
        loop {
            let pause = Duration::from_secs_f64(random.between(SECONDS.0, SECONDS.1));
            let into = Duration::from_secs_f64(random.between(MILLIS.0, MILLIS.1) / 1e3);
            let is_database = self.scene.url.is_some() && random.chance(DATABASE);
            let number = random.below(self.scene.addresses.len());
            std::thread::sleep(pause);
            while self.scene.waiting.load(Ordering::SeqCst) == 0 && !self.scene.is_over() {
                std::thread::sleep(Duration::from_micros(200));
            }
            std::thread::sleep(into);
            if self.scene.is_over() {
                return Ok(kills);
            }
            let (at, waiting) = (began.elapsed(), self.scene.waiting.load(Ordering::SeqCst));
            let (whom, away) = match is_database {
                true => (Victim::Postgres, self.scene.kill_database()?),
                false => (Victim::Authority(number), self.scene.kill(number)?),
            };
            kills.push(Kill {
                whom,
                at,
                waiting,
                away,
            });
        }
    }
}
