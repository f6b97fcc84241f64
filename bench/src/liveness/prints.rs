//! A printed portrait of the victim in the attacker's hand, who follows the challenge with it as well as a print allows.

use anyhow::Result;

use super::attempt::{Attempt, Workshop, challenge};
use super::scene::{Hand, Scene};
use super::script::{Actor, Motion, perform};
use crate::head::pose::Bend;
use crate::random::Random;

/// What is done with the print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handling {
    /// Moved aside, up and down.
    Moved,
    /// Turned as far as a head would be.
    Tilted,
    /// Turned much farther.
    OverTilted,
    /// Bent to a radius of 8 to 14 cm, and turned.
    Bent,
    /// Flat at rest, bent the more the farther it is turned.
    Bending,
    /// Rolled to a radius of 5 to 9 cm, and turned much too far on both axes.
    Rolled,
    /// Brought nearer and taken away for whatever is asked.
    Zoomed,
}

impl Handling {
    /// How far it is moved.
    pub(super) fn actor(self) -> Actor {
        let (yaw, pitch) = match self {
            Self::Moved => ((24.0, 40.0), (14.0, 25.0)),
            Self::Tilted => ((22.0, 40.0), (15.0, 35.0)),
            Self::OverTilted => ((45.0, 65.0), (40.0, 60.0)),
            Self::Bent | Self::Bending => ((25.0, 50.0), (18.0, 45.0)),
            Self::Rolled => ((40.0, 65.0), (35.0, 60.0)),
            Self::Zoomed => ((0.0, 4.0), (0.0, 4.0)),
        };
        Actor {
            yaw,
            pitch,
            closer: (1.25, 1.5),
        }
    }

    /// How it is held.
    pub(super) fn hand(self, random: &mut Random) -> Hand {
        let radius = match self {
            Self::Rolled => random.between(5.0, 9.0),
            _ => random.between(8.0, 14.0),
        };
        Hand {
            turns: !matches!(self, Self::Moved | Self::Zoomed),
            moves: match self {
                Self::Moved => random.between(1.0, 2.5),
                _ => 0.0,
            },
            bend: match self {
                Self::Bent | Self::Rolled => rolled,
                Self::Bending => bending,
                _ => |_, _| Bend::FLAT,
            },
            // Mostly like a can, now and then lying or aslant.
            roll: (
                radius,
                match random.below(5) {
                    0 => 90.0,
                    1 => random.between(-45.0, 45.0),
                    _ => 0.0,
                },
            ),
        }
    }
}

fn rolled(hand: &Hand, _: &Motion) -> Bend {
    Bend::cm(hand.roll.0, hand.roll.1)
}

/// Bent about the axis it is turned about.
fn bending(hand: &Hand, motion: &Motion) -> Bend {
    let (yaw, pitch) = (motion.turn.yaw.abs(), motion.turn.pitch.abs());
    let axis = if yaw >= pitch { 0.0 } else { 90.0 };
    let part = (yaw.max(pitch) / 30.0).min(1.0);
    if part < 0.05 {
        return Bend::FLAT;
    }
    Bend::cm(hand.roll.0 / part, axis)
}

/// An attempt with a print.
pub(super) fn attack(
    workshop: &Workshop,
    handling: Handling,
    random: &mut Random,
) -> Result<Attempt> {
    let challenge = challenge(random);
    let victim = workshop.person(random);
    let scene = Scene::any(&workshop.net, random);
    let mut performance = perform(&challenge.steps, &handling.actor(), &scene.camera, random);
    if handling == Handling::Zoomed {
        zoom(&mut performance, &challenge.steps);
    }
    // A hand does not blink.
    for moment in &mut performance.moments {
        moment.motion.blink = 0.0;
    }
    let film = scene.print(&victim, &handling.hand(random), &performance, random);
    let keyframes = victim.embeddings(performance.keyframes.len(), random)?;
    workshop.attempt(challenge, film, keyframes, random)
}

/// Every instruction becomes a movement to and fro.
fn zoom(performance: &mut super::script::Performance, steps: &[nod_protocol::challenge::Step]) {
    let end = performance.moments.last().map_or(1.0, |m| m.millis);
    let waves = steps.len() as f64;
    for moment in &mut performance.moments {
        let phase = ((moment.millis - 1500.0).max(0.0) / end) * waves * std::f64::consts::TAU;
        moment.motion.nearer += 0.15 * (1.0 - phase.cos());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parallax of left and right, and of up and down.
    fn parallax(handling: Handling, seed: u64) -> (f64, f64) {
        let workshop = Workshop::open("open-1").unwrap();
        let attempt = attack(&workshop, handling, &mut Random::seeded(seed)).unwrap();
        let track = attempt.payload.track.as_ref().unwrap();
        let Ok(measures) = nod_authority::judge::movement::measure(track) else {
            return (0.0, 0.0);
        };
        (measures.turn.parallax, measures.lift.parallax)
    }

    #[test]
    fn a_flat_print_has_no_depth_however_it_is_turned() {
        for handling in [
            Handling::Moved,
            Handling::Tilted,
            Handling::OverTilted,
            Handling::Zoomed,
        ] {
            for seed in 0..5 {
                let (turn, lift) = parallax(handling, seed);
                assert!(turn < 0.4 && lift < 0.3, "{handling:?}: {turn} {lift}");
            }
        }
    }

    #[test]
    fn a_rolled_print_has_some() {
        let most = (0..8)
            .map(|seed| parallax(Handling::Rolled, seed).0)
            .fold(0.0, f64::max);
        assert!(most > 0.4, "{most}");
    }
}
