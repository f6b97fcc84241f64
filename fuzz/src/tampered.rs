//! Three things that are authentic, and changes to them: what was changed is refused, and nothing else is.

use std::sync::OnceLock;

use nod_protocol::{
    answer::{AnswerVerifyingKey, Expected},
    envelope::Envelope,
    key_config::{RootPublicKey, SignedKeyConfig},
    seal::{self, SealKeyPair},
};

use crate::{
    answer::{genuine, verifying_key},
    key_config::{root, signed},
    samples::{ISSUER, NOW, context, header, payload, site},
};

/// Sealed anew in every process: what holds does not depend on the bytes.
struct Genuine {
    key: SealKeyPair,
    body: Vec<u8>,
    verifying: AnswerVerifyingKey,
    token: Vec<u8>,
    root: RootPublicKey,
    config: SignedKeyConfig,
    config_json: Vec<u8>,
}

/// The first byte says which of the three; every four bytes after it are one change: what, where (two bytes), with what.
pub(crate) fn run(data: &[u8]) -> bool {
    let Some((which, edits)) = data.split_first() else {
        return false;
    };
    let genuine = genuine_things();
    match which % 3 {
        0 => {
            let body = edited(&genuine.body, edits);
            let opened = Envelope::decode(&body)
                .ok()
                .and_then(|envelope| seal::open(&genuine.key, &envelope, &context()).ok());
            agree(opened.is_some(), body == genuine.body)
        }
        1 => {
            let token = edited(&genuine.token, edits);
            let expected = Expected {
                issuer: ISSUER,
                audience: &site(),
                now: NOW,
            };
            let verified = std::str::from_utf8(&token)
                .is_ok_and(|token| genuine.verifying.verify(token, &expected).is_ok());
            agree(verified, token == genuine.token)
        }
        _ => {
            // JSON has many forms; what is signed are the values.
            let json = edited(&genuine.config_json, edits);
            let Ok(config) = serde_json::from_slice::<SignedKeyConfig>(&json) else {
                return agree(false, json == genuine.config_json);
            };
            let is_signed = genuine.root.check(&config, NOW).is_ok();
            agree(is_signed, config == genuine.config)
        }
    }
}

fn agree(is_accepted: bool, is_genuine: bool) -> bool {
    assert!(
        is_accepted == is_genuine,
        "accepted: {is_accepted}, genuine: {is_genuine}"
    );
    is_accepted
}

#[expect(
    clippy::expect_used,
    reason = "a machine that fuzzes has random numbers"
)]
fn genuine_things() -> &'static Genuine {
    static GENUINE: OnceLock<Genuine> = OnceLock::new();
    GENUINE.get_or_init(|| {
        let key = SealKeyPair::generate().expect("random numbers");
        let sealed = seal::seal(&key.public_key(), header(), &context(), &payload());
        let config = signed();
        Genuine {
            body: sealed.expect("random numbers").encode(),
            key,
            verifying: verifying_key(),
            token: genuine().into_bytes(),
            root: root().public_key(),
            config_json: serde_json::to_vec(&config).unwrap_or_default(),
            config,
        }
    })
}

fn edited(bytes: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for edit in edits.as_chunks::<4>().0 {
        let [what, high, low, with] = *edit;
        let at = usize::from(u16::from_be_bytes([high, low])) % bytes.len().max(1);
        match what % 6 {
            0 => bytes[at..]
                .iter_mut()
                .take(1)
                .for_each(|byte| *byte ^= with),
            1 => bytes[at..].iter_mut().take(1).for_each(|byte| *byte = with),
            2 => bytes.insert(at, with),
            3 => drop(bytes.drain(at..(at + usize::from(with % 8)).min(bytes.len()))),
            4 => bytes.push(with),
            _ => {
                let copied: Vec<u8> = bytes[at..]
                    .iter()
                    .take(usize::from(with % 8))
                    .copied()
                    .collect();
                bytes.splice(at..at, copied);
            }
        }
    }
    bytes
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for which in 0..3 {
        seeds.push(vec![which]);
        for what in 0..6 {
            seeds.push(vec![which, what, 0, 200, 1]);
            // And back again.
            seeds.push(vec![which, what, 0, 90, 32, what, 0, 90, 32]);
        }
    }
    seeds
}
