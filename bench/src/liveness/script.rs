//! What a person does who follows a challenge, or a hand that holds a picture and follows it.
//!
//! The widget's side of it: look straight ahead in the beginning; then each instruction stands until its amplitude is
//! reached and its time is over, and "straight ahead" until the head is back near the middle.

use std::f64::consts::TAU;

use nod_protocol::challenge::{Movement, Step};

use crate::head::camera::Camera;
use crate::head::space::{Point3, Turn};
use crate::random::Random;

/// How far somebody goes; each pair is the range that amplitudes are drawn from.
#[derive(Clone, Copy)]
pub(super) struct Actor {
    /// Degrees to either side.
    pub(super) yaw: (f64, f64),
    /// Degrees up or down.
    pub(super) pitch: (f64, f64),
    /// How many times larger after coming closer.
    pub(super) closer: (f64, f64),
}

/// A person. The widget asks for 22°, 13° and 1.2 times.
pub(super) const PERSON: Actor = Actor {
    yaw: (24.0, 40.0),
    pitch: (14.0, 25.0),
    closer: (1.25, 1.5),
};

/// Where somebody is at one moment, against rest.
#[derive(Clone, Copy, Default)]
pub(super) struct Motion {
    pub(super) turn: Turn,
    /// How many times nearer, in logarithms.
    pub(super) nearer: f64,
    /// To the side, down and away, in eye distances.
    pub(super) sway: Point3,
    /// How far the eyelids are closed, 0 to 1.
    pub(super) blink: f64,
}

/// What the camera takes of it.
pub(super) struct Moment {
    /// Since the challenge.
    pub(super) millis: f64,
    pub(super) motion: Motion,
}

/// A challenge followed to the end.
pub(super) struct Performance {
    pub(super) moments: Vec<Moment>,
    /// The moments of which the widget keeps the embedding: two in the beginning, one after each step.
    pub(super) keyframes: Vec<usize>,
}

/// Frames at rest that the widget waits for, and how long in milliseconds.
const REST_FRAMES: f64 = 12.0;
const REST_MILLIS: f64 = 1200.0;

/// Performs the steps before a camera.
pub(super) fn perform(
    steps: &[Step],
    actor: &Actor,
    camera: &Camera,
    random: &mut Random,
) -> Performance {
    let mut course = Course {
        legs: Vec::new(),
        unrest: Unrest::any(random),
    };
    let first = REST_MILLIS.max(REST_FRAMES * 1000.0 / camera.rate) + random.between(50.0, 300.0);
    let mut keyed = vec![first * 0.35, first * 0.8];
    let mut now = first;
    for step in steps {
        let away = now + random.between(300.0, 900.0);
        let there = away + random.between(450.0, 1100.0);
        course.go(away, there, aim(step.movement, actor, random));
        let over = (now + f64::from(step.millis)).max(there) + random.between(50.0, 200.0);
        let back = over + random.between(250.0, 700.0);
        let home = back + random.between(400.0, 900.0);
        course.go(back, home, resting(random));
        now = home + random.between(100.0, 350.0);
        keyed.push(now);
    }
    let end = now + random.between(150.0, 400.0);
    let blinks: Vec<f64> = blinks(end, random);

    let mut moments = Vec::new();
    let mut millis = random.between(5.0, 60.0);
    while millis < end {
        let mut motion = course.at(millis);
        motion.blink = closed(&blinks, millis);
        moments.push(Moment { millis, motion });
        millis += camera.next(random);
    }
    let keyframes = keyed
        .iter()
        .map(|at| {
            let later = moments.partition_point(|moment| moment.millis < *at);
            later.min(moments.len().saturating_sub(1))
        })
        .collect();
    Performance { moments, keyframes }
}

/// The end of a movement. Nobody turns about one axis only.
fn aim(movement: Movement, actor: &Actor, random: &mut Random) -> Motion {
    let mut draw = |(low, high): (f64, f64)| random.between(low, high);
    let (yaw, pitch, nearer) = match movement {
        Movement::TurnLeft => (draw(actor.yaw), 0.0, 0.0),
        Movement::TurnRight => (-draw(actor.yaw), 0.0, 0.0),
        Movement::LookUp => (0.0, -draw(actor.pitch), 0.0),
        Movement::LookDown => (0.0, draw(actor.pitch), 0.0),
        Movement::ComeCloser => (0.0, 0.0, draw(actor.closer).ln()),
    };
    Motion {
        turn: Turn {
            yaw: yaw + 0.08 * pitch * random.normal() + random.normal(),
            pitch: pitch + 0.07 * yaw * random.normal() + random.normal(),
            roll: 0.10 * yaw * random.normal(),
        },
        nearer: nearer + 0.02 * random.normal(),
        ..Motion::default()
    }
}

/// Back in the middle, more or less.
fn resting(random: &mut Random) -> Motion {
    Motion {
        turn: Turn {
            yaw: 1.5 * random.normal(),
            pitch: 1.2 * random.normal(),
            roll: random.normal(),
        },
        nearer: 0.015 * random.normal(),
        ..Motion::default()
    }
}

/// Movements one after the other, and what never stands still.
struct Course {
    legs: Vec<Leg>,
    unrest: Unrest,
}

struct Leg {
    from: f64,
    until: f64,
    to: Motion,
}

impl Course {
    fn go(&mut self, from: f64, until: f64, to: Motion) {
        self.legs.push(Leg { from, until, to });
    }

    fn at(&self, millis: f64) -> Motion {
        let mut motion = Motion::default();
        for leg in &self.legs {
            if millis <= leg.from {
                break;
            }
            let part = minimum_jerk((millis - leg.from) / (leg.until - leg.from));
            motion = between(&motion, &leg.to, part);
        }
        self.unrest.add(motion, millis)
    }
}

/// The course of a human movement in time (Flash and Hogan, "The coordination of arm movements", 1985).
fn minimum_jerk(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * t * (10.0 - 15.0 * t + 6.0 * t * t)
}

fn between(a: &Motion, b: &Motion, part: f64) -> Motion {
    let mix = |a: f64, b: f64| a + (b - a) * part;
    Motion {
        turn: Turn {
            yaw: mix(a.turn.yaw, b.turn.yaw),
            pitch: mix(a.turn.pitch, b.turn.pitch),
            roll: mix(a.turn.roll, b.turn.roll),
        },
        nearer: mix(a.nearer, b.nearer),
        sway: a.sway,
        blink: 0.0,
    }
}

/// Slow waves of random phase: breathing, balance, a hand.
struct Unrest(Vec<[f64; 4]>);

/// Largest wave of each channel: yaw, pitch and roll in degrees, nearer, then sway in eye distances.
const WAVES: [f64; 6] = [0.8, 0.7, 0.7, 0.012, 0.05, 0.05];

impl Unrest {
    fn any(random: &mut Random) -> Self {
        let channels = (0..WAVES.len()).flat_map(|channel| [channel; 3]);
        let waves = channels.map(|channel| {
            [
                channel as f64,
                random.between(0.1, 1.0) * WAVES[channel],
                TAU * random.between(0.1, 0.8) / 1000.0,
                random.between(0.0, TAU),
            ]
        });
        Self(waves.collect())
    }

    fn add(&self, mut motion: Motion, millis: f64) -> Motion {
        for [channel, size, rate, phase] in &self.0 {
            let value = size * (rate * millis + phase).sin();
            match *channel as usize {
                0 => motion.turn.yaw += value,
                1 => motion.turn.pitch += value,
                2 => motion.turn.roll += value,
                3 => motion.nearer += value,
                4 => motion.sway[0] += value,
                _ => motion.sway[1] += value,
            }
        }
        motion
    }
}

/// When the eyes are shut; people blink about fifteen times a minute, some not at all in ten seconds.
fn blinks(end: f64, random: &mut Random) -> Vec<f64> {
    let mut blinks = Vec::new();
    let mut at = random.between(500.0, 6000.0);
    while at < end {
        blinks.push(at);
        at += random.between(1500.0, 7000.0);
    }
    blinks
}

fn closed(blinks: &[f64], millis: f64) -> f64 {
    let nearest = blinks.iter().map(|at| (millis - at).abs());
    let nearest = nearest.fold(f64::INFINITY, f64::min);
    (1.0 - nearest / 120.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn performed(seed: u64) -> (Vec<Step>, Performance) {
        let mut random = Random::seeded(seed);
        let steps: Vec<Step> = [
            Movement::LookUp,
            Movement::TurnLeft,
            Movement::ComeCloser,
            Movement::TurnRight,
            Movement::LookDown,
        ]
        .map(|movement| Step {
            movement,
            millis: 2000,
        })
        .to_vec();
        let camera = Camera::any(&mut random);
        let performance = perform(&steps, &PERSON, &camera, &mut random);
        (steps, performance)
    }

    #[test]
    fn every_step_is_reached_in_order_after_its_instruction() {
        for seed in 0..30 {
            let (_, performance) = performed(seed);
            let first = |reached: fn(&Motion) -> bool| {
                let moment = performance.moments.iter().find(|m| reached(&m.motion));
                moment.map(|m| m.millis).unwrap()
            };
            let reached = [
                first(|m| m.turn.pitch < -12.0),
                first(|m| m.turn.yaw > 21.0),
                first(|m| m.nearer > 0.17),
                first(|m| m.turn.yaw < -21.0),
                first(|m| m.turn.pitch > 12.0),
            ];
            assert!(reached.is_sorted(), "{reached:?}");
            for (at, millis) in reached.iter().enumerate() {
                assert!(*millis > REST_MILLIS + 2000.0 * at as f64 + 300.0);
            }
        }
    }

    #[test]
    fn keyframes_are_taken_at_rest() {
        for seed in 0..30 {
            let (steps, performance) = performed(seed);
            assert_eq!(performance.keyframes.len(), steps.len() + 2);
            for at in &performance.keyframes {
                let motion = &performance.moments[*at].motion;
                assert!(motion.turn.yaw.abs() < 9.0 && motion.turn.pitch.abs() < 8.0);
            }
        }
    }

    #[test]
    fn nothing_jumps() {
        let (_, performance) = performed(3);
        for pair in performance.moments.windows(2) {
            let seconds = (pair[1].millis - pair[0].millis) / 1000.0;
            let turned = (pair[1].motion.turn.yaw - pair[0].motion.turn.yaw).abs();
            assert!(turned / seconds < 250.0, "{turned}° in {seconds} s");
        }
    }
}
