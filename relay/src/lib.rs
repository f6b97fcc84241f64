//! Nod's oblivious relay (RFC 9458 §2): stands between residents and an authority, so that the authority learns no address
//! and the relay nothing of what is asked and answered. Somebody else than the authority runs it (docs/relay.md).
//!
//! A request's way through the files:
//!
//! ```text
//! router ── telemetry ── address ── limits ─┬─ files ── cache ── upstream     the frame, its files, the signed keys
//!                                           │   └─ policy                     what the frame may do here
//!                                           └─ forward ───────── upstream     a sealed request, and nothing beside it
//! ```
//!
//! It has no key, reads no body, sets no cookie and writes nothing down but counts.

mod address;
mod cache;
mod error;
mod files;
mod forward;
mod limits;
mod metrics;
mod policy;
mod router;
mod server;
mod settings;
mod telemetry;
mod upstream;

pub use self::{
    server::run,
    settings::{Origin, Settings},
};
