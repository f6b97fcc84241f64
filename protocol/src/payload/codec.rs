//! The payload's CBOR: a map with small integer keys, as in CWT (RFC 8392), then zero padding.
//!
//! ```text
//! payload = { ? 0: claimed_id tstr, ? 1: passcode tstr, 2: [+ capture], ? 3: track, ? 4: assertion, ? 5: handle bstr,
//!             ? 6: claim_handle bstr }
//!           ; at least one of 0 and 5: a handle beside a claimed ID is to be remembered, one alone stands for it; or 6 alone
//! capture = { 0: model_set tstr, 1: fused bstr, 2: [* keyframe bstr], ? 3: [+ crop] }  ; bstr: f32, little-endian
//! crop    = { ? 0: millis uint, 1: side uint, 2: rgb bstr }                ; as many as keyframes; see `crop`
//! assertion = four byte strings; see `assertion`
//! track   = { 0: landmark_model tstr, 1: unit float32, 2: points uint, 3: [* frame bstr] }  ; see `track`
//! ```

use minicbor::{Decoder, Encoder, data::Type};
use zeroize::Zeroizing;

use super::assertion::{self, read_assertion, write_assertion};
use super::crop::{self, read_crop, write_crop};
use super::shortest::is_shortest;
use super::track::{self, read_track, write_track};
use super::{Claim, Embedding, MAX_KEYFRAMES, MAX_SETS, Payload, SetCapture};
use crate::ids::{ClaimHandle, ClaimedId, DeviceHandle, ModelSetId, Passcode};

/// Sealed bodies come in steps of this many bytes: a relay that sees sizes cannot tell the length of
/// an ID or whether a passcode is there.
const PADDING_STEP: usize = 1024;

/// The opened bytes are not a payload. Says nothing about their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the opened body is not a valid payload")]
pub struct PayloadError;

pub(crate) type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

impl Payload {
    /// CBOR, padded with zeros to a multiple of 1,024 bytes.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Room for all of it up front: a growing Vec would leave unwiped copies behind.
        let mut e = Encoder::new(Vec::with_capacity(self.size_bound()));
        let written = write_payload(self, &mut e);
        // Writing to a Vec has no error to give; the type says so (Infallible).
        debug_assert!(written.is_ok());
        let mut bytes = Zeroizing::new(e.into_writer());
        let padded = bytes.len().next_multiple_of(PADDING_STEP);
        bytes.resize(padded, 0);
        bytes
    }

    /// Reads what [`Payload::encode`] writes, and nothing else.
    pub fn decode(bytes: &[u8]) -> Result<Self, PayloadError> {
        let mut d = Decoder::new(bytes);
        let payload = read_payload(&mut d)?;
        let (map, padding) = bytes.split_at_checked(d.position()).ok_or(PayloadError)?;
        let is_padded = bytes.len() == map.len().next_multiple_of(PADDING_STEP);
        // Encoding it again would show the same, and take longer than all the reading.
        if is_padded && padding.iter().all(|byte| *byte == 0) && is_shortest(map) {
            Ok(payload)
        } else {
            Err(PayloadError)
        }
    }

    fn size_bound(&self) -> usize {
        let embeddings: usize = self
            .captures
            .iter()
            .flat_map(|c| c.keyframes.iter().chain([&c.fused]))
            .map(|e| e.values().len() * 4 + 8)
            .sum();
        let crops = self.captures.iter().flat_map(|c| &c.crops);
        let crops: usize = crops.map(crop::size_bound).sum();
        let track = self.track.as_ref().map_or(0, track::size_bound);
        let assertion = self.assertion.as_ref();
        let assertion = assertion.map_or(0, assertion::size_bound);
        (embeddings + crops + track + assertion + 2048).next_multiple_of(PADDING_STEP)
    }
}

fn write_payload(payload: &Payload, e: &mut Encoder<Vec<u8>>) -> Written {
    let (id, handle, shown) = match &payload.claim {
        Claim::Id { id, remember } => (Some(id), remember.as_ref(), None),
        Claim::Device(handle) => (None, Some(handle), None),
        Claim::Handle(shown) => (None, None, Some(shown)),
    };
    let optional = [
        id.is_some(),
        handle.is_some(),
        shown.is_some(),
        payload.passcode.is_some(),
        payload.track.is_some(),
        payload.assertion.is_some(),
    ];
    e.map(1 + optional.iter().filter(|is_there| **is_there).count() as u64)?;
    if let Some(id) = id {
        e.u8(0)?.str(id.expose())?;
    }
    if let Some(passcode) = &payload.passcode {
        e.u8(1)?.str(passcode.expose())?;
    }
    e.u8(2)?.array(payload.captures.len() as u64)?;
    for capture in &payload.captures {
        let has_crops = !capture.crops.is_empty();
        e.map(3 + u64::from(has_crops))?;
        e.u8(0)?.str(capture.model_set.as_str())?;
        e.u8(1)?.bytes(&capture.fused.to_bytes())?;
        e.u8(2)?.array(capture.keyframes.len() as u64)?;
        for keyframe in &capture.keyframes {
            e.bytes(&keyframe.to_bytes())?;
        }
        if has_crops {
            e.u8(3)?.array(capture.crops.len() as u64)?;
            for crop in &capture.crops {
                write_crop(crop, e)?;
            }
        }
    }
    if let Some(track) = &payload.track {
        e.u8(3)?;
        write_track(track, e)?;
    }
    if let Some(assertion) = &payload.assertion {
        e.u8(4)?;
        write_assertion(assertion, e)?;
    }
    if let Some(handle) = handle {
        e.u8(5)?.bytes(handle.expose())?;
    }
    if let Some(shown) = shown {
        e.u8(6)?.bytes(shown.expose())?;
    }
    Ok(())
}

fn read_payload(d: &mut Decoder<'_>) -> Result<Payload, PayloadError> {
    let mut fields = Fields::of_map(d)?;
    let id = match fields.optional(d, 0)? {
        true => Some(ClaimedId::parse(d.str().map_err(bad)?).map_err(bad)?),
        false => None,
    };
    let passcode = match fields.optional(d, 1)? {
        true => Some(Passcode::parse(d.str().map_err(bad)?).map_err(bad)?),
        false => None,
    };
    fields.required(d, 2)?;
    let captures = read_array(d, MAX_SETS, read_capture)?;
    if captures.is_empty() {
        return Err(PayloadError);
    }
    let track = if fields.optional(d, 3)? {
        Some(read_track(d)?)
    } else {
        None
    };
    let assertion = if fields.optional(d, 4)? {
        Some(read_assertion(d)?)
    } else {
        None
    };
    let handle = match fields.optional(d, 5)? {
        true => Some(DeviceHandle::from_bytes(read_bytes(d)?).map_err(bad)?),
        false => None,
    };
    let shown = match fields.optional(d, 6)? {
        true => Some(ClaimHandle::from_bytes(read_bytes(d)?).map_err(bad)?),
        false => None,
    };
    fields.finish()?;
    let claim = match (id, handle, shown) {
        (Some(id), remember, None) => Claim::Id { id, remember },
        (None, Some(handle), None) => Claim::Device(handle),
        (None, None, Some(shown)) => Claim::Handle(shown),
        _ => return Err(PayloadError),
    };
    Ok(Payload {
        claim,
        passcode,
        captures,
        track,
        assertion,
    })
}

fn read_capture(d: &mut Decoder<'_>) -> Result<SetCapture, PayloadError> {
    let mut fields = Fields::of_map(d)?;
    fields.required(d, 0)?;
    let model_set = ModelSetId::parse(d.str().map_err(bad)?).map_err(bad)?;
    fields.required(d, 1)?;
    let fused = read_embedding(d)?;
    fields.required(d, 2)?;
    let keyframes = read_array(d, MAX_KEYFRAMES, read_embedding)?;
    let crops = if fields.optional(d, 3)? {
        let crops = read_array(d, keyframes.len(), read_crop)?;
        // An empty list would be a second way of saying that there is none.
        if crops.is_empty() || crops.len() != keyframes.len() {
            return Err(PayloadError);
        }
        crops
    } else {
        Vec::new()
    };
    fields.finish()?;
    Ok(SetCapture {
        model_set,
        fused,
        keyframes,
        crops,
    })
}

pub(crate) fn read_embedding(d: &mut Decoder<'_>) -> Result<Embedding, PayloadError> {
    Embedding::from_bytes(read_bytes(d)?).map_err(bad)
}

pub(crate) fn read_bytes<'b>(d: &mut Decoder<'b>) -> Result<&'b [u8], PayloadError> {
    match d.datatype() {
        Ok(Type::Bytes) => d.bytes().map_err(bad),
        _ => Err(PayloadError),
    }
}

pub(crate) fn read_array<'b, T>(
    d: &mut Decoder<'b>,
    max: usize,
    read: fn(&mut Decoder<'b>) -> Result<T, PayloadError>,
) -> Result<Vec<T>, PayloadError> {
    match d.array().map_err(bad)? {
        Some(length) if length <= max as u64 => (0..length).map(|_| read(d)).collect(),
        _ => Err(PayloadError),
    }
}

pub(crate) fn bad<E>(_: E) -> PayloadError {
    PayloadError
}

/// Walks a definite-length map whose integer keys must come in ascending order.
pub(crate) struct Fields {
    left: u64,
}

impl Fields {
    pub(crate) fn of_map(d: &mut Decoder<'_>) -> Result<Self, PayloadError> {
        Ok(Self {
            left: d.map().map_err(bad)?.ok_or(PayloadError)?,
        })
    }

    pub(crate) fn required(&mut self, d: &mut Decoder<'_>, key: u8) -> Result<(), PayloadError> {
        if self.optional(d, key)? {
            Ok(())
        } else {
            Err(PayloadError)
        }
    }

    pub(crate) fn optional(&mut self, d: &mut Decoder<'_>, key: u8) -> Result<bool, PayloadError> {
        if self.left == 0 || d.probe().u8().map_err(bad)? != key {
            return Ok(false);
        }
        d.u8().map_err(bad)?;
        self.left -= 1;
        Ok(true)
    }

    pub(crate) fn finish(self) -> Result<(), PayloadError> {
        if self.left == 0 {
            Ok(())
        } else {
            Err(PayloadError)
        }
    }
}

#[cfg(test)]
#[path = "codec/tests.rs"]
pub(crate) mod tests;
