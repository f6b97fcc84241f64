//! Tracks for tests: the generic head, or a picture of it, follows a challenge in front of a made-up camera.
//!
//! The judge's rules are about geometry and time, and that is what is made here, with noise; what real landmarks of
//! rendered and photographed heads do is measured by `cargo xtask bench liveness`.

use nod_protocol::{
    challenge::{Movement, STILL_MILLIS, Step},
    parallax::{Face, GENERIC_HEAD},
    payload::{Track, TrackFrame},
};

/// A head turned to its own left and then tilted up (radians), seen from far away, in pixels.
pub(crate) fn head(turn: f64, lift: f64) -> Face {
    GENERIC_HEAD.map(|[x, y, z]| {
        let (x, z) = (
            x * turn.cos() - z * turn.sin(),
            x * turn.sin() + z * turn.cos(),
        );
        placed(x, y * lift.cos() + z * lift.sin())
    })
}

/// A plane picture of the same face, tilted likewise, in perspective from twelve eye distances.
pub(crate) fn picture(turn: f64, lift: f64) -> Face {
    GENERIC_HEAD.map(|[x, y, _]| {
        let (x, z) = (x * turn.cos(), x * turn.sin());
        let (y, z) = (
            y * lift.cos() + z * lift.sin(),
            z * lift.cos() - y * lift.sin(),
        );
        let nearer = 1.0 / (1.0 + z / 12.0);
        placed(nearer * x, nearer * y)
    })
}

fn placed(x: f64, y: f64) -> [f64; 2] {
    [320.0 + 70.0 * x, 240.0 + 70.0 * y]
}

/// What is in front of the camera: its points when it is turned and lifted.
pub(crate) type Thing = fn(f64, f64) -> Face;

/// A film of a thing that follows the steps: 0.6 s to understand, half a second there, a while, half a second back.
pub(crate) fn film(thing: Thing, steps: &[Step]) -> Track {
    film_number(1, thing, steps)
}

/// The same with another noise for every number but 0.
pub(crate) fn film_number(number: u64, thing: Thing, steps: &[Step]) -> Track {
    let mut frames = Vec::new();
    let mut random = Random(number);
    let mut millis = 5;
    let mut began = STILL_MILLIS + 500;
    let lasts: Vec<(u32, Step)> = steps
        .iter()
        .map(|step| {
            let start = began;
            began += step.millis.max(2_000) + 600;
            (start, step.clone())
        })
        .collect();
    while millis < began {
        let now = lasts.iter().rev().find(|(start, _)| millis >= *start);
        let (turn, lift, scale) = now.map_or((0.0, 0.0, 1.0), |(start, step)| {
            posed(
                step.movement,
                extent(millis - start, step.millis.max(2_000)),
            )
        });
        let points = thing(turn, lift);
        let noisy = points.iter().flatten().zip([320.0, 240.0].iter().cycle());
        let noisy = noisy.map(|(value, middle)| {
            (middle + scale * (value - middle) + 0.5 * random.bell()) as f32
        });
        frames.push(TrackFrame {
            millis,
            face: [220.0, 100.0, 200.0, 260.0],
            points: noisy.collect(),
            quality: 0.7,
        });
        millis += 90 + random.below(20);
    }
    Track {
        landmark_model: "landmarks68 1.1 0.08".into(),
        frames,
    }
}

/// How far a movement has gone, 0 to 1, so many milliseconds after its instruction that stands for `length`.
fn extent(since: u32, length: u32) -> f64 {
    let ramp = |from: u32| (f64::from(since.saturating_sub(from)) / 500.0).min(1.0);
    ramp(600) - ramp(length - 400)
}

fn posed(movement: Movement, extent: f64) -> (f64, f64, f64) {
    let (yaw, pitch) = (28_f64.to_radians() * extent, 18_f64.to_radians() * extent);
    match movement {
        Movement::TurnLeft => (yaw, 0.0, 1.0),
        Movement::TurnRight => (-yaw, 0.0, 1.0),
        Movement::LookUp => (0.0, pitch, 1.0),
        Movement::LookDown => (0.0, -pitch, 1.0),
        Movement::ComeCloser => (0.0, 0.0, 1.0 + 0.3 * extent),
    }
}

/// Numbers that are the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, count: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as u32 % count
    }

    /// About normal, deviation 1: twelve uniform numbers.
    fn bell(&mut self) -> f64 {
        let sum: u32 = (0..12).map(|_| self.below(10_000)).sum();
        f64::from(sum) / 10_000.0 - 6.0
    }
}
