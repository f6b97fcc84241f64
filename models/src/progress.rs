//! What is going on, for a person who waits.

use std::fmt;

/// One step on the way to the networks. Its text is one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// A file is being fetched; this can take a while.
    Fetching {
        /// The file, or the package.
        what: String,
        /// Where from.
        from: String,
        /// Its size.
        bytes: u64,
    },
    /// A place could not be reached and is not tried again in this run.
    Unreachable {
        /// The place.
        from: String,
        /// Why.
        reason: String,
    },
    /// A network is being converted.
    Converting {
        /// Its name.
        file: String,
    },
    /// A network is in the cache and has the right hash.
    Ready {
        /// Its name.
        file: String,
        /// Its size.
        bytes: u64,
    },
    /// A set that nobody requires cannot be had on this machine.
    Unavailable {
        /// The set.
        set: String,
        /// Why.
        reason: String,
    },
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetching { what, from, bytes } => {
                write!(
                    f,
                    "fetching {what} ({} kB) from {from}",
                    bytes.div_ceil(1000)
                )
            }
            Self::Unreachable { from, reason } => write!(f, "{from} is out of reach: {reason}"),
            Self::Converting { file } => write!(f, "converting {file}"),
            Self::Ready { file, bytes } => {
                write!(f, "{file} is ready ({} kB)", bytes.div_ceil(1000))
            }
            Self::Unavailable { set, reason } => write!(f, "without model set {set}: {reason}"),
        }
    }
}
