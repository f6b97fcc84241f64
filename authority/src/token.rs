//! Secrets that somebody holds and the database knows by their keyed hashes alone.

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::random::{self, RandomnessUnavailable};
use zeroize::Zeroizing;

/// A new one of `N` random bytes, behind a prefix that says what it is.
pub fn fresh<const N: usize>(prefix: &str) -> Result<Zeroizing<String>, RandomnessUnavailable> {
    let bytes = Zeroizing::new(random::bytes::<N>()?);
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + 2 * N));
    text.push_str(prefix);
    text.push_str(&Zeroizing::new(text_of(bytes.as_slice())));
    Ok(text)
}

/// Bytes as text without characters that an address or a command line would not take (RFC 4648 §5).
pub fn text_of(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
