//! Why keys could not be made, read or changed: in words that say what to do. No key material in any of them.

use std::path::PathBuf;

use nod_protocol::{
    answer::GenerateError, ids::KeyId, key_config::KeyConfigError, random::RandomnessUnavailable,
};

use crate::clock::{UnixSeconds, utc};

/// Why keys could not be made, read or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file or directory could not be written or read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others could read a private file.
    #[error(
        "{path} may be read by other users (mode {mode:03o}): run `chmod {wanted:03o} {path}` and \
         consider the key leaked if others use this machine"
    )]
    LoosePermissions {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they must be at most.
        wanted: u32,
    },
    /// The content is no key.
    #[error("{0} does not hold a valid key")]
    Invalid(PathBuf),
    /// A variable that is for a key and names none.
    #[error("{0}: no private key of a serving machine is called so")]
    Variable(String),
    /// A key that is in two places, of which one would be forgotten.
    #[error("{variable} is set and {path} is there: keep the key in one place")]
    Twice {
        /// The variable.
        variable: String,
        /// The file.
        path: PathBuf,
    },
    /// A sealing key whose config is missing, or not signed by the root.
    #[error("{path}: {source}")]
    Config {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyConfigError,
    },
    /// Nothing to serve with.
    #[error(
        "no {0} key in {1} can be used now: make one with `nod-authority key rotate {0}`, or look with \
         `nod-authority key list`"
    )]
    NoKey(&'static str, PathBuf),
    /// Not the root whose public half is pinned.
    #[error(
        "{0} is not the root key of this authority: its public half is not the one in root.pub, and builds \
         would not believe what it signs"
    )]
    WrongRoot(PathBuf),
    /// What is to be signed or put in place is not what it should be.
    #[error("{0}")]
    Unsuitable(&'static str),
    /// No key has this name.
    #[error("no sealing or answer key is called {0}: see `nod-authority key list`")]
    Unknown(KeyId),
    /// There would be a time at which nothing could be answered.
    #[error(
        "without {kid} there would be no {kind} key to use from {} on: make another first with \
         `nod-authority key rotate {kind}`{}",
        utc(*from),
        if *kind == "answer" { " (`--signs-in 0s` if it has leaked)" } else { "" }
    )]
    Needed {
        /// The key that was to go.
        kid: KeyId,
        /// `sealing` or `answer`.
        kind: &'static str,
        /// When the gap would begin.
        from: UnixSeconds,
    },
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] RandomnessUnavailable),
    /// An answer key could not be made.
    #[error(transparent)]
    Generate(#[from] GenerateError),
}
