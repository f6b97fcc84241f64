//! `application/ohttp-keys` (RFC 9458 §3): the gateway's keys for any client of Oblivious HTTP. Nod's own widget takes them
//! from `/v1/keys`, where the root has signed them.

use super::{AEAD, KDF, KEM, key_id};
use crate::seal::SealPublicKey;

/// Configurations that a list may have.
const MAX_KEYS: usize = 16;

/// One key of a list that this code can use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GatewayKey {
    /// Named by requests.
    pub id: u8,
    /// The key to seal to.
    pub public_key: SealPublicKey,
}

/// Not a valid list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid list of gateway keys")]
pub struct KeysError;

/// Each configuration after its length (§3.2).
pub fn encode_keys(keys: &[SealPublicKey]) -> Vec<u8> {
    let mut out = Vec::new();
    for key in keys {
        let mut config = vec![key_id(key)];
        config.extend(KEM.to_be_bytes());
        config.extend(key.as_bytes());
        // One pair of algorithms: four bytes.
        config.extend(4_u16.to_be_bytes());
        config.extend(KDF.to_be_bytes());
        config.extend(AEAD.to_be_bytes());
        out.extend(
            u16::try_from(config.len())
                .unwrap_or(u16::MAX)
                .to_be_bytes(),
        );
        out.extend(config);
    }
    out
}

/// The keys of a list that this code can use; configurations for other suites are passed over, as §3.2 asks.
pub fn decode_keys(mut list: &[u8]) -> Result<Vec<GatewayKey>, KeysError> {
    let mut keys = Vec::new();
    let mut configs = 0;
    while !list.is_empty() {
        configs += 1;
        if configs > MAX_KEYS {
            return Err(KeysError);
        }
        let length = usize::from(number(&mut list)?);
        let (config, rest) = list.split_at_checked(length).ok_or(KeysError)?;
        list = rest;
        keys.extend(decode_config(config)?);
    }
    Ok(keys)
}

fn decode_config(mut config: &[u8]) -> Result<Option<GatewayKey>, KeysError> {
    let (id, rest) = config.split_first().ok_or(KeysError)?;
    config = rest;
    if number(&mut config)? != KEM {
        // How long its key is nobody here knows.
        return Ok(None);
    }
    let (point, mut rest) = config.split_first_chunk::<65>().ok_or(KeysError)?;
    let length = usize::from(number(&mut rest)?);
    if length != rest.len() || length == 0 || length % 4 != 0 {
        return Err(KeysError);
    }
    let public_key = SealPublicKey::from_bytes(point).map_err(|_| KeysError)?;
    let [[k0, k1], [a0, a1]] = [KDF, AEAD].map(u16::to_be_bytes);
    let has_ours = rest.chunks_exact(4).any(|pair| pair == [k0, k1, a0, a1]);
    Ok(has_ours.then_some(GatewayKey {
        id: *id,
        public_key,
    }))
}

fn number(bytes: &mut &[u8]) -> Result<u16, KeysError> {
    let (number, rest) = bytes.split_first_chunk::<2>().ok_or(KeysError)?;
    *bytes = rest;
    Ok(u16::from_be_bytes(*number))
}
