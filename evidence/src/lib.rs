//! The process that looks at evidence crops for the authority.
//!
//! A site may be registered so that the aligned crops of the keyframes travel inside the seal. The authority, which
//! depends on no network, hands them to this process over a Unix socket and is told how far embeddings and landmarks
//! agree with the pixels. A request's way through the files:
//!
//! ```text
//! options              what the operator asked for
//! socket               the path: bound for its owner only, gone after a clean end
//! server ─┬─ exchange  one connection: request in, reply out, in bounded time and size (wire: nod_protocol::evidence)
//!         └─ examiner  crop → embedding and landmarks → how far they are from those that came
//! error                what keeps the process from serving
//! ```
//!
//! Nothing is kept: a request is wiped when its reply is made. Nothing of it is printed, and no request ends the
//! process. The measures go back to the authority, which knows the limits; this process judges nothing.

pub mod error;
pub mod examiner;
pub mod exchange;
pub mod options;
pub mod server;
pub mod socket;
