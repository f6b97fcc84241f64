//! What an earlier session of the resident sealed, sealed once more by somebody who has it in the clear: as it was, changed a
//! little, or in part. The authority remembers that session, as it does of every capture that it answered with yes.

use anyhow::{Context, Result};
use nod::landmarks::COUNT;
use nod_authority::recent::Recent;
use nod_protocol::challenge::{Challenge, Movement};
use nod_protocol::payload::Embedding;

use super::attempt::{Attempt, Session, Workshop, challenge, movements, timed};
use super::net::{LandmarkNet, Shown};
use super::person::Person;
use super::scene::{Film, extent};
use crate::random::Random;

/// Earlier sessions of a genuine resident; all of them in the order of the one that is judged, the likest that there are.
const EARLIER: usize = 3;

/// What the authority remembers of a resident who did the same before.
pub(super) fn earlier(
    workshop: &Workshop,
    mut person: Person,
    order: Vec<Movement>,
    random: &mut Random,
) -> Result<Recent> {
    let mut payloads = Vec::new();
    for _ in 0..EARLIER {
        let asked = timed(order.clone(), random);
        let session = workshop.session_of(person, &asked, random)?;
        person = session.person;
        let attempt = workshop.attempt(asked, session.film, session.keyframes, random)?;
        payloads.push(attempt.payload);
    }
    workshop.remembered(&payloads)
}

/// As it was; the order of the new challenge is as it comes.
pub(super) fn resealed(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let (session, recent) = old(workshop, &challenge(random), random)?;
    let asked = challenge(random);
    reused(
        workshop,
        asked,
        session.film,
        session.keyframes,
        recent,
        random,
    )
}

/// Challenges were drawn until one had the old order; noise of up to the landmark net's own is on the landmarks, times are a
/// little longer or shorter, and embeddings have cosines of 0.9995 and more to the old ones.
pub(super) fn with_noise(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let shown = challenge(random);
    let (session, recent) = old(workshop, &shown, random)?;
    let mut film = session.film;
    let noise = random.between(0.2, 1.0);
    let longer = random.between(0.97, 1.05);
    for shot in &mut film.frames {
        shot.millis *= longer;
    }
    tremble(&workshop.net, &mut film, noise, random);
    let keyframes = session.keyframes.iter();
    let keyframes = keyframes.map(|keyframe| near(keyframe, random.between(0.9995, 1.0), random));
    let keyframes = keyframes.collect::<Result<_>>()?;
    let asked = in_old_times(&shown, random);
    reused(workshop, asked, film, keyframes, recent, random)
}

/// The old track under embeddings from new photographs of the victim.
pub(super) fn track_only(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let shown = challenge(random);
    let (session, recent) = old(workshop, &shown, random)?;
    let count = session.keyframes.len();
    let keyframes = session.person.embeddings(count, random)?;
    let asked = in_old_times(&shown, random);
    reused(workshop, asked, session.film, keyframes, recent, random)
}

/// The old embeddings under a track that a program computed.
pub(super) fn embeddings_only(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let (session, recent) = old(workshop, &challenge(random), random)?;
    let asked = challenge(random);
    let new = workshop.session_of(session.person, &asked, random)?;
    // The widget takes a keyframe after each step: as many as the new challenge has.
    let mut keyframes = session.keyframes;
    keyframes.extend(new.keyframes.into_iter().skip(keyframes.len()));
    keyframes.truncate(asked.steps.len() + 2);
    reused(workshop, asked, new.film, keyframes, recent, random)
}

/// A session that was answered with yes, and what is remembered of it.
fn old(workshop: &Workshop, shown: &Challenge, random: &mut Random) -> Result<(Session, Recent)> {
    let session = workshop.session(shown, random)?;
    let copies = session.keyframes.iter();
    let copies = copies.map(|keyframe| Embedding::from_unit(keyframe.values().to_vec()));
    let copies = copies.collect::<Result<_, _>>()?;
    let attempt = workshop.attempt(shown.clone(), session.film.clone(), copies, random)?;
    let recent = workshop.remembered(&[attempt.payload])?;
    Ok((session, recent))
}

fn reused(
    workshop: &Workshop,
    asked: Challenge,
    film: Film,
    keyframes: Vec<Embedding>,
    recent: Recent,
    random: &mut Random,
) -> Result<Attempt> {
    let mut attempt = workshop.attempt(asked, film, keyframes, random)?;
    attempt.recent = Some(recent);
    Ok(attempt)
}

/// A new challenge with the old order and, for the best case of the attacker, instructions as short as they can be.
fn in_old_times(shown: &Challenge, random: &mut Random) -> Challenge {
    let mut asked = timed(movements(shown), random);
    for step in &mut asked.steps {
        step.millis = 1600;
    }
    asked
}

/// Noise with the covariance of the net's own.
fn tremble(net: &LandmarkNet, film: &mut Film, noise: f64, random: &mut Random) {
    for shot in &mut film.frames {
        let (_, unit) = extent(&shot.points);
        let mut points = [[0.0; 2]; COUNT];
        for (point, xy) in points.iter_mut().zip(shot.points.chunks_exact(2)) {
            *point = [xy[0].into(), xy[1].into()];
        }
        shot.points = net.place(&points, unit, (0.0, 0.0), Shown::Head, noise, random);
    }
}

/// An embedding with this cosine to another, in some direction.
fn near(embedding: &Embedding, cosine: f64, random: &mut Random) -> Result<Embedding> {
    let noise: Vec<f64> = embedding.values().iter().map(|_| random.normal()).collect();
    let length = noise.iter().map(|v| v * v).sum::<f64>().sqrt();
    // In hundreds of dimensions a random direction is nearly at a right angle.
    let apart = (1.0 - cosine * cosine).sqrt() / length;
    let mixed = embedding.values().iter().zip(noise);
    let values = mixed.map(|(own, noise)| (cosine * f64::from(*own) + apart * noise) as f32);
    Embedding::normalised(values.collect()).context("an embedding of zeros")
}

#[cfg(test)]
mod tests {
    use nod_authority::judge::crops::Crops;

    use super::*;

    #[test]
    fn what_is_reused_is_near_the_old_and_what_is_new_is_not() {
        let workshop = Workshop::open("open-1").unwrap();
        for seed in 0..3 {
            let mut attacks = [with_noise, track_only, embeddings_only]
                .into_iter()
                .map(|attack| {
                    let attempt = attack(&workshop, &mut Random::seeded(seed)).unwrap();
                    let failed =
                        super::super::judge::failed(&attempt, &workshop.set, Crops::Unasked);
                    let names: Vec<_> = failed.into_iter().map(|check| check.name()).collect();
                    ["movement_is_new", "embeddings_are_new"].map(|name| names.contains(&name))
                });
            assert_eq!(attacks.next(), Some([true, true]));
            assert_eq!(attacks.next(), Some([true, false]));
            assert_eq!(attacks.next(), Some([false, true]));
        }
    }

    #[test]
    fn noise_on_an_embedding_has_the_size_that_it_says() {
        let workshop = Workshop::open("open-1").unwrap();
        let mut random = Random::seeded(2);
        let embedding = workshop.person(&mut random).embedding(&mut random).unwrap();
        for cosine in [0.9, 0.9995] {
            let other = near(&embedding, cosine, &mut random).unwrap();
            let found = f64::from(embedding.cosine(&other).unwrap());
            assert!((found - cosine).abs() < 0.3 * (1.0 - cosine), "{found}");
        }
    }
}
