//! What `nod-authority key` is told.

use std::path::PathBuf;

use anyhow::ensure;
use clap::{Args, Subcommand};
use nod_protocol::ids::KeyId;

use crate::{
    cli::time::{self, DAY, MINUTE},
    keys::{MIN_OVERLAP, SEALING_KEY_LIFETIME},
};

#[derive(Subcommand)]
pub(in crate::cli) enum KeyCommand {
    /// Show the sealing and answer keys, and where in its life each is.
    List {
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Put a new key in the place of the one in use; running servers take it up by themselves.
    #[command(subcommand)]
    Rotate(Rotate),
    /// Make a key whose root is on another machine: a request for `key sign`, then `key install`.
    #[command(subcommand)]
    New(New),
    /// Sign a request with the root key. Needs no data directory: it is for the machine that keeps the root.
    Sign(Sign),
    /// Hand out the key of a request that came back signed.
    Install(Install),
    /// End a key: as soon as nothing is lost by it, or at once if it has leaked.
    Retire(Retire),
    /// Remove the files of keys that are of no use any more; what was recorded on its way then stays sealed for good.
    Prune {
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(in crate::cli) enum Rotate {
    /// The key that captures are sealed to. It needs the root's signature.
    Sealing(RotateSealing),
    /// The key that signs answers. It is published for a while before it signs, so that sites know it.
    Answer(RotateAnswer),
}

#[derive(Args)]
pub(in crate::cli) struct RotateSealing {
    /// The root's private key; default: <DATA>/keys/root.key. Where it is on another machine: `key new sealing`.
    #[arg(long)]
    pub(super) root_key: Option<PathBuf>,
    #[command(flatten)]
    pub(super) lifetime: Lifetime,
    #[command(flatten)]
    pub(super) overlap: Overlap,
    /// Print one line of JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args)]
pub(in crate::cli) struct RotateAnswer {
    /// Time from now until it signs: longer than sites keep the published keys. 0s if the one in use has leaked.
    #[arg(long, default_value = "1h", value_parser = time::parse)]
    pub(super) signs_in: u64,
    /// Print one line of JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
pub(in crate::cli) enum New {
    /// A key that captures are sealed to.
    Sealing {
        #[command(flatten)]
        lifetime: Lifetime,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub(in crate::cli) struct Lifetime {
    /// Time that the key may be used; rotate again before it is over.
    #[arg(long, default_value = "365d", value_parser = time::parse)]
    pub(super) lifetime: u64,
}

#[derive(Args)]
pub(in crate::cli) struct Overlap {
    /// Time that what was sealed to the keys before it is still accepted; at least 32m, what a session may last.
    #[arg(long, default_value = "1d", value_parser = time::parse)]
    pub(super) overlap: u64,
}

#[derive(Args)]
pub(in crate::cli) struct Sign {
    /// The request that `key new sealing` wrote.
    pub(super) request: PathBuf,
    /// The root's private key.
    #[arg(long)]
    pub(super) root_key: PathBuf,
    /// Where to write the signed config; default: beside the request, `….signed.json`. Never overwrites.
    #[arg(long)]
    pub(super) out: Option<PathBuf>,
    /// Longest time that may be asked for.
    #[arg(long, default_value = "400d", value_parser = time::parse)]
    pub(super) longest: u64,
    /// Print one line of JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args)]
pub(in crate::cli) struct Install {
    /// The file that `key sign` wrote.
    pub(super) config: PathBuf,
    #[command(flatten)]
    pub(super) overlap: Overlap,
    /// Print one line of JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args)]
pub(in crate::cli) struct Retire {
    /// Name of the key, as `list` shows it.
    #[arg(value_parser = |text: &str| KeyId::parse(text).map_err(|e| e.to_string()))]
    pub(super) kid: KeyId,
    /// Now, whatever is lost: answers that it signed are worthless, sessions that were sealed to it fail.
    #[arg(long)]
    pub(super) at_once: bool,
    /// Print one line of JSON.
    #[arg(long)]
    pub(super) json: bool,
}

impl Lifetime {
    pub(super) fn checked(&self) -> anyhow::Result<u64> {
        let most = 3 * SEALING_KEY_LIFETIME;
        ensure!(
            (DAY..=most).contains(&self.lifetime),
            "a sealing key lasts 1 day to {} days",
            most / DAY
        );
        Ok(self.lifetime)
    }
}

impl Overlap {
    pub(super) fn checked(&self) -> anyhow::Result<u64> {
        ensure!(
            self.overlap >= MIN_OVERLAP,
            "the overlap is at least {}m: sessions that began with the key before are under way for so long \
             (if that key has leaked: `key retire` it `--at-once` afterwards)",
            MIN_OVERLAP / MINUTE
        );
        Ok(self.overlap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_says_what_holds() {
        assert_eq!(MIN_OVERLAP, 32 * MINUTE);
        assert_eq!(time::parse("365d"), Ok(SEALING_KEY_LIFETIME));
    }
}
