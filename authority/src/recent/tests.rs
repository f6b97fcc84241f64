use super::*;

fn sketcher(key: u8) -> Sketcher {
    Sketcher::new(Zeroizing::new([key; 32]))
}

/// Numbers about −1 to 1 that are the same in every run (xorshift64*).
fn direction(seed: u64, size: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let values: Vec<f32> = (0..size).map(|_| next()).collect();
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    values.iter().map(|value| value / length).collect()
}

/// A direction at this angle from another.
fn turned(from: &[f32], degrees: f32, seed: u64) -> Vec<f32> {
    let aside = direction(seed, from.len());
    let along: f32 = from.iter().zip(&aside).map(|(a, b)| a * b).sum();
    let aside: Vec<f32> = from
        .iter()
        .zip(&aside)
        .map(|(a, b)| b - along * a)
        .collect();
    let length = aside.iter().map(|v| v * v).sum::<f32>().sqrt();
    let (sin, cos) = degrees.to_radians().sin_cos();
    from.iter()
        .zip(&aside)
        .map(|(a, b)| cos * a + sin * b / length)
        .collect()
}

#[test]
fn signs_differ_as_the_angle_says() {
    for size in [8, 256, 512, 1024, 5_000, 16_384] {
        for degrees in [0.5_f32, 2.0, 10.0, 45.0, 90.0, 135.0] {
            let mut sum = 0;
            for seed in 1..=6 {
                let one = direction(seed, size);
                let other = turned(&one, degrees, 100 + seed);
                let sketcher = sketcher(seed as u8);
                let [one, other] = [&one, &other].map(|v| sketcher.sketch(v).unwrap());
                sum += one.differs_in(&other);
            }
            let expected = 6.0 * SIGNS as f32 * degrees / 180.0;
            // Five deviations of a binomial.
            let part = degrees / 180.0;
            let play = 5.0 * (6.0 * SIGNS as f32 * part * (1.0 - part)).sqrt();
            let off = (sum as f32 - expected).abs();
            assert!(off < play, "{size} {degrees}: {sum} for {expected}");
        }
    }
}

#[test]
fn length_does_not_matter_and_what_has_no_direction_has_no_sketch() {
    let values = direction(3, 512);
    let longer: Vec<f32> = values.iter().map(|v| 40.0 * v).collect();
    let sketcher = sketcher(1);
    let of = |values: &[f32]| sketcher.sketch(values);
    assert_eq!(of(&values).unwrap().differs_in(&of(&longer).unwrap()), 0);
    assert!(of(&[0.0; 512]).is_none() && of(&[]).is_none());
    assert!(of(&[1.0, f32::NAN]).is_none() && of(&[f32::INFINITY]).is_none());
    assert!(of(&vec![1.0; LONGEST + 1]).is_none());
}

#[test]
fn with_another_key_one_vector_has_another_sketch() {
    let values = direction(3, 512);
    let [one, other] = [1, 2].map(|key| sketcher(key).sketch(&values).unwrap());
    // As two random ones: 1,024 with a deviation of 23.
    assert!(one.differs_in(&other).abs_diff(1024) < 140);
    let again = sketcher(1).sketch(&values).unwrap();
    assert_eq!(one.differs_in(&again), 0);
}

#[test]
fn digests_are_read_as_they_were_written_and_nothing_else_is() {
    let mut count = 0;
    let random = || {
        count += 1;
        Ok::<_, ()>([count; BYTES])
    };
    let digest = CaptureDigest::of_nothing(8, random).unwrap();
    let bytes = digest.to_bytes();
    assert_eq!(bytes.len(), 1 + 11 * BYTES);
    let again = CaptureDigest::from_bytes(&bytes).unwrap();
    assert!(again.movement == digest.movement && again.embeddings == digest.embeddings);
    let wrong = [2];
    for broken in [
        &bytes[..bytes.len() - 1],
        &bytes[..1 + 3 * BYTES],
        &bytes[..1],
        &[],
        &[wrong.as_slice(), &bytes[1..]].concat(),
        &[&bytes[..], &[0; 61 * BYTES]].concat(),
    ] {
        assert!(CaptureDigest::from_bytes(broken).is_none());
    }
}

/// The sketch as its definition says, one step after the other. Sketches lie in databases: whatever makes them faster must
/// give the same bits.
fn by_definition(key: u8, values: &[f32]) -> Vec<u8> {
    let size = values.len().next_power_of_two().max(SIGNS);
    let mut signs = vec![0; ROUNDS * size / 8];
    let info = [b"nod sketch v1 ".as_slice(), &(size as u64).to_be_bytes()].concat();
    let hkdf = Hkdf::<Sha256>::new(None, &[key; 32]);
    hkdf.expand(&info, &mut signs).unwrap();
    let mut turned = vec![0.0; size];
    turned[..values.len()].copy_from_slice(values);
    for signs in signs.chunks_exact(size / 8) {
        for at in (0..size).filter(|at| signs[at / 8] >> (at % 8) & 1 == 1) {
            turned[at] = -turned[at];
        }
        let mut half = 1;
        while half < size {
            for low in (0..size).filter(|at| at & half == 0) {
                let (a, b) = (turned[low], turned[low + half]);
                (turned[low], turned[low + half]) = (a + b, a - b);
            }
            half *= 2;
        }
    }
    let bit = |at: usize| u8::from(turned[at] < 0.0) << (at % 8);
    let bytes = (0..BYTES).map(|byte| (8 * byte..8 * byte + 8).map(bit).sum());
    bytes.collect()
}

#[test]
fn sketches_are_those_of_the_definition_to_the_last_bit() {
    let sketcher = sketcher(5);
    for size in [1, 7, 192, 256, 2_048, 2_049, 5_376, 14_112, 16_384] {
        for seed in [1, 2] {
            let values = direction(seed, size);
            let sketch = sketcher.sketch(&values).unwrap();
            let bytes: Vec<u8> = sketch.to_bytes().collect();
            assert_eq!(bytes, by_definition(5, &values), "{size}");
        }
    }
}

#[test]
fn differing_signs_are_counted_one_by_one() {
    let [one, other] = [1, 2].map(|seed| sketcher(1).sketch(&direction(seed, 256)).unwrap());
    let counted = (0..SIGNS).filter(|at| (one.0[at / 64] ^ other.0[at / 64]) >> (at % 64) & 1 == 1);
    assert_eq!(one.differs_in(&other) as usize, counted.count());
    assert_eq!(one.differs_in(&one), 0);
}
