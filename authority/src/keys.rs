//! The authority's keys: made by `init` and `key`, read from files that nobody else may read, followed while they change.
//!
//! ```text
//! <data>/root.pub             base64url of the root's uncompressed point: the pin in the widget's build
//! <data>/keys/root.key        signs sealing keys; the server never reads it, keep it offline
//! <data>/keys/hpke-<kid>.key  private scalar of a sealing key; hpke-<kid>.json its signed config,
//!                             hpke-<kid>.times.json when it is in use, hpke-<kid>.request.json what the root is to sign
//! <data>/keys/answer-<kid>.key  private scalar of an answer key (ES256); answer-<kid>.json when it is in use
//! <data>/keys/at-rest.key, lookup.key, pairwise.key   32 random bytes each; at-rest-2.key, … are successors,
//!                             at-rest-2.json says when one begins to seal
//! ```
//!
//! Private files hold base64url in one line; each may be a variable instead ([`GivenKeys`]). Several sealing and answer keys lie side by side, each in its own part of its time
//! ([`times`]): that is what rotation with overlap is. docs/keys.md says it for operators.

mod at_rest;
mod environment;
mod error;
mod files;
mod listing;
mod live;
mod private;
mod rotation;
mod source;
#[cfg(test)]
mod tests;
mod times;

use std::path::Path;

use nod_protocol::{
    answer::{AnswerVerifyingKey, Jwk},
    ids::KeyId,
    key_config::{RootPublicKey, SignedKeyConfig},
    ohttp,
    seal::SealPublicKey,
};

use self::source::{Answer, Sealing};
pub use self::{
    at_rest::NewAtRestKey,
    environment::{GivenKeys, is_key},
    error::KeyError,
    listing::{Kind, Listed, State},
    live::{FOLLOW_EVERY, LiveKeys, follow},
    private::{OpenSeals, SignAnswers},
    rotation::{
        JWKS_MAX_AGE, KeyRequest, MIN_OVERLAP, Rotated, SEALING_KEY_LIFETIME, sign_request,
    },
    source::KeySource,
    times::Span,
};
use crate::{
    clock::UnixSeconds,
    vault::{AtRestKeys, SecretKey, Vault},
};

/// The keys that a request is answered with. Not printable.
pub struct KeyRing {
    /// Encrypt the database.
    pub at_rest: AtRestKeys,
    /// Hashes claimed IDs for looking up.
    pub lookup: SecretKey,
    /// Makes pairwise pseudonyms.
    pub pairwise: SecretKey,
    sealing: Vec<Sealing>,
    answer: Vec<Answer>,
}

impl KeyRing {
    /// Makes all keys in `<data>/keys` and `<data>/root.pub`; refuses to touch existing ones.
    pub fn create(data: &Path, now: UnixSeconds) -> Result<(), KeyError> {
        KeySource::files(data).create(data, now)
    }

    /// Reads the keys; refuses files that other users may read and configs that the root did not sign.
    pub fn load(data: &Path, now: UnixSeconds) -> Result<Self, KeyError> {
        Self::read(&KeySource::files(data), now)
    }

    /// The same from any source.
    pub fn read(source: &KeySource, now: UnixSeconds) -> Result<Self, KeyError> {
        files::check_private_dir(&source.dir())?;
        Self {
            at_rest: source.at_rest()?,
            lookup: source.secret("lookup")?,
            pairwise: source.secret("pairwise")?,
            sealing: source.sealing()?.0,
            answer: source.answers()?,
        }
        .complete(source, now)
    }

    /// All anew but the two that never change: names in the database are hashed with them.
    fn read_again(&self, source: &KeySource, now: UnixSeconds) -> Result<Self, KeyError> {
        files::check_private_dir(&source.dir())?;
        Self {
            at_rest: source.at_rest()?,
            lookup: self.lookup.clone(),
            pairwise: self.pairwise.clone(),
            sealing: source.sealing()?.0,
            answer: source.answers()?,
        }
        .complete(source, now)
    }

    fn complete(self, source: &KeySource, now: UnixSeconds) -> Result<Self, KeyError> {
        if self.handed_out(now).is_none() {
            return Err(KeyError::NoKey("sealing", source.dir()));
        }
        if self.answer_key(now).is_none() {
            return Err(KeyError::NoKey("answer", source.dir()));
        }
        Ok(self)
    }

    /// The sealing key with this id, as long as it opens anything.
    pub fn sealing(&self, kid: &KeyId, now: UnixSeconds) -> Option<&dyn OpenSeals> {
        let mut keys = self.sealing.iter();
        keys.find(|key| key.kid == *kid && key.span.is_known(now))
            .map(|key| &*key.key)
    }

    /// The sealing keys that an oblivious request with this key identifier may be for, as long as they open anything.
    pub fn gateway(&self, id: u8, now: UnixSeconds) -> impl Iterator<Item = &dyn OpenSeals> {
        let known = self
            .sealing
            .iter()
            .filter(move |key| key.span.is_known(now));
        known
            .map(|key| &*key.key)
            .filter(move |key| ohttp::key_id(&key.public_key()) == id)
    }

    /// The key that new oblivious requests are sealed to, which is the one of captures: one, or none.
    pub fn gateway_keys(&self, now: UnixSeconds) -> Vec<SealPublicKey> {
        let spans = self.sealing.iter().map(|key| key.span);
        let key = times::in_use(spans, now).and_then(|at| self.sealing.get(at));
        key.map(|key| key.key.public_key()).into_iter().collect()
    }

    /// The config that new captures are sealed to: one, or none.
    pub fn sealing_configs(&self, now: UnixSeconds) -> Vec<SignedKeyConfig> {
        self.handed_out(now).into_iter().cloned().collect()
    }

    /// The key that signs new answers.
    pub fn answer_key(&self, now: UnixSeconds) -> Option<&dyn SignAnswers> {
        let spans = self.answer.iter().map(|key| key.span);
        let key = self.answer.get(times::in_use(spans, now)?)?;
        Some(&*key.key)
    }

    /// The public half of the answer key with this id, as long as it is published.
    pub fn answer_verifying_key(
        &self,
        kid: &KeyId,
        now: UnixSeconds,
    ) -> Option<AnswerVerifyingKey> {
        let mut keys = self.answer.iter();
        keys.find(|key| key.kid == *kid && key.span.is_known(now))
            .map(|key| key.key.verifying_key())
    }

    /// The JWKS: the key that signs, those that will, and those that did while their answers are good.
    pub fn jwks(&self, now: UnixSeconds) -> Vec<Jwk> {
        let keys = self.answer.iter();
        keys.filter(|key| key.span.is_known(now))
            .map(|key| key.key.verifying_key().to_jwk())
            .collect()
    }

    /// First second at which nothing can be sealed any more unless another key is made; 0 if that is so now.
    pub fn sealing_ends(&self, now: UnixSeconds) -> UnixSeconds {
        let ends = self.sealing.iter().map(|key| key.span.until);
        let last = ends.map(|end| end.unwrap_or(UnixSeconds::MAX)).max();
        last.filter(|_| self.handed_out(now).is_some())
            .unwrap_or_default()
    }

    fn handed_out(&self, now: UnixSeconds) -> Option<&SignedKeyConfig> {
        let spans = self.sealing.iter().map(|key| key.span);
        let key = self.sealing.get(times::in_use(spans, now)?)?;
        Some(&key.config)
    }
}

/// The vault of a data directory whose keys are files.
pub fn vault(data: &Path, now: UnixSeconds) -> Result<Vault, KeyError> {
    KeySource::files(data).vault(now)
}

/// The root's public key, as pinned in the build.
pub fn root_public_key(data: &Path) -> Result<RootPublicKey, KeyError> {
    KeySource::files(data).root()
}
