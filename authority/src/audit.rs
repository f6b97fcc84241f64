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
//! log has grown since and was not put back ([`Checked::holds`]). Whoever has the key can make another log: it is against whoever
//! can write the database, and not against whoever runs the authority.
//!
//! Entries hold keyed hashes in place of people ([`Subject`]), names that operators gave to sites and keys, and nothing that a
//! camera saw: there is no field that it would go into.

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::ids::{KeyId, Level, SiteKey};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    clock::UnixSeconds,
    vault::{SecretKey, hmac_sha256},
};

/// Whom an entry is about: a keyed hash, the same for the same person in one log, and of no use without the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subject([u8; 32]);

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The authority began to serve.
    Started,
    /// It stopped in order.
    Stopped,
    /// A site was registered.
    SiteAdded(SiteKey),
    /// Somebody may enrol.
    TicketIssued(Level),
    /// Somebody enrolled.
    Enrolled(Level),
    /// A site was answered about somebody. Whether with yes or no is in no log.
    Answered(SiteKey),
    /// Somebody's records were erased.
    Erased,
    /// An operator lifted the limit on somebody's attempts.
    Unlocked,
    /// A key took the place of another.
    KeyRotated(KeyId),
    /// A key was ended.
    KeyRetired(KeyId),
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
    /// The log has not as many entries as its head says.
    #[error("the log has {found} entries and its head says {expected}")]
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

/// A log that was looked through and is whole.
#[derive(PartialEq, Eq, Debug)]
pub struct Checked {
    entries: Vec<Entry>,
    links: Vec<[u8; 32]>,
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

    /// Looks a log through, from its first entry, each with the number that it is stored under.
    pub fn verify<'r>(
        &self,
        records: impl Iterator<Item = (u64, &'r Record)>,
        head: &Head,
    ) -> Result<Checked, Broken> {
        self.believe(head)?;
        let mut checked = Checked {
            entries: vec![],
            links: vec![self.first_link()],
        };
        let (mut link, mut count) = (self.first_link(), 0u64);
        for (found, record) in records {
            count = count.saturating_add(1);
            if found != count {
                return Err(Broken::Missing {
                    expected: count,
                    found,
                });
            }
            link = next_link(&link, &record.entry);
            if link != record.link {
                return Err(Broken::Changed(count));
            }
            let entry = Entry::decode(&record.entry).ok_or(Broken::Malformed(count))?;
            checked.entries.push(entry);
            checked.links.push(link);
        }
        if count != head.count {
            return Err(Broken::Length {
                expected: head.count,
                found: count,
            });
        }
        if link != head.link {
            return Err(Broken::Changed(count));
        }
        Ok(checked)
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

impl Checked {
    /// The entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether the log goes on from an earlier head: it was that far once, and nothing up to there has been replaced.
    pub fn holds(&self, earlier: &Head) -> bool {
        let index = usize::try_from(earlier.count).ok();
        index.and_then(|index| self.links.get(index)) == Some(&earlier.link)
    }
}

impl Head {
    /// One line, to be kept where the log is not.
    pub fn to_text(&self) -> String {
        let both = [self.link, self.mac].concat();
        format!("{} {}", self.count, Base64UrlUnpadded::encode_string(&both))
    }

    /// Reads [`Head::to_text`]; [`Audit::resume`] and [`Audit::verify`] say whether it is true.
    pub fn from_text(text: &str) -> Option<Self> {
        let (count, both) = text.trim().split_once(' ')?;
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

    fn decode(bytes: &[u8]) -> Option<Self> {
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

impl Event {
    /// Numbers are for good: a new event gets a new one.
    fn parts(&self) -> (u8, &str) {
        match self {
            Self::Started => (1, ""),
            Self::Stopped => (2, ""),
            Self::SiteAdded(site) => (3, site.as_str()),
            Self::TicketIssued(level) => (4, level.as_str()),
            Self::Enrolled(level) => (5, level.as_str()),
            Self::Answered(site) => (6, site.as_str()),
            Self::Erased => (7, ""),
            Self::Unlocked => (8, ""),
            Self::KeyRotated(kid) => (9, kid.as_str()),
            Self::KeyRetired(kid) => (10, kid.as_str()),
        }
    }

    fn of(number: u8, text: &str) -> Option<Self> {
        let site = || SiteKey::parse(text).ok();
        let key = || KeyId::parse(text).ok();
        let bare = |event| text.is_empty().then_some(event);
        match number {
            1 => bare(Self::Started),
            2 => bare(Self::Stopped),
            3 => site().map(Self::SiteAdded),
            4 => Level::from_name(text).map(Self::TicketIssued),
            5 => Level::from_name(text).map(Self::Enrolled),
            6 => site().map(Self::Answered),
            7 => bare(Self::Erased),
            8 => bare(Self::Unlocked),
            9 => key().map(Self::KeyRotated),
            10 => key().map(Self::KeyRetired),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
