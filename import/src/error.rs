//! What stops a run, in words for the operator, and the exit code that says it to a script.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nod::pipeline::PipelineError;

use crate::stop::INTERRUPTED;

/// Why a run did not come to its end. No message repeats an ID, and none the import key.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file that the run needs or writes.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Something in a file, or the command line, that cannot be meant.
    #[error("{0}")]
    Input(String),
    /// Lines of the CSV that cannot be used: all that were found, up to a screenful.
    #[error("{path} has lines that cannot be used; nothing was sent:\n{lines}")]
    Rows {
        /// The CSV.
        path: PathBuf,
        /// One a line, each with its number.
        lines: String,
    },
    /// The models.
    #[error("cannot use the models: {0}")]
    Models(#[from] PipelineError),
    /// The authority, or its key, is not the one that the operator named, or it does not want this import.
    #[error("{0}")]
    Refused(String),
    /// The authority could not be reached for longer than the operator wants to wait.
    #[error(
        "the authority does not answer ({0}); nothing is lost: run the same command again and it goes on where it \
         stopped"
    )]
    Away(String),
    /// Ctrl-C.
    #[error("stopped")]
    Stopped,
}

impl ImportError {
    /// For `map_err` on an operation on a file.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    /// As `--help` lists them.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::File { .. } | Self::Input(_) | Self::Rows { .. } | Self::Models(_) => 2,
            Self::Refused(_) => 3,
            Self::Away(_) => 4,
            Self::Stopped => INTERRUPTED,
        })
    }
}
