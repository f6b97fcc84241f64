//! Published sealing keys, signed by the root key that is pinned in the widget's build.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::{
    Signature, SigningKey, VerifyingKey,
    signature::{Signer, Verifier},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    ids::KeyId,
    random::{self, RandomnessUnavailable},
    seal::{SUITE, SealPublicKey},
};

/// Bytes of an uncompressed P-256 point (SEC 1 §2.3.3).
const UNCOMPRESSED: usize = 65;

/// One sealing key as the authority publishes it. Times are seconds since 1970, UTC.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedKeyConfig {
    /// Names the key in envelopes.
    pub kid: KeyId,
    /// [`SUITE`].
    pub suite: String,
    /// Uncompressed P-256 point, base64url.
    pub public_key: String,
    /// First second at which widgets may use the key.
    pub not_before: u64,
    /// First second at which they may not any more.
    pub not_after: u64,
    /// ES256 by the root over [`SignedKeyConfig`]'s other fields, base64url of r‖s.
    pub signature: String,
}

/// A key config whose signature and times were checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyConfig {
    /// Names the key in envelopes.
    pub kid: KeyId,
    /// The key to seal to.
    pub public_key: SealPublicKey,
}

/// Why a key config must not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyConfigError {
    /// Not signed by the pinned root, or not in a form that could be.
    #[error("the sealing key is not signed by the authority's root")]
    NotSigned,
    /// Not yet, or no longer.
    #[error("the sealing key is not valid at this time")]
    NotNow,
    /// A suite that this code does not know.
    #[error("the sealing key is for an unknown suite")]
    UnknownSuite,
}

/// The root key: signs key configs and nothing else; best kept away from the serving machine.
pub struct RootKey(SigningKey);

/// The public half of the root, pinned in the widget's build.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RootPublicKey(VerifyingKey);

impl RootKey {
    /// A fresh root key.
    pub fn generate() -> Result<Self, RandomnessUnavailable> {
        generate_signing_key().map(Self)
    }

    /// A root key from its stored private scalar (32 bytes, big-endian).
    pub fn from_private_bytes(bytes: &[u8]) -> Option<Self> {
        SigningKey::from_slice(bytes).ok().map(Self)
    }

    /// The private scalar, for the key file only.
    pub fn private_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.to_bytes().to_vec())
    }

    /// The half to pin.
    pub fn public_key(&self) -> RootPublicKey {
        RootPublicKey(*self.0.verifying_key())
    }

    /// Signs one sealing key for a span of time.
    pub fn sign(
        &self,
        kid: KeyId,
        key: &SealPublicKey,
        not_before: u64,
        not_after: u64,
    ) -> SignedKeyConfig {
        let signature: Signature = self.0.sign(&signed_bytes(
            &kid,
            SUITE,
            key.as_bytes(),
            not_before,
            not_after,
        ));
        SignedKeyConfig {
            kid,
            suite: SUITE.to_owned(),
            public_key: Base64UrlUnpadded::encode_string(key.as_bytes()),
            not_before,
            not_after,
            signature: Base64UrlUnpadded::encode_string(&signature.to_bytes()),
        }
    }
}

impl RootPublicKey {
    /// From base64url of an uncompressed point.
    pub fn from_base64url(text: &str) -> Option<Self> {
        let bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
        // A compressed one is the same key under another name.
        if bytes.len() != UNCOMPRESSED {
            return None;
        }
        VerifyingKey::from_sec1_bytes(&bytes).ok().map(Self)
    }

    /// base64url of the uncompressed point.
    pub fn to_base64url(&self) -> String {
        Base64UrlUnpadded::encode_string(self.0.to_sec1_point(false).as_bytes())
    }

    /// Checks signature, suite and times; `now` in seconds since 1970.
    pub fn check(&self, config: &SignedKeyConfig, now: u64) -> Result<KeyConfig, KeyConfigError> {
        if config.suite != SUITE {
            return Err(KeyConfigError::UnknownSuite);
        }
        let not_signed = |_| KeyConfigError::NotSigned;
        let point = Base64UrlUnpadded::decode_vec(&config.public_key).map_err(not_signed)?;
        let signature = Base64UrlUnpadded::decode_vec(&config.signature).map_err(not_signed)?;
        let signature = Signature::from_slice(&signature).map_err(|_| KeyConfigError::NotSigned)?;
        let signed = signed_bytes(
            &config.kid,
            &config.suite,
            &point,
            config.not_before,
            config.not_after,
        );
        self.0
            .verify(&signed, &signature)
            .map_err(|_| KeyConfigError::NotSigned)?;
        let public_key =
            SealPublicKey::from_bytes(&point).map_err(|_| KeyConfigError::NotSigned)?;
        if now < config.not_before || now >= config.not_after {
            return Err(KeyConfigError::NotNow);
        }
        Ok(KeyConfig {
            kid: config.kid.clone(),
            public_key,
        })
    }

    /// The config to use: valid now, and of those the one that lasts longest.
    pub fn choose(
        &self,
        configs: &[SignedKeyConfig],
        now: u64,
    ) -> Result<KeyConfig, KeyConfigError> {
        let mut newest_first: Vec<_> = configs.iter().collect();
        newest_first.sort_by_key(|config| std::cmp::Reverse(config.not_after));
        let mut first_error = None;
        for config in newest_first {
            match self.check(config, now) {
                Ok(config) => return Ok(config),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or(KeyConfigError::NotSigned))
    }
}

/// A fresh P-256 signing key; a scalar outside the field (chance 2^-32) is drawn again.
pub(crate) fn generate_signing_key() -> Result<SigningKey, RandomnessUnavailable> {
    loop {
        let scalar = Zeroizing::new(random::bytes::<32>()?);
        if let Ok(key) = SigningKey::from_slice(scalar.as_slice()) {
            return Ok(key);
        }
    }
}

/// CBOR array `["nod-key-config", kid, suite, public_key, not_before, not_after]`.
fn signed_bytes(
    kid: &KeyId,
    suite: &str,
    public_key: &[u8],
    not_before: u64,
    not_after: u64,
) -> Vec<u8> {
    let mut e = minicbor::Encoder::new(Vec::new());
    let written = (|| {
        e.array(6)?
            .str("nod-key-config")?
            .str(kid.as_str())?
            .str(suite)?;
        e.bytes(public_key)?.u64(not_before)?.u64(not_after)?;
        Ok::<(), minicbor::encode::Error<core::convert::Infallible>>(())
    })();
    // Writing to a Vec has no error to give; the type says so (Infallible).
    debug_assert!(written.is_ok());
    e.into_writer()
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::seal::SealKeyPair;

    fn signed() -> (RootPublicKey, SignedKeyConfig) {
        let root = RootKey::generate().unwrap();
        let key = SealKeyPair::generate().unwrap().public_key();
        (
            root.public_key(),
            root.sign(KeyId::parse("k1").unwrap(), &key, 100, 200),
        )
    }

    #[test]
    fn a_signed_key_is_good_in_its_time() {
        let (root, config) = signed();
        assert!(root.check(&config, 100).is_ok() && root.check(&config, 199).is_ok());
        assert_eq!(root.check(&config, 99), Err(KeyConfigError::NotNow));
        assert_eq!(root.check(&config, 200), Err(KeyConfigError::NotNow));
    }

    #[test]
    fn any_changed_field_breaks_the_signature() {
        let (root, config) = signed();
        let (_, other) = signed();
        let changes: [fn(&mut SignedKeyConfig, &SignedKeyConfig); 5] = [
            |c, _| c.kid = KeyId::parse("k2").unwrap(),
            |c, o| c.public_key = o.public_key.clone(),
            |c, _| c.not_before -= 1,
            |c, _| c.not_after += 1,
            |c, o| c.signature = o.signature.clone(),
        ];
        for change in changes {
            let mut changed = config.clone();
            change(&mut changed, &other);
            assert_eq!(root.check(&changed, 150), Err(KeyConfigError::NotSigned));
        }
        let mut unknown = config;
        unknown.suite = "X25519".into();
        assert_eq!(root.check(&unknown, 150), Err(KeyConfigError::UnknownSuite));
    }

    #[test]
    fn of_several_the_one_that_lasts_longest_is_chosen() {
        let root = RootKey::generate().unwrap();
        let key = SealKeyPair::generate().unwrap().public_key();
        let config = |kid, from, to| root.sign(KeyId::parse(kid).unwrap(), &key, from, to);
        let configs = [
            config("old", 0, 150),
            config("new", 50, 300),
            config("next", 200, 400),
        ];
        let chosen = |now| {
            root.public_key()
                .choose(&configs, now)
                .map(|c| c.kid.to_string())
        };
        assert_eq!(chosen(100).as_deref(), Ok("new"));
        assert_eq!(chosen(250).as_deref(), Ok("next"));
        assert_eq!(chosen(500), Err(KeyConfigError::NotNow));
    }

    #[test]
    fn the_pin_goes_to_text_and_back() {
        let (root, _) = signed();
        assert_eq!(
            RootPublicKey::from_base64url(&root.to_base64url()),
            Some(root.clone())
        );
        assert!(RootPublicKey::from_base64url("AAAA").is_none());
        let compressed = root.0.to_sec1_point(true);
        let compressed = Base64UrlUnpadded::encode_string(compressed.as_bytes());
        assert!(RootPublicKey::from_base64url(&compressed).is_none());
    }
}
