//! The two HPKE contexts of Oblivious HTTP (RFC 9458 §4.3, §4.4): one seals or opens a request and exports the secret of
//! its response.

use aes_gcm::{
    Aes128Gcm, KeyInit,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use hpke::{
    Deserializable, OpModeR, OpModeS, Serializable, aead::AesGcm128, kdf::HkdfSha256,
    rand_core::UnwrapErr,
};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Kem, OpenError, SealError, SealKeyPair, SealPublicKey};
use crate::random;

/// `max(Nn, Nk)` of AES-128-GCM (RFC 9458 §4.4): bytes of the exported secret and of the response's nonce.
pub(crate) const SECRET: usize = 16;
/// `Nn` of AES-128-GCM.
const NONCE: usize = 12;
const EXPORT: &[u8] = b"message/bhttp response";

/// What opens or seals the one response to a request. Not printable; wiped.
pub(crate) struct ResponseSecret {
    encapsulated_key: Vec<u8>,
    secret: Zeroizing<[u8; SECRET]>,
}

/// `enc`, ciphertext and the secret of the response.
pub(crate) fn seal_request(
    key: &SealPublicKey,
    info: &[u8],
    request: &[u8],
) -> Result<(Vec<u8>, Vec<u8>, ResponseSecret), SealError> {
    // As in `seal_bytes`: `UnwrapErr` panics where the source fails.
    random::bytes::<32>()?;
    let recipient =
        <Kem as hpke::Kem>::PublicKey::from_bytes(&key.0).map_err(|_| SealError::Key)?;
    let (encapsulated, mut context) = hpke::setup_sender_with_rng::<AesGcm128, HkdfSha256, Kem>(
        &OpModeS::Base,
        &recipient,
        info,
        &mut UnwrapErr(getrandom::SysRng),
    )
    .map_err(|_| SealError::Key)?;
    let ciphertext = context.seal(request, b"").map_err(|_| SealError::Key)?;
    let mut secret = Zeroizing::new([0; SECRET]);
    let exported = context.export(EXPORT, secret.as_mut_slice());
    exported.map_err(|_| SealError::Key)?;
    let encapsulated_key = encapsulated.to_bytes().to_vec();
    let of_response = ResponseSecret {
        encapsulated_key: encapsulated_key.clone(),
        secret,
    };
    Ok((encapsulated_key, ciphertext, of_response))
}

/// The request and the secret of its response.
pub(crate) fn open_request(
    key: &SealKeyPair,
    info: &[u8],
    encapsulated_key: &[u8],
    ciphertext: &[u8],
) -> Result<(Zeroizing<Vec<u8>>, ResponseSecret), OpenError> {
    open_as::<Kem>(&key.private, info, encapsulated_key, ciphertext)
}

/// For any KEM, because the RFC's example has another one.
fn open_as<K: hpke::Kem>(
    key: &K::PrivateKey,
    info: &[u8],
    encapsulated_key: &[u8],
    ciphertext: &[u8],
) -> Result<(Zeroizing<Vec<u8>>, ResponseSecret), OpenError> {
    let encapsulated = K::EncappedKey::from_bytes(encapsulated_key).map_err(|_| OpenError)?;
    let mut context =
        hpke::setup_receiver::<AesGcm128, HkdfSha256, K>(&OpModeR::Base, key, &encapsulated, info)
            .map_err(|_| OpenError)?;
    let request = context.open(ciphertext, b"").map_err(|_| OpenError)?;
    let mut secret = Zeroizing::new([0; SECRET]);
    let exported = context.export(EXPORT, secret.as_mut_slice());
    exported.map_err(|_| OpenError)?;
    let of_response = ResponseSecret {
        encapsulated_key: encapsulated_key.to_vec(),
        secret,
    };
    Ok((Zeroizing::new(request), of_response))
}

impl ResponseSecret {
    /// Seals the response: a secret seals one, with a nonce that nobody has used before.
    pub(crate) fn seal(self, nonce: &[u8; SECRET], response: &[u8]) -> Option<Vec<u8>> {
        let (cipher, aead_nonce) = self.cipher(nonce)?;
        let sealed = cipher.encrypt((&aead_nonce).into(), Payload::from(response));
        Some([nonce.as_slice(), &sealed.ok()?].concat())
    }

    /// Opens the response.
    pub(crate) fn open(self, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (nonce, ciphertext) = message.split_first_chunk::<SECRET>().ok_or(OpenError)?;
        let (cipher, aead_nonce) = self.cipher(nonce).ok_or(OpenError)?;
        cipher
            .decrypt((&aead_nonce).into(), Payload::from(ciphertext))
            .map(Zeroizing::new)
            .map_err(|_| OpenError)
    }

    /// ```text
    /// salt = concat(enc, response_nonce)
    /// prk = Extract(salt, secret)
    /// aead_key = Expand(prk, "key", Nk)
    /// aead_nonce = Expand(prk, "nonce", Nn)
    /// ```
    fn cipher(&self, nonce: &[u8; SECRET]) -> Option<(Aes128Gcm, [u8; NONCE])> {
        let salt = [self.encapsulated_key.as_slice(), nonce].concat();
        let prk = Hkdf::<Sha256>::new(Some(&salt), self.secret.as_slice());
        let mut key = Zeroizing::new([0; SECRET]);
        let mut aead_nonce = [0; NONCE];
        prk.expand(b"key", key.as_mut_slice()).ok()?;
        prk.expand(b"nonce", &mut aead_nonce).ok()?;
        let cipher = Aes128Gcm::new_from_slice(key.as_slice()).ok()?;
        Some((cipher, aead_nonce))
    }
}

/// RFC 9458 Appendix A. Its KEM is X25519, which Nod has nowhere else; what comes after the KEM is what Nod does.
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod vectors {
    use hpke::kem::X25519HkdfSha256;

    use super::*;

    const SK_R: &str = "3c168975674b2fa8e465970b79c8dcf09f1c741626480bd4c6162fc5b6a98e1a";
    const INFO: &str = "6d6573736167652f626874747020726571756573740001002000010001";
    const REQUEST: &str = "00034745540568747470730b6578616d706c652e636f6d012f";
    /// Header (7 bytes), enc (32), ct.
    const ENCAPSULATED: &str = "010020000100014b28f881333e7c164ffc499ad9796f877f4e1051ee6d31bad19dec96c208b4726374e469135906992e1268c594d2a10c695d858c40a026e7965e7d86b83dd440b2c0185204b4d63525";
    const EXPORTED: &str = "62d87a6ba569ee81014c2641f52bea36";
    const RESPONSE: &str = "0140c8";
    const NONCE: &str = "c789e7151fcba46158ca84b04464910d";
    const ENCAPSULATED_RESPONSE: &str =
        "c789e7151fcba46158ca84b04464910d86f9013e404feea014e7be4a441f234f857fbd";

    fn hex(text: &str) -> Vec<u8> {
        hex::decode(text).unwrap()
    }

    #[test]
    fn the_request_opens_and_the_response_is_the_same_to_the_byte() {
        let key = <X25519HkdfSha256 as hpke::Kem>::PrivateKey::from_bytes(&hex(SK_R)).unwrap();
        let message = hex(ENCAPSULATED);
        let (enc, ciphertext) = message[7..].split_at(32);
        let opened = open_as::<X25519HkdfSha256>(&key, &hex(INFO), enc, ciphertext);
        let (request, secret) = opened.map_err(|_| ()).unwrap();
        assert_eq!(*request, hex(REQUEST));
        assert_eq!(secret.secret.as_slice(), hex(EXPORTED));
        let nonce = hex(NONCE).try_into().unwrap();
        let sealed = secret.seal(&nonce, &hex(RESPONSE)).unwrap();
        assert_eq!(sealed, hex(ENCAPSULATED_RESPONSE));
        // The client's side of it.
        let secret = ResponseSecret {
            encapsulated_key: enc.to_vec(),
            secret: Zeroizing::new(hex(EXPORTED).try_into().unwrap()),
        };
        assert_eq!(*secret.open(&sealed).unwrap(), hex(RESPONSE));
        assert!(open_as::<X25519HkdfSha256>(&key, b"other", enc, ciphertext).is_err());
    }
}
