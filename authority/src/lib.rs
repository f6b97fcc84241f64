//! Nod's authority: enrols residents, opens sealed captures, judges, compares and signs the answer.

pub mod clock;
pub mod config;
pub mod error;
pub mod keys;
pub mod passcode;
pub mod store;
pub mod vault;
