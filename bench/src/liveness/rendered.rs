//! The same judge on rendered films: every frame goes through the project's own pipeline, landmarks and embeddings are
//! the networks'. Slow (some 20 s a session), so only the species in which a picture's geometry decides; it is there to
//! show whether the projected tracks are a fantasy.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow};
use nod::image::Frame;
use nod::pipeline::Pipeline;
use nod_protocol::payload::Embedding;

use super::Options;
use super::attempt::{Attempt, Workshop, challenge};
use super::prints::Handling;
use super::report::Tally;
use super::scene::{Film, Hand, Scene, Shot};
use super::script::{Moment, PERSON, Performance, perform};
use super::species::{ATTACKS, GENUINE, Species, judged};
use crate::head::Head;
use crate::head::picture::Picture;
use crate::random::Random;
use nod_load::terminal::progress;

/// The species that are rendered, by the name of those that are projected.
const RENDERED: [(&str, Option<Handling>); 6] = [
    ("genuine", None),
    ("print, moved", Some(Handling::Moved)),
    ("print, tilted", Some(Handling::Tilted)),
    ("print, tilted too far", Some(Handling::OverTilted)),
    ("print, bent (8 to 14 cm)", Some(Handling::Bent)),
    (
        "print, rolled (5 to 9 cm), turned too far",
        Some(Handling::Rolled),
    ),
];

/// Most frames a second: more cost time and show nothing else.
const FASTEST: f64 = 10.0;
/// Half width and half height of a print, in eye distances: about 33 by 40 cm at life size.
const PRINT: [f64; 2] = [2.6, 3.2];

/// People to render, and the pipeline that looks at them.
pub(super) struct Studio {
    heads: Vec<Head>,
    pipeline: Pipeline,
}

impl Studio {
    /// With these portraits.
    ///
    /// # Errors
    /// When a portrait cannot be read or has no face.
    pub(super) fn open(portraits: &[PathBuf], pipeline: Pipeline) -> Result<Self> {
        let head = |file: &PathBuf| -> Result<Head> {
            let picture = image::open(file)?.into_rgba8();
            Head::of(&picture, &pipeline)
        };
        let heads = portraits
            .iter()
            .map(|file| head(file).with_context(|| file.display().to_string()))
            .collect::<Result<_>>()?;
        Ok(Self { heads, pipeline })
    }

    /// Tries each rendered species so many times with each person; what became of them, by species.
    ///
    /// # Errors
    /// When a network does not run.
    pub(super) fn tried(
        &self,
        workshop: &Workshop,
        options: &Options,
        count: usize,
    ) -> Result<Vec<(&'static Species, Tally)>> {
        let chosen: Vec<_> = RENDERED
            .into_iter()
            .filter(|(name, _)| options.wants(name))
            .collect();
        let total = chosen.len() * count * self.heads.len();
        let next = AtomicUsize::new(0);
        let tallies: Vec<Mutex<Tally>> = chosen.iter().map(|_| Mutex::default()).collect();
        let worker = || -> Result<()> {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= total {
                    return Ok(());
                }
                // All species make progress together.
                let (species, number) = (at % chosen.len(), at / chosen.len());
                let (name, handling) = chosen[species];
                let mut random = Random::branch(options.seed, name, number);
                let head = &self.heads[number % self.heads.len()];
                let verdict = match self.attempt(workshop, head, handling, &mut random)? {
                    Some(attempt) => judged(workshop, &attempt),
                    None => super::species::Verdict {
                        failed: vec!["capture_incomplete"],
                        measures: None,
                    },
                };
                progress(&format!(
                    "{} of {total}: {name}: {:?}",
                    at + 1,
                    verdict.failed
                ));
                let mut tally = tallies[species]
                    .lock()
                    .map_err(|_| anyhow!("a thread panicked"))?;
                tally.add(&verdict);
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..options.jobs).map(|_| scope.spawn(worker)).collect();
            threads
                .into_iter()
                .try_for_each(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?)
        })?;
        chosen
            .iter()
            .zip(tallies)
            .map(|((name, _), tally)| {
                let mut all = std::iter::once(&GENUINE).chain(&ATTACKS);
                let species = all.find(|species| species.name == *name);
                let tally = tally
                    .into_inner()
                    .map_err(|_| anyhow!("a thread panicked"))?;
                Ok((species.context("a species without a name")?, tally))
            })
            .collect()
    }

    /// One film, looked at and sealed; nothing where a keyframe shows no face.
    fn attempt(
        &self,
        workshop: &Workshop,
        head: &Head,
        handling: Option<Handling>,
        random: &mut Random,
    ) -> Result<Option<Attempt>> {
        let challenge = challenge(random);
        let mut scene = Scene::any(&workshop.net, random);
        scene.camera.rate = scene.camera.rate.min(FASTEST);
        let actor = handling.map_or(PERSON, Handling::actor);
        let performance = perform(&challenge.steps, &actor, &scene.camera, random);
        let hand = handling.map(|handling| handling.hand(random));
        let wall = random.bits();
        let (film, keyframes) =
            self.film(head, &scene, hand.as_ref(), &performance, wall, random)?;
        if keyframes.len() < performance.keyframes.len() {
            return Ok(None);
        }
        workshop
            .attempt(challenge, film, keyframes, random)
            .map(Some)
    }

    fn film(
        &self,
        head: &Head,
        scene: &Scene<'_>,
        hand: Option<&Hand>,
        performance: &Performance,
        wall: u64,
        random: &mut Random,
    ) -> Result<(Film, Vec<Embedding>)> {
        let (mut film, mut keyframes) = (Film::default(), Vec::new());
        for (at, moment) in performance.moments.iter().enumerate() {
            let picture = render(head, scene, hand, moment, wall);
            let picture = scene.camera.take(picture, random).into_rgba()?;
            let frame = Frame::new(picture.width(), picture.height(), picture.as_raw())?;
            let Some(seen) = self.pipeline.look(&frame)?.seen else {
                continue;
            };
            let points = seen.landmarks.points().iter();
            film.frames.push(Shot {
                millis: moment.millis,
                points: points.flat_map(|point| [point.x, point.y]).collect(),
            });
            if performance.keyframes.contains(&at) {
                let crop = self.pipeline.align(&frame, &seen)?;
                keyframes.push(self.pipeline.embed(&crop)?);
            }
        }
        Ok((film, keyframes))
    }
}

pub(super) fn render(
    head: &Head,
    scene: &Scene<'_>,
    hand: Option<&Hand>,
    moment: &Moment,
    wall: u64,
) -> Picture {
    let lens = scene.lens();
    // The same wall in every frame.
    let wall = Picture::wall(lens.width, lens.height, &mut Random::seeded(wall));
    match hand {
        None => head.seen(&scene.of_person(&moment.motion), scene.home(), lens, wall),
        Some(hand) => {
            let (pose, bend) = scene.of_print(hand, &moment.motion);
            head.print_seen(bend, PRINT, &pose, lens, wall)
        }
    }
}
