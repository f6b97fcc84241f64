#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::seal;

const REQUEST: &[u8] = b"a planted request";

fn gateway() -> SealKeyPair {
    SealKeyPair::from_private_bytes(&[13; 32]).unwrap()
}

fn opened(key: &SealKeyPair, message: &[u8]) -> Result<(), RequestError> {
    decapsulate(key, message).map(|_| ())
}

#[test]
fn a_request_and_its_response_go_there_and_back() {
    let key = gateway();
    let (message, pending) = encapsulate(&key.public_key(), REQUEST).unwrap();
    assert_eq!(key_id_of(&message), Ok(key_id(&key.public_key())));
    assert_eq!(message.len(), HEADER + 65 + REQUEST.len() + 16);
    let (request, answering) = decapsulate(&key, &message).map_err(|_| ()).unwrap();
    assert_eq!(*request, REQUEST);
    let reply = answering.encapsulate(b"a planted reply").unwrap();
    assert_eq!(*pending.decapsulate(&reply).unwrap(), b"a planted reply");
}

#[test]
fn nothing_changed_cut_or_for_another_opens() {
    let key = gateway();
    let (message, _) = encapsulate(&key.public_key(), REQUEST).unwrap();
    let other = SealKeyPair::from_private_bytes(&[14; 32]).unwrap();
    assert_eq!(opened(&other, &message), Err(RequestError::DoesNotOpen));
    for index in 0..message.len() {
        let mut changed = message.clone();
        changed[index] ^= 1;
        let expected = match index {
            1..HEADER => RequestError::UnknownSuite,
            _ => RequestError::DoesNotOpen,
        };
        assert_eq!(opened(&key, &changed), Err(expected), "{index}");
        assert!(opened(&key, &message[..index]).is_err(), "{index}");
    }
    let long = vec![0; MAX_REQUEST + 1];
    let long = [&message[..HEADER], &long].concat();
    assert_eq!(opened(&key, &long), Err(RequestError::Malformed));
}

#[test]
fn a_response_opens_for_its_own_request_alone() {
    let key = gateway();
    let pair = || {
        let (message, pending) = encapsulate(&key.public_key(), REQUEST).unwrap();
        let (_, answering) = decapsulate(&key, &message).map_err(|_| ()).unwrap();
        (pending, answering.encapsulate(b"reply").unwrap())
    };
    let ((first, reply), (second, _)) = (pair(), pair());
    assert!(second.decapsulate(&reply).is_err());
    assert!(first.decapsulate(&reply).is_ok());
    for index in 0..reply.len() {
        let (pending, mut changed) = pair();
        changed[index] ^= 1;
        assert!(pending.decapsulate(&changed).is_err(), "{index}");
        let (pending, whole) = pair();
        assert!(pending.decapsulate(&whole[..index]).is_err(), "{index}");
    }
}

#[test]
fn a_request_that_is_opened_again_makes_a_response_that_differs() {
    // A relay that sends a request twice cannot make the gateway use one nonce twice.
    let key = gateway();
    let (message, _) = encapsulate(&key.public_key(), REQUEST).unwrap();
    let reply = || {
        let (_, answering) = decapsulate(&key, &message).map_err(|_| ()).unwrap();
        answering.encapsulate(b"reply").unwrap()
    };
    assert_ne!(reply(), reply());
}

#[test]
fn what_is_sealed_for_one_use_of_the_key_does_not_open_for_the_other() {
    let key = gateway();
    let (message, _) = encapsulate(&key.public_key(), REQUEST).unwrap();
    let site = crate::ids::SiteKey::parse("pk_court").unwrap();
    assert!(seal::open_claim(&key, &site, &message[HEADER..]).is_err());
    let id = crate::ids::ClaimedId::parse("44010619900001").unwrap();
    let claim = seal::seal_claim(&key.public_key(), &site, &id).unwrap();
    let message = [header(key_id(&key.public_key())).as_slice(), &claim].concat();
    assert_eq!(opened(&key, &message), Err(RequestError::DoesNotOpen));
}

#[test]
fn lists_of_keys_are_read_as_they_are_written() {
    let keys = [13, 14].map(|seed| {
        SealKeyPair::from_private_bytes(&[seed; 32])
            .unwrap()
            .public_key()
    });
    let list = encode_keys(&keys);
    assert_eq!(list.len(), 2 * (2 + 1 + 2 + 65 + 2 + 4));
    let read = decode_keys(&list).unwrap();
    let expected = keys.map(|public_key| GatewayKey {
        id: key_id(&public_key),
        public_key,
    });
    assert_eq!(read, expected);
    for length in 1..list.len() {
        let read = decode_keys(&list[..length]);
        assert!(read.is_err() || length == list.len() / 2, "{length}");
    }
    assert_eq!(decode_keys(&list.repeat(9)), Err(KeysError), "too many");
}

/// RFC 9458 Appendix A: a key for X25519, which is passed over and not taken for ours.
#[test]
fn configurations_for_other_suites_are_passed_over() {
    let config = hex::decode(
        "01002031e1f05a740102115220e9af918f738674aec95f54db6e04eb705aae8e79815500080001000100010003",
    )
    .unwrap();
    let list = [[0, 45].as_slice(), &config].concat();
    let ours = gateway().public_key();
    let list = [list, encode_keys(&[ours])].concat();
    assert_eq!(decode_keys(&list).unwrap().len(), 1);
    let mut other_cipher = encode_keys(&[ours]);
    // ChaCha20-Poly1305 in place of AES-128-GCM.
    *other_cipher.last_mut().unwrap() = 3;
    assert_eq!(decode_keys(&other_cipher), Ok(vec![]));
    let mut off_the_curve = encode_keys(&[ours]);
    off_the_curve[10] ^= 1;
    assert_eq!(decode_keys(&off_the_curve), Err(KeysError));
}
