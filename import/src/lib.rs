//! Bulk import: reference photographs that an authority already has become templates.
//!
//! A photograph's way through the files:
//!
//! ```text
//! options                    what the operator asked for
//! rows ────────────────────── the CSV, checked as a whole before anything is sent
//! journal                     what earlier runs have done; one line a row, on disk before the next
//! run ─┬─ photograph          file → pixels, upright
//!      ├─ templates           pixels → one embedding per live model set, or a reason to refuse (all cores)
//!      ├─ enrolment           ticket → session → challenge → seal → post
//!      │    └─ authority      HTTP, with patience
//!      └─ progress            a bar, or lines
//! report                      the refused photographs, with reasons
//! error                       what stops a run, and its exit code
//! ```
//!
//! The photographs are looked at with the pipeline that the widget runs, and held to the same quality: whatever
//! would be a hint to a person in front of the camera refuses the photograph with that reason. Pictures never leave
//! the machine; embedding and ID travel inside the seal.
//!
//! A run can be killed at any moment. A row that was posted but not yet written to the journal is posted again by
//! the next run; the authority answers that this ID is enrolled, replaces nothing, and the row counts as done.

pub mod authority;
pub mod enrolment;
pub mod error;
pub mod journal;
pub mod options;
pub mod photograph;
pub mod progress;
pub mod reason;
pub mod report;
pub mod rows;
pub mod run;
pub mod stop;
pub mod templates;
