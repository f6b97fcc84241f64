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

use minicbor::{Decoder, Encoder};
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
    let frames = track.frames.iter();
    let frames = frames.map(|frame| Numbers::of(frame, unit, points));
    write_numbers(&track.landmark_model, unit, points, frames, e)
}

fn write_numbers(
    landmark_model: &str,
    unit: f64,
    points: usize,
    frames: impl ExactSizeIterator<Item = Numbers>,
    e: &mut Encoder<Vec<u8>>,
) -> Written {
    e.map(4)?.u8(0)?.str(landmark_model)?;
    e.u8(1)?.f32(unit as f32)?;
    e.u8(2)?.u32(points as u32)?;
    e.u8(3)?.array(frames.len() as u64)?;
    let mut before = Numbers::zero(points);
    // Wiped in the end; both have room for a whole frame, so that neither leaves an old copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(5 * (2 * points + 8)));
    let mut moved = Zeroizing::new(Vec::with_capacity(2 * points));
    for numbers in frames {
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
    let unit = f64::from(d.f32().map_err(bad)?);
    fields.required(d, 2)?;
    let points = d.u32().map_err(bad)? as usize;
    if points > MAX_POINTS || !(unit > 0.0 && unit.is_finite()) {
        return Err(PayloadError);
    }
    fields.required(d, 3)?;
    let encoded = read_array(d, MAX_TRACK_FRAMES, read_bytes)?;
    fields.finish()?;

    let mut numbers: Vec<Numbers> = Vec::with_capacity(encoded.len());
    let zero = Numbers::zero(points);
    for bytes in encoded {
        let before = numbers.last().unwrap_or(&zero);
        let next = Numbers::read_after(before, bytes)?;
        numbers.push(next);
    }
    let track = Track {
        landmark_model,
        frames: numbers.iter().map(|n| n.to_frame(unit)).collect(),
    };
    // Written again from the whole numbers: those of the frames' pixels are the same, as a test shows.
    let points = if numbers.is_empty() { 0 } else { points };
    let unit = self::unit(&track);
    let mut again = Encoder::new(Vec::with_capacity(d.position() - began + 64));
    let numbers = numbers.into_iter();
    write_numbers(&track.landmark_model, unit, points, numbers, &mut again).map_err(bad)?;
    let again = Zeroizing::new(again.into_writer());
    let read = d.input().get(began..d.position());
    if read == Some(again.as_slice()) {
        Ok(track)
    } else {
        Err(PayloadError)
    }
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

/// A frame in units.
struct Numbers {
    millis: i64,
    quality: i64,
    face: [i64; 4],
    points: Vec<i64>,
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
            |value: f32| (f64::from(value) / unit).round().clamp(-FARTHEST, FARTHEST) as i64;
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
        let pixels = |number: i64| (number as f64 * unit) as f32;
        TrackFrame {
            millis: self.millis as u32,
            face: self.face.map(pixels),
            points: self.points.iter().copied().map(pixels).collect(),
            quality: self.quality as f32 / 255.0,
        }
    }

    fn write_after(&self, before: &Self, moved: &mut Vec<i64>, out: &mut Vec<u8>) {
        write_signed(out, self.millis - before.millis);
        write_signed(out, self.quality);
        for (number, before) in self.face.iter().zip(before.face) {
            write_signed(out, number - before);
        }
        moved.clear();
        moved.extend(self.points.iter().zip(&before.points).map(|(a, b)| a - b));
        let mean = means(moved);
        mean.iter().for_each(|mean| write_signed(out, *mean));
        let (moved, _) = moved.as_chunks::<2>();
        for place in moved {
            for (number, mean) in place.iter().zip(mean) {
                write_signed(out, number - mean);
            }
        }
    }

    fn read_after(before: &Self, mut bytes: &[u8]) -> Result<Self, PayloadError> {
        let mut next = || read_signed(&mut bytes);
        let mut numbers = Self::zero(before.points.len() / 2);
        numbers.millis = before.millis + next()?;
        numbers.quality = next()?;
        for (number, before) in numbers.face.iter_mut().zip(before.face) {
            *number = before + next()?;
        }
        let mean = [next()?, next()?];
        let places = numbers.points.iter_mut().zip(&before.points);
        for ((number, before), mean) in places.zip(mean.iter().cycle()) {
            *number = before + mean + next()?;
        }
        let places = numbers.face.iter().chain(&numbers.points);
        let is_near = |number: &i64| number.abs() <= FARTHEST as i64;
        let is_valid = bytes.is_empty()
            && u32::try_from(numbers.millis).is_ok()
            && (0..=255).contains(&numbers.quality)
            && places.into_iter().all(is_near);
        is_valid.then_some(numbers).ok_or(PayloadError)
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.face.zeroize();
        self.points.zeroize();
    }
}

/// Of x and of y, rounded; halves upward.
fn means(numbers: &[i64]) -> [i64; 2] {
    let (places, _) = numbers.as_chunks::<2>();
    let mut sums = [0; 2];
    for place in places {
        for (sum, number) in sums.iter_mut().zip(place) {
            *sum += number;
        }
    }
    let count = places.len().max(1) as i64;
    sums.map(|sum| (2 * sum + count).div_euclid(2 * count))
}

fn write_signed(out: &mut Vec<u8>, number: i64) {
    let mut left = ((number << 1) ^ (number >> 63)) as u64;
    while left >= 0x80 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

/// At most four bytes: no difference of two places is longer.
fn read_signed(bytes: &mut &[u8]) -> Result<i64, PayloadError> {
    let mut number = 0_u64;
    for at in 0..5 {
        let (byte, rest) = bytes.split_first().ok_or(PayloadError)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok((number >> 1) as i64 ^ -((number & 1) as i64));
        }
    }
    Err(PayloadError)
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    /// A face of 200 pixels that wanders, its points trembling a little.
    fn track(frames: u32) -> Track {
        let frame = |at: u32| TrackFrame {
            millis: 40 + 97 * at,
            face: [100.0 + 2.0 * at as f32, 50.0, 160.0, 200.0],
            points: (0..136)
                .map(|i| {
                    120.5 + (i * 37 % 150) as f32 + 2.0 * at as f32 + (i * at % 7) as f32 / 9.0
                })
                .collect(),
            quality: 0.7,
        };
        Track {
            landmark_model: "landmarks68 1.1 0.08".into(),
            frames: (0..frames).map(frame).collect(),
        }
    }

    fn written(track: &Track) -> Vec<u8> {
        let mut e = Encoder::new(Vec::new());
        write_track(track, &mut e).unwrap();
        e.into_writer()
    }

    fn read(bytes: &[u8]) -> Result<Track, PayloadError> {
        read_track(&mut Decoder::new(bytes))
    }

    #[test]
    fn numbers_come_back_to_half_a_unit() {
        let track = track(50);
        let back = read(&written(&track)).unwrap();
        assert_eq!(back.landmark_model, track.landmark_model);
        for (a, b) in track.frames.iter().zip(&back.frames) {
            assert_eq!(a.millis, b.millis);
            assert!((a.quality - b.quality).abs() < 0.002);
            let (one, other) = (
                a.face.iter().chain(&a.points),
                b.face.iter().chain(&b.points),
            );
            // 200 pixels ÷ 2,048 ÷ 2.
            assert!(one.zip(other).all(|(x, y)| (x - y).abs() < 0.05));
        }
    }

    #[test]
    fn what_was_read_is_written_the_same_again() {
        let bytes = written(&track(30));
        assert_eq!(written(&read(&bytes).unwrap()), bytes);
    }

    /// Reading writes the whole numbers again that it has read, and not those of the pixels that it makes of them: they
    /// are the same as far out as places may lie, whatever the unit.
    #[test]
    fn pixels_give_the_numbers_that_they_were_made_of() {
        let mut state = 9_u64;
        let mut any = |most: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % (most + 1)
        };
        for face in [1.0_f32, 1.7, 60.3, 128.0, 200.0, 3_333.3, 20_000.0] {
            let unit = f64::from((f64::from(face) / FACE) as f32);
            for at in 0..200 {
                let mut numbers = Numbers::zero(68);
                let far = FARTHEST as u64;
                let place = |drawn: u64| drawn as i64 - far as i64;
                numbers.millis = any(u64::from(u32::MAX)) as i64;
                numbers.quality = any(255) as i64;
                numbers.face = [(); 4].map(|()| place(any(2 * far)));
                let points = numbers.points.iter_mut();
                points.for_each(|point| *point = place(any(2 * far)));
                numbers.points[at % 136] = far as i64;
                let again = Numbers::of(&numbers.to_frame(unit), unit, 68);
                assert_eq!(again.points, numbers.points);
                assert_eq!(
                    (again.millis, again.quality, again.face),
                    (numbers.millis, numbers.quality, numbers.face)
                );
            }
        }
    }

    #[test]
    fn half_a_minute_fits_into_a_sealed_body() {
        let bytes = written(&track(300));
        assert!(bytes.len() < 48 * 1024, "{}", bytes.len());
        assert!(bytes.len() <= size_bound(&track(300)));
    }

    #[test]
    fn odd_numbers_are_written_within_their_bounds() {
        for odd in [f32::NAN, f32::INFINITY, -1e30, 0.0] {
            let mut odd_track = track(3);
            odd_track.frames[0].face = [odd; 4];
            odd_track.frames[1].points = vec![odd; 136];
            odd_track.frames[2].points = vec![odd; 7];
            odd_track.frames[2].quality = odd;
            let bytes = written(&odd_track);
            assert!(bytes.len() <= size_bound(&odd_track) + 3 * 600, "{odd}");
            let back = read(&bytes).unwrap();
            assert!(
                back.frames
                    .iter()
                    .all(|f| f.points.iter().all(|p| p.is_finite()))
            );
        }
        assert!(read(&written(&track(0))).unwrap().frames.is_empty());
    }

    #[test]
    fn longer_forms_and_other_means_are_refused() {
        let bytes = written(&track(2));
        // The first frame's quality, 0.7 × 255 zigzagged, is two bytes; a third that adds nothing is another encoding.
        let at = bytes
            .windows(2)
            .position(|pair| pair == [0xe6, 0x02])
            .unwrap();
        let mut longer = bytes.clone();
        longer[at + 1] |= 0x80;
        longer.insert(at + 2, 0);
        assert!(read(&longer).is_err());
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            if let Ok(track) = read(&flipped) {
                assert_eq!(written(&track), flipped, "{at}");
            }
        }
    }
}
