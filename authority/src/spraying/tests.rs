//! The decisions, with sketches of made-up faces and no database.

use nod_protocol::payload::Embedding;
use zeroize::Zeroizing;

use super::*;
use crate::recent::Sketcher;

/// Looks of one person into the camera, each with noise of its own (cosine about 0.9), among 32 numbers.
fn face(person: usize, shot: u32) -> Embedding {
    let mut values = vec![0.0; 32];
    values[person] = 1.0;
    values[16 + (shot % 16) as usize] = 0.3;
    Embedding::normalised(values).unwrap()
}

fn claim(number: u32) -> [u8; 32] {
    let mut claim = [0; 32];
    claim[..4].copy_from_slice(&number.to_be_bytes());
    claim
}

struct Town {
    set: ModelSetId,
    known: Known,
}

impl Town {
    fn new() -> Self {
        Self {
            set: ModelSetId::parse("open-1").unwrap(),
            known: Known::default(),
        }
    }

    /// Each day has planes of its own.
    fn looks(face: &Embedding, number: u32, now: UnixSeconds) -> [Look; 2] {
        let today = now / WINDOW;
        [today, today.wrapping_sub(1)].map(|day| Look {
            day,
            sketch: Sketcher::new(Zeroizing::new([day as u8; 32]))
                .sketch(face.values())
                .unwrap(),
            claim: claim(number ^ (day as u32) << 24),
        })
    }

    fn counted(&mut self, face: &Embedding, number: u32, now: UnixSeconds) -> Counted {
        self.known.forget_old(now);
        let looks = Self::looks(face, number, now);
        self.known.count(&self.set, 0.6, &looks, now)
    }

    fn tries(&mut self, person: usize, number: u32, now: UnixSeconds) -> bool {
        self.counted(&face(person, number), number, now).is_admitted
    }
}

#[test]
fn one_face_on_five_thousand_ids_is_stopped_after_twenty() {
    let mut town = Town::new();
    let admitted: Vec<u32> = (0..5_000)
        .filter(|number| town.tries(0, *number, 0))
        .collect();
    assert_eq!(
        admitted,
        (0..20).collect::<Vec<_>>(),
        "of 10,000 until the first chance match is to be expected"
    );
    assert!(town.tries(1, 4_999, 0), "another face is another matter");
    assert!(
        town.tries(0, 7, 0),
        "a claim that counts is no further draw"
    );
    assert!(
        town.known.0.len() <= FREE_IDS + 1,
        "going on pushes nothing out"
    );
}

#[test]
fn a_day_later_the_face_may_be_tried_again_and_midnight_changes_nothing() {
    let mut town = Town::new();
    let noon = WINDOW / 2;
    for number in 0..20 {
        assert!(town.tries(0, number, noon + u64::from(number)));
    }
    // Other planes, and the same limit.
    assert!(!town.tries(0, 20, WINDOW + 5));
    assert!(town.tries(0, 7, WINDOW + 5), "nor is a claim a new one");
    assert!(!town.tries(0, 20, noon + WINDOW - 1));
    assert!(
        town.tries(0, 20, noon + WINDOW),
        "the first one has expired"
    );
    assert!(!town.tries(0, 21, noon + WINDOW));
    assert!(
        !town.tries(0, 22, WINDOW),
        "a clock running backwards frees nothing"
    );
}

#[test]
fn what_was_confirmed_does_not_count() {
    let mut town = Town::new();
    for number in 0..100 {
        let counted = town.counted(&face(0, number), number, 0);
        assert!(counted.is_admitted, "{number}");
        town.known.forget(&counted);
    }
    for number in 100..120 {
        assert!(town.tries(0, number, 0), "{number}");
    }
    let other = town.counted(&face(1, 100), 100, 0);
    town.known.forget(&other);
    assert!(
        !town.tries(0, 120, 0),
        "a yes for another face forgives nothing"
    );
}

#[test]
fn what_others_have_counted_counts_here_and_own_rows_count_once() {
    let (mut one, mut other) = (Town::new(), Town::new());
    let row = |id: i64, number: u32| {
        let [look, _] = Town::looks(&face(0, number), number, 0);
        Sprayed {
            id,
            at: 0,
            day: look.day,
            set: ModelSetId::parse("open-1").unwrap(),
            claim: look.claim,
            sketch: look.sketch,
        }
    };
    for number in 0..10 {
        assert!(one.tries(0, number, 0));
    }
    let rows = || {
        (0..10)
            .map(|number| row(i64::from(number) + 1, number))
            .collect()
    };
    one.known.learn(rows());
    one.known.learn(rows());
    assert_eq!(one.known.0.len(), 10);
    other.known.learn(rows());
    assert!((10..20).all(|number| other.tries(0, number, 0)));
    assert!(!other.tries(0, 20, 0));
    let again = other.counted(&face(0, 3), 3, 0);
    assert_eq!(
        (again.is_admitted, again.is_new, again.own_rows),
        (true, false, vec![4])
    );
    // What others have forgotten is forgotten, also if it was counted here; what is on its way stays.
    let written = other.known.0.back().unwrap();
    let written = Counted {
        is_admitted: true,
        is_new: true,
        own_rows: vec![],
        any_row: None,
        claim: written.claim,
        sketch: written.sketch.clone(),
    };
    other.known.kept(&written);
    other.known.replace(vec![row(1, 0)]);
    assert_eq!(other.known.0.len(), 10);
}

#[test]
fn memory_is_bounded() {
    let mut town = Town::new();
    // Nobody looks like anybody before: each bit of the number gives a sign.
    for number in 0..CAPACITY as u32 + 10 {
        let mut values = vec![0.0; 32];
        for (bit, value) in values.iter_mut().take(14).enumerate() {
            *value = if number >> bit & 1 == 1 { 1.0 } else { -1.0 };
        }
        let face = Embedding::normalised(values).unwrap();
        let looks = Town::looks(&face, number, 0);
        let counted = town.known.count(&town.set, 0.999, &looks, 0);
        assert!(counted.is_admitted || number > 100, "{number}");
    }
    assert!(town.known.0.len() <= CAPACITY);
}
