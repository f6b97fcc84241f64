//! Bodies that a changed widget seals: parts of real sessions put together, or numbers that no camera gave.

use anyhow::Result;
use nod_protocol::payload::Embedding;

use super::attempt::{Attempt, Workshop, challenge, posted};
use super::scene::Scene;
use super::script::{PERSON, perform};
use crate::random::Random;

/// The attacker follows the challenge and, halfway, holds the victim's face before their own.
pub(super) fn swapped(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let asked = challenge(random);
    let (attacker, victim) = (workshop.person(random), workshop.person(random));
    let scene = Scene::any(&workshop.net, random);
    let performance = perform(&asked.steps, &PERSON, &scene.camera, random);
    let mut film = scene.person(&attacker, &performance, random);
    let other = scene.person(&victim, &performance, random);
    let half = film.frames.len() / 2;
    film.frames.truncate(half);
    film.frames.extend(other.frames.into_iter().skip(half));
    let keyframes: Vec<Embedding> = performance
        .keyframes
        .iter()
        .map(|at| if *at < half { &attacker } else { &victim })
        .map(|person| person.embedding(random))
        .collect::<Result<_, _>>()?;
    workshop.attempt(asked, film, keyframes, random)
}

/// The attacker's own session with a stolen embedding in place of the fused one, or of all of them.
pub(super) fn spliced(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let asked = challenge(random);
    let session = workshop.session(&asked, random)?;
    let stolen = workshop.person(random).embedding(random)?;
    let copy = || Embedding::from_unit(stolen.values().to_vec());
    let mut attempt = workshop.attempt(asked, session.film, session.keyframes, random)?;
    for capture in &mut attempt.payload.captures {
        capture.fused = copy()?;
    }
    if random.chance(0.5) {
        for capture in &mut attempt.payload.captures {
            for keyframe in &mut capture.keyframes {
                *keyframe = copy()?;
            }
        }
    }
    Ok(attempt)
}

/// The attacker's own session with embeddings made from photographs of the victim, slightly changed for each keyframe.
pub(super) fn spliced_with_knowledge(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let asked = challenge(random);
    let session = workshop.session(&asked, random)?;
    let victim = workshop.person(random);
    let keyframes = victim.embeddings(session.keyframes.len(), random)?;
    workshop.attempt(asked, session.film, keyframes, random)
}

/// No camera at all: an average head projected by a program, with plausible noise.
pub(super) fn synthetic(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    injected(workshop, Scene::any(&workshop.net, random), random)
}

/// The same by somebody who forgot the noise.
pub(super) fn noiseless(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let scene = Scene::any(&workshop.net, random).without_noise();
    injected(workshop, scene, random)
}

fn injected(workshop: &Workshop, scene: Scene<'_>, random: &mut Random) -> Result<Attempt> {
    let asked = challenge(random);
    let victim = workshop.person(random);
    let performance = perform(&asked.steps, &PERSON, &scene.camera, random);
    let film = scene.person(&victim, &performance, random);
    let keyframes = victim.embeddings(performance.keyframes.len(), random)?;
    workshop.attempt(asked, film, keyframes, random)
}

/// A session that took longer than it says: pictures were made at leisure, the times pressed together.
pub(super) fn squeezed(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    retimed(workshop, random.between(0.35, 0.7), random)
}

/// A session that took less time than it says: moments made faster than they could have happened.
pub(super) fn stretched(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    retimed(workshop, random.between(1.5, 2.5), random)
}

/// The authority's clock saw the true length.
fn retimed(workshop: &Workshop, factor: f64, random: &mut Random) -> Result<Attempt> {
    let asked = challenge(random);
    let session = workshop.session(&asked, random)?;
    let seconds = posted(session.film.end(), random);
    let mut film = session.film;
    for shot in &mut film.frames {
        shot.millis *= factor;
    }
    let mut attempt = workshop.attempt(asked, film, session.keyframes, random)?;
    attempt.seconds = seconds;
    Ok(attempt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(attempt: &Attempt) -> u32 {
        let track = attempt.payload.track.as_ref().unwrap();
        track.frames.last().map(|frame| frame.millis).unwrap()
    }

    #[test]
    fn times_differ_from_the_clock_in_the_named_direction() {
        let workshop = Workshop::open("open-1").unwrap();
        for seed in 0..5 {
            let random = &mut Random::seeded(seed);
            let quick = squeezed(&workshop, random).unwrap();
            assert!(u64::from(last(&quick)) < 800 * quick.seconds);
            let slow = stretched(&workshop, random).unwrap();
            assert!(u64::from(last(&slow)) > 1200 * slow.seconds);
        }
    }

    #[test]
    fn a_stolen_embedding_is_not_the_attackers() {
        let workshop = Workshop::open("open-1").unwrap();
        for seed in 0..6 {
            let attempt = spliced(&workshop, &mut Random::seeded(seed)).unwrap();
            let capture = &attempt.payload.captures[0];
            let cosine = capture.fused.cosine(&capture.keyframes[0]).unwrap();
            let other = capture.keyframes[0].cosine(&capture.keyframes[1]).unwrap();
            assert!(cosine < 0.5 || other > 0.999_99, "{cosine} {other}");
        }
    }

    #[test]
    fn halves_of_a_swap_are_two_people() {
        let workshop = Workshop::open("open-1").unwrap();
        let attempt = swapped(&workshop, &mut Random::seeded(2)).unwrap();
        let keyframes = &attempt.payload.captures[0].keyframes;
        let (first, last) = (&keyframes[0], &keyframes[keyframes.len() - 1]);
        assert!(first.cosine(last).unwrap() < 0.5);
    }
}
