//! What can be wrong with a plan.

use thiserror::Error;

/// Why a plan cannot be loaded or run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The bytes are not a plan of this version.
    #[error("not a plan of version {version}: {0}", version = crate::plan::VERSION)]
    Malformed(String),
    /// A step does not fit the pictures or weights it names.
    #[error("step {step}: {why}")]
    Step {
        /// Counted from 0.
        step: usize,
        /// What does not fit.
        why: &'static str,
    },
    /// An output names no picture.
    #[error("output {0} is no picture of the plan")]
    Exit(String),
    /// What a run was given is not of the input's size.
    #[error("a picture of {found} values, where the network takes {values}")]
    Picture {
        /// That the network takes.
        values: usize,
        /// That it was given.
        found: usize,
    },
    /// The pictures of the plan would not fit into memory that a page should take.
    #[error("the network's pictures take more than {most} values", most = crate::memory::MAX_VALUES)]
    TooLarge,
}
