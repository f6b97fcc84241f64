//! The authority's interface, called in-process on a real SQLite file, or a real PostgreSQL (`harness/database.rs`), with
//! really sealed bodies.
//!
//! Embeddings here are made-up unit vectors with noise: these tests are about the protocol and the
//! policy around a comparison. Real faces go through the whole line in the end-to-end test.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects by unwrapping it"
)]

mod audit;
mod card;
mod cases;
mod cohort;
mod device_keys;
mod devices;
mod document;
mod enrolment;
mod evidence;
mod expected;
mod faults;
// The unit tests' film maker: it knows nothing of the judge but the generic head.
#[path = "../../src/judge/movement/fixture.rs"]
mod film;
mod gateway;
mod group_commit;
mod handoff;
mod harness;
mod import;
mod kiosk;
mod migration;
mod movement;
mod pages;
mod people;
mod process;
mod questions;
mod recent;
mod refusals;
mod schema;
mod secrecy;
mod sessions;
mod shared;
mod siteverify;
// The unit tests' browser and authenticator.
#[path = "../../src/webauthn/fixture.rs"]
mod soft_key;
mod spraying;
mod terminal;
mod test_keys;
mod traffic;
mod verification;
mod work;
