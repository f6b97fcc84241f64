//! From one model set to the next: nobody enrols again, no impostor is carried over, and the old set goes on its day.

use nod_authority::{
    migrate::WAIT,
    store::{Erasure, SetCounts},
};
use nod_protocol::{
    ids::{ClaimedId, Level, ModelSetId, Passcode},
    payload::Payload,
};

use crate::{
    harness::{Harness, NOW},
    people::{ANN, Person},
};

const RESIDENTS: u64 = 100;
/// Comes twice and then not any more.
const SELDOM: u64 = 7;
/// Shows another face to the new set on the third day.
const SWAPPED: u64 = 8;
/// Does not know the passcode on the second day.
const FORGETFUL: u64 = 9;

fn resident(number: u64) -> Person {
    Person {
        id: Box::leak(format!("MIGRATE-{number:04}").into_boxed_str()),
        passcode: ANN.passcode,
        seed: 1_000 + number,
    }
}

/// Both sets look at the same pictures.
fn both(person: &Person, shot: u64) -> Payload {
    let mut payload = person.payload(shot);
    payload.captures.insert(0, person.next_capture(shot));
    payload
}

fn new_set() -> ModelSetId {
    ModelSetId::parse("open-2").unwrap()
}

async fn counts(h: &Harness) -> SetCounts {
    h.authority.store.set_counts(&new_set()).await.unwrap()
}

async fn says_yes(h: &Harness, payload: &Payload) -> bool {
    h.verify_at_court(payload).await["yes"] == true
}

#[tokio::test]
async fn a_hundred_residents_come_over_without_enrolling_again() {
    let old = Harness::start().await;
    for number in 0..RESIDENTS {
        old.enrol(&resident(number), Level::Light).await;
    }
    // NOW is 15 January 2027, 8 o'clock.
    let h = old
        .another_with(|config| {
            let sets = ["open-2", "open-1 until 2027-01-20"];
            config.model_sets = sets.map(|set| set.to_owned().try_into().unwrap()).into();
        })
        .await;
    let none = SetCounts {
        templates: 0,
        pending: 0,
        neither: RESIDENTS,
    };
    assert_eq!(counts(&h).await, none);
    assert_eq!(h.open_at_court().await.model_sets.len(), 2);

    // The first day, and once more on the same day: it waits.
    for number in 0..RESIDENTS {
        assert!(says_yes(&h, &both(&resident(number), 40)).await, "{number}");
    }
    assert!(says_yes(&h, &both(&resident(0), 50)).await);
    let all_wait = SetCounts {
        templates: 0,
        pending: RESIDENTS,
        neither: 0,
    };
    assert_eq!(counts(&h).await, all_wait);
    assert!(
        h.metrics()
            .await
            .contains("nod_migrations_total{step=\"begun\"} 100")
    );

    h.wait(WAIT);
    for number in 0..RESIDENTS {
        let mut payload = both(&resident(number), 60);
        if number == FORGETFUL {
            payload.passcode = Some(Passcode::parse("31415926").unwrap());
        }
        // Who holds still is asked for the passcode at every level.
        assert_eq!(
            says_yes(&h, &payload).await,
            number != FORGETFUL,
            "{number}"
        );
    }
    assert_eq!(counts(&h).await, all_wait);
    assert!(
        h.metrics()
            .await
            .contains("nod_migrations_total{step=\"counted\"} 99")
    );

    h.wait(WAIT);
    for number in (0..RESIDENTS).filter(|number| *number != SELDOM) {
        let mut payload = both(&resident(number), 80);
        if number == SWAPPED {
            payload.captures[0] = resident(200).next_capture(80);
        }
        assert!(says_yes(&h, &payload).await, "{number}");
    }
    let come_over = SetCounts {
        templates: RESIDENTS - 3,
        pending: 3,
        neither: 0,
    };
    assert_eq!(counts(&h).await, come_over);
    // From now on the new set decides, whatever the old one says.
    let mut stranger = both(&resident(1), 100);
    stranger.captures[0] = resident(200).next_capture(100);
    assert!(!says_yes(&h, &stranger).await);
    assert!(says_yes(&h, &both(&resident(1), 110)).await);

    // The old set's day, in the same process.
    h.wait(5 * 24 * 3600);
    assert_eq!(h.open_at_court().await.model_sets, [new_set()]);
    for number in 0..RESIDENTS {
        let mut payload = both(&resident(number), 120);
        payload.captures.truncate(1);
        let has_come_over = ![SELDOM, SWAPPED, FORGETFUL].contains(&number);
        assert_eq!(says_yes(&h, &payload).await, has_come_over, "{number}");
        // Nor does a capture of the old set help any more.
        if !has_come_over {
            assert!(!says_yes(&h, &both(&resident(number), 130)).await);
        }
    }
    // Who enrols again is in the new set at once; of who is erased nothing waits.
    let id = ClaimedId::parse(resident(SELDOM).id).unwrap();
    let erased = h
        .authority
        .store
        .erase(&id, h.authority.now())
        .await
        .unwrap();
    assert!(matches!(erased, Erasure::Erased(_)));
    assert_eq!(counts(&h).await.pending, 2);
    let code = h.ticket(&resident(SELDOM), Level::Light).await;
    let session = h.open_to_enrol(&code).await;
    let mut payload = both(&resident(SELDOM), 10);
    payload.captures.truncate(1);
    h.submit(&session, &payload).await;
    assert_eq!(counts(&h).await.templates, RESIDENTS - 2);
    assert!(NOW < h.authority.now());
}
