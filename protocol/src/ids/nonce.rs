//! 32 random bytes that make a session or a challenge unrepeatable.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

use crate::random::{self, RandomnessUnavailable};

/// 32 bytes of fresh randomness, base64url without padding (43 characters) in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nonce([u8; 32]);

/// The text is not 32 bytes of unpadded base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a nonce: expected 32 bytes in base64url")]
pub struct BadNonce;

impl Nonce {
    /// A fresh nonce.
    pub fn random() -> Result<Self, RandomnessUnavailable> {
        Ok(Self(random::bytes()?))
    }

    /// A nonce from stored bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes that are sealed and hashed.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl TryFrom<String> for Nonce {
    type Error = BadNonce;
    fn try_from(text: String) -> Result<Self, BadNonce> {
        let mut bytes = [0u8; 32];
        match Base64UrlUnpadded::decode(&text, &mut bytes) {
            Ok(decoded) if decoded.len() == 32 => Ok(Self(bytes)),
            _ => Err(BadNonce),
        }
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> String {
        Base64UrlUnpadded::encode_string(&nonce.0)
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn text_form_goes_there_and_back() {
        let nonce = Nonce::random().unwrap();
        let text = String::from(nonce);
        assert_eq!(text.len(), 43);
        assert_eq!(Nonce::try_from(text).unwrap(), nonce);
    }

    #[test]
    fn shorter_and_longer_texts_are_refused() {
        assert_eq!(Nonce::try_from("AAAA".to_owned()), Err(BadNonce));
        assert_eq!(Nonce::try_from("A".repeat(44)), Err(BadNonce));
        assert_eq!(Nonce::try_from("*".repeat(43)), Err(BadNonce));
    }
}
