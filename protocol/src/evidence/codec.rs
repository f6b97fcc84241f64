//! Messages ↔ bytes.

use minicbor::{Decoder, Encoder};
use zeroize::Zeroizing;

use super::{
    EvidenceMeasures, EvidenceReply, EvidenceRequest, Item, MAX_MESSAGE, Received, ReceivedFrame,
    ReceivedItem, Refusal,
};
use crate::{
    ids::ModelSetId,
    payload::{
        MAX_KEYFRAMES,
        codec::{Fields, PayloadError, Written, bad, read_array, read_bytes, read_embedding},
        crop::{self, read_crop, write_crop},
    },
};

/// A length in front of a message.
const LENGTH: usize = 4;
/// As in a track.
const MAX_POINTS: usize = 200;
/// Numbers of a face box.
const FACE: usize = 4;
const MAX_NAME: usize = 64;

/// Not a message of this exchange, or too long for one. Says nothing about its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a message about evidence")]
pub struct BadMessage;

impl From<PayloadError> for BadMessage {
    fn from(_: PayloadError) -> Self {
        Self
    }
}

/// How many bytes follow the first four of a message: 1 to [`MAX_MESSAGE`].
pub fn body_length(first: [u8; LENGTH]) -> Result<usize, BadMessage> {
    let length = u32::from_be_bytes(first) as usize;
    if (1..=MAX_MESSAGE).contains(&length) {
        Ok(length)
    } else {
        Err(BadMessage)
    }
}

impl EvidenceRequest<'_> {
    /// The message with its length in front.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, BadMessage> {
        message(self.size_bound(), |e| write_request(self, e))
    }

    fn size_bound(&self) -> usize {
        let bytes = |item: &Item<'_>| {
            let frame = item.frame.map_or(0, |frame| FACE + frame.points.len());
            let numbers = item.keyframe.values().len() + frame;
            crop::size_bound(item.crop) + 4 * numbers + 32
        };
        256 + self.items.iter().map(bytes).sum::<usize>()
    }
}

impl Received {
    /// Reads what [`EvidenceRequest::encode`] writes after the length.
    pub fn decode(body: &[u8]) -> Result<Self, BadMessage> {
        let mut d = Decoder::new(body);
        let mut fields = Fields::of_map(&mut d)?;
        fields.required(&mut d, 0)?;
        let model_set = ModelSetId::parse(d.str().map_err(bad)?).map_err(bad)?;
        let landmark_model = if fields.optional(&mut d, 1)? {
            Some(read_name(&mut d)?)
        } else {
            None
        };
        fields.required(&mut d, 2)?;
        let items = read_array(&mut d, MAX_KEYFRAMES, read_item)?;
        fields.finish()?;
        if items.is_empty() || d.position() != body.len() {
            return Err(BadMessage);
        }
        Ok(Self {
            model_set,
            landmark_model,
            items,
        })
    }
}

/// The message with its length in front.
pub fn encode_reply(reply: &EvidenceReply) -> Result<Zeroizing<Vec<u8>>, BadMessage> {
    message(64, |e| write_reply(reply, e))
}

/// Reads what [`encode_reply`] writes after the length.
pub fn decode_reply(body: &[u8]) -> Result<EvidenceReply, BadMessage> {
    let mut d = Decoder::new(body);
    let mut fields = Fields::of_map(&mut d)?;
    let reply = if fields.optional(&mut d, 0)? {
        let least_cosine = read_finite(&mut d)?;
        let largest_residual = if fields.optional(&mut d, 1)? {
            Some(read_finite(&mut d)?)
        } else {
            None
        };
        Ok(EvidenceMeasures {
            least_cosine,
            largest_residual,
        })
    } else {
        fields.required(&mut d, 2)?;
        let number = d.u8().map_err(bad)?;
        let refusal = Refusal::ALL.into_iter().find(|r| *r as u8 == number);
        Err(refusal.ok_or(BadMessage)?)
    };
    fields.finish()?;
    if d.position() != body.len() {
        return Err(BadMessage);
    }
    Ok(reply)
}

fn message(
    room: usize,
    write: impl FnOnce(&mut Encoder<Vec<u8>>) -> Written,
) -> Result<Zeroizing<Vec<u8>>, BadMessage> {
    // Room for all of it up front: a growing Vec would leave unwiped copies behind.
    let mut bytes = Vec::with_capacity(LENGTH + room);
    bytes.extend_from_slice(&[0; LENGTH]);
    // An encoder appends to its Vec.
    let mut e = Encoder::new(bytes);
    let written = write(&mut e);
    let mut bytes = Zeroizing::new(e.into_writer());
    let length = bytes.len() - LENGTH;
    if written.is_err() || length > MAX_MESSAGE {
        return Err(BadMessage);
    }
    if let Some(first) = bytes.first_chunk_mut::<LENGTH>() {
        *first = (length as u32).to_be_bytes();
    }
    Ok(bytes)
}

fn write_request(request: &EvidenceRequest<'_>, e: &mut Encoder<Vec<u8>>) -> Written {
    e.map(2 + u64::from(request.landmark_model.is_some()))?;
    e.u8(0)?.str(request.model_set.as_str())?;
    if let Some(name) = request.landmark_model {
        e.u8(1)?.str(name)?;
    }
    e.u8(2)?.array(request.items.len() as u64)?;
    for item in &request.items {
        e.map(2 + u64::from(item.frame.is_some()))?.u8(0)?;
        write_crop(item.crop, e)?;
        e.u8(1)?.bytes(&item.keyframe.to_bytes())?;
        if let Some(frame) = item.frame {
            let mut bytes = Zeroizing::new(Vec::with_capacity(4 * (FACE + frame.points.len())));
            for number in frame.face.iter().chain(&frame.points) {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            e.u8(2)?.bytes(&bytes)?;
        }
    }
    Ok(())
}

fn read_item(d: &mut Decoder<'_>) -> Result<ReceivedItem, PayloadError> {
    let mut fields = Fields::of_map(d)?;
    fields.required(d, 0)?;
    let crop = read_crop(d)?;
    fields.required(d, 1)?;
    let keyframe = read_embedding(d)?;
    let frame = if fields.optional(d, 2)? {
        Some(read_frame(d)?)
    } else {
        None
    };
    fields.finish()?;
    Ok(ReceivedItem {
        crop,
        keyframe,
        frame,
    })
}

fn read_frame(d: &mut Decoder<'_>) -> Result<ReceivedFrame, PayloadError> {
    let (chunks, rest) = read_bytes(d)?.as_chunks::<4>();
    let (face, points) = chunks.split_first_chunk::<FACE>().ok_or(PayloadError)?;
    if !rest.is_empty() || points.len() > 2 * MAX_POINTS {
        return Err(PayloadError);
    }
    let frame = ReceivedFrame {
        face: face.map(f32::from_le_bytes),
        points: points.iter().map(|b| f32::from_le_bytes(*b)).collect(),
    };
    let mut numbers = frame.face.iter().chain(&frame.points);
    if numbers.all(|number| number.is_finite()) {
        Ok(frame)
    } else {
        Err(PayloadError)
    }
}

fn read_name(d: &mut Decoder<'_>) -> Result<String, PayloadError> {
    let name = d.str().map_err(bad)?;
    if name.len() > MAX_NAME {
        return Err(PayloadError);
    }
    Ok(name.to_owned())
}

fn write_reply(reply: &EvidenceReply, e: &mut Encoder<Vec<u8>>) -> Written {
    match reply {
        Ok(measures) => {
            e.map(1 + u64::from(measures.largest_residual.is_some()))?;
            e.u8(0)?.f32(measures.least_cosine)?;
            if let Some(residual) = measures.largest_residual {
                e.u8(1)?.f32(residual)?;
            }
        }
        Err(refusal) => {
            e.map(1)?.u8(2)?.u8(*refusal as u8)?;
        }
    }
    Ok(())
}

fn read_finite(d: &mut Decoder<'_>) -> Result<f32, PayloadError> {
    let number = d.f32().map_err(bad)?;
    number.is_finite().then_some(number).ok_or(PayloadError)
}

#[cfg(test)]
mod tests;
