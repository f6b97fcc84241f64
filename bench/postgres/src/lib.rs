//! A PostgreSQL server of one's own for tests and measurements: Debian's programs, in a new folder, listening on a Unix socket
//! alone, so that no port is taken and nobody else sees it. Both are gone when it is dropped.
//!
//! ```text
//! programs ── where `initdb` and `postgres` are
//! server ──── started, stopped, killed and started again
//! folder ──── what it owns, and whose that is: PostgreSQL refuses to run as root
//! ```

mod folder;
mod programs;
mod server;

pub use programs::{VARIABLE, find, has_programs};
pub use server::{Options, Server};
