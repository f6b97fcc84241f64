//! Performances for the load generator: heads that follow a challenge, in every order that the authority draws, of one
//! length, so that all can be posted the same time after the challenge.

use anyhow::{Result, bail};
use nod_authority::judge::crops::Crops;
use nod_load::performance::Performance;
use nod_protocol::challenge::{Movement, Step};

use super::attempt::{Workshop, timed};
use super::judge::failed;
use super::scene::Shot;
use crate::random::Random;
use crate::side_by_side::side_by_side;

/// Milliseconds that an instruction stands, of four and of five movements. No authority draws more than 2,600, so who waits
/// that long has waited long enough in any challenge of the same order; four take as long as five.
const STANDS: [u32; 2] = [3500, 2600];
/// Milliseconds of the tracks.
const LENGTH: std::ops::Range<f64> = 21_200.0..23_200.0;
/// Milliseconds that the widget takes for a picture.
const LOOK: f64 = 75.0;
/// Tries for one performance; about two in three have the length.
const TRIES: usize = 100;

/// Every order of four movements `fours` times, every order of five `fives` times, each by somebody else and accepted by
/// the authority's judge.
pub(crate) fn performances(
    set: &str,
    fours: usize,
    fives: usize,
    seed: u64,
    jobs: usize,
) -> Result<Vec<Performance>> {
    let workshop = Workshop::open(set)?;
    let orders: Vec<_> = orders().into_iter().enumerate().collect();
    let made = side_by_side("orders of movements", &orders, jobs, |(number, order)| {
        let count = if order.len() == 4 { fours } else { fives };
        let mut random = Random::branch(seed, "performances", *number);
        let performances = (0..count).map(|_| performance(&workshop, order, &mut random));
        performances.collect::<Result<Vec<_>>>()
    })?;
    Ok(made.into_iter().flat_map(|(_, made)| made).collect())
}

fn performance(
    workshop: &Workshop,
    order: &[Movement],
    random: &mut Random,
) -> Result<Performance> {
    for _ in 0..TRIES {
        let mut challenge = timed(order.to_vec(), random);
        let longest = |step: &Step| Step {
            movement: step.movement,
            millis: STANDS[usize::from(order.len() > 4)],
        };
        challenge.steps = challenge.steps.iter().map(longest).collect();
        let mut session = workshop.session(&challenge, random)?;
        if !LENGTH.contains(&session.film.end()) {
            continue;
        }
        session.film.frames = looked_at(session.film.frames);
        let attempt = workshop.attempt(challenge, session.film, session.keyframes, random)?;
        let is_accepted = failed(&attempt, &workshop.set, Crops::Unasked).is_empty();
        if let (true, Some(track)) = (is_accepted, attempt.payload.track) {
            let order = order.to_vec();
            return Ok(Performance { order, track });
        }
    }
    bail!("no performance of the right length in {TRIES} tries")
}

/// The frames that the widget looks at: the next that the camera has when it is done with the last.
fn looked_at(frames: Vec<Shot>) -> Vec<Shot> {
    let mut free = 0.0;
    let mut is_looked_at = |shot: &Shot| {
        let is_free = shot.millis >= free;
        if is_free {
            free = shot.millis + LOOK;
        }
        is_free
    };
    frames
        .into_iter()
        .filter(|shot| is_looked_at(shot))
        .collect()
}

/// All 144.
fn orders() -> Vec<Vec<Movement>> {
    let four = [
        Movement::TurnLeft,
        Movement::TurnRight,
        Movement::LookUp,
        Movement::LookDown,
    ];
    let five = [four.as_slice(), &[Movement::ComeCloser]].concat();
    [permutations(&four), permutations(&five)].concat()
}

fn permutations(movements: &[Movement]) -> Vec<Vec<Movement>> {
    if movements.is_empty() {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for (at, first) in movements.iter().enumerate() {
        let others = [&movements[..at], &movements[at + 1..]].concat();
        for rest in permutations(&others) {
            all.push([&[*first], rest.as_slice()].concat());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_orders_as_the_authority_draws() {
        let orders = orders();
        let different: std::collections::HashSet<_> = orders
            .iter()
            .map(|order| order.iter().map(|m| m.as_str()).collect::<Vec<_>>())
            .collect();
        assert_eq!((orders.len(), different.len()), (144, 144));
    }

    #[test]
    fn a_performance_has_its_order_and_length() {
        let workshop = Workshop::open("open-1").unwrap();
        for order in [&orders()[5], &orders()[100]] {
            let made = performance(&workshop, order, &mut Random::seeded(4)).unwrap();
            assert_eq!(made.order, *order);
            assert!(
                LENGTH.contains(&f64::from(made.millis())),
                "{}",
                made.millis()
            );
        }
    }
}
