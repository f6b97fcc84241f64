//! Every field of both ceremonies, broken.

use nod_protocol::{ids::Origin, payload::Assertion};
use serde_json::{Value, json};

use super::{
    fixture::{SoftKey, attestation_object, created, got},
    *,
};

const ISSUER: &str = "https://id.example.gov";
const PAGE: &str = "https://court.example.gov";
const CHALLENGE: [u8; 32] = [9; 32];

fn party() -> RelyingParty {
    RelyingParty::of(&Origin::parse(ISSUER).unwrap())
}

fn key() -> SoftKey {
    SoftKey::new(3, "id.example.gov")
}

fn register(client_data: &Value, attestation: &[u8]) -> Result<NewKey, Refused> {
    let client_data = client_data.to_string();
    check_registration(client_data.as_bytes(), attestation, &CHALLENGE, &party())
}

fn use_key(assertion: &Assertion) -> Result<u32, Refused> {
    let party = party();
    let expected = ExpectedAssertion {
        party: &party,
        challenge: CHALLENGE,
        top_origins: &[PAGE],
        key: PublicKey::from_bytes(key().public()).unwrap(),
        backup_eligible: false,
    };
    check_assertion(assertion, &expected)
}

#[test]
fn the_rp_id_is_the_issuers_host() {
    for (issuer, id) in [
        ("https://id.example.gov", "id.example.gov"),
        ("https://id.example.gov:8443", "id.example.gov"),
        ("http://id.localhost:8080", "id.localhost"),
        ("http://[::1]:8080", "[::1]"),
        ("http://[::1]", "[::1]"),
    ] {
        assert_eq!(RelyingParty::of(&Origin::parse(issuer).unwrap()).id, id);
    }
}

#[test]
fn a_new_key_is_what_the_authenticator_made() {
    let mut made = key();
    made.counter = 7;
    made.flags |= 1 << 3;
    let new = register(&created(&CHALLENGE, ISSUER), &made.attestation())
        .ok()
        .unwrap();
    assert_eq!(*new.id, made.id);
    assert_eq!(*new.key.as_bytes(), made.public());
    assert_eq!((new.counter, new.backup_eligible), (7, true));
    // The longest id that there is.
    made.id = vec![1; 1023];
    let new = register(&created(&CHALLENGE, ISSUER), &made.attestation())
        .ok()
        .unwrap();
    assert_eq!(new.id.len(), 1023);
}

#[test]
fn client_data_of_another_ceremony_page_or_challenge_are_refused() {
    let changes: [(&str, Value, Refused); 8] = [
        ("type", json!("webauthn.get"), Refused::Type),
        ("type", json!(7), Refused::ClientData),
        ("challenge", json!("AAAA"), Refused::Challenge),
        ("challenge", Value::Null, Refused::ClientData),
        ("origin", json!("https://id.example.gov."), Refused::Origin),
        (
            "origin",
            json!("https://evil.id.example.gov"),
            Refused::Origin,
        ),
        ("crossOrigin", json!(true), Refused::TopOrigin),
        ("topOrigin", json!(ISSUER), Refused::TopOrigin),
    ];
    for (field, value, refused) in changes {
        let mut data = created(&CHALLENGE, ISSUER);
        data[field] = value;
        let outcome = register(&data, &key().attestation());
        assert_eq!(outcome.err(), Some(refused), "{field}");
    }
    for text in [
        "",
        "[]",
        "{}",
        "null",
        "{\"type\":\"webauthn.create\"}",
        "\u{feff}{}",
    ] {
        let outcome =
            check_registration(text.as_bytes(), &key().attestation(), &CHALLENGE, &party());
        assert_eq!(outcome.err(), Some(Refused::ClientData), "{text}");
    }
    // Said twice: two readers may believe different ones.
    let twice = format!(
        "{{\"type\":\"webauthn.create\",{}",
        &created(&CHALLENGE, ISSUER).to_string()[1..]
    );
    let outcome = check_registration(twice.as_bytes(), &key().attestation(), &CHALLENGE, &party());
    assert_eq!(outcome.err(), Some(Refused::ClientData));
}

#[test]
fn attestation_objects_of_another_form_are_refused() {
    let data = created(&CHALLENGE, ISSUER);
    let whole = key().attestation();
    for length in 0..whole.len() {
        assert!(register(&data, &whole[..length]).is_err(), "{length}");
    }
    let longer = [&whole[..], &[0]].concat();
    assert_eq!(register(&data, &longer).err(), Some(Refused::Attestation));
    // A definite map of three is asked for by §6.5.4; of any other kind is none.
    for other in [&[0xbf, 0xff][..], &[0xa0], &[0x83], &[0xf6], &[0x1b]] {
        assert_eq!(register(&data, other).err(), Some(Refused::Attestation));
    }
    // Another format than was asked for is taken as none.
    let mut packed = whole.clone();
    let at = packed.windows(4).position(|word| word == b"none").unwrap();
    packed[at..at + 4].copy_from_slice(b"tpm\x20");
    assert!(register(&data, &packed).is_ok());
}

#[test]
fn authenticator_data_of_another_form_are_refused() {
    let data = created(&CHALLENGE, ISSUER);
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = key().attested_data();
        change(&mut bytes);
        register(&data, &attestation_object(&bytes)).err()
    };
    assert_eq!(with(&|_| ()), None);
    let malformed = Some(Refused::AuthenticatorData);
    assert_eq!(with(&|b| b[0] ^= 1), Some(Refused::RpId));
    assert_eq!(with(&|b| b[32] &= !1), Some(Refused::UserPresence));
    assert_eq!(with(&|b| b[32] &= !4), Some(Refused::UserVerification));
    assert_eq!(with(&|b| b[32] |= 1 << 4), Some(Refused::Backup));
    // No key, and bytes that are nobody's.
    assert_eq!(with(&|b| b[32] &= !(1 << 6)), malformed);
    assert_eq!(
        with(&|b| {
            b[32] &= !(1 << 6);
            b.truncate(37)
        }),
        malformed
    );
    assert_eq!(with(&|b| b.push(0)), malformed);
    // Ids of no length, of one too many, and of more than there is.
    assert_eq!(with(&|b| b[53..55].copy_from_slice(&[0, 0])), malformed);
    assert_eq!(with(&|b| b[53..55].copy_from_slice(&[4, 0])), malformed);
    // Extensions that are promised and are none, or no map; and a map, which is passed over.
    let extended = |more: &'static [u8]| {
        with(&|b| {
            b[32] |= 1 << 7;
            b.extend(more)
        })
    };
    assert_eq!(extended(&[]), malformed);
    assert_eq!(extended(&[0x80]), malformed);
    assert_eq!(extended(&[0xa1, 0x61, b'x']), malformed);
    assert_eq!(extended(&[0xa1, 0x61, b'x', 0xf5]), None);
    assert_eq!(extended(&[0xa1, 0x61, b'x', 0xf5, 0]), malformed);
    // Another algorithm, curve or kind of key, and a point that is not on the curve.
    let cose = 55 + 32;
    for at in [0, 2, 4, 6, 8, 9] {
        assert_eq!(with(&|b| b[cose + at] ^= 1), Some(Refused::Key), "{at}");
    }
    assert_eq!(with(&|b| b[cose + 76] ^= 1), Some(Refused::Key));
}

#[test]
fn a_key_signs_for_one_page_one_challenge_and_itself() {
    let data = || got(&CHALLENGE, ISSUER);
    let mut own = key();
    own.counter = 41;
    assert_eq!(use_key(&own.assertion(&data())), Ok(41));
    let mut framed = data();
    framed["crossOrigin"] = json!(true);
    assert_eq!(use_key(&own.assertion(&framed)), Ok(41));
    framed["topOrigin"] = json!(PAGE);
    assert_eq!(use_key(&own.assertion(&framed)), Ok(41));
    framed["topOrigin"] = json!("https://evil.example");
    assert_eq!(use_key(&own.assertion(&framed)), Err(Refused::TopOrigin));
    let create = created(&CHALLENGE, ISSUER);
    assert_eq!(use_key(&own.assertion(&create)), Err(Refused::Type));
    let replayed = got(&[8; 32], ISSUER);
    assert_eq!(use_key(&own.assertion(&replayed)), Err(Refused::Challenge));
    let elsewhere = got(&CHALLENGE, PAGE);
    assert_eq!(use_key(&own.assertion(&elsewhere)), Err(Refused::Origin));
    let other = SoftKey::new(4, "id.example.gov");
    assert_eq!(use_key(&other.assertion(&data())), Err(Refused::Signature));
}

#[test]
fn flags_of_a_used_key_are_as_at_its_registration_and_its_user_was_there() {
    let with = |flags: u8, rp_id: &str| {
        let mut key = SoftKey::new(3, rp_id);
        key.flags = flags;
        use_key(&key.assertion(&got(&CHALLENGE, ISSUER)))
    };
    assert_eq!(with(0b101, "id.example.gov"), Ok(0));
    assert_eq!(with(0b101, "example.gov"), Err(Refused::RpId));
    assert_eq!(with(0b100, "id.example.gov"), Err(Refused::UserPresence));
    assert_eq!(
        with(0b001, "id.example.gov"),
        Err(Refused::UserVerification)
    );
    assert_eq!(with(0b1101, "id.example.gov"), Err(Refused::Backup));
    assert_eq!(with(0b1_0101, "id.example.gov"), Err(Refused::Backup));
    // Attested data and extensions that are not there.
    for flag in [6, 7] {
        let refused = with(0b101 | 1 << flag, "id.example.gov");
        assert_eq!(refused, Err(Refused::AuthenticatorData));
    }
}

#[test]
fn what_was_signed_is_what_is_checked() {
    let whole = || key().assertion(&got(&CHALLENGE, ISSUER));
    let changed = |change: &dyn Fn(&mut Assertion)| {
        let mut assertion = whole();
        change(&mut assertion);
        use_key(&assertion)
    };
    assert_eq!(changed(&|_| ()), Ok(0));
    let not_signed = Err(Refused::Signature);
    assert_eq!(changed(&|a| a.authenticator_data[36] ^= 1), not_signed);
    assert_eq!(changed(&|a| a.client_data.push(b' ')), not_signed);
    assert_eq!(changed(&|a| a.signature[20] ^= 1), not_signed);
    assert_eq!(changed(&|a| a.signature.truncate(8)), not_signed);
    assert_eq!(changed(&|a| a.signature = vec![0; 72]), not_signed);
    // r‖s, as JOSE writes it (RFC 7518 §3.4), is another form.
    assert_eq!(changed(&|a| a.signature = vec![1; 64]), not_signed);
}

#[test]
fn a_point_that_is_not_on_the_curve_is_no_key() {
    assert_eq!(PublicKey::from_bytes([4; 65]).err(), Some(BadKey));
    assert_eq!(PublicKey::from_bytes([0; 65]).err(), Some(BadKey));
}
