//! Did a head do what was asked, in order and in time? Pure functions over the sealed track and the stored challenge.
//!
//! track → [`timeline`] (frames that can be measured) → [`nod_protocol::parallax`] (how the face lies in space) →
//! [`events`] (which movements, when) → [`solidity`] (a head, or a picture of one) → [`Measures`] → the rules below, one line each.
//!
//! What this can show and what it cannot: docs/liveness.md.

mod events;
#[cfg(test)]
pub(super) mod fixture;
mod marks;
mod solidity;
mod timeline;

use nod_protocol::{
    challenge::{Challenge, LONGEST_GAP_MILLIS, Movement, STILL_MILLIS},
    parallax::{Face, NEUTRAL, NoFace, Pose, Reference},
    payload::Track,
};

use self::{
    events::{events, levelled, median},
    timeline::Timeline,
};

pub use marks::Marks;
pub use solidity::Axis;
pub use timeline::Unreadable;

/// What was measured of a track. Not printable: how a head moves is somebody's.
pub struct Measures {
    /// The landmark net and the crop it looked at: thresholds belong to them.
    pub landmark_model: String,
    /// Of the middle interval between frames.
    pub frames_per_second: f64,
    /// Milliseconds.
    pub longest_gap: u32,
    /// Different intervals between frames. A camera's differ.
    pub intervals: usize,
    /// Milliseconds from the challenge to the last frame.
    pub duration: u32,
    /// How far the head turned or tilted in the frames at rest: about a sine.
    pub unrest: f64,
    /// The movements that were made, with the milliseconds at which each began.
    pub movements: Vec<(Movement, u32)>,
    /// Left and right.
    pub turn: Axis,
    /// Up and down.
    pub lift: Axis,
    /// Largest change of parallax between neighbouring frames, per second: about radians.
    pub speed: f64,
    /// What differs from one frame at rest to the next beyond any movement: root mean square in eye distances. No camera and
    /// no landmark net is without.
    pub tremble: f64,
    /// Frames that show exactly what an earlier one showed, with others in between.
    pub repeats: usize,
    /// By what the track is known again.
    pub marks: Marks,
}

/// Measures a track; which movements were asked for does not matter here.
pub fn measure(track: &Track) -> Result<Measures, Unreadable> {
    let timeline = Timeline::of(track)?;
    let neutral = timeline.frames.iter().take(NEUTRAL);
    let neutral: Vec<_> = neutral.map(|frame| frame.points).collect();
    let reference = Reference::of(&neutral)?;
    let poses = timeline
        .frames
        .iter()
        .map(|frame| reference.pose(&frame.points))
        .collect::<Result<Vec<Pose>, _>>()?;
    let poses = levelled(&poses);
    let millis: Vec<u32> = timeline.frames.iter().map(|frame| frame.millis).collect();
    let events = events(&millis, &poses);
    let intervals = timeline.intervals();
    let middle = median(intervals.iter().copied().map(f64::from).collect());
    Ok(Measures {
        landmark_model: track.landmark_model.clone(),
        frames_per_second: 1000.0 / middle,
        longest_gap: intervals.iter().copied().max().unwrap_or(0),
        intervals: different(intervals.clone()),
        duration: millis.last().copied().unwrap_or(0),
        unrest: unrest(&poses),
        movements: events
            .iter()
            .map(|event| (event.movement, event.onset))
            .collect(),
        turn: solidity::turn(&events, &poses),
        lift: solidity::lift(&events, &poses),
        speed: speed(&poses, &intervals),
        tremble: tremble(&reference, &neutral)?,
        repeats: repeats(&timeline),
        marks: Marks::of(&timeline, &poses, &events),
    })
}

/// What the measures must keep.
struct Limits {
    /// Name of the landmark net and its crop, as the widget writes it.
    landmark_model: &'static str,
    turn: f64,
    lift: f64,
    both: f64,
    foreshortening: f64,
}

/// Calibrated with `cargo xtask bench liveness`, for each set's crop by itself; the same limits turned out to serve both.
const LIMITS: [Limits; 2] = [
    Limits {
        landmark_model: "landmarks68 1.1 0.08",
        turn: 0.40,
        lift: 0.20,
        both: 0.70,
        foreshortening: 1.2,
    },
    Limits {
        landmark_model: "landmarks68 1 0",
        turn: 0.40,
        lift: 0.20,
        both: 0.70,
        foreshortening: 1.2,
    },
];

/// At least so many frames a second. 10 is what the widget aims at; a slow telephone is no fault of its owner.
const SLOWEST: f64 = 3.5;
/// Seconds that posting may take beyond the last frame, and how far two clocks' rounding reaches.
const POSTING: u64 = 6;
const ROUNDING: u64 = 2;
/// Frames shown again. A film that begins again has them by the dozen; a browser under load now and then hands out a
/// picture twice.
const MOST_REPEATS: usize = 3;
/// Parallax at rest: the head was not still.
const UNREST: f64 = 0.15;
/// Faster than a head turns that was asked to: about 340 degrees in a second.
const FASTEST: f64 = 6.0;
/// A quarter of the least that was measured on rendered frames.
const LEAST_TREMBLE: f64 = 5e-4;

impl Measures {
    fn limits(&self) -> Option<&'static Limits> {
        LIMITS
            .iter()
            .find(|limits| limits.landmark_model == self.landmark_model)
    }

    /// The net and crop are ones that there are thresholds for.
    pub(super) fn are_of_a_known_net(&self) -> bool {
        self.limits().is_some()
    }

    /// Enough frames at all times, by a clock that ticks as a camera does.
    pub(super) fn are_of_a_camera(&self) -> bool {
        self.frames_per_second >= SLOWEST
            && self.longest_gap <= LONGEST_GAP_MILLIS
            && self.intervals >= 3
    }

    /// The track is as long as the authority waited for it, give or take the posting.
    pub(super) fn took(&self, seconds: u64) -> bool {
        let duration = u64::from(self.duration) / 1000;
        duration <= seconds + ROUNDING && seconds <= duration + POSTING
    }

    /// The head rested in the beginning: everything is measured against that.
    pub(super) fn begin_at_rest(&self) -> bool {
        self.unrest <= UNREST
    }

    /// Exactly the movements of the challenge.
    pub(super) fn follow(&self, challenge: &Challenge) -> bool {
        let made = self.movements.iter().map(|(movement, _)| *movement);
        made.eq(challenge.steps.iter().map(|step| step.movement))
    }

    /// No movement before its instruction stood: each stands at least as long as the challenge says.
    pub(super) fn wait_for(&self, challenge: &Challenge) -> bool {
        let mut earliest = STILL_MILLIS;
        self.movements.len() == challenge.steps.len()
            && self
                .movements
                .iter()
                .zip(&challenge.steps)
                .all(|((_, onset), step)| {
                    let waited = *onset >= earliest;
                    earliest = earliest.saturating_add(step.millis);
                    waited
                })
    }

    /// No picture of a face: neither axis is without parallax.
    pub(super) fn have_depth(&self) -> bool {
        self.limits().is_some_and(|limits| {
            self.turn.parallax >= limits.turn
                && self.lift.parallax >= limits.lift
                && self.turn.parallax + self.lift.parallax >= limits.both
        })
    }

    /// No rolled picture: the foreshortening is that of the parallax.
    pub(super) fn foreshorten_as_a_head(&self) -> bool {
        self.limits().is_some_and(|limits| {
            let least = self.turn.foreshortening.min(self.lift.foreshortening);
            least >= limits.foreshortening
        })
    }

    /// No jump from one face, or film, to another.
    pub(super) fn move_like_a_head(&self) -> bool {
        self.speed <= FASTEST
    }

    /// A camera and a landmark net have noise.
    pub(super) fn tremble_as_landmarks_do(&self) -> bool {
        self.tremble >= LEAST_TREMBLE
    }

    /// No film that begins again.
    pub(super) fn hardly_repeat(&self) -> bool {
        self.repeats <= MOST_REPEATS
    }
}

fn unrest(poses: &[Pose]) -> f64 {
    let neutral = poses.iter().take(NEUTRAL);
    neutral.fold(0.0, |most, pose| {
        pose.turn.abs().max(pose.lift.abs()).max(most)
    })
}

fn speed(poses: &[Pose], intervals: &[u32]) -> f64 {
    let steps = poses.windows(2).zip(intervals);
    steps.fold(0.0, |most, (pair, millis)| {
        let change = (pair[1].turn - pair[0].turn).hypot(pair[1].lift - pair[0].lift);
        (1000.0 * change / f64::from(*millis)).max(most)
    })
}

/// The frames at rest against one another, each laid on the reference first: what is left is no movement.
fn tremble(reference: &Reference, neutral: &[Face]) -> Result<f64, NoFace> {
    let pairs = neutral.windows(2);
    let changes = pairs.map(|pair| reference.difference(&pair[0], &pair[1]));
    Ok(median(changes.collect::<Result<_, _>>()?))
}

/// Frames equal to one that is at least two frames back, while the one between differs. (A camera that is slower than the
/// widget shows a picture twice in a row; that is no repeat.)
fn repeats(timeline: &Timeline) -> usize {
    let frames = &timeline.frames;
    let repeats = |at: &usize| {
        let before = &frames[..at.saturating_sub(1)];
        frames[*at].points != frames[at - 1].points
            && before
                .iter()
                .any(|frame| frame.points == frames[*at].points)
    };
    (1..frames.len()).filter(repeats).count()
}

fn different(mut values: Vec<u32>) -> usize {
    values.sort_unstable();
    values.dedup();
    values.len()
}

#[cfg(test)]
#[path = "movement/tests.rs"]
mod tests;
