//! What the measurements of `nod-bench` and the load generator share: repeatable random numbers, embeddings of people
//! who do not exist, what goes to the terminal, and the performances that the one makes and the other seals.
//!
//! The load generator itself is this package's program `nod-load`. It is a package of its own because it is built as
//! the authority is (`--release`), and the capture pipeline that `nod-bench` needs would take ten minutes more.

pub mod face;
pub mod performance;
pub mod random;
pub mod terminal;
