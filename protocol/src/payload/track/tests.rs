#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

/// A face of 200 pixels that wanders, its points trembling a little.
fn track(frames: u32) -> Track {
    let frame = |at: u32| TrackFrame {
        millis: 40 + 97 * at,
        face: [100.0 + 2.0 * at as f32, 50.0, 160.0, 200.0],
        points: (0..136)
            .map(|i| 120.5 + (i * 37 % 150) as f32 + 2.0 * at as f32 + (i * at % 7) as f32 / 9.0)
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

/// Reading checks the whole numbers that it has read, and not those of the pixels that it makes of them: they are the
/// same as far out as places may lie, whatever the unit.
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
            let place = |drawn: u64| drawn as i32 - far as i32;
            numbers.millis = any(u64::from(u32::MAX)) as i64;
            numbers.quality = any(255) as i64;
            numbers.face = [(); 4].map(|()| place(any(2 * far)));
            let points = numbers.points.iter_mut();
            points.for_each(|point| *point = place(any(2 * far)));
            numbers.points[at % 136] = far as i32;
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
    for (at, bit) in (0..bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << bit;
        let mut d = Decoder::new(&flipped);
        if let Ok(track) = read_track(&mut d) {
            // A list of fewer frames leaves the others unread.
            assert_eq!(written(&track), flipped[..d.position()], "{at} {bit}");
        }
    }
}

/// CBOR lets a length or number be written with more bytes than it needs, and a float with fewer.
#[test]
fn other_forms_of_the_same_track_are_refused() {
    let bytes = written(&track(2));
    let name = bytes.windows(4).position(|four| four == b"land").unwrap();
    let unit = name + 20;
    assert_eq!(bytes[unit..unit + 2], [1, 0xfa]);
    let points = unit + 6;
    assert_eq!(bytes[points..points + 5], [2, 0x18, 68, 3, 0x82]);
    // What is written, where, and what else would mean the same.
    let others: [(usize, &[u8], &[u8]); 6] = [
        (0, &[0xa4], &[0xb8, 4]),
        (1, &[0], &[0x18, 0]),
        (name - 1, &[0x74], &[0x78, 20]),
        (points + 1, &[0x18, 68], &[0x19, 0, 68]),
        (points + 4, &[0x82], &[0x98, 2]),
        (points + 5, &[0x59], &[0x5a, 0, 0]),
    ];
    for (at, form, other) in others {
        assert!(bytes[at..].starts_with(form), "{at}");
        let rest = &bytes[at + form.len()..];
        assert!(read(&[&bytes[..at], other, rest].concat()).is_err(), "{at}");
    }
    // 0.5 in four bytes and in two: the first is refused for not being the face's unit, the second for its form, and
    // the byte that it saves buys nothing elsewhere.
    let shorter = [&[1, 0xf9, 0x38, 0][..], &[2, 0x1a, 0, 0, 0, 68]].concat();
    let rest = &bytes[points + 3..];
    assert!(read(&[&bytes[..unit], &shorter, rest].concat()).is_err());
}
