//! The relay as a process, between a client and an authority, with a tap on either side of it.
#![allow(
    clippy::unwrap_used,
    reason = "a test says what it expects by unwrapping it"
)]

mod authority;
mod files;
mod http;
mod journey;
mod limits;
// Made-up residents, the same as of the authority's own tests.
#[allow(dead_code, reason = "not all of them live here")]
#[path = "../../../authority/tests/http/people.rs"]
mod people;
mod process;
mod tap;
