//! What is done: one line a row, on the disk before the run goes on, so that a run can be killed at any moment.
//!
//! The file is only ever appended to. It begins with its format, a salt and a check of the import key; each further
//! line is the number of the CSV's line, a digest of its content, and how it ended:
//!
//! ```text
//! nod-import-journal-1 q8Z…salt… 5Xv…check…
//! 2 Zm9vYmFy… enrolled
//! 3 cXV1eA5… refused hint.blurred
//! 4 d29ybGQ… exists
//! ```
//!
//! The digest is keyed with the import key (HMAC-SHA256) and salted: IDs are easy to guess, so a plain hash of one
//! would be as good as the ID. It recognises a row wherever the CSV has it, and an edited row as a new one.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use nod_protocol::random;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{error::ImportError, reason::Reason, rows::Row};

/// How a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This import enrolled the person.
    Enrolled,
    /// The person was enrolled already; nothing was replaced.
    Exists,
    /// The photograph is not good enough.
    Refused(Reason),
}

/// An open journal; nobody else can open it meanwhile.
pub struct Journal {
    path: PathBuf,
    file: File,
    key: Zeroizing<String>,
    salt: [u8; 16],
    done: HashMap<Digest, Outcome>,
}

/// Of one row's content, 128 bits.
type Digest = [u8; 16];

const FORMAT: &str = "nod-import-journal-1";

impl Journal {
    /// Opens the journal, or begins one. A last line that a kill cut in half is taken back.
    pub fn open(path: &Path, key: &Zeroizing<String>) -> Result<Self, ImportError> {
        let file_error = || ImportError::file(path);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(file_error())?;
        match file.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => return Err(in_use(path)),
            Err(TryLockError::Error(error)) => return Err(file_error()(error)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(file_error())?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64).map_err(file_error())?;
        file.seek(SeekFrom::End(0)).map_err(file_error())?;
        let mut journal = Self {
            path: path.to_owned(),
            file,
            key: key.clone(),
            salt: random::bytes().map_err(|error| ImportError::Input(error.to_string()))?,
            done: HashMap::new(),
        };
        let mut lines = text[..whole].lines();
        match lines.next() {
            None => journal.begin()?,
            Some(heading) => journal.resume(heading, lines)?,
        }
        Ok(journal)
    }

    /// How the row ended in this or an earlier run.
    pub fn outcome(&self, row: &Row) -> Option<Outcome> {
        self.done.get(&self.digest(row)).copied()
    }

    /// Writes down how a row ended; on the disk when this returns.
    pub fn add(&mut self, row: &Row, outcome: Outcome) -> Result<(), ImportError> {
        let digest = self.digest(row);
        let encoded = Base64UrlUnpadded::encode_string(&digest);
        self.append(&format!("{} {encoded} {}\n", row.line, words(outcome)))?;
        self.done.insert(digest, outcome);
        Ok(())
    }

    fn begin(&mut self) -> Result<(), ImportError> {
        let salt = Base64UrlUnpadded::encode_string(&self.salt);
        let check = Base64UrlUnpadded::encode_string(&self.key_check());
        self.append(&format!("{FORMAT} {salt} {check}\n"))?;
        // The new name in its directory must survive a power cut, too.
        let directory = self.path.parent().filter(|parent| *parent != Path::new(""));
        let directory = directory.unwrap_or(Path::new("."));
        File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(ImportError::file(directory))
    }

    fn resume<'t>(
        &mut self,
        heading: &str,
        lines: impl Iterator<Item = &'t str>,
    ) -> Result<(), ImportError> {
        let mut words = heading.split(' ');
        let is_ours = words.next() == Some(FORMAT);
        self.salt = words
            .next()
            .filter(|_| is_ours)
            .and_then(decoded)
            .ok_or_else(|| damaged(&self.path, 1))?;
        if words.next().and_then(decoded) != Some(self.key_check()) {
            return Err(ImportError::Input(format!(
                "{} was begun with another import key; choose another --report to begin anew (who is enrolled \
                 already is recognised, and not enrolled twice)",
                self.path.display()
            )));
        }
        for (index, line) in lines.enumerate() {
            let (digest, outcome) = entry(line).ok_or_else(|| damaged(&self.path, index + 2))?;
            self.done.insert(digest, outcome);
        }
        Ok(())
    }

    fn append(&mut self, line: &str) -> Result<(), ImportError> {
        self.file
            .write_all(line.as_bytes())
            .and_then(|()| self.file.sync_data())
            .map_err(ImportError::file(&self.path))
    }

    fn digest(&self, row: &Row) -> Digest {
        self.keyed(&[row.id.expose().as_bytes(), row.photograph.as_bytes()])
    }

    fn key_check(&self) -> Digest {
        self.keyed(&[])
    }

    /// HMAC-SHA256 (RFC 2104) over the salt and length-prefixed parts, cut to 128 bits.
    fn keyed(&self, parts: &[&[u8]]) -> Digest {
        let mut digest = [0; 16];
        // RFC 2104 takes keys of any length; the type's error is for other constructions.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()) {
            mac.update(&self.salt);
            for part in parts {
                mac.update(&(part.len() as u64).to_be_bytes());
                mac.update(part);
            }
            digest.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        }
        digest
    }
}

fn words(outcome: Outcome) -> String {
    match outcome {
        Outcome::Enrolled => "enrolled".into(),
        Outcome::Exists => "exists".into(),
        Outcome::Refused(reason) => format!("refused {}", reason.name()),
    }
}

fn entry(line: &str) -> Option<(Digest, Outcome)> {
    let mut words = line.split(' ');
    words.next()?.parse::<u64>().ok()?;
    let digest = decoded(words.next()?)?;
    let outcome = match (words.next()?, words.next(), words.next()) {
        ("enrolled", None, None) => Outcome::Enrolled,
        ("exists", None, None) => Outcome::Exists,
        ("refused", Some(name), None) => Outcome::Refused(Reason::from_name(name)?),
        _ => return None,
    };
    Some((digest, outcome))
}

fn decoded(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let decoded = Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
    (decoded.len() == 16).then_some(bytes)
}

fn in_use(path: &Path) -> ImportError {
    let path = path.display();
    ImportError::Input(format!(
        "{path}: another nod-import is writing to this journal"
    ))
}

fn damaged(path: &Path, line: usize) -> ImportError {
    let path = path.display();
    ImportError::Input(format!(
        "{path}: line {line} is not one of a journal; move the file away to begin anew (who is enrolled already is \
         recognised, and not enrolled twice)"
    ))
}

#[cfg(test)]
#[path = "journal/tests.rs"]
mod tests;
