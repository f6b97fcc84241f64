//! What keeps the process from serving, in words for the operator.

use std::io;
use std::path::{Path, PathBuf};

use nod::pipeline::PipelineError;

/// Why the process cannot begin, or had to end. A bad request is never a reason: it is answered.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// A file or the socket's directory.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The models, or their manifest.
    #[error("cannot use the models: {0}")]
    Models(#[from] PipelineError),
    /// Somebody answers on the socket.
    #[error("{0}: another process serves on this socket")]
    InUse(PathBuf),
    /// What is at the socket's path is not a socket, and is left alone.
    #[error("{0}: exists and is not a socket; remove it or choose another path")]
    NotASocket(PathBuf),
    /// No threads, or no signals.
    #[error("cannot start: {0}")]
    Start(io::Error),
}

impl EvidenceError {
    /// For `map_err` on an operation on a file.
    pub fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
