//! What a resident's device key signed for one session: an assertion (WebAuthn Level 3, §7.2), in place of a passcode or
//! beside it.
//!
//! ```text
//! assertion = { 0: credential bstr, 1: authenticator_data bstr, 2: client_data bstr, 3: signature bstr }
//! ```

use minicbor::{Decoder, Encoder};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use super::codec::{Fields, PayloadError, Written, read_bytes};
use crate::ids::{Nonce, SessionId};

/// Bytes of a credential's id (WebAuthn Level 3, §4, "Credential ID").
pub const CREDENTIAL_ID: core::ops::RangeInclusive<usize> = 1..=1023;
/// Bytes of authenticator data: 37, and what extensions say, of which none is asked for (§6.1).
pub const AUTHENTICATOR_DATA: core::ops::RangeInclusive<usize> = 37..=1024;
/// Bytes of the client's JSON: type, challenge and up to two origins, and what browsers may add (§5.8.1).
pub const CLIENT_DATA: core::ops::RangeInclusive<usize> = 1..=2048;
/// Bytes of an ES256 signature: an ASN.1 sequence of two integers of at most 33 (§6.5.5).
pub const SIGNATURE: core::ops::RangeInclusive<usize> = 8..=72;

/// An assertion as the browser gave it: nobody has looked at it yet.
///
/// Not printable, not cloneable: it tells whose device was there.
pub struct Assertion {
    /// The credential's id: [`CREDENTIAL_ID`] bytes.
    pub credential: Vec<u8>,
    /// What the authenticator says and signs: [`AUTHENTICATOR_DATA`] bytes.
    pub authenticator_data: Vec<u8>,
    /// What the browser says, as JSON, whose hash is signed too: [`CLIENT_DATA`] bytes.
    pub client_data: Vec<u8>,
    /// Over both: [`SIGNATURE`] bytes.
    pub signature: Vec<u8>,
}

impl Drop for Assertion {
    fn drop(&mut self) {
        self.credential.zeroize();
        self.authenticator_data.zeroize();
        self.client_data.zeroize();
        self.signature.zeroize();
    }
}

impl Assertion {
    /// The same, if every part has a length that it may have.
    pub fn checked(self) -> Option<Self> {
        let parts = [
            (CREDENTIAL_ID, &self.credential),
            (AUTHENTICATOR_DATA, &self.authenticator_data),
            (CLIENT_DATA, &self.client_data),
            (SIGNATURE, &self.signature),
        ];
        let fit = parts
            .iter()
            .all(|(allowed, part)| allowed.contains(&part.len()));
        fit.then_some(self)
    }
}

/// What a device key is asked to sign for a session: SHA-256 of one CBOR array, `["nod/1 device key", session, session_nonce]`.
/// Both come from the authority, the nonce is random and of 32 bytes, and the authority stored both: an assertion is good for this
/// session and no other.
pub fn challenge(session: &SessionId, session_nonce: &Nonce) -> [u8; 32] {
    let mut encoder = Encoder::new(Vec::with_capacity(128));
    let written = (|| -> Written {
        encoder.array(3)?.str("nod/1 device key")?;
        encoder
            .str(session.as_str())?
            .bytes(session_nonce.as_bytes())?;
        Ok(())
    })();
    // Writing to a Vec has no error to give; the type says so (Infallible).
    debug_assert!(written.is_ok());
    Sha256::digest(encoder.into_writer()).into()
}

/// Bytes that an assertion takes at most.
pub(super) fn size_bound(assertion: &Assertion) -> usize {
    let parts = [
        &assertion.credential,
        &assertion.authenticator_data,
        &assertion.client_data,
        &assertion.signature,
    ];
    parts.iter().map(|part| part.len() + 4).sum::<usize>() + 4
}

pub(super) fn write_assertion(assertion: &Assertion, e: &mut Encoder<Vec<u8>>) -> Written {
    e.map(4)?;
    e.u8(0)?.bytes(&assertion.credential)?;
    e.u8(1)?.bytes(&assertion.authenticator_data)?;
    e.u8(2)?.bytes(&assertion.client_data)?;
    e.u8(3)?.bytes(&assertion.signature)?;
    Ok(())
}

/// Refuses parts of other lengths than they may have.
pub(super) fn read_assertion(d: &mut Decoder<'_>) -> Result<Assertion, PayloadError> {
    let mut fields = Fields::of_map(d)?;
    let mut part = |key| {
        fields.required(d, key)?;
        Ok(read_bytes(d)?.to_vec())
    };
    let assertion = Assertion {
        credential: part(0)?,
        authenticator_data: part(1)?,
        client_data: part(2)?,
        signature: part(3)?,
    };
    fields.finish()?;
    assertion.checked().ok_or(PayloadError)
}

#[cfg(test)]
pub(super) mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    pub(in super::super) fn assertion() -> Assertion {
        of_lengths([32, 37, 180, 71])
    }

    fn of_lengths(
        [credential, authenticator_data, client_data, signature]: [usize; 4],
    ) -> Assertion {
        Assertion {
            credential: vec![1; credential],
            authenticator_data: vec![2; authenticator_data],
            client_data: vec![3; client_data],
            signature: vec![4; signature],
        }
    }

    fn read(assertion: &Assertion) -> Result<Assertion, PayloadError> {
        let mut e = Encoder::new(Vec::new());
        write_assertion(assertion, &mut e).unwrap();
        let bytes = e.into_writer();
        assert!(bytes.len() <= size_bound(assertion));
        read_assertion(&mut Decoder::new(&bytes))
    }

    #[test]
    fn the_shortest_and_the_longest_come_back() {
        for lengths in [[1, 37, 1, 8], [32, 37, 180, 71], [1023, 1024, 2048, 72]] {
            let sent = of_lengths(lengths);
            let back = read(&sent).unwrap();
            assert!(back.credential == sent.credential);
            assert!(back.authenticator_data == sent.authenticator_data);
            assert!(back.client_data == sent.client_data);
            assert!(back.signature == sent.signature);
        }
    }

    #[test]
    fn lengths_that_no_part_has_are_refused() {
        let least = [1, 37, 1, 8];
        let most = [1023, 1024, 2048, 72];
        for part in 0..4 {
            let (mut short, mut long) = (least, most);
            short[part] -= 1;
            long[part] += 1;
            assert!(read(&of_lengths(short)).is_err(), "{part}");
            assert!(read(&of_lengths(long)).is_err(), "{part}");
        }
    }

    const OWN: &str = "s_AAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn another_session_or_nonce_is_another_challenge() {
        let session = |text| SessionId::parse(text).unwrap();
        let nonce = |byte| Nonce::from_bytes([byte; 32]);
        let own = challenge(&session(OWN), &nonce(7));
        assert_eq!(own, challenge(&session(OWN), &nonce(7)));
        let other = session("s_AAAAAAAAAAAAAAAAAAAAAB");
        assert_ne!(own, challenge(&other, &nonce(7)));
        assert_ne!(own, challenge(&session(OWN), &nonce(8)));
    }

    /// A second implementation, so that another client can be written: the bytes of the array, and their hash.
    #[test]
    fn the_challenge_is_the_hash_of_these_bytes() {
        let mut bytes = vec![0x83, 0x70];
        bytes.extend(b"nod/1 device key");
        bytes.extend([0x78, 24]);
        bytes.extend(OWN.as_bytes());
        bytes.extend([0x58, 32]);
        bytes.extend([7; 32]);
        let own = challenge(&SessionId::parse(OWN).unwrap(), &Nonce::from_bytes([7; 32]));
        assert_eq!(own, <[u8; 32]>::from(Sha256::digest(bytes)));
    }
}
