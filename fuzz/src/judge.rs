//! The judge on a capture that was opened: a film of a head that is accepted, and changes to it, of a kind that no encoding
//! would carry too (NaN, infinity), because the judge does not say what it relies on.

use std::sync::OnceLock;

use nod_authority::{
    judge::{
        Evidence,
        crops::{Crops, LARGEST_RESIDUAL, LEAST_COSINE, question},
        digest, failed_portrait_checks, judge,
        movement::{Measures, measure},
    },
    model_sets::ModelSet,
    recent::{Recent, Sketcher},
};
use nod_protocol::{
    challenge::{Challenge, Mode, Movement, STILL_MILLIS},
    evidence::EvidenceMeasures,
    parallax::{Face, GENERIC_HEAD},
    payload::{Embedding, Payload, Track, TrackFrame},
};
use zeroize::Zeroizing;

use crate::samples::{DIMENSIONS, Random, capture, challenge, crop, payload, set};

/// Bytes of one change: what, at which frame, at which point, and a number in four.
const EDIT: usize = 7;
/// Bytes before the changes.
const HEAD: usize = 7;

/// The first bytes are what the authority knows, the rest are changes to the capture.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some((head, edits)) = data.split_first_chunk::<HEAD>() else {
        return false;
    };
    let [how, seconds, steps, number @ ..] = *head;
    let number = f32::from_le_bytes(number);
    let mut payload = payload();
    payload.track = Some(film().copy());
    for edit in edits.as_chunks::<EDIT>().0 {
        change(&mut payload, edit);
    }
    let challenge = asked(how, steps);
    let measures = EvidenceMeasures {
        least_cosine: if how & 0x40 == 0 { 1.0 } else { number },
        largest_residual: (how & 0x80 == 0).then_some(if how & 0x40 == 0 { 0.0 } else { number }),
    };
    let evidence = Evidence {
        payload: &payload,
        challenge: &challenge,
        seconds: u64::from(seconds),
        second_factor_is_good: how & 2 != 0,
        sets: sets(),
        recent: (how & 4 != 0).then_some(recent(how & 8 != 0)),
        crops: match (how >> 4) & 3 {
            0 => Crops::Unasked,
            1 => Crops::NotAsAsked,
            2 => Crops::Unmeasurable,
            _ => Crops::Measured(measures),
        },
    };
    let is_accepted = holds(&evidence);
    // Of anything that can be in memory.
    let bytes = payload.encode();
    if let Ok(again) = Payload::decode(&bytes) {
        crate::payload::check(&again);
    }
    let _ = question(&payload, &challenge, sets());
    is_accepted
}

fn holds(evidence: &Evidence<'_>) -> bool {
    let verdict = judge(evidence);
    let again = judge(evidence);
    assert!(verdict.failed == again.failed, "another verdict");
    let is_accepted = verdict.failed.is_empty();
    let as_portrait = failed_portrait_checks(evidence).is_empty();
    assert!(!(is_accepted && as_portrait), "both live and a portrait");
    let measured = evidence.payload.track.as_ref().map(measure);
    if let Some(Ok(measures)) = &measured {
        assert!(are_numbers(measures), "a measure that is none");
    }
    if !is_accepted {
        return false;
    }
    // A yes needs all of this, whatever the rules are called.
    if evidence.challenge.mode == Mode::Move {
        let measures = measured.and_then(Result::ok);
        assert!(measures.is_some_and(|m| m.movements.len() == evidence.challenge.steps.len()));
        if evidence
            .recent
            .is_some_and(|recent| !recent.captures.is_empty())
        {
            assert!(verdict.digest.is_some(), "nothing to know it by");
        }
    } else {
        assert!(
            evidence.second_factor_is_good && measured.is_none(),
            "still, and no second factor"
        );
    }
    for set in evidence.sets {
        let capture = evidence.payload.capture(&set.id);
        assert!(capture.is_some_and(|c| c.keyframes.len() >= 3 && c.fused.values().len() == set.dimensions));
    }
    match evidence.crops {
        Crops::Unasked => assert!(evidence.payload.captures.iter().all(|c| c.crops.is_empty())),
        Crops::Measured(measures) => {
            assert!(measures.least_cosine >= LEAST_COSINE);
            let residual = measures.largest_residual;
            assert!(
                evidence.challenge.mode == Mode::Still
                    || residual.is_some_and(|rms| rms <= LARGEST_RESIDUAL)
            );
        }
        Crops::NotAsAsked | Crops::Unmeasurable => unreachable!("accepted without crops"),
    }
    true
}

/// A number that is none is on no side of a limit.
fn are_numbers(measures: &Measures) -> bool {
    let numbers = [
        measures.frames_per_second,
        measures.unrest,
        measures.turn.parallax,
        measures.turn.foreshortening,
        measures.lift.parallax,
        measures.lift.foreshortening,
        measures.speed,
        measures.tremble,
    ];
    let marks = &measures.marks;
    let marks = [&marks.course, &marks.tremble, &marks.onsets];
    numbers.iter().all(|number| !number.is_nan())
        && marks
            .iter()
            .all(|mark| mark.iter().all(|number| !number.is_nan()))
}

fn change(payload: &mut Payload, edit: &[u8; EDIT]) {
    let [what, at, point, number @ ..] = *edit;
    let value = f32::from_le_bytes(number);
    let whole = u32::from_le_bytes(number);
    let small = f32::from(i16::from_le_bytes([number[0], number[1]])) / 64.0;
    if what % 20 >= 14 {
        return change_capture(payload, what % 20, at, point, value);
    }
    let Some(track) = &mut payload.track else {
        return;
    };
    if track.frames.is_empty() {
        return;
    }
    let at = usize::from(at) % track.frames.len();
    let frame = &mut track.frames[at];
    let points = frame.points.len().max(1);
    let point = usize::from(point) % points;
    match what % 20 {
        0 => frame
            .points
            .iter_mut()
            .skip(point)
            .take(1)
            .for_each(|p| *p = value),
        1 => frame
            .points
            .iter_mut()
            .skip(point)
            .take(1)
            .for_each(|p| *p += small),
        2 => frame.points.iter_mut().for_each(|p| *p += small),
        3 => frame.points.iter_mut().for_each(|p| *p *= small),
        4 => frame.millis = whole,
        5 => frame.millis = frame.millis.saturating_add(whole % 4_000),
        6 => frame.face[point % 4] = value,
        7 => frame.quality = value,
        8 => frame.points.truncate(point),
        9 => drop(track.frames.remove(at)),
        10 => track.frames.truncate(at),
        11 => {
            // An earlier picture again.
            let from = whole as usize % track.frames.len();
            track.frames[at].points = track.frames[from].points.clone();
        }
        12 => {
            let with = whole as usize % track.frames.len();
            track.frames.swap(at, with);
        }
        _ => track.landmark_model.push(char::from(number[0])),
    }
}

fn change_capture(payload: &mut Payload, what: u8, at: u8, with: u8, value: f32) {
    let which = usize::from(at) % payload.captures.len().max(1);
    let Some(capture) = payload.captures.get_mut(which) else {
        return;
    };
    match what {
        14 => payload.track = None,
        15 => {
            let mut numbers = [1.0_f32; DIMENSIONS];
            numbers[usize::from(with) % DIMENSIONS] = value;
            if let Ok(embedding) = Embedding::normalised(numbers.to_vec()) {
                capture.keyframes.push(embedding);
            }
        }
        16 => drop(capture.keyframes.pop()),
        17 => capture
            .crops
            .push(crop((with > 0).then_some(u32::from(with)), 1)),
        18 => {
            capture.model_set = set(if with.is_multiple_of(2) {
                "open-1"
            } else {
                "everywhere-1"
            })
        }
        _ => payload
            .captures
            .push(self::capture("everywhere-1", u64::from(with % 5))),
    }
}

/// The challenge that the film answers, or another.
fn asked(how: u8, steps: u8) -> Challenge {
    let mut asked = challenge();
    if how & 1 != 0 {
        asked.mode = Mode::Still;
        asked.steps.clear();
        return asked;
    }
    if steps & 1 != 0 {
        asked.steps.swap(0, 1);
    }
    if steps & 2 != 0 {
        asked.steps.pop();
    }
    if steps & 4 != 0 {
        asked.steps[0].millis = u32::MAX;
    }
    asked
}

fn sets() -> &'static [ModelSet] {
    static SETS: OnceLock<Vec<ModelSet>> = OnceLock::new();
    SETS.get_or_init(|| vec![ModelSet::new(set("open-1"), DIMENSIONS, 0.5, 0.6)])
}

/// Nothing remembered, or the film itself.
fn recent(with_the_film: bool) -> &'static Recent {
    static RECENT: OnceLock<[Recent; 2]> = OnceLock::new();
    let both = RECENT.get_or_init(|| {
        [false, true].map(|with_the_film| {
            let sketcher = Sketcher::new(Zeroizing::new([5; 32]));
            let mut seen = payload();
            seen.track = Some(film().copy());
            let seen = digest(&seen, &sketcher).filter(|_| with_the_film);
            Recent {
                sketcher,
                captures: seen.into_iter().collect(),
            }
        })
    });
    &both[usize::from(with_the_film)]
}

/// A head that follows [`challenge`].
struct Film(Track);

impl Film {
    fn copy(&self) -> Track {
        let frames = self.0.frames.iter().map(|frame| TrackFrame {
            millis: frame.millis,
            face: frame.face,
            points: frame.points.clone(),
            quality: frame.quality,
        });
        Track {
            landmark_model: self.0.landmark_model.clone(),
            frames: frames.collect(),
        }
    }
}

fn film() -> &'static Film {
    static FILM: OnceLock<Film> = OnceLock::new();
    FILM.get_or_init(filmed)
}

/// Milliseconds from one instruction to the next.
const STEP: u32 = 2_400;

fn filmed() -> Film {
    let steps = challenge().steps;
    let mut random = Random(1);
    let mut frames = Vec::new();
    let mut millis = 5;
    let began = STILL_MILLIS + 500;
    while millis < began + STEP * steps.len() as u32 {
        let since = millis.checked_sub(began);
        let step = since.and_then(|since| steps.get((since / STEP) as usize));
        let extent = since.map_or(0.0, |since| extent(since % STEP));
        let (turn, lift) = step.map_or((0.0, 0.0), |step| posed(step.movement, extent));
        let points = head(turn, lift);
        let points = points.iter().flatten();
        frames.push(TrackFrame {
            millis,
            face: [220.0, 100.0, 200.0, 260.0],
            points: points
                .map(|value| (value + 0.5 * random.bell()) as f32)
                .collect(),
            quality: 0.7,
        });
        millis += 120 + random.below(40);
    }
    Film(Track {
        landmark_model: "landmarks68 1.1 0.08".into(),
        frames,
    })
}

/// How far a movement has gone, 0 to 1: half a second there, a while, half a second back.
fn extent(since: u32) -> f64 {
    let ramp = |from: u32| (f64::from(since.saturating_sub(from)) / 500.0).min(1.0);
    ramp(400) - ramp(1_500)
}

fn posed(movement: Movement, extent: f64) -> (f64, f64) {
    let (yaw, pitch) = (28_f64.to_radians() * extent, 18_f64.to_radians() * extent);
    match movement {
        Movement::TurnLeft => (yaw, 0.0),
        Movement::TurnRight => (-yaw, 0.0),
        Movement::LookUp => (0.0, pitch),
        Movement::LookDown => (0.0, -pitch),
        Movement::ComeCloser => (0.0, 0.0),
    }
}

/// Turned to its own left and then tilted up (radians), seen from far away, in pixels.
fn head(turn: f64, lift: f64) -> Face {
    GENERIC_HEAD.map(|[x, y, z]| {
        let (x, z) = (
            x * turn.cos() - z * turn.sin(),
            x * turn.sin() + z * turn.cos(),
        );
        [
            320.0 + 70.0 * x,
            240.0 + 70.0 * (y * lift.cos() + z * lift.sin()),
        ]
    })
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let number = 1.0_f32.to_le_bytes();
    let head = |how: u8, seconds: u8, steps: u8| [&[how, seconds, steps][..], &number].concat();
    let edit = |what: u8, at: u8, point: u8, value: f32| {
        [&[what, at, point][..], &value.to_le_bytes()].concat()
    };
    // As it is; with what is remembered; held still; with crops in all forms.
    let mut seeds = vec![head(0, 11, 0)];
    for (how, steps) in [
        (4, 0),
        (12, 0),
        (3, 0),
        (0x30, 0),
        (0x70, 0),
        (0xb0, 0),
        (0x10, 0),
        (0x20, 0),
        (0, 1),
        (0, 2),
        (0, 4),
    ] {
        seeds.push(head(how, 11, steps));
    }
    seeds.push(head(0, 60, 0));
    // Held still, and the track taken out.
    seeds.push([head(3, 11, 0), edit(14, 0, 0, 0.0)].concat());
    for what in 0..20 {
        seeds.push([head(0, 11, 0), edit(what, 30, 3, 1.0)].concat());
        seeds.push(
            [
                head(4, 11, 0),
                edit(what, 5, 60, f32::NAN),
                edit(what, 40, 1, 1e30),
            ]
            .concat(),
        );
    }
    seeds
}
