//! The audit log's core: what happened, in entries of which none can be changed, taken away or moved without being noticed. Pure:
//! where entries are stored is another's business.
//!
//! ```text
//! link(0) = SHA-256("nod audit v1", the log's name)
//! link(n) = SHA-256(link(n − 1), entry n)
//! head    = count, link(count), HMAC-SHA256(key, log's name, count, link(count))
//! ```
//!
//! The chain shows what was changed within; the head, which only who has the key can make, shows that nothing is missing at the
//! end. An old log together with its old head is true too: a head that was kept elsewhere ([`Head::to_text`]) shows that the
//! log has grown since and was not put back ([`Audit::check`]). Whoever has the key can make another log: it is against whoever
//! can write the database, and not against whoever runs the authority.
//!
//! Entries hold keyed hashes in place of people ([`Subject`]), names that operators gave to sites and keys, and nothing that a
//! camera saw: there is no field that it would go into. `store/audit.rs` keeps several logs side by side; docs/audit.md.

mod event;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use self::event::Event;
use crate::{
    clock::UnixSeconds,
    vault::{SecretKey, hmac_sha256},
};

/// Whom an entry is about: a keyed hash, the same for the same person in one log, and of no use without the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subject([u8; 32]);

impl Subject {
    /// As text, for lists.
    pub fn to_text(self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }
}

/// One entry as it is written: its number is its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// When.
    pub at: UnixSeconds,
    /// What.
    pub event: Event,
    /// About whom, if about anybody.
    pub subject: Option<Subject>,
}

/// What is stored of an entry, beside the number that it is stored under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The entry's one encoding.
    pub entry: Vec<u8>,
    /// The chain up to it.
    pub link: [u8; 32],
}

/// How far a log goes, by whoever has its key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Entries.
    pub count: u64,
    link: [u8; 32],
    mac: [u8; 32],
}

/// Why a log is not to be believed. Numbers begin with 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The head is not by this key, or of another log.
    #[error("the log's head was not made with this key for this log")]
    Head,
    /// Where an entry should be there is another number: it was taken away, or moved.
    #[error("entry {expected} is missing: {found} is in its place")]
    Missing {
        /// The number that comes here.
        expected: u64,
        /// The number that is here.
        found: u64,
    },
    /// An entry, or its link, is not what it was.
    #[error("entry {0} was changed, or moved here")]
    Changed(u64),
    /// It is no entry at all.
    #[error("entry {0} is not in the form of one")]
    Malformed(u64),
    /// A head that was kept elsewhere is not by this key, or of another log.
    #[error("the head that was kept was not made with this key for this log")]
    Kept,
    /// The log was further once, or went another way: it was put back, or written anew.
    #[error(
        "the log does not go on from the head that was kept, at entry {0}: it was put back or written anew"
    )]
    Replaced(u64),
    /// The log has not as many entries as its head says.
    #[error(
        "the log ends with entry {found} and its head says {expected}: entries are missing at the end, or were added"
    )]
    Length {
        /// The head's.
        expected: u64,
        /// The log's.
        found: u64,
    },
}

/// What a log is made and checked with.
pub struct Audit {
    key: SecretKey,
    name: String,
}

/// A log that entries are appended to.
pub struct Log<'a> {
    audit: &'a Audit,
    count: u64,
    link: [u8; 32],
}

/// A log that is being looked through, entry by entry: it may be longer than what memory holds.
pub struct Check {
    count: u64,
    link: [u8; 32],
    /// How far the log goes.
    head: Head,
    /// How far it was once.
    earlier: Option<Head>,
    has_come_by: bool,
}

impl Audit {
    /// The key is of this log alone; the name, of the authority for example, keeps one log's parts out of another.
    pub fn new(key: SecretKey, name: &str) -> Self {
        Self {
            key,
            name: name.to_owned(),
        }
    }

    /// Stands for somebody, by whatever names them within the authority.
    pub fn subject(&self, id: &[u8]) -> Subject {
        Subject(hmac_sha256(&self.key, "audit subject", &[id]))
    }

    /// An empty log.
    pub fn begin(&self) -> Log<'_> {
        Log {
            audit: self,
            count: 0,
            link: self.first_link(),
        }
    }

    /// A log that goes on where its head says.
    pub fn resume(&self, head: &Head) -> Result<Log<'_>, Broken> {
        self.believe(head)?;
        Ok(Log {
            audit: self,
            count: head.count,
            link: head.link,
        })
    }

    /// Looks the log of this head through from its first entry; `earlier` is a head of it that was kept elsewhere.
    pub fn check(&self, head: &Head, earlier: Option<Head>) -> Result<Check, Broken> {
        self.believe(head)?;
        if let Some(earlier) = &earlier {
            self.believe(earlier).map_err(|_| Broken::Kept)?;
        }
        let mut check = Check {
            count: 0,
            link: self.first_link(),
            head: *head,
            has_come_by: earlier.is_none(),
            earlier,
        };
        check.look_back();
        Ok(check)
    }

    fn believe(&self, head: &Head) -> Result<(), Broken> {
        let mac = self.mac(head.count, &head.link);
        if bool::from(mac.ct_eq(&head.mac)) {
            Ok(())
        } else {
            Err(Broken::Head)
        }
    }

    fn mac(&self, count: u64, link: &[u8; 32]) -> [u8; 32] {
        let parts = [self.name.as_bytes(), &count.to_be_bytes(), link.as_slice()];
        hmac_sha256(&self.key, "audit head", &parts)
    }

    fn first_link(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [b"nod audit v1".as_slice(), self.name.as_bytes()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

impl Log<'_> {
    /// Adds an entry; what is returned is stored, together with the new head, or not at all.
    pub fn append(&mut self, entry: &Entry) -> Record {
        let entry = entry.encode();
        self.link = next_link(&self.link, &entry);
        self.count = self.count.saturating_add(1);
        Record {
            entry,
            link: self.link,
        }
    }

    /// The number of the last entry.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How far the log goes now.
    pub fn head(&self) -> Head {
        Head {
            count: self.count,
            link: self.link,
            mac: self.audit.mac(self.count, &self.link),
        }
    }
}

impl Check {
    /// The next entry, with the number that it is stored under.
    pub fn next(&mut self, number: u64, record: &Record) -> Result<Entry, Broken> {
        let expected = self.count.saturating_add(1);
        if number != expected {
            return Err(Broken::Missing {
                expected,
                found: number,
            });
        }
        let link = next_link(&self.link, &record.entry);
        if link != record.link {
            return Err(Broken::Changed(number));
        }
        let entry = Entry::decode(&record.entry).ok_or(Broken::Malformed(number))?;
        (self.count, self.link) = (number, link);
        self.look_back();
        Ok(entry)
    }

    /// After the last entry: whether the log goes as far as its head says, and by way of the earlier one.
    pub fn finish(self) -> Result<(), Broken> {
        let head = &self.head;
        if self.count != head.count {
            return Err(Broken::Length {
                expected: head.count,
                found: self.count,
            });
        }
        if self.link != head.link {
            return Err(Broken::Changed(self.count));
        }
        match self.earlier {
            Some(earlier) if !self.has_come_by => Err(Broken::Replaced(earlier.count)),
            _ => Ok(()),
        }
    }

    fn look_back(&mut self) {
        if let Some(earlier) = &self.earlier {
            self.has_come_by |= earlier.count == self.count && earlier.link == self.link;
        }
    }
}

impl Head {
    /// A head as it was stored in its parts; [`Audit::resume`] and [`Audit::check`] say whether it is true.
    pub fn from_parts(count: u64, link: [u8; 32], mac: [u8; 32]) -> Self {
        Self { count, link, mac }
    }

    /// The chain up to the last entry.
    pub fn link(&self) -> &[u8; 32] {
        &self.link
    }

    /// What only who has the key can make.
    pub fn mac(&self) -> &[u8; 32] {
        &self.mac
    }

    /// One word, to be kept where the log is not.
    pub fn to_text(&self) -> String {
        let both = [self.link, self.mac].concat();
        format!("{}:{}", self.count, Base64UrlUnpadded::encode_string(&both))
    }

    /// Reads [`Head::to_text`]; [`Audit::resume`] and [`Audit::check`] say whether it is true.
    pub fn from_text(text: &str) -> Option<Self> {
        let (count, both) = text.trim().split_once(':')?;
        let both = Base64UrlUnpadded::decode_vec(both).ok()?;
        let (link, mac) = both.split_at_checked(32)?;
        Some(Self {
            count: count.parse().ok()?,
            link: link.try_into().ok()?,
            mac: mac.try_into().ok()?,
        })
    }
}

fn next_link(before: &[u8; 32], entry: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(entry);
    hash.finalize().into()
}

impl Entry {
    /// Time (8 bytes), event (1), its text (length in 1 byte), subject (0, or 1 and 32 bytes). Nothing has two encodings.
    fn encode(&self) -> Vec<u8> {
        let (event, text) = self.event.parts();
        let mut bytes = self.at.to_be_bytes().to_vec();
        bytes.push(event);
        // Site keys, key ids and levels are at most 43 characters.
        bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(text.as_bytes());
        match &self.subject {
            None => bytes.push(0),
            Some(Subject(hash)) => {
                bytes.push(1);
                bytes.extend_from_slice(hash);
            }
        }
        bytes
    }

    /// Reads [`Record::entry`]; `None` if it is none.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (at, rest) = bytes.split_first_chunk::<8>()?;
        let (event, rest) = rest.split_first()?;
        let (length, rest) = rest.split_first()?;
        let (text, rest) = rest.split_at_checked(usize::from(*length))?;
        let (has_subject, rest) = rest.split_first()?;
        let subject = match (has_subject, rest) {
            (0, []) => None,
            (1, hash) => Some(Subject(hash.try_into().ok()?)),
            _ => return None,
        };
        Some(Self {
            at: UnixSeconds::from_be_bytes(*at),
            event: Event::of(*event, std::str::from_utf8(text).ok()?)?,
            subject,
        })
    }
}

#[cfg(test)]
mod tests;
