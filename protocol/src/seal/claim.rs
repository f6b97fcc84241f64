//! A claimed ID that a site's back end already holds, sealed so that on its way nobody but the authority can read it.
//!
//! ```text
//! sealed = enc (65 bytes) || ct ; SealBase(pkR, info = "nod claimed id v1", aad = site key, pt = ID, zeros up to 256 bytes)
//! ```

use zeroize::Zeroizing;

use super::{OpenError, SealError, SealKeyPair, SealPublicKey, open_bytes, seal_bytes};
use crate::ids::{ClaimedId, SiteKey};

const INFO: &[u8] = b"nod claimed id v1";
/// Bytes of an encapsulated key.
const ENCAPSULATED: usize = 65;
/// The longest ID, 64 letters of four bytes: whoever sees the sealed one learns nothing of its length.
const PADDED: usize = 256;

/// Seals a claimed ID for the authority, as said by one site: it opens for no other.
pub fn seal_claim(
    key: &SealPublicKey,
    site: &SiteKey,
    claimed_id: &ClaimedId,
) -> Result<Vec<u8>, SealError> {
    let mut padded = Zeroizing::new([0; PADDED]);
    for (place, byte) in padded.iter_mut().zip(claimed_id.expose().bytes()) {
        *place = byte;
    }
    let aad = site.as_str().as_bytes();
    let (encapsulated, ciphertext) = seal_bytes(key, INFO, aad, padded.as_slice())?;
    Ok([encapsulated.as_slice(), &ciphertext].concat())
}

/// Opens what a site sealed; separators and lower case are as the site has them.
pub fn open_claim(
    key: &SealKeyPair,
    site: &SiteKey,
    sealed: &[u8],
) -> Result<ClaimedId, OpenError> {
    let (encapsulated, ciphertext) = sealed.split_at_checked(ENCAPSULATED).ok_or(OpenError)?;
    let aad = site.as_str().as_bytes();
    let padded = open_bytes(key, encapsulated, INFO, aad, ciphertext)?;
    let end = padded.iter().rposition(|byte| *byte != 0);
    let text = padded.get(..end.map_or(0, |last| last + 1));
    let text = std::str::from_utf8(text.unwrap_or_default()).map_err(|_| OpenError)?;
    ClaimedId::parse(text).map_err(|_| OpenError)
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn court() -> SiteKey {
        SiteKey::parse("pk_court").unwrap()
    }

    #[test]
    fn opens_for_the_authority_and_the_site_alone() {
        let (key, other) = (
            SealKeyPair::generate().unwrap(),
            SealKeyPair::generate().unwrap(),
        );
        let id = ClaimedId::parse("11010519491231002X").unwrap();
        let sealed = seal_claim(&key.public_key(), &court(), &id).unwrap();
        assert!(open_claim(&key, &court(), &sealed).unwrap() == id);
        assert!(open_claim(&other, &court(), &sealed).is_err());
        let hotel = SiteKey::parse("pk_hotel").unwrap();
        assert!(open_claim(&key, &hotel, &sealed).is_err());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(open_claim(&key, &court(), &changed).is_err(), "{index}");
            assert!(open_claim(&key, &court(), &sealed[..index]).is_err());
        }
    }

    #[test]
    fn the_size_hides_the_length_of_the_id() {
        let key = SealKeyPair::generate().unwrap();
        for id in ["1234", &"9".repeat(64), &"\u{10400}".repeat(64)] {
            let id = ClaimedId::parse(id).unwrap();
            let sealed = seal_claim(&key.public_key(), &court(), &id).unwrap();
            assert_eq!(sealed.len(), ENCAPSULATED + PADDED + 16);
            assert!(open_claim(&key, &court(), &sealed).unwrap() == id);
        }
    }

    #[test]
    fn what_is_no_id_does_not_open() {
        let key = SealKeyPair::generate().unwrap();
        for text in ["", "123", "\u{0}\u{0}", "12;34", "1234\u{0}5"] {
            let aad = court();
            let (enc, ct) = seal_bytes(
                &key.public_key(),
                INFO,
                aad.as_str().as_bytes(),
                text.as_bytes(),
            )
            .unwrap();
            let sealed = [enc.as_slice(), &ct].concat();
            assert!(open_claim(&key, &court(), &sealed).is_err(), "{text:?}");
        }
    }
}
