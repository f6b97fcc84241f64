//! The sealed body as it travels: a header that is authenticated, not trusted, and a ciphertext.

use minicbor::{Decoder, Encoder, data::Type};

use crate::ids::{KeyId, ModelSetId, SessionId};

/// The only version so far.
pub const VERSION: u8 = 1;

/// The largest sealed body that an authority takes, in bytes (contract: 64 KiB).
pub const MAX_BODY: usize = 64 * 1024;

/// The largest sealed body with evidence crops in it, for sites that ask for them: seven crops of 150 × 150 and a track.
pub const MAX_EVIDENCE_BODY: usize = 768 * 1024;

/// Media type of an encoded [`Envelope`].
pub const MEDIA_TYPE: &str = "application/nod-sealed";

/// Length of the P-256 encapsulated key, an uncompressed point (RFC 9180 §7.1, Npk = 65).
pub const ENCAPSULATED_KEY: usize = 65;

/// What the authority needs in the clear to find the session and the key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// [`VERSION`].
    pub version: u8,
    /// The session that the body answers.
    pub session: SessionId,
    /// The sealing key that was used.
    pub key: KeyId,
    /// The model set that the widget used first.
    pub model_set: ModelSetId,
    /// SHA-256 of the widget's wasm as the widget states it: for support, never for trust.
    pub build: [u8; 32],
}

/// Header, encapsulated key and ciphertext: the body of `POST /v1/verify` and `/v1/enrol`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// Authenticated by the seal.
    pub header: Header,
    /// HPKE `enc`: the ephemeral public key, uncompressed.
    pub encapsulated_key: [u8; ENCAPSULATED_KEY],
    /// HPKE ciphertext with its tag.
    pub ciphertext: Vec<u8>,
}

/// Why a body is no envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Over [`MAX_EVIDENCE_BODY`].
    #[error("the sealed body is over {MAX_EVIDENCE_BODY} bytes")]
    TooLarge,
    /// Not the one valid encoding of an envelope.
    #[error("the sealed body is not a valid envelope")]
    Malformed,
    /// An envelope of a protocol version that this code does not know.
    #[error("the sealed body has an unknown version")]
    UnknownVersion,
}

impl Envelope {
    /// CBOR map `{v, ct, enc, kid, build, session, model_set}` in the core deterministic encoding of
    /// RFC 8949 §4.2.1 (definite lengths, keys sorted by their encoded bytes).
    pub fn encode(&self) -> Vec<u8> {
        let mut e = Encoder::new(Vec::with_capacity(self.ciphertext.len() + 320));
        let written = (|| {
            e.map(7)?.str("v")?.u8(self.header.version)?;
            e.str("ct")?.bytes(&self.ciphertext)?;
            e.str("enc")?.bytes(&self.encapsulated_key)?;
            e.str("kid")?.str(self.header.key.as_str())?;
            e.str("build")?.bytes(&self.header.build)?;
            e.str("session")?.str(self.header.session.as_str())?;
            e.str("model_set")?.str(self.header.model_set.as_str())?;
            Ok::<(), minicbor::encode::Error<core::convert::Infallible>>(())
        })();
        // Writing to a Vec has no error to give; the type says so (Infallible).
        debug_assert!(written.is_ok());
        e.into_writer()
    }

    /// Reads what [`Envelope::encode`] writes, and nothing else.
    ///
    /// Strict on purpose: one message has one encoding, so a body cannot be varied without the seal
    /// noticing, and a parser that accepts little has little to get wrong. Which of the two limits on its length a body is
    /// held to depends on the site of its session, so [`MAX_BODY`] is the caller's to check.
    pub fn decode(body: &[u8]) -> Result<Self, EnvelopeError> {
        if body.len() > MAX_EVIDENCE_BODY {
            return Err(EnvelopeError::TooLarge);
        }
        let mut d = Decoder::new(body);
        if d.map().ok() != Some(Some(7)) {
            return Err(EnvelopeError::Malformed);
        }
        expect_key(&mut d, "v")?;
        let version = d.u8().map_err(malformed)?;
        if version != VERSION {
            return Err(EnvelopeError::UnknownVersion);
        }
        expect_key(&mut d, "ct")?;
        let ciphertext = definite_bytes(&mut d)?.to_vec();
        expect_key(&mut d, "enc")?;
        let encapsulated_key = definite_bytes(&mut d)?.try_into().map_err(malformed)?;
        expect_key(&mut d, "kid")?;
        let key = KeyId::parse(d.str().map_err(malformed)?).map_err(malformed)?;
        expect_key(&mut d, "build")?;
        let build = definite_bytes(&mut d)?.try_into().map_err(malformed)?;
        expect_key(&mut d, "session")?;
        let session = SessionId::parse(d.str().map_err(malformed)?).map_err(malformed)?;
        expect_key(&mut d, "model_set")?;
        let model_set = ModelSetId::parse(d.str().map_err(malformed)?).map_err(malformed)?;
        let envelope = Self {
            header: Header {
                version,
                session,
                key,
                model_set,
                build,
            },
            encapsulated_key,
            ciphertext,
        };
        // Re-encoding catches what is left: trailing bytes and integers or lengths in a longer form.
        if envelope.encode() == body {
            Ok(envelope)
        } else {
            Err(EnvelopeError::Malformed)
        }
    }
}

fn malformed<E>(_: E) -> EnvelopeError {
    EnvelopeError::Malformed
}

fn expect_key(d: &mut Decoder<'_>, key: &str) -> Result<(), EnvelopeError> {
    match d.str() {
        Ok(found) if found == key => Ok(()),
        _ => Err(EnvelopeError::Malformed),
    }
}

fn definite_bytes<'b>(d: &mut Decoder<'b>) -> Result<&'b [u8], EnvelopeError> {
    match d.datatype() {
        Ok(Type::Bytes) => d.bytes().map_err(malformed),
        _ => Err(EnvelopeError::Malformed),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    pub(crate) fn header() -> Header {
        Header {
            version: VERSION,
            session: SessionId::parse("s_AAAAAAAAAAAAAAAAAAAAAA").unwrap(),
            key: KeyId::parse("k1").unwrap(),
            model_set: ModelSetId::parse("open-1").unwrap(),
            build: [3; 32],
        }
    }

    fn envelope() -> Envelope {
        Envelope {
            header: header(),
            encapsulated_key: [4; 65],
            ciphertext: vec![5; 300],
        }
    }

    #[test]
    fn goes_there_and_back() {
        assert_eq!(Envelope::decode(&envelope().encode()), Ok(envelope()));
    }

    #[test]
    fn every_truncation_is_malformed() {
        let body = envelope().encode();
        for length in 0..body.len() {
            assert_eq!(
                Envelope::decode(&body[..length]),
                Err(EnvelopeError::Malformed),
                "{length}"
            );
        }
    }

    #[test]
    fn trailing_bytes_and_oversize_are_refused() {
        let mut body = envelope().encode();
        body.push(0);
        assert_eq!(Envelope::decode(&body), Err(EnvelopeError::Malformed));
        assert_eq!(
            Envelope::decode(&vec![0; MAX_EVIDENCE_BODY + 1]),
            Err(EnvelopeError::TooLarge)
        );
    }

    #[test]
    fn another_version_says_so() {
        let mut other = envelope();
        other.header.version = 2;
        assert_eq!(
            Envelope::decode(&other.encode()),
            Err(EnvelopeError::UnknownVersion)
        );
    }

    #[test]
    fn a_longer_form_of_the_same_map_is_refused() {
        // 0x18 0x01 is 1 in two bytes: valid CBOR, but not the deterministic form.
        let body = envelope().encode();
        let at = body.windows(3).position(|w| w == [0x61, b'v', 1]).unwrap() + 2;
        let mut longer = body.clone();
        longer.splice(at..=at, [0x18, 0x01]);
        assert_eq!(Envelope::decode(&longer), Err(EnvelopeError::Malformed));
    }

    #[test]
    fn a_flipped_bit_never_panics() {
        let body = envelope().encode();
        for index in 0..body.len() {
            for bit in 0..8 {
                let mut flipped = body.clone();
                flipped[index] ^= 1 << bit;
                if let Ok(decoded) = Envelope::decode(&flipped) {
                    assert_ne!(decoded, envelope());
                }
            }
        }
    }
}
