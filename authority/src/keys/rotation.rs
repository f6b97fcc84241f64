//! Making keys, having them signed, putting others in their place, and letting them go.
//!
//! Each change is a list of files in such an order that it happens with one of them, and that a directory with any first few
//! can be loaded: an answer key counts with its `.key`, a sealing key with its config.

use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::{
    answer::{AnswerKey, GenerateError, LEEWAY, LIFETIME},
    ids::KeyId,
    key_config::{RootKey, SignedKeyConfig},
    random,
    seal::{SUITE, SealKeyPair, SealPublicKey},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    KeyError, KeySource, Kind, State,
    files::{self, Step},
    source::{
        ANSWER, SEALING, config_of, json_text, request_of, times_of_answer, times_of_sealing,
    },
    times::{self, Times},
};
use crate::{challenge, clock::UnixSeconds, session};

/// Seconds that a sealing key's config is good for, unless the operator says otherwise.
pub const SEALING_KEY_LIFETIME: u64 = 365 * 24 * 3600;

/// Seconds that sites and what lies between may keep the JWKS.
pub const JWKS_MAX_AGE: u64 = 300;

/// For a request under way, and for servers that have not looked at the directory yet.
const MARGIN: u64 = 60;

/// Seconds from an answer key's last signature until nobody accepts it any more.
const ANSWERS_LIVE: u64 = LIFETIME + LEEWAY + MARGIN;

/// Seconds from handing a sealing key out for the last time until no session can use it any more.
pub const MIN_OVERLAP: u64 = session::LIFETIME + challenge::LIFETIME + MARGIN;

/// Configs are good from before they are made: a widget on a device whose clock is slow would refuse them otherwise.
const SLOW_CLOCKS: u64 = 3600;

/// What the root is asked to sign: it can be read and carried to where the root is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// Names the key in envelopes.
    pub kid: KeyId,
    /// The suite that it is for.
    pub suite: String,
    /// Uncompressed P-256 point, base64url.
    pub public_key: String,
    /// First second at which widgets may use the key.
    pub not_before: UnixSeconds,
    /// First second at which they may not any more.
    pub not_after: UnixSeconds,
}

/// What a rotation made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Rotated {
    /// The new key.
    pub kid: KeyId,
    /// It signs, or is handed out, from here.
    pub in_use_from: UnixSeconds,
    /// Those before it are of no use from here.
    pub others_until: UnixSeconds,
}

impl KeySource {
    pub(super) fn create(&self, data: &Path, now: UnixSeconds) -> Result<(), KeyError> {
        let dir = self.dir();
        files::create_private_dir(&dir)?;
        for name in ["at-rest", "lookup", "pairwise"] {
            let key = Zeroizing::new(random::bytes::<32>()?);
            files::write_private(&dir.join(format!("{name}.key")), key.as_slice())?;
        }
        let root = RootKey::generate()?;
        files::write_private(&dir.join("root.key"), &root.private_bytes())?;
        files::write_public(&data.join("root.pub"), &root.public_key().to_base64url())?;

        let (kid, key) = (new_key_id('k')?, SealKeyPair::generate()?);
        let request = KeyRequest::new(&kid, &key.public_key(), SEALING_KEY_LIFETIME, now);
        let config = request.signed_by(&root)?;
        let answer = AnswerKey::generate(new_key_id('a')?.as_str())?;
        let name = format!("{ANSWER}{}.key", answer.verifying_key().id());
        let steps = [
            Step::Private(format!("{SEALING}{kid}.key"), key.private_bytes()),
            Step::Public(config_of(&kid), json_text(&config)),
            Step::Private(name, answer.private_bytes()),
        ];
        files::apply(&dir, &steps)
    }

    /// Makes an answer key that is published at once and signs in some seconds.
    pub fn rotate_answer(&self, signs_in: u64, now: UnixSeconds) -> Result<Rotated, KeyError> {
        let _lock = self.locked()?;
        let (rotated, steps) = self.answer_rotation(signs_in, now)?;
        files::apply(&self.dir(), &steps)?;
        Ok(rotated)
    }

    pub(super) fn answer_rotation(
        &self,
        signs_in: u64,
        now: UnixSeconds,
    ) -> Result<(Rotated, Vec<Step>), KeyError> {
        let others = self.answers()?;
        let taken = others.iter().map(|key| key.times.in_use_from);
        let in_use_from = not_taken(now.saturating_add(signs_in), taken);
        let kid = new_key_id('a')?;
        let key = AnswerKey::generate(kid.as_str())?;
        let rotated = Rotated::new(&kid, in_use_from, ANSWERS_LIVE);
        // The times first: a key without them would sign at once.
        let steps = vec![
            Step::Public(times_of_answer(&kid), rotated.times_text()),
            Step::Private(format!("{ANSWER}{kid}.key"), key.private_bytes()),
        ];
        Ok((rotated, steps))
    }

    /// Makes a sealing key, signs it and hands it out, where the root is on this machine.
    pub fn rotate_sealing(
        &self,
        root: &Path,
        lifetime: u64,
        overlap: u64,
        now: UnixSeconds,
    ) -> Result<Rotated, KeyError> {
        let _lock = self.locked()?;
        let (rotated, steps) = self.sealing_rotation(root, lifetime, overlap, now)?;
        files::apply(&self.dir(), &steps)?;
        Ok(rotated)
    }

    pub(super) fn sealing_rotation(
        &self,
        root: &Path,
        lifetime: u64,
        overlap: u64,
        now: UnixSeconds,
    ) -> Result<(Rotated, Vec<Step>), KeyError> {
        let signer = read_root(root)?;
        if signer.public_key() != self.root()? {
            return Err(KeyError::WrongRoot(root.to_owned()));
        }
        let (kid, key) = (new_key_id('k')?, SealKeyPair::generate()?);
        let config = KeyRequest::new(&kid, &key.public_key(), lifetime, now).signed_by(&signer)?;
        let rotated = Rotated::new(&kid, self.sealing_use_from(now)?, overlap);
        let steps = vec![
            Step::Private(format!("{SEALING}{kid}.key"), key.private_bytes()),
            Step::Public(times_of_sealing(&kid), rotated.times_text()),
            Step::Public(config_of(&kid), json_text(&config)),
        ];
        Ok((rotated, steps))
    }

    /// Makes a sealing key and writes what the root, on whatever machine, is to sign.
    pub fn request_sealing(&self, lifetime: u64, now: UnixSeconds) -> Result<KeyRequest, KeyError> {
        let _lock = self.locked()?;
        let (kid, key) = (new_key_id('k')?, SealKeyPair::generate()?);
        let request = KeyRequest::new(&kid, &key.public_key(), lifetime, now);
        let steps = [
            Step::Private(format!("{SEALING}{kid}.key"), key.private_bytes()),
            Step::Public(request_of(&kid), json_text(&request)),
        ];
        files::apply(&self.dir(), &steps)?;
        Ok(request)
    }

    /// Hands out a sealing key that was made here and that the root has signed.
    pub fn install_sealing(
        &self,
        config: &SignedKeyConfig,
        overlap: u64,
        now: UnixSeconds,
    ) -> Result<Rotated, KeyError> {
        let _lock = self.locked()?;
        let kid = &config.kid;
        let path = self.dir().join(config_of(kid));
        let checked = self.root()?.check(config, now);
        let checked = checked.map_err(|source| KeyError::Config { path, source })?;
        if !self.named(SEALING)?.contains(kid) {
            return Err(KeyError::Unknown(kid.clone()));
        }
        if checked.public_key != self.sealing_pair(kid)?.public_key() {
            return Err(KeyError::Unsuitable(
                "the config is for another key of that name: it was made on another machine",
            ));
        }
        let rotated = Rotated::new(kid, self.sealing_use_from(now)?, overlap);
        let steps = [
            Step::Replace(times_of_sealing(kid), rotated.times_text()),
            Step::Public(config_of(kid), json_text(config)),
            Step::Remove(request_of(kid)),
        ];
        files::apply(&self.dir(), &steps)?;
        Ok(rotated)
    }

    /// Ends a key: as soon as nothing that was signed by it or sealed to it is lost, or at once. Returns the first second after
    /// it; a key that ends earlier already stays as it is.
    pub fn retire(
        &self,
        kid: &KeyId,
        at_once: bool,
        now: UnixSeconds,
    ) -> Result<UnixSeconds, KeyError> {
        let _lock = self.locked()?;
        let answers = self.answers()?;
        let (sealing, unsigned) = self.sealing()?;
        if let Some(index) = answers.iter().position(|key| key.kid == *kid) {
            let all: Vec<_> = answers.iter().map(|key| key.times).collect();
            let end = end_of(&all, index, at_once, ANSWERS_LIVE, now);
            self.end(kid, Kind::Answer, all, index, end, now)
        } else if let Some(index) = sealing.iter().position(|key| key.kid == *kid) {
            let all: Vec<_> = sealing.iter().map(|key| key.times).collect();
            let end = end_of(&all, index, at_once, MIN_OVERLAP, now);
            self.end(kid, Kind::Sealing, all, index, end, now)
        } else if unsigned.contains(kid) {
            // Nothing was ever sealed to it.
            files::apply(&self.dir(), &files_of(Kind::Sealing, kid))?;
            Ok(now)
        } else {
            Err(KeyError::Unknown(kid.clone()))
        }
    }

    fn end(
        &self,
        kid: &KeyId,
        kind: Kind,
        mut all: Vec<Times>,
        index: usize,
        end: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<UnixSeconds, KeyError> {
        let before = times::spans(&all).get(index).and_then(|span| span.until);
        if let Some(until) = before.filter(|until| *until <= end) {
            return Ok(until);
        }
        let (file, name) = match kind {
            Kind::Answer => (times_of_answer(kid), "answer"),
            Kind::Sealing => (times_of_sealing(kid), "sealing"),
        };
        let Some(times) = all.get_mut(index) else {
            return Err(KeyError::Unknown(kid.clone()));
        };
        times.retired_at = Some(end);
        let text = json_text(times);
        if let Some(from) = times::first_gap(&times::spans(&all), now) {
            return Err(KeyError::Needed {
                kid: kid.clone(),
                kind: name,
                from,
            });
        }
        files::apply(&self.dir(), &[Step::Replace(file, text)])?;
        Ok(end)
    }

    /// Removes the files of keys that are of no use any more: what was recorded on its way cannot be opened with a key that is
    /// not there.
    pub fn prune(&self, now: UnixSeconds) -> Result<Vec<KeyId>, KeyError> {
        let _lock = self.locked()?;
        let mut over = self.list(now)?;
        // A variable that is still set would be a key without times if they went: in use for good.
        over.retain(|key| key.state == State::Over && !self.is_given(key.kind.prefix(), &key.kid));
        for key in &over {
            files::apply(&self.dir(), &files_of(key.kind, &key.kid))?;
        }
        Ok(over.into_iter().map(|key| key.kid).collect())
    }

    pub(super) fn locked(&self) -> Result<std::fs::File, KeyError> {
        files::check_private_dir(&self.dir())?;
        files::lock(&self.dir())
    }

    fn sealing_use_from(&self, now: UnixSeconds) -> Result<UnixSeconds, KeyError> {
        let (others, _) = self.sealing()?;
        Ok(not_taken(
            now,
            others.iter().map(|key| key.times.in_use_from),
        ))
    }
}

/// Signs a request with the root key in a file, on whatever machine.
pub fn sign_request(root: &Path, request: &KeyRequest) -> Result<SignedKeyConfig, KeyError> {
    request.signed_by(&read_root(root)?)
}

impl KeyRequest {
    fn new(kid: &KeyId, key: &SealPublicKey, lifetime: u64, now: UnixSeconds) -> Self {
        Self {
            kid: kid.clone(),
            suite: SUITE.to_owned(),
            public_key: Base64UrlUnpadded::encode_string(key.as_bytes()),
            not_before: now.saturating_sub(SLOW_CLOCKS),
            not_after: now.saturating_add(lifetime),
        }
    }

    fn signed_by(&self, root: &RootKey) -> Result<SignedKeyConfig, KeyError> {
        if self.suite != SUITE {
            return Err(KeyError::Unsuitable(
                "the request is for a suite that this program does not know",
            ));
        }
        let no_key = KeyError::Unsuitable("the request does not hold a P-256 key");
        let point = Base64UrlUnpadded::decode_vec(&self.public_key).ok();
        let key = point.and_then(|point| SealPublicKey::from_bytes(&point).ok());
        let key = key.ok_or(no_key)?;
        if self.not_before >= self.not_after {
            return Err(KeyError::Unsuitable("the request is for no time at all"));
        }
        Ok(root.sign(self.kid.clone(), &key, self.not_before, self.not_after))
    }
}

impl Rotated {
    fn new(kid: &KeyId, in_use_from: UnixSeconds, overlap: u64) -> Self {
        Self {
            kid: kid.clone(),
            in_use_from,
            others_until: in_use_from.saturating_add(overlap),
        }
    }

    fn times_text(&self) -> String {
        json_text(&Times {
            in_use_from: self.in_use_from,
            others_until: Some(self.others_until),
            retired_at: None,
        })
    }
}

fn read_root(path: &Path) -> Result<RootKey, KeyError> {
    let bytes = files::read_private(path)?;
    RootKey::from_private_bytes(&bytes).ok_or_else(|| KeyError::Invalid(path.to_owned()))
}

/// Of two keys with the same beginning neither would follow the other.
fn not_taken(from: UnixSeconds, taken: impl Iterator<Item = UnixSeconds>) -> UnixSeconds {
    let taken: Vec<_> = taken.collect();
    let mut free = from;
    while taken.contains(&free) {
        free = free.saturating_add(1);
    }
    free
}

/// When a key may end: at once, or when what it did last is over.
fn end_of(
    all: &[Times],
    index: usize,
    at_once: bool,
    lives_on: u64,
    now: UnixSeconds,
) -> UnixSeconds {
    let last_use = match times::spans(all).get(index) {
        Some(span) if !at_once && span.in_use_from <= now => span.in_use_until.unwrap_or(now),
        _ => return now,
    };
    last_use.saturating_add(lives_on).max(now)
}

/// The private key first: without its times it would be in use again.
fn files_of(kind: Kind, kid: &KeyId) -> Vec<Step> {
    let names = match kind {
        Kind::Answer => vec![format!("{ANSWER}{kid}.key"), times_of_answer(kid)],
        Kind::Sealing => vec![
            format!("{SEALING}{kid}.key"),
            times_of_sealing(kid),
            config_of(kid),
            request_of(kid),
        ],
    };
    names.into_iter().map(Step::Remove).collect()
}

fn new_key_id(kind: char) -> Result<KeyId, KeyError> {
    let id: String = random::bytes::<6>()?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    KeyId::parse(&format!("{kind}{id}")).map_err(|error| GenerateError::from(error).into())
}
