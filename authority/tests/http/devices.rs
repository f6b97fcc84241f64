//! A device that stands for an ID number: from a yes on, on one site, until it is forgotten; and never more than the number.

use nod_authority::store::DEVICE_LIFETIME;
use nod_protocol::{
    ids::{ClaimedId, DeviceHandle, Level, Passcode, SiteKey},
    payload::{Claim, Payload},
};
use serde_json::{Value, json};

use crate::{
    harness::{Harness, site},
    people::{ANN, BOB, Person},
};

const CLINIC: &str = "https://clinic.example";

/// 43 characters of base64url, as a frame makes them up.
fn text(device: u8) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::encode_string(&[device; 32])
}

pub(crate) fn handle(device: u8) -> DeviceHandle {
    DeviceHandle::from_bytes(&[device; 32]).unwrap()
}

/// Who types the number and wants the device remembered.
pub(crate) fn to_remember(person: &Person, device: u8, shot: u64) -> Payload {
    Payload {
        claim: Claim::Id {
            id: ClaimedId::parse(person.id).unwrap(),
            remember: Some(handle(device)),
        },
        ..person.payload(shot)
    }
}

/// Who types nothing.
pub(crate) fn with_device(person: &Person, device: u8, shot: u64) -> Payload {
    Payload {
        claim: Claim::Device(handle(device)),
        ..person.payload(shot)
    }
}

async fn is_yes(h: &Harness, payload: Payload) -> bool {
    h.verify_at_court(&payload).await["yes"] == json!(true)
}

async fn forget(h: &Harness, device: u8) -> Value {
    let request = json!({"sitekey": "pk_court", "device": text(device)});
    h.post("/v1/devices/forget", &request).await.json()
}

#[tokio::test]
async fn it_stands_for_the_number_of_whoever_got_a_yes() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    h.enrol(&BOB, Level::Full).await;
    let typed = h.verify_at_court(&to_remember(&ANN, 1, 40)).await;
    assert_eq!(typed["yes"], true);
    let known = h.verify_at_court(&with_device(&ANN, 1, 50)).await;
    assert_eq!(known["yes"], true);
    assert_eq!(known["sub"], typed["sub"], "the same resident");
    // It says who is claimed and proves nothing: another face, or no passcode, is a no.
    assert!(!is_yes(&h, with_device(&BOB, 1, 60)).await);
    let without = Payload {
        passcode: None,
        ..with_device(&ANN, 1, 70)
    };
    assert!(!is_yes(&h, without).await);
}

#[tokio::test]
async fn it_is_nobodys_before_a_yes_and_after_it_was_forgotten() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    assert!(!is_yes(&h, with_device(&ANN, 1, 40)).await);
    let refused = Payload {
        passcode: Passcode::parse(BOB.passcode).ok(),
        ..to_remember(&ANN, 1, 50)
    };
    assert!(!is_yes(&h, refused).await);
    assert!(!is_yes(&h, with_device(&ANN, 1, 60)).await);

    assert!(is_yes(&h, to_remember(&ANN, 1, 70)).await);
    assert_eq!(forget(&h, 1).await, json!({"forgotten": true}));
    assert!(!is_yes(&h, with_device(&ANN, 1, 80)).await);
    // Nobody learns from the reply whether it was there.
    assert_eq!(forget(&h, 1).await, json!({"forgotten": true}));
    let malformed = json!({"sitekey": "pk_court", "device": "short"});
    let reply = h.post("/v1/devices/forget", &malformed).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
}

#[tokio::test]
async fn another_site_does_not_know_it_and_a_kiosk_knows_none() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    for (key, kiosk) in [("pk_clinic", false), ("pk_kiosk", true)] {
        let mut clinic = site(key, CLINIC, Level::Light, true);
        clinic.kiosk = kiosk;
        h.register(clinic, &format!("sk_planted-{key}")).await;
    }
    let at = async |key: &str, payload: Payload| {
        let request = json!({"sitekey": key, "origin": CLINIC, "action": "efile-submit"});
        let session: nod_protocol::http::SessionReply =
            h.post("/v1/sessions", &request).await.json();
        let yes = h.submit(&session, &payload).await.claims()["yes"] == json!(true);
        (session.site.remember, yes)
    };
    assert!(is_yes(&h, to_remember(&ANN, 1, 40)).await);
    let elsewhere = at("pk_clinic", with_device(&ANN, 1, 50)).await;
    assert_eq!(elsewhere, (true, false));
    let kiosk = at("pk_kiosk", to_remember(&ANN, 2, 60)).await;
    assert_eq!(kiosk, (false, true), "a yes, and nothing is remembered");
    let kiosk = at("pk_kiosk", with_device(&ANN, 2, 70)).await;
    assert_eq!(kiosk, (false, false));
}

#[tokio::test]
async fn a_stranger_who_knows_the_number_cannot_use_up_its_attempts() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    assert!(is_yes(&h, to_remember(&ANN, 1, 40)).await);
    for shot in 0..6 {
        let stranger = Payload {
            captures: BOB.payload(100 + 10 * shot).captures,
            passcode: None,
            ..ANN.payload(40)
        };
        assert!(!is_yes(&h, stranger).await);
    }
    assert!(
        !is_yes(&h, ANN.payload(50)).await,
        "typed, the number waits"
    );
    assert!(is_yes(&h, with_device(&ANN, 1, 60)).await);
    // Its own failures count.
    for shot in 0..5 {
        assert!(!is_yes(&h, with_device(&BOB, 1, 200 + 10 * shot)).await);
    }
    assert!(!is_yes(&h, with_device(&ANN, 1, 70)).await);
}

#[tokio::test]
async fn the_oldest_of_six_is_forgotten_and_all_are_after_a_year() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    for device in 1..=6 {
        h.wait(1);
        let shot = 100 + 10 * u64::from(device);
        assert!(is_yes(&h, to_remember(&ANN, device, shot)).await);
    }
    let ann = ClaimedId::parse(ANN.id).unwrap();
    let store = &h.authority.store;
    assert_eq!(store.devices(&ann).await.unwrap().len(), 5);
    assert!(!is_yes(&h, with_device(&ANN, 1, 300)).await);
    assert!(is_yes(&h, with_device(&ANN, 2, 310)).await);
    // Not by the clock: sealing keys live as long.
    let in_a_year = h.authority.now() + DEVICE_LIFETIME;
    let court = SiteKey::parse("pk_court").unwrap();
    let newest = store.vault().device_lookup(&handle(6), &court);
    let owner = async |now| store.owner_of_device(&newest, now).await.unwrap();
    assert!(owner(in_a_year - 1).await == Some(ClaimedId::parse(ANN.id).unwrap()));
    assert!(owner(in_a_year).await.is_none());
    store.forget_expired(in_a_year).await.unwrap();
    assert!(store.devices(&ann).await.unwrap().is_empty());
}

#[tokio::test]
async fn it_goes_with_its_owner() {
    let h = Harness::start().await;
    h.enrol(&ANN, Level::Full).await;
    assert!(is_yes(&h, to_remember(&ANN, 1, 40)).await);
    let ann = ClaimedId::parse(ANN.id).unwrap();
    let store = &h.authority.store;
    let resident = store.enrolled(&ann).await.unwrap().unwrap();
    let forgotten = store.forget_devices(resident, None, h.authority.now());
    assert_eq!(forgotten.await.unwrap(), 1);
    assert!(!is_yes(&h, with_device(&ANN, 1, 50)).await);
    assert!(is_yes(&h, to_remember(&ANN, 1, 60)).await);
    store.erase(&ann, h.authority.now()).await.unwrap();
    // Enrolled anew, the resident is another, and the device still nobody's.
    h.wait(1);
    h.enrol(&ANN, Level::Full).await;
    assert!(!is_yes(&h, with_device(&ANN, 1, 70)).await);
}

#[tokio::test]
async fn nobody_enrols_a_device() {
    let h = Harness::start().await;
    let code = h.ticket(&ANN, Level::Full).await;
    let session = h.open_to_enrol(&code).await;
    let reply = h.submit(&session, &with_device(&ANN, 1, 40)).await;
    assert_eq!(reply.problem(), "enrol.ticket_mismatch");
}
