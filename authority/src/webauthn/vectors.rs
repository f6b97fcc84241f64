//! Examples of the specification (Level 3, §16, "Test Vectors"): ES256 without attestation, in a page of its own (§16.2), in a frame
//! of another origin (§16.4), and with `topOrigin` (§16.5). Their RP is `example.org`. Where the example's user was not verified,
//! that is what it is refused for here, after everything that is checked before, and its signature is verified by itself.

use nod_protocol::{ids::Origin, payload::Assertion};

use super::{
    ExpectedAssertion, NewKey, Refused, RelyingParty,
    assertion::check_assertion,
    attested::{self, PublicKey},
    registration::check_registration,
};

struct Example {
    challenge: &'static str,
    client_data: &'static str,
    attestation: &'static str,
    credential: &'static str,
    get_challenge: &'static str,
    get_data: &'static str,
    get_client_data: &'static str,
    signature: &'static str,
}

const NONE: Example = Example {
    challenge: "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
    client_data: "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d",
    attestation: "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
    credential: "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4",
    get_challenge: "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
    get_data: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
    get_client_data: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    signature: "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
};

const IN_A_FRAME: Example = Example {
    challenge: "3be5aacd03537142472340ab5969f240f1d87716e20b6807ac230655fa4b3b49",
    client_data: "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a224f2d57717a514e5463554a484930437257576e7951504859647862694332674872434d475666704c4f306b222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a207a5a7175457444523944577170573574425754467567227d",
    attestation: "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54500000000883f4f6014f19c09d87aa38123be48d000206e1050c0d2ca2f07c755cb2c66a74c64fa43065c18f938354d9915db2bd5ce57a501020326200121582022200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d225820cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e",
    credential: "6e1050c0d2ca2f07c755cb2c66a74c64fa43065c18f938354d9915db2bd5ce57",
    get_challenge: "876aa517ba83fdee65fcffdbca4c84eeae5d54f8041a1fc85c991e5bbb273137",
    get_data: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000",
    get_client_data: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a226832716c463771445f65356c5f505f62796b7945377135645650674547685f49584a6b655737736e4d5463222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a2039327063545644304162792d713464746d6a36656667227d",
    signature: "3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf",
};

const WITHIN_A_PAGE: Example = Example {
    challenge: "4e1f4c6198699e33c14f192153f49d7e0e8e3577d5ac416c5f3adc92a41f27e5",
    client_data: "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a225468394d595a68706e6a504254786b68555f53646667364f4e58665672454673587a72636b7151664a2d55222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22746f704f726967696e223a2268747470733a2f2f6578616d706c652e636f6d227d",
    attestation: "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5410000000097586fd09799a76401c200455099ef2a0020b8ad59b996047ab18e2ceb57206c362da57458793481f4a8ebf101c7ca7cc0f1a5010203262001215820a1c47c1d82da4ebe82cd72207102b380670701993bc35398ae2e5726427fe01d22582086c1080d82987028c7f54ecb1b01185de243b359294a0ed210cd47480f0adc88",
    credential: "b8ad59b996047ab18e2ceb57206c362da57458793481f4a8ebf101c7ca7cc0f1",
    get_challenge: "d54a5c8ca4b62a8e3bb321e3b2bc73856f85a10150db2939ac195739eb1ea066",
    get_data: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000",
    get_client_data: "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a22315570636a4b53324b6f34377379486a7372787a68572d466f51465132796b3572426c584f6573656f4759222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22746f704f726967696e223a2268747470733a2f2f6578616d706c652e636f6d222c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a205569466f4a4d56525148444146574669347678557051227d",
    signature: "3045022100b5a70c81780d5fcc9a4f2ae9caae99058f8accaf58b91fb59329646c28ac6ffc022012e101c165db3c8e9957f0c54dd6ca9b56bc3bd2f280bd2faa6c1d02c6e5c171",
};

fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn party() -> RelyingParty {
    RelyingParty::of(&Origin::parse("https://example.org").unwrap())
}

impl Example {
    fn register(&self) -> Result<NewKey, Refused> {
        let challenge = hex(self.challenge).try_into().unwrap();
        let (client_data, attestation) = (hex(self.client_data), hex(self.attestation));
        check_registration(&client_data, &attestation, &challenge, &party())
    }

    /// The key of the example: attested credential data begin at byte 37 of the authenticator data, which end the object.
    fn key(&self) -> PublicKey {
        let attestation = hex(self.attestation);
        let data = &attestation[attestation.len() - 164..];
        let (new, rest) = attested::read(&data[37..], false).ok().unwrap();
        assert!(rest.is_empty());
        assert_eq!(*new.id, hex(self.credential));
        new.key
    }

    fn assertion(&self) -> Assertion {
        Assertion {
            credential: hex(self.credential),
            authenticator_data: hex(self.get_data),
            client_data: hex(self.get_client_data),
            signature: hex(self.signature),
        }
    }

    fn check(&self, assertion: &Assertion, top_origins: &[&str]) -> Result<u32, Refused> {
        let party = party();
        let expected = ExpectedAssertion {
            party: &party,
            challenge: hex(self.get_challenge).try_into().unwrap(),
            top_origins,
            key: self.key(),
            backup_eligible: false,
        };
        check_assertion(assertion, &expected)
    }
}

#[test]
fn the_keys_are_read_and_have_made_the_signatures() {
    for example in [NONE, IN_A_FRAME, WITHIN_A_PAGE] {
        let assertion = example.assertion();
        assert_eq!(super::assertion::verify(&assertion, &example.key()), Ok(()));
        let mut other = example.assertion();
        if let Some(last) = other.signature.last_mut() {
            *last ^= 1;
        }
        let wrong = super::assertion::verify(&other, &example.key());
        assert_eq!(wrong, Err(Refused::Signature));
    }
}

#[test]
fn a_user_who_was_not_verified_is_refused() {
    // 0x59 and 0x19: present, of a key that may be copied, not verified.
    assert_eq!(NONE.register().err(), Some(Refused::UserVerification));
    let refused = NONE.check(&NONE.assertion(), &[]);
    assert_eq!(refused, Err(Refused::UserVerification));
}

#[test]
fn a_frame_is_no_place_to_register_in_and_one_to_verify_in_where_it_is_expected() {
    assert_eq!(IN_A_FRAME.register().err(), Some(Refused::TopOrigin));
    assert_eq!(WITHIN_A_PAGE.register().err(), Some(Refused::TopOrigin));
    let expected = ["https://example.net", "https://example.com"];
    for example in [IN_A_FRAME, WITHIN_A_PAGE] {
        let nowhere = example.check(&example.assertion(), &[]);
        assert_eq!(nowhere, Err(Refused::TopOrigin));
        assert_eq!(example.check(&example.assertion(), &expected), Ok(0));
    }
    let elsewhere = WITHIN_A_PAGE.check(&WITHIN_A_PAGE.assertion(), &expected[..1]);
    assert_eq!(elsewhere, Err(Refused::TopOrigin));
}
