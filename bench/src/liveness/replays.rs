//! Films of the victim, shown to the camera on a screen or played into the widget.

use anyhow::Result;

use super::attempt::{Attempt, Workshop, challenge, movements, timed};
use super::scene::{Film, Scene, Shot};
use super::script::{PERSON, perform};
use crate::random::Random;

/// An earlier session's film on a screen; the order of its movements is another.
pub(super) fn wrong_order(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let asked = challenge(random);
    let mut shown = challenge(random);
    while movements(&shown) == movements(&asked) {
        shown = challenge(random);
    }
    screened(workshop, asked, shown, random)
}

/// The same, and by luck the order is the right one; the times are not.
pub(super) fn right_order(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let asked = challenge(random);
    let shown = timed(movements(&asked), random);
    screened(workshop, asked, shown, random)
}

/// Clips of each movement, played on a screen as the instructions come. Also what a face swapped live onto the
/// attacker looks like to the judge.
pub(super) fn follows(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let asked = challenge(random);
    screened(workshop, asked.clone(), asked, random)
}

fn screened(
    workshop: &Workshop,
    asked: nod_protocol::challenge::Challenge,
    shown: nod_protocol::challenge::Challenge,
    random: &mut Random,
) -> Result<Attempt> {
    let earlier = workshop.session(&shown, random)?;
    let scene = Scene::any(&workshop.net, random);
    let film = scene.screen(&earlier.film, earlier.film.end(), random);
    let count = earlier.keyframes.len();
    let keyframes = earlier.person.embeddings(count, random)?;
    workshop.attempt(asked, film, keyframes, random)
}

/// One picture for the whole time: on a stand before the camera, or one frame sealed again and again.
pub(super) fn frozen(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let asked = challenge(random);
    let session = workshop.session(&asked, random)?;
    let still = Film {
        frames: session.film.frames[..1].to_vec(),
    };
    let film = if random.chance(0.5) {
        let scene = Scene::any(&workshop.net, random);
        scene.screen(&still, session.film.end(), random)
    } else {
        repeated(&still.frames, &session.film)
    };
    workshop.attempt(asked, film, session.keyframes, random)
}

/// A few seconds of the victim again and again, on a screen or sealed again and again.
pub(super) fn looped(workshop: &Workshop, random: &mut Random) -> Result<Attempt> {
    let asked = challenge(random);
    let person = workshop.person(random);
    let scene = Scene::any(&workshop.net, random);
    let performance = perform(&asked.steps, &PERSON, &scene.camera, random);
    let film = scene.person(&person, &performance, random);
    let length = random.between(3000.0, 6000.0);
    let clip: Vec<Shot> = film
        .frames
        .iter()
        .take_while(|shot| shot.millis < length)
        .cloned()
        .collect();
    let played = repeated(&clip, &film);
    let film = if random.chance(0.5) {
        Scene::any(&workshop.net, random).screen(&played, film.end(), random)
    } else {
        played
    };
    let keyframes = person.embeddings(performance.keyframes.len(), random)?;
    workshop.attempt(asked, film, keyframes, random)
}

/// The clip's landmarks over and over at the times of a film.
fn repeated(clip: &[Shot], times: &Film) -> Film {
    let frames = times.frames.iter().zip(clip.iter().cycle());
    let frames = frames.map(|(time, shot)| Shot {
        millis: time.millis,
        points: shot.points.clone(),
    });
    Film {
        frames: frames.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(attempt: &Attempt) -> Vec<Vec<f32>> {
        let track = attempt.payload.track.as_ref().unwrap();
        track
            .frames
            .iter()
            .map(|frame| frame.points.clone())
            .collect()
    }

    #[test]
    fn a_film_on_a_screen_moves_as_it_did_and_a_frozen_one_does_not() {
        let workshop = Workshop::open("open-1").unwrap();
        let spread = |attempt: &Attempt| {
            // The nose tip against the jaw's ends.
            let noses = points(attempt);
            let noses = noses.iter().map(|p| (p[60] - p[0]) / (p[32] - p[0]));
            let (low, high) = noses.fold((f32::MAX, f32::MIN), |(l, h), n| (l.min(n), h.max(n)));
            high - low
        };
        for seed in 0..4 {
            let random = &mut Random::seeded(seed);
            assert!(spread(&follows(&workshop, random).unwrap()) > 0.2);
            assert!(spread(&frozen(&workshop, random).unwrap()) < 0.1);
        }
    }

    #[test]
    fn a_loop_that_is_sealed_repeats_itself() {
        let clip: Vec<Shot> = (0..3)
            .map(|at| Shot {
                millis: f64::from(at),
                points: vec![at as f32],
            })
            .collect();
        let times = Film {
            frames: [10.0, 20.0, 30.0, 40.0, 50.0]
                .map(|millis| Shot {
                    millis,
                    points: vec![],
                })
                .to_vec(),
        };
        let played = repeated(&clip, &times);
        let shown: Vec<f32> = played.frames.iter().map(|shot| shot.points[0]).collect();
        assert_eq!(shown, [0.0, 1.0, 2.0, 0.0, 1.0]);
        assert_eq!(played.end(), 50.0);
    }
}
