//! Enrolment at an authorised terminal: level full, with the person and their identity document before an operator
//! (docs/terminal.md).
//!
//! ```text
//! operator's page                      resident's phone
//! sign in ─► open ── ticket, QR ─────► number ─► code ─► face and passcode (enrol.rs)
//!            state ◄──────────────────────────────────── hold: sealed, compared with the imported photograph
//!            decide: issue or refuse ───────────────────► waiting ─► enrolled, or not
//! ```
//!
//! The operator's pages and requests have an origin of their own, with a router of its own: nothing of it can be reached from the
//! origin whose frame is embedded everywhere. Nobody is enrolled before the operator has confirmed the document.

mod decide;
mod hold;
mod messages;
mod names;
mod open;
mod phone;
mod phone_number;
mod routes;
mod sender;
mod shift;
mod state;

pub use self::{
    hold::{Capture, hold},
    names::{EnrolmentId, OperatorId, Outcome, Portrait},
    phone_number::PhoneNumber,
    routes::{for_phones, router},
    sender::{NotSent, Sender},
    shift::new_secret,
};
