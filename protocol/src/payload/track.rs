//! The track's encoding: fixed-point numbers, each frame against the one before it.
//!
//! A head moves little in a tenth of a second and its landmarks move together, so most numbers are small: about 150 bytes a
//! frame with 68 points instead of 570, which lets half a minute fit into a sealed body.
//!
//! ```text
//! track = { 0: landmark_model tstr, 1: unit float32, 2: points uint, 3: [* frame bstr] }
//! frame = millis, quality, 4 × face, mean x, mean y, points × (x, y)      ; each a variable-length integer
//! ```
//!
//! `unit` is the length of 1 in pixels: the first frame's face box (its longer side) is 2,048 long. All but `quality`
//! (0 to 255) are differences from the frame before, the first frame's from 0; the points' from their mean difference.
//! Signed numbers are zigzagged, all are LEB128 (as in DWARF and Protocol Buffers), shortest form only.

use minicbor::{Decoder, Encoder, data::Type};
use zeroize::Zeroizing;

use super::codec::{Fields, PayloadError, Written, bad, read_array, read_bytes};
use super::{MAX_TRACK_FRAMES, Track, TrackFrame};

/// Room for 200 landmarks; the models in use have 68.
const MAX_POINTS: usize = 200;
/// The face box's length in units.
const FACE: f64 = 2048.0;
/// Pixels; no camera's face is longer.
const LONGEST_FACE: f32 = 20_000.0;
/// Where there is no first face: a sixteenth of a pixel.
const SPARE_UNIT: f64 = 1.0 / 16.0;
/// Places lie within this many units of the corner: some 500 face lengths.
const FARTHEST: f64 = (1 << 20) as f64;

/// Bytes that a track takes at most.
pub(super) fn size_bound(track: &Track) -> usize {
    let numbers = |frame: &TrackFrame| frame.points.len() + 8;
    let frames = track.frames.iter().map(|frame| 4 * numbers(frame) + 8);
    frames.sum::<usize>() + 128
}

pub(super) fn write_track(track: &Track, e: &mut Encoder<Vec<u8>>) -> Written {
    let unit = unit(track);
    let points = track.frames.first().map_or(0, |f| f.points.len() / 2);
    e.map(4)?.u8(0)?.str(&track.landmark_model)?;
    e.u8(1)?.f32(unit as f32)?;
    e.u8(2)?.u32(points as u32)?;
    e.u8(3)?.array(track.frames.len() as u64)?;
    let mut before = Numbers::zero(points);
    // Wiped in the end; both have room for a whole frame, so that neither leaves an old copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(5 * (2 * points + 8)));
    let mut moved = Zeroizing::new(Vec::with_capacity(2 * points));
    for frame in &track.frames {
        let numbers = Numbers::of(frame, unit, points);
        bytes.clear();
        numbers.write_after(&before, &mut moved, &mut bytes);
        e.bytes(&bytes)?;
        before = numbers;
    }
    Ok(())
}

/// Reads [`write_track`] and nothing else: what would be written again differently is refused.
pub(super) fn read_track(d: &mut Decoder<'_>) -> Result<Track, PayloadError> {
    let began = d.position();
    let mut fields = Fields::of_map(d)?;
    fields.required(d, 0)?;
    let landmark_model = d.str().map_err(bad)?;
    if landmark_model.len() > 64 {
        return Err(PayloadError);
    }
    let landmark_model = landmark_model.to_owned();
    fields.required(d, 1)?;
    if !matches!(d.datatype(), Ok(Type::F32)) {
        return Err(PayloadError);
    }
    let written_unit = d.f32().map_err(bad)?;
    let unit = f64::from(written_unit);
    fields.required(d, 2)?;
    let points = d.u32().map_err(bad)? as usize;
    if points > MAX_POINTS || !(unit > 0.0 && unit.is_finite()) {
        return Err(PayloadError);
    }
    fields.required(d, 3)?;
    let encoded = read_array(d, MAX_TRACK_FRAMES, read_bytes)?;
    fields.finish()?;
    let length = shortest_length(&landmark_model, points, &encoded);

    let mut numbers = Numbers::zero(points);
    let mut frames = Vec::with_capacity(encoded.len());
    for bytes in encoded {
        numbers.read_next(bytes)?;
        frames.push(numbers.to_frame(unit));
    }
    let track = Track {
        landmark_model,
        frames,
    };
    let is_as_written = d.position() - began == length
        && self::unit(&track) as f32 == written_unit
        && (points == 0 || !track.frames.is_empty());
    is_as_written.then_some(track).ok_or(PayloadError)
}

/// Bytes of such a track. CBOR has longer forms for lengths and numbers and none that are shorter, so a track of as many
/// bytes is in the form that is written.
fn shortest_length(landmark_model: &str, points: usize, frames: &[&[u8]]) -> usize {
    // RFC 8949 §3: the argument follows the first byte from 24 on.
    let head = |argument: usize| match argument {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        _ => 5,
    };
    let frames = frames.iter().map(|bytes| head(bytes.len()) + bytes.len());
    let keys_and_unit = 1 + 4 + 5;
    keys_and_unit
        + (head(landmark_model.len()) + landmark_model.len())
        + head(points)
        + (head(frames.len()) + frames.sum::<usize>())
}

/// Pixels.
fn unit(track: &Track) -> f64 {
    let face = track.frames.first().map(|frame| frame.face);
    let longer = face.map_or(0.0, |[_, _, width, height]| width.max(height));
    // NaN is in no range.
    if (1.0..=LONGEST_FACE).contains(&longer) {
        f64::from((f64::from(longer) / FACE) as f32)
    } else {
        SPARE_UNIT
    }
}

/// A frame in units. Places are within [`FARTHEST`].
struct Numbers {
    millis: i64,
    quality: i64,
    face: [i32; 4],
    points: Vec<i32>,
}

impl Numbers {
    fn zero(points: usize) -> Self {
        Self {
            millis: 0,
            quality: 0,
            face: [0; 4],
            points: vec![0; 2 * points],
        }
    }

    /// Of a frame with another number of points, the missing ones are 0 and those too many are left out: nothing that a
    /// landmark net makes.
    fn of(frame: &TrackFrame, unit: f64, points: usize) -> Self {
        // A cast takes NaN to 0.
        let fixed =
            |value: f32| (f64::from(value) / unit).round().clamp(-FARTHEST, FARTHEST) as i32;
        let mut numbers = Self::zero(points);
        numbers.millis = i64::from(frame.millis);
        numbers.quality = (frame.quality.clamp(0.0, 1.0) * 255.0).round() as i64;
        numbers.face = frame.face.map(fixed);
        for (number, value) in numbers.points.iter_mut().zip(&frame.points) {
            *number = fixed(*value);
        }
        numbers
    }

    fn to_frame(&self, unit: f64) -> TrackFrame {
        let pixels = |number: i32| (f64::from(number) * unit) as f32;
        TrackFrame {
            millis: self.millis as u32,
            face: self.face.map(pixels),
            points: self.points.iter().copied().map(pixels).collect(),
            quality: self.quality as f32 / 255.0,
        }
    }

    fn write_after(&self, before: &Self, moved: &mut Vec<i64>, out: &mut Vec<u8>) {
        let difference = |(a, b): (&i32, &i32)| i64::from(*a) - i64::from(*b);
        write_signed(out, self.millis - before.millis);
        write_signed(out, self.quality);
        for pair in self.face.iter().zip(&before.face) {
            write_signed(out, difference(pair));
        }
        moved.clear();
        moved.extend(self.points.iter().zip(&before.points).map(difference));
        let (moved, _) = moved.as_chunks::<2>();
        let sums = moved.iter().fold([0; 2], |sums, place| {
            [sums[0] + place[0], sums[1] + place[1]]
        });
        let mean = sums.map(|sum| mean(sum, moved.len()));
        mean.iter().for_each(|mean| write_signed(out, *mean));
        for place in moved {
            for (number, mean) in place.iter().zip(mean) {
                write_signed(out, number - mean);
            }
        }
    }

    /// From the frame before to the next one. After an error the numbers mean nothing.
    fn read_next(&mut self, mut bytes: &[u8]) -> Result<(), PayloadError> {
        let mut next = || read_signed(&mut bytes);
        let mut is_near = true;
        let mut place = |before: i32, difference: i64| {
            // None of it overflows: what is read has 35 bits at most.
            let place = i64::from(before) + difference;
            is_near &= place.abs() <= FARTHEST as i64;
            place as i32
        };
        self.millis += next()?;
        self.quality = next()?;
        for number in &mut self.face {
            *number = place(*number, next()?);
        }
        let written_mean = [next()?, next()?];
        let (places, _) = self.points.as_chunks_mut::<2>();
        let count = places.len();
        let mut sums = written_mean.map(|mean| mean * count as i64);
        for [x, y] in places {
            let off = [next()?, next()?];
            sums = [sums[0] + off[0], sums[1] + off[1]];
            *x = place(*x, written_mean[0] + off[0]);
            *y = place(*y, written_mean[1] + off[1]);
        }
        let is_valid = is_near
            && bytes.is_empty()
            && u32::try_from(self.millis).is_ok()
            && (0..=255).contains(&self.quality)
            && sums.map(|sum| mean(sum, count)) == written_mean;
        is_valid.then_some(()).ok_or(PayloadError)
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.face.zeroize();
        self.points.zeroize();
    }
}

/// Of so many numbers with this sum, rounded; halves upward. 0 of none.
fn mean(sum: i64, count: usize) -> i64 {
    let count = count.max(1) as i64;
    (2 * sum + count).div_euclid(2 * count)
}

fn write_signed(out: &mut Vec<u8>, number: i64) {
    let mut left = ((number << 1) ^ (number >> 63)) as u64;
    while left >= 0x80 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

/// Shortest form only, and at most five bytes: no difference of two places is longer.
fn read_signed(bytes: &mut &[u8]) -> Result<i64, PayloadError> {
    let (first, rest) = bytes.split_first().ok_or(PayloadError)?;
    let mut number = u64::from(*first);
    *bytes = rest;
    // Most numbers are that small.
    if number >= 0x80 {
        number = read_longer(number & 0x7f, bytes)?;
    }
    Ok((number >> 1) as i64 ^ -((number & 1) as i64))
}

fn read_longer(mut number: u64, bytes: &mut &[u8]) -> Result<u64, PayloadError> {
    for at in 1..5 {
        let (byte, rest) = bytes.split_first().ok_or(PayloadError)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            // A last byte of zeros adds nothing: a longer form of the same number.
            return if *byte == 0 {
                Err(PayloadError)
            } else {
                Ok(number)
            };
        }
    }
    Err(PayloadError)
}

#[cfg(test)]
#[path = "track/tests.rs"]
mod tests;
