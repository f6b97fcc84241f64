use nod_protocol::{
    challenge::{Movement, STILL_MILLIS, Step},
    ids::{ClaimedId, ModelSetId},
    payload::{Embedding, Payload, SetCapture, Track},
};
use zeroize::Zeroizing;

use super::{
    super::movement::fixture::{film_number, head},
    *,
};

const STEPS: [(Movement, u32); 4] = [
    (Movement::LookDown, 2_000),
    (Movement::TurnLeft, 2_000),
    (Movement::LookUp, 2_000),
    (Movement::TurnRight, 2_000),
];

/// The film of a head that follows these, with the noise of this number.
fn track(number: u64, steps: &[(Movement, u32)]) -> Track {
    let steps = steps.iter().map(|(movement, millis)| Step {
        movement: *movement,
        millis: *millis,
    });
    film_number(number, head, &steps.collect::<Vec<_>>())
}

/// Numbers in −1 to 1 that are the same in every run (xorshift64*).
fn numbers(seed: u64) -> impl Iterator<Item = f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1 << 23) as f32 - 1.0
    })
}

/// A face of 256 numbers, seen with so much noise: each look with noise of its own.
fn look(number: u64, noise: f32) -> Embedding {
    let both = numbers(1_000).zip(numbers(number)).take(256);
    Embedding::normalised(both.map(|(face, other)| face + noise * other).collect()).unwrap()
}

fn capture(number: u64, track: Track) -> Payload {
    Payload {
        claim: ClaimedId::parse("11010519491231002X").unwrap().into(),
        passcode: None,
        captures: vec![SetCapture {
            model_set: ModelSetId::parse("open-1").unwrap(),
            fused: look(10 * number, 0.12),
            keyframes: (1..4).map(|at| look(10 * number + at, 0.2)).collect(),
            crops: vec![],
        }],
        track: Some(track),
        assertion: None,
    }
}

/// With the threshold of the set that the captures are of.
fn sets() -> [ModelSet; 1] {
    [ModelSet::new(
        ModelSetId::parse("open-1").unwrap(),
        256,
        0.6,
        0.6,
    )]
}

fn remembered(payload: &Payload) -> Recent {
    let sketcher = Sketcher::new(Zeroizing::new([3; 32]));
    Recent {
        captures: vec![digest(payload, &sketcher).unwrap()],
        sketcher,
    }
}

fn is_known(track: &Track, recent: &Recent) -> bool {
    let measures = measure(track).ok().unwrap();
    let payload = capture(9, self::track(9, &STEPS));
    let sketched = Sketched::of(&payload, Some(&measures), &recent.sketcher);
    !sketched.moves_anew(recent)
}

fn is_of_new_embeddings(payload: &Payload, recent: &Recent) -> bool {
    let sketched = Sketched::of(payload, None, &recent.sketcher);
    sketched.has_new_embeddings(payload, recent, &sets())
}

/// In which of course, tremble and onsets a track is near the remembered one.
fn near(track: &Track, recent: &Recent) -> [bool; 3] {
    let new = movement(&measure(track).ok().unwrap(), &recent.sketcher).unwrap();
    let limits = [COURSE, TREMBLE, ONSETS];
    std::array::from_fn(|at| new[at].differs_in(&recent.captures[0].movement[at]) < limits[at])
}

#[test]
fn another_capture_of_the_same_person_is_new_even_in_the_same_order() {
    let recent = remembered(&capture(1, track(1, &STEPS)));
    let mut again = STEPS;
    again[0].1 = 2_300;
    again[2].1 = 2_500;
    let honest = capture(2, track(2, &again));
    assert!(is_of_new_embeddings(&honest, &recent));
    let found = near(honest.track.as_ref().unwrap(), &recent);
    assert_eq!(found, [false; 3]);
}

#[test]
fn a_copy_is_known_whatever_was_done_to_its_times() {
    let recent = remembered(&capture(1, track(1, &STEPS)));
    assert_eq!(near(&track(1, &STEPS), &recent), [true; 3]);
    let mut squeezed = track(1, &STEPS);
    for frame in &mut squeezed.frames {
        frame.millis = frame.millis * 8 / 10;
    }
    assert_eq!(near(&squeezed, &recent), [true; 3]);
    // Each pause made longer by itself.
    let mut warped = track(1, &STEPS);
    for frame in &mut warped.frames {
        frame.millis += 500 * (frame.millis / 2_600);
    }
    assert_eq!(near(&warped, &recent), [false, true, true]);
}

#[test]
fn a_copy_is_known_without_some_frames_and_with_noise_added() {
    let recent = remembered(&capture(1, track(1, &STEPS)));
    let mut shorter = track(1, &STEPS);
    for at in [3, 40, 80] {
        shorter.frames.remove(at);
    }
    assert!(near(&shorter, &recent)[0] && is_known(&shorter, &recent));
    let mut noisy = track(1, &STEPS);
    let mut noise = numbers(9);
    for point in noisy.frames.iter_mut().flat_map(|frame| &mut frame.points) {
        // As much as the film has itself: a deviation of half a pixel.
        *point += 0.87 * noise.next().unwrap();
    }
    assert_eq!(near(&noisy, &recent)[..2], [true, true]);
}

#[test]
fn a_copy_cut_into_another_order_is_known_by_its_onsets() {
    let recent = remembered(&capture(1, track(1, &STEPS)));
    let old = track(1, &STEPS);
    let begin = STILL_MILLIS + 500;
    let part = |at: u32| begin + 2_600 * at;
    let mut cut = track(1, &STEPS);
    cut.frames.retain(|frame| frame.millis < begin);
    for (place, from) in [2, 3, 1, 0].into_iter().enumerate() {
        let clip = track(1, &STEPS);
        let frames = clip.frames.into_iter();
        let frames = frames.filter(|f| (part(from)..part(from + 1)).contains(&f.millis));
        cut.frames.extend(frames.map(|mut frame| {
            frame.millis = frame.millis - part(from) + part(place as u32);
            frame
        }));
    }
    assert_eq!(cut.frames.len(), old.frames.len());
    assert_eq!(near(&cut, &recent), [false, false, true]);
}

#[test]
fn every_embedding_counts_and_nearly_equal_is_equal() {
    let recent = remembered(&capture(1, track(1, &STEPS)));
    let old = capture(1, track(1, &STEPS));
    let old = &old.captures[0];
    for copied in old.keyframes.iter().chain([&old.fused]) {
        for (cosine, is_new) in [(1.0, false), (0.99995, false), (0.998, true)] {
            let mut payload = capture(2, track(2, &STEPS));
            payload.captures[0].keyframes[1] = beside(copied, cosine);
            assert_eq!(is_of_new_embeddings(&payload, &recent), is_new, "{cosine}");
        }
    }
}

/// Where all vectors lie close together, so do those of one person; what lies closer still is a copy.
#[test]
fn near_is_what_is_near_for_the_set() {
    let id = ModelSetId::parse("everywhere-1").unwrap();
    let nearest_of = |threshold| nearest(&ModelSet::new(id.clone(), 128, threshold, threshold));
    assert_eq!(nearest_of(0.6), 15);
    assert_eq!(nearest_of(0.968), 4);
    assert_eq!(
        nearest_of(f32::NAN),
        0,
        "a broken threshold refuses nobody here"
    );
}

/// An embedding with this cosine to another.
fn beside(embedding: &Embedding, cosine: f32) -> Embedding {
    let aside = look(77, 50.0);
    let along = embedding.cosine(&aside).unwrap();
    let across = (1.0 - cosine * cosine).sqrt() / (1.0 - along * along).sqrt();
    let pairs = embedding.values().iter().zip(aside.values());
    let values = pairs.map(|(own, aside)| cosine * own + across * (aside - along * own));
    Embedding::normalised(values.collect()).unwrap()
}

#[test]
fn what_has_no_marks_is_not_accepted_and_not_remembered() {
    let recent = remembered(&capture(1, track(1, &STEPS)));
    let mut frozen = track(1, &STEPS);
    let first = frozen.frames[0].points.clone();
    for frame in &mut frozen.frames {
        frame.points.clone_from(&first);
    }
    assert!(is_known(&frozen, &recent));
    assert!(digest(&capture(3, frozen), &recent.sketcher).is_none());
    let mut still = capture(3, track(1, &STEPS));
    still.track = None;
    assert!(digest(&still, &recent.sketcher).is_none());
}
