//! The payload's CBOR: a map with small integer keys, as in CWT (RFC 8392), then zero padding.
//!
//! ```text
//! payload = { ? 0: claimed_id tstr, ? 1: passcode tstr, 2: [+ capture], ? 3: track, ? 4: device bstr, ? 5: handle bstr }
//!           ; at least one of 0 and 5: a handle beside a claimed ID is to be remembered, one alone stands for it
//! capture = { 0: model_set tstr, 1: fused bstr, 2: [* keyframe bstr], ? 3: [+ crop] }  ; bstr: f32, little-endian
//! crop    = { ? 0: millis uint, 1: side uint, 2: rgb bstr }                ; as many as keyframes; see `crop`
//! track   = { 0: landmark_model tstr, 1: unit float32, 2: points uint, 3: [* frame bstr] }  ; see `track`
//! ```

use minicbor::{Decoder, Encoder, data::Type};
use zeroize::Zeroizing;

use super::crop::{self, read_crop, write_crop};
use super::shortest::is_shortest;
use super::track::{self, read_track, write_track};
use super::{Claim, Embedding, MAX_KEYFRAMES, MAX_SETS, Payload, SetCapture};
use crate::ids::{ClaimedId, DeviceHandle, ModelSetId, Passcode};

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
        let device = self.device.as_ref().map_or(0, Vec::len);
        (embeddings + crops + track + device + 2048).next_multiple_of(PADDING_STEP)
    }
}

fn write_payload(payload: &Payload, e: &mut Encoder<Vec<u8>>) -> Written {
    let (id, handle) = match &payload.claim {
        Claim::Id { id, remember } => (Some(id), remember.as_ref()),
        Claim::Device(handle) => (None, Some(handle)),
    };
    let optional = [
        id.is_some(),
        handle.is_some(),
        payload.passcode.is_some(),
        payload.track.is_some(),
        payload.device.is_some(),
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
    if let Some(device) = &payload.device {
        e.u8(4)?.bytes(device)?;
    }
    if let Some(handle) = handle {
        e.u8(5)?.bytes(handle.expose())?;
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
    let device = if fields.optional(d, 4)? {
        Some(read_bytes(d)?.to_vec())
    } else {
        None
    };
    let handle = match fields.optional(d, 5)? {
        true => Some(DeviceHandle::from_bytes(read_bytes(d)?).map_err(bad)?),
        false => None,
    };
    fields.finish()?;
    let claim = match (id, handle) {
        (Some(id), remember) => Claim::Id { id, remember },
        (None, Some(handle)) => Claim::Device(handle),
        (None, None) => return Err(PayloadError),
    };
    Ok(Payload {
        claim,
        passcode,
        captures,
        track,
        device,
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
pub(crate) mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::super::crop::tests::crop;
    use super::super::{Track, TrackFrame};
    use super::*;

    /// As a site that asks for evidence gets it.
    fn with_crops() -> Payload {
        let mut payload = payload();
        payload.captures[0].crops = vec![crop(Some(40), 5), crop(None, 5)];
        payload
    }

    pub(crate) fn payload() -> Payload {
        let embedding = |seed: f32| {
            Embedding::normalised((0..256).map(|i| (i as f32 * seed).sin()).collect()).unwrap()
        };
        Payload {
            claim: ClaimedId::parse("11010519491231002X").unwrap().into(),
            passcode: Some(Passcode::parse("27182818").unwrap()),
            captures: vec![SetCapture {
                model_set: ModelSetId::parse("open-1").unwrap(),
                fused: embedding(0.7),
                keyframes: vec![embedding(0.71), embedding(0.72)],
                crops: vec![],
            }],
            track: Some(Track {
                landmark_model: "landmarks68-1".into(),
                frames: vec![TrackFrame {
                    millis: 40,
                    face: [1.0, 2.0, 3.0, 4.0],
                    points: vec![0.5; 136],
                    quality: 0.9,
                }],
            }),
            device: None,
        }
    }

    #[test]
    fn goes_there_and_back() {
        let back = Payload::decode(&payload().encode()).unwrap();
        assert!(back.claim.id() == payload().claim.id());
        assert!(back.passcode == payload().passcode);
        assert_eq!(back.captures[0].keyframes.len(), 2);
        assert_eq!(
            back.captures[0].fused.values(),
            payload().captures[0].fused.values()
        );
        assert_eq!(
            back.track.as_ref().map(|t| t.frames[0].points.len()),
            Some(136)
        );
        assert!(back.device.is_none());
    }

    #[test]
    fn a_device_stands_for_an_id_or_is_to_be_remembered_beside_one() {
        let handle = || DeviceHandle::from_bytes(&[7; 32]).unwrap();
        let there_and_back = |claim| {
            let mut sent = payload();
            sent.claim = claim;
            Payload::decode(&sent.encode()).unwrap().claim
        };
        let id = ClaimedId::parse("1234").unwrap();
        let remember = Some(handle());
        match there_and_back(Claim::Id { id, remember }) {
            Claim::Id { id, remember } => {
                assert!(id == ClaimedId::parse("1234").unwrap());
                assert!(remember == Some(handle()));
            }
            Claim::Device(_) => panic!("the ID is lost"),
        }
        let device = there_and_back(Claim::Device(handle()));
        assert!(matches!(device, Claim::Device(same) if same == handle()));
    }

    #[test]
    fn nobody_is_claimed_without_an_id_and_a_device() {
        // { 1: …, 2: …, 3: … }, what is left when the ID is taken out of { 0: "1234", 1: …, 2: …, 3: … }
        let mut sent = payload();
        sent.claim = ClaimedId::parse("1234").unwrap().into();
        let mut bytes = sent.encode().to_vec();
        assert_eq!(bytes[..7], [0xa4, 0, 0x64, b'1', b'2', b'3', b'4']);
        bytes.splice(..7, [0xa3]);
        assert!(Payload::decode(&bytes).is_err());
    }

    #[test]
    fn crops_come_back_beside_their_keyframes() {
        let back = Payload::decode(&with_crops().encode()).unwrap();
        let (crops, sent) = (&back.captures[0].crops, &with_crops().captures[0].crops);
        assert_eq!(crops.len(), sent.len());
        for (crop, sent) in crops.iter().zip(sent) {
            assert_eq!((crop.millis, crop.side), (sent.millis, sent.side));
            assert!(crop.rgb == sent.rgb);
        }
        assert!(back.track.is_some());
        // Without crops nothing is there that says so.
        let none = Payload::decode(&payload().encode()).unwrap();
        assert!(none.captures[0].crops.is_empty());
    }

    #[test]
    fn crops_without_a_keyframe_and_keyframes_without_a_crop_are_refused() {
        let mut fewer = with_crops();
        fewer.captures[0].crops.pop();
        assert!(Payload::decode(&fewer.encode()).is_err());
        let mut more = with_crops();
        more.captures[0].crops.push(crop(None, 5));
        assert!(Payload::decode(&more.encode()).is_err());
        // { 0: "open-1", 1: fused, 2: [], 3: [] }
        let mut empty = payload();
        empty.captures[0].keyframes.clear();
        let bytes = empty.encode();
        let at = bytes.windows(2).position(|w| w == [2, 0x80]).unwrap();
        let mut longer = bytes.to_vec();
        longer.splice(at + 2..at + 2, [3, 0x80]);
        let map = bytes.windows(3).position(|w| w == [0xa3, 0, 0x66]).unwrap();
        longer[map] = 0xa4;
        assert!(Payload::decode(&longer).is_err());
        longer[map] = 0xa3;
        longer.drain(at + 2..at + 4);
        assert!(Payload::decode(&longer).is_ok());
    }

    #[test]
    fn the_size_hides_the_length_of_the_id_and_the_passcode() {
        let mut other = payload();
        other.claim = ClaimedId::parse("1234").unwrap().into();
        other.passcode = None;
        assert_eq!(other.encode().len(), payload().encode().len());
        assert_eq!(other.encode().len() % PADDING_STEP, 0);
    }

    #[test]
    fn encoding_never_outgrows_the_room_made_for_it() {
        for payload in [payload(), with_crops()] {
            assert!(payload.encode().len() <= payload.size_bound());
        }
    }

    #[test]
    fn truncations_are_errors_and_never_panics() {
        let bytes = with_crops().encode();
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        for length in (0..end).step_by(7) {
            assert!(Payload::decode(&bytes[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn flipped_bits_never_panic() {
        let bytes = with_crops().encode();
        for index in 0..bytes.len() {
            let mut flipped = bytes.to_vec();
            flipped[index] ^= 1 << (index % 8);
            let _ = Payload::decode(&flipped);
        }
    }

    #[test]
    fn what_is_not_padding_after_the_map_is_refused() {
        let mut bytes = payload().encode().to_vec();
        *bytes.last_mut().unwrap() = 1;
        assert!(Payload::decode(&bytes).is_err());
    }

    #[test]
    fn another_encoding_of_the_same_payload_is_refused() {
        let bytes = payload().encode().to_vec();
        let bare = 1 + bytes.iter().rposition(|byte| *byte != 0).unwrap();
        // 0x18 0x00 is the key 0 in two bytes, 0xb8 0x04 a map of four: valid CBOR, and not the shortest form.
        for longer in [&[0xa4, 0x18, 0][..], &[0xb8, 4, 0]] {
            let mut other = [longer, &bytes[2..bare]].concat();
            other.resize(bytes.len(), 0);
            assert!(Payload::decode(&other).is_err());
        }
        for length in [bare, bytes.len() - 1, bytes.len() + PADDING_STEP] {
            let mut padded = bytes.clone();
            padded.resize(length, 0);
            assert!(Payload::decode(&padded).is_err(), "{length}");
        }
        assert!(Payload::decode(&bytes).is_ok());
    }

    #[test]
    fn a_payload_without_a_capture_is_refused() {
        let mut empty = payload();
        empty.captures.clear();
        assert!(Payload::decode(&empty.encode()).is_err());
    }

    #[test]
    fn unknown_fields_are_refused() {
        let mut e = Encoder::new(Vec::new());
        e.map(1).unwrap().u8(9).unwrap().str("x").unwrap();
        assert!(Payload::decode(&e.into_writer()).is_err());
    }
}
