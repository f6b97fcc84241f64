//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Looks at evidence crops for an authority: do embeddings and landmarks belong to the pixels?
///
/// Runs beside the authority, whose `[evidence] socket` names the same path. Keeps and prints nothing of what it is
/// shown.
#[derive(Parser)]
#[command(
    name = "nod-evidence",
    version,
    max_term_width = 110,
    after_help = "Example:\n  \
        nod-evidence serve --socket /run/nod/evidence.sock --models dist/models\n\n\
        Exit codes:\n  \
        0    ended by SIGTERM or Ctrl-C, after answering what had come\n  \
        2    a mistake in the command line, or the models or the socket cannot be used"
)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Subcommand)]
pub enum Command {
    /// Answers requests until SIGTERM or Ctrl-C.
    Serve(Serve),
}

/// How it serves.
#[derive(Args)]
pub struct Serve {
    /// Path of the Unix socket to listen on. Only the user that runs this program may connect: run it as the
    /// authority's. A socket that nobody listens on any more is replaced.
    #[arg(long, value_name = "PATH")]
    pub socket: PathBuf,
    /// Directory with the models and their manifest.json (`dist/models` of the build that the authority serves).
    #[arg(long, value_name = "DIR")]
    pub models: PathBuf,
    /// Requests that are looked at side by side [default: one per core].
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

impl Serve {
    /// Requests that are looked at side by side.
    pub fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.jobs.map_or_else(cores, NonZeroUsize::get)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn no_number_of_jobs_is_none() {
        let parse = |jobs: &str| {
            let words = ["nod-evidence", "serve", "--socket", "s", "--models", "m"];
            Options::try_parse_from(words.into_iter().chain(["--jobs", jobs]))
        };
        assert!(parse("0").is_err());
        let Command::Serve(serve) = parse("3").unwrap().command;
        assert_eq!(serve.jobs(), 3);
    }
}
