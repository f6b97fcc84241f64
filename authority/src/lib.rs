//! Nod's authority: enrols residents, opens sealed captures, judges, compares and signs the answer.
//!
//! A request's way through the files:
//!
//! ```text
//! router ── body ─┬─ session ──────────── a session is opened (and claimed), bound to a page
//!                 │  └─ expected ──────── whom a site's back end expects, by a sealed ID
//!                 ├─ challenge ────────── its challenge is drawn, a minute to go
//!                 ├─ verify ─ open ─ evidence ─ (passcode, limits) ─ judge ─ compare (spraying) ─ answer
//!                 ├─ handoff ──────────── a session changes hands: from the screen that began to a phone
//!                 ├─ import ───────────── an importer is given a ticket for one portrait
//!                 ├─ enrol ── open ─ judge ─ passcode ─ store
//!                 ├─ me ───────────────── a resident's own card: receipts, devices, freeze, revoke, export, erase
//!                 └─ siteverify           the site's back end checks the answer, once
//! traffic          limits on requests: by address, by site, by device
//! gateway          what came sealed through a relay, given to the frame's endpoints
//! case             every no has a number that an operator can look up
//! devices          devices that stand for an ID number on one site, at the resident's wish
//! migrate          from one model set to the next, while both are live
//! cohorts          whom scores are normalised against, in memory as long as in the database
//! sites            registered sites, read seldom and believed for seconds
//! recent           what is remembered of a capture, so that none counts twice
//! store            the one module with SQL, everything about a person through the vault
//! vault            encryption at rest and keyed lookups
//! protect          faces in coordinates that only this authority has
//! audit            what happened, so that no entry can be changed or taken away unnoticed
//! evidence         the process that looks at sealed crops, where a site asks for them
//! test_keys        in development: every outcome of a page, without a face
//! keys, config     what the operator provides
//! pages, discovery, openapi, health      what anybody or the operator may GET
//! error            the one match from what went wrong to what the caller is told
//! ```
//!
//! The authority can make nothing of a picture, and sees none but the sealed crops that it hands on where a site asks for
//! them: it depends on `nod-protocol` for messages and cryptography, and on no inference engine.

pub mod answer;
pub mod audit;
pub mod body;
pub mod case;
pub mod challenge;
pub mod cli;
pub mod clock;
pub mod cohorts;
pub mod compare;
pub mod config;
pub mod credentials;
pub mod devices;
pub mod discovery;
pub mod enrol;
pub mod error;
pub mod evidence;
pub mod expected;
pub mod gateway;
pub mod handles;
pub mod handoff;
pub mod health;
pub mod import;
pub mod judge;
pub mod keys;
pub mod limits;
pub mod me;
pub mod metrics;
pub mod migrate;
pub mod model_sets;
pub mod open;
pub mod openapi;
pub mod pages;
pub mod passcode;
pub mod protect;
pub mod qr;
pub mod questions;
pub mod recent;
pub mod renew;
pub mod router;
pub mod server;
pub mod session;
pub mod sites;
pub mod siteverify;
pub mod spraying;
pub mod state;
pub mod store;
pub mod telemetry;
pub mod terminal;
pub mod test_keys;
pub mod token;
pub mod traffic;
pub mod vault;
pub mod verify;
pub mod watch;
pub mod webauthn;
