//! What is the matter with a database that gives no answer, in words that an operator can act on and that hold no address,
//! name or password.

use std::io;

use super::StoreError;

/// Why the database did not do what it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Nobody answers where it should be, or it is starting or ending.
    Unreachable,
    /// It answers, but not in time, or the connections of this process are all taken.
    Slow,
    /// Somebody else holds what is asked for.
    Locked,
    /// No more space on its disk, or as much as it may have.
    Full,
    /// It has no connection left for this process.
    TooManyConnections,
    /// It takes no changes.
    ReadOnly,
    /// Reading or writing its files fails.
    Files,
    /// Anything else; the log has it.
    Other,
}

impl Trouble {
    /// In words, for the operator.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Slow => "slow",
            Self::Locked => "locked",
            Self::Full => "full",
            Self::TooManyConnections => "too many connections",
            Self::ReadOnly => "read-only",
            Self::Files => "files cannot be read or written",
            Self::Other => "failing",
        }
    }

    /// Whether it is a matter of changes alone: reading still works, so that a look at the database does not show it.
    pub fn is_of_changes(self) -> bool {
        matches!(self, Self::Full | Self::ReadOnly | Self::Files)
    }

    pub(super) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => Self::Slow,
            sqlx::Error::PoolTimedOut => Self::Slow,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unreachable,
            sqlx::Error::Database(error) => error.code().map_or(Self::Other, |code| {
                // PostgreSQL's have five letters and digits, SQLite's are numbers of four digits at most.
                match code.len() {
                    5 => of_postgres(&code),
                    _ => code.parse().map_or(Self::Other, of_sqlite),
                }
            }),
            _ => Self::Other,
        }
    }
}

/// PostgreSQL 17, appendix A.
fn of_postgres(code: &str) -> Trouble {
    match code {
        // disk_full; configuration_limit_exceeded (of a file's size, for one)
        "53100" | "53400" => Trouble::Full,
        "53300" => Trouble::TooManyConnections,
        // read_only_sql_transaction
        "25006" => Trouble::ReadOnly,
        // lock_not_available
        "55P03" => Trouble::Locked,
        // query_canceled, idle_in_transaction_session_timeout
        "57014" | "25P03" => Trouble::Slow,
        _ if code.starts_with("57P") || code.starts_with("08") => Trouble::Unreachable,
        // System errors: io_error, undefined_file, …
        _ if code.starts_with("58") => Trouble::Files,
        _ => Trouble::Other,
    }
}

/// "Result and Error Codes" of SQLite; the lower byte of an extended code is the primary one.
fn of_sqlite(code: u32) -> Trouble {
    match code & 0xff {
        // BUSY, LOCKED
        5 | 6 => Trouble::Locked,
        // FULL
        13 => Trouble::Full,
        // READONLY
        8 => Trouble::ReadOnly,
        // IOERR, CANTOPEN
        10 | 14 => Trouble::Files,
        _ => Trouble::Other,
    }
}

impl StoreError {
    /// What is the matter with the database, if it is the database.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Unavailable(error) => Some(Trouble::of(error)),
            Self::GivenUp(trouble) => Some(*trouble),
            Self::Conflict => Some(Trouble::Locked),
            Self::Damaged(_) | Self::Vault(_) | Self::Migration(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_by_what_an_operator_would_do() {
        for (code, trouble) in [
            ("53100", Trouble::Full),
            ("53300", Trouble::TooManyConnections),
            ("25006", Trouble::ReadOnly),
            ("55P03", Trouble::Locked),
            ("57P01", Trouble::Unreachable),
            ("57P03", Trouble::Unreachable),
            ("08006", Trouble::Unreachable),
            ("58030", Trouble::Files),
            ("23505", Trouble::Other),
        ] {
            assert_eq!(of_postgres(code), trouble, "{code}");
        }
        // SQLITE_BUSY_SNAPSHOT, SQLITE_FULL, SQLITE_READONLY_DBMOVED, SQLITE_IOERR_WRITE, SQLITE_CONSTRAINT_UNIQUE.
        for (code, trouble) in [
            (517, Trouble::Locked),
            (13, Trouble::Full),
            (1032, Trouble::ReadOnly),
            (778, Trouble::Files),
            (2067, Trouble::Other),
        ] {
            assert_eq!(of_sqlite(code), trouble, "{code}");
        }
    }
}
