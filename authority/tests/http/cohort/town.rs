//! A town of made-up residents in the store, large enough for a cohort.
//!
//! Random unit vectors stand for embeddings: what is tested is which scores are compared with which,
//! and 500 photographs of 500 people are in no test set that a repository could carry. A part of the
//! town are look-alikes: their vectors share a direction, as those of one group of people do in a
//! network that knows the group badly.

use nod_authority::{
    store::{Enrolment, NewResident, Store, Ticket},
    vault::TokenKind,
};
use nod_protocol::{
    context::TicketContext,
    ids::{ClaimedId, Level, ModelSetId, Passcode, TicketId, TicketKind},
    payload::{Embedding, Payload, SetCapture},
};

use crate::people::{DIMENSIONS, Person, directions};

/// Residents with numbers below this are look-alikes; so is whoever asks for it.
const LOOK_ALIKES: u64 = 120;
/// What look-alikes have in common.
const FAMILY: u64 = 77_777;

/// The ID of a townsman.
pub(super) fn id(number: u64) -> String {
    format!("TOWN-{number:05}")
}

/// The template that a townsman is enrolled with.
pub(super) fn template(number: u64) -> Embedding {
    look(number, number < LOOK_ALIKES, 0)
}

/// Enrols townsmen through the store, as the import of a register would.
pub(super) async fn settle(store: &Store, numbers: std::ops::Range<u64>, now: u64) {
    let set = ModelSetId::parse("open-1").unwrap();
    for number in numbers {
        let claimed_id = ClaimedId::parse(&id(number)).unwrap();
        let ticket_id = TicketId::parse(&format!("town{number}")).unwrap();
        let ticket = Ticket {
            context: TicketContext {
                claimed_id_hash: claimed_id.hash_for_ticket(&ticket_id),
                id: ticket_id,
                level: Level::Light,
                consent_version: "2".into(),
                issuer: "register".into(),
                kind: TicketKind::Live,
            },
            expires_at: now + 60,
            spent: false,
            at_terminal: false,
        };
        let hash = store.vault().token_hash(TokenKind::TicketCode, &id(number));
        store.add_ticket(&ticket, &hash, None, now).await.unwrap();
        let looks = template(number);
        let template = store.vault().protect(&set, DIMENSIONS, &looks).unwrap();
        let new = NewResident {
            claimed_id: &claimed_id,
            passcode: None,
            templates: vec![(&set, &template)],
            ticket: &ticket.context,
            registration: None,
        };
        assert_eq!(store.enrol(&new, now).await.unwrap(), Enrolment::Stored);
    }
}

/// A person's ID and passcode with the face of the look-alike of this number.
pub(super) fn as_look_alike(person: &Person, number: u64, shot: u64) -> Payload {
    let keyframes: Vec<Embedding> = (shot..shot + 3).map(|s| look(number, true, s)).collect();
    let mean = (0..DIMENSIONS)
        .map(|at| keyframes.iter().map(|keyframe| keyframe.values()[at]).sum())
        .collect();
    Payload {
        claim: ClaimedId::parse(person.id).unwrap().into(),
        passcode: Some(Passcode::parse(person.passcode).unwrap()),
        captures: vec![SetCapture {
            model_set: ModelSetId::parse("open-1").unwrap(),
            fused: Embedding::normalised(mean).unwrap(),
            keyframes,
            crops: vec![],
        }],
        track: None,
        assertion: None,
    }
}

/// Look-alikes are at a cosine of about 0.7 to one another (1 ÷ (1 + 0.65²)), above the raw threshold
/// of the test set; looks of one person at about 0.97; others at about 0.
fn look(number: u64, is_look_alike: bool, shot: u64) -> Embedding {
    let own = directions(100_000 + number);
    let (family, own_part) = if is_look_alike {
        (1.0, 0.65)
    } else {
        (0.0, 1.0)
    };
    let noise = directions(1_000_000 + number * 1_000 + shot);
    let values = directions(FAMILY)
        .zip(own)
        .zip(noise)
        .map(|((shared, own), noise)| family * shared + own_part * own + 0.2 * noise)
        .take(DIMENSIONS)
        .collect();
    Embedding::normalised(values).unwrap()
}
