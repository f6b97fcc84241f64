//! A browser and an authenticator for tests, in memory: no test of this crate has a device. They do what §5.1.3, §5.1.4.1 and §6.3 ask
//! of them, and whatever else a test says. A real browser's are in `tests/e2e/device-key.test.mjs`.

use base64ct::{Base64UrlUnpadded, Encoding};
use minicbor::Encoder;
use nod_protocol::payload::Assertion;
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// User present, user verified.
pub(crate) const UP_UV: u8 = 0b101;
/// Attested credential data are there.
const AT: u8 = 1 << 6;

/// A device key.
pub(crate) struct SoftKey {
    key: SigningKey,
    pub(crate) id: Vec<u8>,
    pub(crate) rp_id: String,
    pub(crate) flags: u8,
    pub(crate) counter: u32,
}

impl SoftKey {
    pub(crate) fn new(seed: u8, rp_id: &str) -> Self {
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            id: vec![seed; 32],
            rp_id: rp_id.to_owned(),
            flags: UP_UV,
            counter: 0,
        }
    }

    /// The uncompressed point.
    pub(crate) fn public(&self) -> [u8; 65] {
        let point = self.key.verifying_key().to_sec1_point(false);
        point.as_bytes().try_into().unwrap()
    }

    /// As it stands in authenticator data.
    pub(crate) fn cose(&self) -> Vec<u8> {
        let point = self.public();
        let mut e = Encoder::new(Vec::new());
        e.map(5).unwrap();
        e.i8(1).unwrap().i8(2).unwrap();
        e.i8(3).unwrap().i8(-7).unwrap();
        e.i8(-1).unwrap().i8(1).unwrap();
        e.i8(-2).unwrap().bytes(&point[1..33]).unwrap();
        e.i8(-3).unwrap().bytes(&point[33..]).unwrap();
        e.into_writer()
    }

    pub(crate) fn authenticator_data(&self) -> Vec<u8> {
        let mut data = Sha256::digest(&self.rp_id).to_vec();
        data.push(self.flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    pub(crate) fn attested_data(&self) -> Vec<u8> {
        let mut data = self.authenticator_data();
        data[32] |= AT;
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.cose());
        data
    }

    pub(crate) fn attestation(&self) -> Vec<u8> {
        attestation_object(&self.attested_data())
    }

    /// Signs client data.
    pub(crate) fn assertion(&self, client_data: &Value) -> Assertion {
        let client_data = client_data.to_string().into_bytes();
        let authenticator_data = self.authenticator_data();
        let signed = [&authenticator_data[..], &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        Assertion {
            credential: self.id.clone(),
            authenticator_data,
            client_data,
            signature: signature.to_der().as_bytes().to_vec(),
        }
    }
}

/// Attestation "none".
pub(crate) fn attestation_object(authenticator_data: &[u8]) -> Vec<u8> {
    let mut e = Encoder::new(Vec::new());
    e.map(3).unwrap();
    e.str("fmt").unwrap().str("none").unwrap();
    e.str("attStmt").unwrap().map(0).unwrap();
    e.str("authData")
        .unwrap()
        .bytes(authenticator_data)
        .unwrap();
    e.into_writer()
}

pub(crate) fn created(challenge: &[u8], origin: &str) -> Value {
    client_data("webauthn.create", challenge, origin)
}

pub(crate) fn got(challenge: &[u8], origin: &str) -> Value {
    client_data("webauthn.get", challenge, origin)
}

fn client_data(kind: &str, challenge: &[u8], origin: &str) -> Value {
    let challenge = Base64UrlUnpadded::encode_string(challenge);
    json!({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
}
