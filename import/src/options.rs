//! The command line.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Parser;
use nod_protocol::{ids::Origin, key_config::RootPublicKey};
use zeroize::Zeroizing;

use crate::error::ImportError;

/// Enrols people from reference photographs that an authority already has.
///
/// Reads a CSV with the columns `id` and `photograph`, makes a face template of each photograph (JPEG or PNG) on all
/// cores, and enrols it at the authority at level light. Photographs that are not good enough (blurred, too dark, two
/// faces, …) are refused and listed in a report. Whoever is enrolled already stays as they are.
#[derive(Parser)]
#[command(
    name = "nod-import",
    version,
    max_term_width = 110,
    after_help = "Example:\n  \
        nod-authority import-key new --issuer \"Population register\"   # prints ik_…; put it into import.key\n  \
        chmod 600 import.key\n  \
        nod-import --authority https://id.example.gov --key-file import.key --root-key nod-data/root.pub \\\n      \
            --models dist/models --csv people.csv --photos portraits/\n\n\
        people.csv:\n  \
        id,photograph\n  \
        440106-1990-0001,a/0001.jpg\n  \
        440106-1990-0002,a/0002.png\n\n\
        A run that was stopped, killed or lost its network goes on where it was when the same command is given\n\
        again: a journal beside the report knows what is done.\n\n\
        Exit codes:\n  \
        0    everybody in the CSV is enrolled\n  \
        1    the run is complete, but photographs were refused: see the report\n  \
        2    a mistake in the command line, the CSV or another file\n  \
        3    the authority is not the one that --root-key names, or refuses the import\n  \
        4    the authority did not answer for too long: run the same command again\n  \
        130  stopped with Ctrl-C: run the same command again"
)]
pub struct Options {
    /// Address of the authority; https, except on this machine.
    #[arg(long, value_name = "URL", value_parser = parse_authority)]
    pub authority: Origin,
    /// File with the import key (`nod-authority import-key new`), readable by its owner only.
    #[arg(long, value_name = "FILE")]
    pub key_file: PathBuf,
    /// File with the authority's public root key (`root.pub` of its data directory).
    #[arg(long, value_name = "FILE")]
    pub root_key: PathBuf,
    /// Directory with the models and their manifest.json (`dist/models` of a build).
    #[arg(long, value_name = "DIR")]
    pub models: PathBuf,
    /// Who is on which photograph: the columns `id` and `photograph`, in UTF-8, with a heading.
    #[arg(long, value_name = "FILE")]
    pub csv: PathBuf,
    /// Directory of the photographs; the CSV names files in it.
    #[arg(long, value_name = "DIR")]
    pub photos: PathBuf,
    /// Threads that look at photographs [default: one per core].
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Where to write the refused photographs [default: the CSV's name with .report.csv]; the journal is beside it.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Look again at photographs that an earlier run refused, after they were replaced by better ones.
    #[arg(long)]
    pub retry_refused: bool,
    /// How often to ask an authority that does not answer; the waits in between grow from half a second to half a
    /// minute, in all about a minute and a half.
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub tries: u32,
}

impl Options {
    /// Threads that look at photographs.
    pub fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.jobs.map_or_else(cores, NonZeroUsize::get)
    }

    /// Where the report goes.
    pub fn report(&self) -> PathBuf {
        self.report
            .clone()
            .unwrap_or_else(|| self.csv.with_extension("report.csv"))
    }

    /// Where the journal is.
    pub fn journal(&self) -> PathBuf {
        let mut name = self.report().into_os_string();
        name.push(".journal");
        name.into()
    }

    /// Reads the import key.
    pub fn key(&self) -> Result<Zeroizing<String>, ImportError> {
        refuse_what_others_may_read(&self.key_file)?;
        let text = read(&self.key_file)?;
        let key = Zeroizing::new(text.trim().to_owned());
        let is_key = key.starts_with("ik_") && key.bytes().all(|byte| byte.is_ascii_graphic());
        if is_key {
            Ok(key)
        } else {
            Err(ImportError::Input(format!(
                "{}: not an import key (one line that begins with ik_)",
                self.key_file.display()
            )))
        }
    }

    /// Reads the root key.
    pub fn root(&self) -> Result<RootPublicKey, ImportError> {
        RootPublicKey::from_base64url(read(&self.root_key)?.trim()).ok_or_else(|| {
            ImportError::Input(format!(
                "{}: not a root key (the content of the authority's root.pub)",
                self.root_key.display()
            ))
        })
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, ImportError> {
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(ImportError::file(path))
}

/// Whoever has the key may enrol anybody who is not.
#[cfg(unix)]
fn refuse_what_others_may_read(path: &Path) -> Result<(), ImportError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path)
        .map_err(ImportError::file(path))?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        let path = path.display();
        Err(ImportError::Input(format!(
            "{path}: others may read the import key; run `chmod 600 {path}`"
        )))
    }
}

#[cfg(not(unix))]
fn refuse_what_others_may_read(_: &Path) -> Result<(), ImportError> {
    Ok(())
}

fn parse_authority(text: &str) -> Result<Origin, String> {
    let origin = Origin::parse(text.trim_end_matches('/')).map_err(|error| error.to_string())?;
    if is_secure(origin.as_str()) {
        Ok(origin)
    } else {
        Err("the import key would travel in the clear: use https".into())
    }
}

/// https, or a machine that talks to itself.
fn is_secure(origin: &str) -> bool {
    let Some(rest) = origin.strip_prefix("http://") else {
        return true;
    };
    if rest.starts_with("[::1]") {
        return true;
    }
    let host = rest.split(':').next().unwrap_or_default();
    host == "127.0.0.1" || host == "localhost" || host.ends_with(".localhost")
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
    fn a_key_never_travels_in_the_clear_to_another_machine() {
        for good in [
            "https://id.example.gov",
            "https://id.example.gov/",
            "http://127.0.0.1:8080",
            "http://id.localhost:8080",
        ] {
            assert!(parse_authority(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example.gov",
            "http://127.0.0.1.example.gov",
            "http://localhost.example.gov:80",
            "id.example.gov",
            "https://id.example.gov/path",
        ] {
            assert!(parse_authority(bad).is_err(), "{bad}");
        }
    }
}
