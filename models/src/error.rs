//! Why the networks could not be made ready.

use std::path::PathBuf;

use crate::face_api::WeightsError;
use crate::openvino::IrError;

/// Why the networks could not be made ready.
///
/// A set that nobody requires and whose files are nowhere to be had is no error: see
/// [`crate::Prepared::unavailable`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `models/manifest.toml` is broken.
    #[error("models/manifest.toml: {0}")]
    Manifest(String),
    /// A file is there, but it is not the one the manifest names: another version, cut short, or
    /// altered. Nothing of it is kept; where it lies in a folder, remove it and run again.
    #[error(
        "{file} from {place} is not the expected file: SHA-256 expected {expected} ({expected_bytes} \
         bytes), found {found} ({found_bytes} bytes)"
    )]
    WrongFile {
        /// Name in the manifest.
        file: String,
        /// Path or address it was read from.
        place: String,
        /// SHA-256 in the manifest.
        expected: String,
        /// Size in the manifest.
        expected_bytes: u64,
        /// SHA-256 of what was there.
        found: String,
        /// Size of what was there.
        found_bytes: u64,
    },
    /// A required set needs a file that is at none of the places it may come from.
    #[error("{file}, which model set {set} cannot do without, is nowhere to be had: {tried}")]
    Nowhere {
        /// The set.
        set: String,
        /// Name of the file in the manifest.
        file: String,
        /// Every place that was tried, and what came of it.
        tried: String,
    },
    /// A folder named on purpose (`NOD_MODELS`, `NOD_SHARED`) does not exist.
    #[error("{variable} names {}, which is no folder", .path.display())]
    NoFolder {
        /// The environment variable or option.
        variable: &'static str,
        /// What it names.
        path: PathBuf,
    },
    /// There is no place for a cache: none of `NOD_CACHE`, `XDG_CACHE_HOME` and `HOME` is set.
    #[error("no place for the cache: set NOD_CACHE to a folder")]
    NoCache,
    /// A source has the right hash and yet does not convert: a defect of the converter.
    #[error("{file} does not convert: {reason}")]
    Convert {
        /// Name of the file in the manifest.
        file: String,
        /// What the converter met.
        reason: ConvertError,
    },
    /// Reading or writing failed.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was being done: `read`, `write`, ….
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What a converter met.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// In OpenVINO IR.
    #[error(transparent)]
    Ir(#[from] IrError),
    /// In TensorFlow.js weights.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The IR's description is not UTF-8.
    #[error("the description is not UTF-8")]
    NotText,
}

impl Error {
    /// What makes an [`Error::Io`] of what the system said about `path`.
    pub fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
