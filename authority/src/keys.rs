//! The authority's keys: made once by `init`, read from files that nobody else may read.
//!
//! ```text
//! <data>/root.pub             base64url of the root's uncompressed point: the pin in the widget's build
//! <data>/keys/root.key        signs sealing keys; the server never reads it, keep it offline
//! <data>/keys/hpke-<kid>.key  private scalar of a sealing key, hpke-<kid>.json its signed config
//! <data>/keys/answer-<kid>.key  private scalar of an answer key (ES256)
//! <data>/keys/at-rest.key, lookup.key, pairwise.key   32 random bytes each
//! ```
//!
//! Private files hold base64url in one line. Several sealing and answer keys may lie side by side: all
//! that are in date are published, which is what rotation with overlap needs.

mod files;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use nod_protocol::{
    answer::{AnswerKey, AnswerVerifyingKey, GenerateError, Jwk},
    ids::KeyId,
    key_config::{KeyConfigError, RootKey, RootPublicKey, SignedKeyConfig},
    random::{self, RandomnessUnavailable},
    seal::SealKeyPair,
};
use zeroize::Zeroizing;

use crate::{
    clock::UnixSeconds,
    vault::{SecretKey, Vault},
};

/// The keys that a running authority holds. Not printable.
pub struct KeyRing {
    /// Encrypts the database.
    pub at_rest: SecretKey,
    /// Hashes claimed IDs for looking up.
    pub lookup: SecretKey,
    /// Makes pairwise pseudonyms.
    pub pairwise: SecretKey,
    /// Published sealing keys, at least one.
    sealing: Vec<(SignedKeyConfig, SealKeyPair)>,
    /// Published answer keys; the last signs.
    answer: Vec<AnswerKey>,
}

/// Why keys could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file or directory could not be written or read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others could read a private file.
    #[error(
        "{path} may be read by other users (mode {mode:03o}): run `chmod {wanted:03o} {path}` and \
         consider the key leaked if others use this machine"
    )]
    LoosePermissions {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they must be at most.
        wanted: u32,
    },
    /// The content is no key.
    #[error("{0} does not hold a valid key")]
    Invalid(PathBuf),
    /// A sealing key whose config is missing, or not signed by the root.
    #[error("{path}: {source}")]
    Config {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyConfigError,
    },
    /// Nothing to serve with.
    #[error("no {0} key in {1} is in date: make new ones")]
    NoKey(&'static str, PathBuf),
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] RandomnessUnavailable),
    /// An answer key could not be made.
    #[error(transparent)]
    Generate(#[from] GenerateError),
}

/// A sealing key is published for a year; rotation replaces it earlier.
const SEALING_KEY_LIFETIME: u64 = 365 * 24 * 3600;

impl KeyRing {
    /// Makes all keys in `<data>/keys` and `<data>/root.pub`; refuses to touch existing ones.
    pub fn create(data: &Path, now: UnixSeconds) -> Result<(), KeyError> {
        let dir = data.join("keys");
        files::create_private_dir(&dir)?;
        for name in ["at-rest", "lookup", "pairwise"] {
            let key = Zeroizing::new(random::bytes::<32>()?);
            files::write_private(&dir.join(format!("{name}.key")), key.as_slice())?;
        }
        let root = RootKey::generate()?;
        files::write_private(&dir.join("root.key"), &root.private_bytes())?;
        files::write_public(&data.join("root.pub"), &root.public_key().to_base64url())?;

        let sealing = SealKeyPair::generate()?;
        let kid = new_key_id('k')?;
        let config = root.sign(
            kid.clone(),
            &sealing.public_key(),
            now,
            now + SEALING_KEY_LIFETIME,
        );
        files::write_private(
            &dir.join(format!("hpke-{kid}.key")),
            &sealing.private_bytes(),
        )?;
        files::write_public(&dir.join(format!("hpke-{kid}.json")), &config_text(&config))?;

        let kid = new_key_id('a')?;
        let answer = AnswerKey::generate(kid.as_str())?;
        files::write_private(
            &dir.join(format!("answer-{kid}.key")),
            &answer.private_bytes(),
        )
    }

    /// Reads the keys; refuses files that other users may read and configs that the root did not sign.
    pub fn load(data: &Path, now: UnixSeconds) -> Result<Self, KeyError> {
        let dir = data.join("keys");
        files::check_private_dir(&dir)?;
        let root = root_public_key(data)?;
        Ok(Self {
            at_rest: secret_key(&dir, "at-rest")?,
            lookup: secret_key(&dir, "lookup")?,
            pairwise: secret_key(&dir, "pairwise")?,
            sealing: load_sealing(&dir, &root, now)?,
            answer: load_answer(&dir)?,
        })
    }

    /// The sealing key with this id.
    pub fn sealing(&self, kid: &KeyId, now: UnixSeconds) -> Option<&SealKeyPair> {
        self.sealing
            .iter()
            .find(|(config, _)| config.kid == *kid && config.not_after > now)
            .map(|(_, key)| key)
    }

    /// The configs to publish.
    pub fn sealing_configs(&self, now: UnixSeconds) -> Vec<SignedKeyConfig> {
        self.sealing
            .iter()
            .filter(|(config, _)| config.not_after > now)
            .map(|(config, _)| config.clone())
            .collect()
    }

    /// The key that signs new answers; `load` made sure that there is one.
    pub fn answer_key(&self) -> Option<&AnswerKey> {
        self.answer.last()
    }

    /// The public half of the answer key with this id.
    pub fn answer_verifying_key(&self, kid: &KeyId) -> Option<AnswerVerifyingKey> {
        self.answer
            .iter()
            .map(AnswerKey::verifying_key)
            .find(|key| key.id() == kid)
    }

    /// The JWKS.
    pub fn jwks(&self) -> Vec<Jwk> {
        self.answer
            .iter()
            .map(|key| key.verifying_key().to_jwk())
            .collect()
    }
}

/// The vault of a data directory, for commands that need no sealing or answer key.
pub fn vault(data: &Path) -> Result<Vault, KeyError> {
    let dir = data.join("keys");
    files::check_private_dir(&dir)?;
    Ok(Vault::new(
        secret_key(&dir, "at-rest")?,
        secret_key(&dir, "lookup")?,
    ))
}

/// The root's public key, as pinned in the build.
pub fn root_public_key(data: &Path) -> Result<RootPublicKey, KeyError> {
    let path = data.join("root.pub");
    let text = files::read_public(&path)?;
    RootPublicKey::from_base64url(text.trim()).ok_or(KeyError::Invalid(path))
}

fn secret_key(dir: &Path, name: &str) -> Result<SecretKey, KeyError> {
    let path = dir.join(format!("{name}.key"));
    let bytes = files::read_private(&path)?;
    let key = bytes
        .as_slice()
        .try_into()
        .map_err(|_| KeyError::Invalid(path))?;
    Ok(Zeroizing::new(key))
}

fn load_sealing(
    dir: &Path,
    root: &RootPublicKey,
    now: UnixSeconds,
) -> Result<Vec<(SignedKeyConfig, SealKeyPair)>, KeyError> {
    let mut keys = Vec::new();
    for (kid, path) in files::named_keys(dir, "hpke-")? {
        let config_path = dir.join(format!("hpke-{kid}.json"));
        let config: SignedKeyConfig = serde_json::from_str(&files::read_public(&config_path)?)
            .map_err(|_| KeyError::Invalid(config_path.clone()))?;
        let key = SealKeyPair::from_private_bytes(&files::read_private(&path)?)
            .map_err(|_| KeyError::Invalid(path.clone()))?;
        match root.check(&config, now) {
            Ok(checked) if checked.kid == kid && checked.public_key == key.public_key() => {
                keys.push((config, key));
            }
            Ok(_) => return Err(KeyError::Invalid(config_path)),
            // Retired keys may stay on disk; they are simply not used.
            Err(KeyConfigError::NotNow) => {}
            Err(source) => {
                return Err(KeyError::Config {
                    path: config_path,
                    source,
                });
            }
        }
    }
    if keys.is_empty() {
        Err(KeyError::NoKey("sealing", dir.to_owned()))
    } else {
        Ok(keys)
    }
}

fn load_answer(dir: &Path) -> Result<Vec<AnswerKey>, KeyError> {
    let mut keys = Vec::new();
    for (kid, path) in files::named_keys(dir, "answer-")? {
        let bytes = files::read_private(&path)?;
        keys.push(AnswerKey::from_private_bytes(kid, &bytes).ok_or(KeyError::Invalid(path))?);
    }
    if keys.is_empty() {
        Err(KeyError::NoKey("answer", dir.to_owned()))
    } else {
        Ok(keys)
    }
}

fn new_key_id(kind: char) -> Result<KeyId, KeyError> {
    let id: String = random::bytes::<6>()?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    KeyId::parse(&format!("{kind}{id}")).map_err(|error| GenerateError::from(error).into())
}

/// Text of a config file. Serialising a struct of texts and numbers cannot fail; an empty file would
/// be refused when it is read.
fn config_text(config: &SignedKeyConfig) -> String {
    serde_json::to_string_pretty(config).unwrap_or_default()
}
