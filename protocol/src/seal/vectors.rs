//! RFC 9180 Appendix A.3.1: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
const IKM_R: &str = "668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550";
const SK_R: &str = "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2";
const PK_R: &str = "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0";
const ENC: &str = "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4";
const PT: &str = "4265617574792069732074727574682c20747275746820626561757479";

/// Sequence number, aad, ct (A.3.1.1).
const ENCRYPTIONS: [(u64, &str, &str); 4] = [
    (
        0,
        "436f756e742d30",
        "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434",
    ),
    (
        1,
        "436f756e742d31",
        "fa6f037b47fc21826b610172ca9637e82d6e5801eb31cbd3748271affd4ecb06646e0329cbdf3c3cd655b28e82",
    ),
    (
        2,
        "436f756e742d32",
        "895cabfac50ce6c6eb02ffe6c048bf53b7f7be9a91fc559402cbc5b8dcaeb52b2ccc93e466c28fb55fed7a7fec",
    ),
    (
        255,
        "436f756e742d323535",
        "2ad71c85bf3f45c6eca301426289854b31448bcf8a8ccb1deef3ebd87f60848aa53c538c30a4dac71d619ee2cd",
    ),
];

/// exporter_context, exported_value of 32 bytes (A.3.1.2).
const EXPORTS: [(&str, &str); 3] = [
    (
        "",
        "5e9bc3d236e1911d95e65b576a8a86d478fb827e8bdfe77b741b289890490d4d",
    ),
    (
        "00",
        "6cff87658931bda83dc857e6353efe4987a201b849658d9b047aab4cf216e796",
    ),
    (
        "54657374436f6e74657874",
        "d8f1ea7942adbba7412c6d431c62d01371ea476b823eb697e1f6e6cae1dab85a",
    ),
];

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

fn recipient() -> SealKeyPair {
    SealKeyPair::from_private_bytes(&hex(SK_R)).unwrap()
}

#[test]
fn key_pair_derives_as_in_the_rfc() {
    let (private, public) = Kem::derive_keypair(&hex(IKM_R));
    assert_eq!(private.to_bytes().as_slice(), hex(SK_R));
    assert_eq!(public.to_bytes().as_slice(), hex(PK_R));
    assert_eq!(recipient().public_key().as_bytes().as_slice(), hex(PK_R));
}

#[test]
fn our_open_opens_the_first_encryption() {
    let (_, aad, ct) = ENCRYPTIONS[0];
    let opened = open_bytes(&recipient(), &hex(ENC), &hex(INFO), &hex(aad), &hex(ct)).unwrap();
    assert_eq!(opened.as_slice(), hex(PT));
    for (info, aad) in [("00", aad), (INFO, "00")] {
        let refused = open_bytes(&recipient(), &hex(ENC), &hex(info), &hex(aad), &hex(ct));
        assert_eq!(refused.err(), Some(OpenError));
    }
}

#[test]
fn every_vector_of_the_suite_agrees() {
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&hex(ENC)).unwrap();
    let mut receiver = hpke::setup_receiver::<Aead, Kdf, Kem>(
        &OpModeR::Base,
        &recipient().private,
        &enc,
        &hex(INFO),
    )
    .unwrap();
    let mut checked = 0;
    for (context, expected) in EXPORTS {
        let mut exported = [0; 32];
        receiver.export(&hex(context), &mut exported).unwrap();
        assert_eq!(exported.as_slice(), hex(expected));
        checked += 1;
    }
    // The aad of the RFC is "Count-<n>"; the ciphertexts between the printed ones are not given, so
    // the receiver is stepped over them by opening what a wrong sequence number would produce.
    let mut sequence = 0;
    for (wanted, aad, ct) in ENCRYPTIONS {
        if wanted != sequence {
            // A failed open does not advance the counter (RFC 9180 §5.2): 255 needs a sender's help.
            receiver = stepped_to(wanted);
        }
        assert_eq!(
            receiver.open(&hex(ct), &hex(aad)).unwrap(),
            hex(PT),
            "sequence {wanted}"
        );
        sequence = wanted + 1;
        checked += 1;
    }
    assert_eq!(
        checked, 7,
        "A.3.1 has 3 exports; 4 of its encryptions are listed here"
    );
}

/// A receiver that has opened `count` messages, made by a sender with the RFC's own ephemeral key.
fn stepped_to(count: u64) -> hpke::aead::AeadCtxR<Aead, Kdf, Kem> {
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&hex(ENC)).unwrap();
    let key = <Kem as hpke::Kem>::PublicKey::from_bytes(&hex(PK_R)).unwrap();
    let mut ephemeral = EphemeralOfTheRfc;
    let (made, mut sender) = hpke::setup_sender_with_rng::<Aead, Kdf, Kem>(
        &OpModeS::Base,
        &key,
        &hex(INFO),
        &mut ephemeral,
    )
    .unwrap();
    assert_eq!(made.to_bytes(), enc.to_bytes());
    let mut receiver = hpke::setup_receiver::<Aead, Kdf, Kem>(
        &OpModeR::Base,
        &recipient().private,
        &enc,
        &hex(INFO),
    )
    .unwrap();
    for _ in 0..count {
        let ct = sender.seal(b"", b"").unwrap();
        receiver.open(&ct, b"").unwrap();
    }
    receiver
}

/// Draws the RFC's ikmE, from which the suite derives the ephemeral key pair.
struct EphemeralOfTheRfc;

impl hpke::rand_core::TryRng for EphemeralOfTheRfc {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        unreachable!("key material is drawn as bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("key material is drawn as bytes")
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Self::Error> {
        const IKM_E: &str = "4270e54ffd08d79d5928020af4686d8f6b7d35dbe470265f1f5aa22816ce860e";
        buffer.copy_from_slice(&hex(IKM_E));
        Ok(())
    }
}

impl hpke::rand_core::TryCryptoRng for EphemeralOfTheRfc {}
