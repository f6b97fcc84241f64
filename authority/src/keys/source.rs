//! Where keys are read from: the files of a data directory, and variables in place of private ones.

use std::path::{Path, PathBuf};

use nod_protocol::{
    answer::AnswerKey,
    ids::KeyId,
    key_config::{KeyConfigError, RootPublicKey, SignedKeyConfig},
    seal::SealKeyPair,
};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    GivenKeys, KeyError, OpenSeals, SignAnswers, Span, environment, files,
    times::{self, Times},
};
use crate::{
    clock::UnixSeconds,
    vault::{SecretKey, Vault},
};

/// Private keys of this kind are called `answer-<kid>`.
pub(super) const ANSWER: &str = "answer-";
/// Likewise.
pub(super) const SEALING: &str = "hpke-";

/// The keys of a data directory.
pub struct KeySource {
    data: PathBuf,
    given: GivenKeys,
}

/// An answer key as it was found.
pub(super) struct Answer {
    pub(super) kid: KeyId,
    pub(super) key: Box<dyn SignAnswers>,
    pub(super) times: Times,
    pub(super) span: Span,
}

/// A sealing key as it was found.
pub(super) struct Sealing {
    pub(super) kid: KeyId,
    pub(super) key: Box<dyn OpenSeals>,
    pub(super) config: SignedKeyConfig,
    pub(super) times: Times,
    /// Within what the config says.
    pub(super) span: Span,
}

impl KeySource {
    /// All keys as files.
    pub fn files(data: &Path) -> Self {
        Self::with(data, GivenKeys::default())
    }

    /// Some of the private keys from the environment.
    pub fn with(data: &Path, given: GivenKeys) -> Self {
        Self {
            data: data.to_owned(),
            given,
        }
    }

    /// What encrypts the database, for commands that need no sealing or answer key.
    pub fn vault(&self, now: UnixSeconds) -> Result<Vault, KeyError> {
        files::check_private_dir(&self.dir())?;
        Ok(Vault::new(&self.at_rest()?, self.secret("lookup")?, now))
    }

    /// The root's public key, as pinned in the build.
    pub fn root(&self) -> Result<RootPublicKey, KeyError> {
        let path = self.data.join("root.pub");
        let text = files::read_public(&path)?;
        RootPublicKey::from_base64url(text.trim()).ok_or(KeyError::Invalid(path))
    }

    /// The directory of the keys.
    pub fn dir(&self) -> PathBuf {
        self.data.join("keys")
    }

    /// A symmetric key.
    pub(super) fn secret(&self, name: &str) -> Result<SecretKey, KeyError> {
        let bytes = self.private(name)?;
        let key = bytes
            .as_slice()
            .try_into()
            .map_err(|_| self.invalid(name))?;
        Ok(Zeroizing::new(key))
    }

    /// All answer keys, oldest first.
    pub(super) fn answers(&self) -> Result<Vec<Answer>, KeyError> {
        let mut found = Vec::new();
        for kid in self.named(ANSWER)? {
            let name = format!("{ANSWER}{kid}");
            let key = AnswerKey::from_private_bytes(kid.clone(), &self.private(&name)?)
                .ok_or_else(|| self.invalid(&name))?;
            let times: Option<Times> = self.json(&times_of_answer(&kid))?;
            found.push((kid, key, times.unwrap_or_default()));
        }
        let spans = spans_of(found.iter().map(|(_, _, times)| *times));
        let with_spans = found.into_iter().zip(spans);
        Ok(with_spans
            .map(|((kid, key, times), span)| Answer {
                kid,
                key: Box::new(key),
                times,
                span,
            })
            .collect())
    }

    /// All sealing keys that the root has signed, oldest first, and the ids of those that still wait for it.
    ///
    /// A config that another root has signed, or that belongs to another key, is an error: somebody put it there.
    pub(super) fn sealing(&self) -> Result<(Vec<Sealing>, Vec<KeyId>), KeyError> {
        let root = self.root()?;
        let (mut found, mut unsigned) = (Vec::new(), Vec::new());
        for kid in self.named(SEALING)? {
            let path = self.dir().join(config_of(&kid));
            let Some(config) = self.json::<SignedKeyConfig>(&config_of(&kid))? else {
                unsigned.push(kid);
                continue;
            };
            // Its time is looked at when it is used: configs may come early and stay longer than they are good for.
            let checked =
                root.check(&config, config.not_before)
                    .map_err(|source| match source {
                        KeyConfigError::NotNow => KeyError::Invalid(path.clone()),
                        source => KeyError::Config {
                            path: path.clone(),
                            source,
                        },
                    })?;
            let key = self.sealing_pair(&kid)?;
            if checked.kid != kid || checked.public_key != key.public_key() {
                return Err(KeyError::Invalid(path));
            }
            let times = self.json(&times_of_sealing(&kid))?.unwrap_or(Times {
                in_use_from: config.not_before,
                ..Times::default()
            });
            found.push((kid, key, config, times));
        }
        let spans = spans_of(found.iter().map(|(_, _, _, times)| *times));
        let with_spans = found.into_iter().zip(spans);
        let signed = with_spans
            .map(|((kid, key, config, times), span)| Sealing {
                kid,
                span: span.within(config.not_before, config.not_after),
                key: Box::new(key),
                config,
                times,
            })
            .collect();
        Ok((signed, unsigned))
    }

    pub(super) fn sealing_pair(&self, kid: &KeyId) -> Result<SealKeyPair, KeyError> {
        let name = format!("{SEALING}{kid}");
        SealKeyPair::from_private_bytes(&self.private(&name)?).map_err(|_| self.invalid(&name))
    }

    /// The ids of the private keys of a kind, oldest first.
    pub(super) fn named(&self, kind: &str) -> Result<Vec<KeyId>, KeyError> {
        let mut ids = Vec::new();
        for id in self.given.named(kind) {
            let variable = || environment::variable_of(&format!("{kind}{id}"));
            ids.push(KeyId::parse(id).map_err(|_| KeyError::Variable(variable()))?);
        }
        let files = files::named_keys(&self.dir(), kind)?;
        // One that is in both places is an error when it is read.
        let only_files = files.into_iter().filter(|id| !ids.contains(id));
        let only_files: Vec<_> = only_files.collect();
        ids.extend(only_files);
        Ok(ids)
    }

    /// Whether a private key is a variable, which no command can change.
    pub(super) fn is_given(&self, kind: &str, kid: &KeyId) -> bool {
        self.given.get(&format!("{kind}{kid}")).is_some()
    }

    /// The same of a key that is no other's successor.
    pub(super) fn is_variable(&self, name: &str) -> bool {
        self.given.get(name).is_some()
    }

    /// Whether there is a private key of this name.
    pub(super) fn is_there(&self, name: &str) -> bool {
        let path = self.dir().join(format!("{name}.key"));
        self.is_variable(name) || path.symlink_metadata().is_ok()
    }

    /// A text beside the keys, if it is there.
    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, KeyError> {
        let path = self.dir().join(name);
        files::read_if_there(&path)?
            .map(|text| serde_json::from_str(&text).map_err(|_| KeyError::Invalid(path)))
            .transpose()
    }

    /// The bytes of a private key.
    fn private(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let path = self.dir().join(format!("{name}.key"));
        let Some(key) = self.given.get(name) else {
            return files::read_private(&path);
        };
        if path.symlink_metadata().is_ok() {
            let variable = environment::variable_of(name);
            return Err(KeyError::Twice { variable, path });
        }
        Ok(key.clone())
    }

    pub(super) fn invalid(&self, name: &str) -> KeyError {
        match self.given.get(name) {
            Some(_) => KeyError::Invalid(PathBuf::from(environment::variable_of(name))),
            None => KeyError::Invalid(self.dir().join(format!("{name}.key"))),
        }
    }
}

/// File of an answer key's times.
pub(super) fn times_of_answer(kid: &KeyId) -> String {
    format!("{ANSWER}{kid}.json")
}

/// File of a sealing key's times.
pub(super) fn times_of_sealing(kid: &KeyId) -> String {
    format!("{SEALING}{kid}.times.json")
}

/// File of a sealing key's config: with it the key counts.
pub(super) fn config_of(kid: &KeyId) -> String {
    format!("{SEALING}{kid}.json")
}

/// File of what the root is asked to sign.
pub(super) fn request_of(kid: &KeyId) -> String {
    format!("{SEALING}{kid}.request.json")
}

/// Text of a file. Serialising a struct of texts and numbers cannot fail; an empty file would be refused when it is read.
pub(super) fn json_text(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn spans_of(times: impl Iterator<Item = Times>) -> Vec<Span> {
    times::spans(&times.collect::<Vec<_>>())
}
