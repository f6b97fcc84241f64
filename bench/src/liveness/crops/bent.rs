//! A crop of one face, bent so that its landmarks lie where another face has them: what an attacker can do who knows what
//! is measured, and has an afternoon.

use anyhow::{Context, Result};
use nod_protocol::payload::{EvidenceCrop, TrackFrame};

use super::key::Key;
use crate::head::fit::Plate;

type Place = [f64; 2];

/// The picture's crop with the landmarks of `frame`, as far as a smooth bending does it.
pub(super) fn to_fit(
    picture: &Key,
    frame: &TrackFrame,
    template: &[Place; 5],
) -> Result<EvidenceCrop> {
    let (theirs, ours) = (
        in_crop(&picture.frame, template)?,
        in_crop(frame, template)?,
    );
    let unit = template[1][0] - template[0][0];
    let anchors: Vec<Place> = ours.iter().map(|p| p.map(|v| v / unit)).collect();
    let moves = ours.iter().zip(&theirs);
    let moves = moves.map(|(to, from)| (0..2).map(|i| (from[i] - to[i]) / unit).collect());
    let plate = Plate::through(anchors, moves.collect()).context("landmarks coincide")?;
    let side = usize::from(picture.crop.side);
    let mut rgb = Vec::with_capacity(side * side * 3);
    for index in 0..side * side {
        let (x, y) = ((index % side) as f64, (index / side) as f64);
        let [dx, dy] = plate.at([x / unit, y / unit]);
        rgb.extend(bilinear(&picture.crop, [x + dx * unit, y + dy * unit]));
    }
    Ok(EvidenceCrop {
        millis: picture.crop.millis,
        side: picture.crop.side,
        rgb,
    })
}

/// A frame's landmarks in the crop that is aligned by them.
fn in_crop(frame: &TrackFrame, template: &[Place; 5]) -> Result<Vec<Place>> {
    let points: Vec<Place> = frame
        .points
        .as_chunks::<2>()
        .0
        .iter()
        .map(|p| p.map(f64::from))
        .collect();
    let mean = |range: std::ops::Range<usize>| -> Option<Place> {
        let part = points.get(range)?;
        let n = part.len() as f64;
        Some([0, 1].map(|i| part.iter().map(|p| p[i]).sum::<f64>() / n))
    };
    let five = [36..42, 42..48, 30..31, 48..49, 54..55].map(mean);
    let mut from = [Place::default(); 5];
    for (place, found) in from.iter_mut().zip(five) {
        *place = found.context("too few landmarks")?;
    }
    let [a, b, x, y] = similarity(&from, template).context("the landmarks span no face")?;
    let there = points
        .iter()
        .map(|p| [a * p[0] - b * p[1] + x, b * p[0] + a * p[1] + y]);
    Ok(there.collect())
}

/// As the pipeline aligns (Umeyama 1991): p ↦ (a·x − b·y + x₀, b·x + a·y + y₀).
fn similarity(from: &[Place; 5], to: &[Place; 5]) -> Option<[f64; 4]> {
    let centre =
        |points: &[Place; 5]| [0, 1].map(|i| points.iter().map(|p| p[i]).sum::<f64>() / 5.0);
    let (c, d) = (centre(from), centre(to));
    let (mut dot, mut cross, mut size) = (0.0, 0.0, 0.0);
    for (p, q) in from.iter().zip(to) {
        let (p, q) = ([p[0] - c[0], p[1] - c[1]], [q[0] - d[0], q[1] - d[1]]);
        dot += p[0] * q[0] + p[1] * q[1];
        cross += p[0] * q[1] - p[1] * q[0];
        size += p[0] * p[0] + p[1] * p[1];
    }
    let (a, b) = (dot / size, cross / size);
    let fit = [
        a,
        b,
        d[0] - (a * c[0] - b * c[1]),
        d[1] - (b * c[0] + a * c[1]),
    ];
    fit.iter().all(|value| value.is_finite()).then_some(fit)
}

/// Beyond the edge its pixels go on.
fn bilinear(crop: &EvidenceCrop, [x, y]: Place) -> [u8; 3] {
    let side = usize::from(crop.side);
    let last = (side - 1) as f64;
    let (x, y) = (x.clamp(0.0, last), y.clamp(0.0, last));
    let (left, top) = (x as usize, y as usize);
    let (fx, fy) = (x - left as f64, y - top as f64);
    let value = |x: usize, y: usize, c: usize| {
        let at = (y.min(side - 1) * side + x.min(side - 1)) * 3 + c;
        f64::from(crop.rgb[at])
    };
    std::array::from_fn(|c| {
        let upper = value(left, top, c) * (1.0 - fx) + value(left + 1, top, c) * fx;
        let lower = value(left, top + 1, c) * (1.0 - fx) + value(left + 1, top + 1, c) * fx;
        (upper * (1.0 - fy) + lower * fy).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use nod_protocol::payload::Embedding;

    use super::*;

    /// Landmarks on a grid, of which five are the template's; `bend` moves the others.
    fn frame(bend: f32) -> TrackFrame {
        let mut points: Vec<f32> = (0..68)
            .flat_map(|i| {
                [
                    30.0 + (i % 9) as f32 * 8.0 + bend * (i % 3) as f32,
                    40.0 + (i / 9) as f32 * 9.0,
                ]
            })
            .collect();
        let eyes = [(36..42, [40.0, 59.0]), (42..48, [88.0, 59.0])];
        let others = [
            (30..31, [64.0, 82.0]),
            (48..49, [45.0, 105.0]),
            (54..55, [84.0, 105.0]),
        ];
        for (range, at) in eyes.into_iter().chain(others) {
            let (n, first) = (range.len() as f32, range.start);
            for i in range {
                // Around their mean, so that no two coincide.
                points[2 * i] = at[0] + ((i - first) as f32 - (n - 1.0) / 2.0);
                points[2 * i + 1] = at[1];
            }
        }
        TrackFrame {
            millis: 0,
            face: [0.0; 4],
            points,
            quality: 0.5,
        }
    }

    const TEMPLATE: [Place; 5] = [
        [40.0, 59.0],
        [88.0, 59.0],
        [64.0, 82.0],
        [45.0, 105.0],
        [84.0, 105.0],
    ];

    fn picture() -> Key {
        let side = 128_usize;
        let ramp = |i: usize| [(i % side) as u8, (i / side) as u8, 9];
        Key {
            crop: EvidenceCrop {
                millis: None,
                side: 128,
                rgb: (0..side * side).flat_map(ramp).collect(),
            },
            embedding: Embedding::normalised(vec![1.0; 4]).unwrap(),
            frame: frame(0.0),
        }
    }

    #[test]
    fn the_same_landmarks_bend_nothing_and_others_move_what_is_under_them() {
        let same = to_fit(&picture(), &frame(0.0), &TEMPLATE).unwrap();
        let inner = |crop: &EvidenceCrop, x: usize, y: usize| crop.rgb[(y * 128 + x) * 3];
        for (x, y) in [(64, 82), (30, 40), (90, 100)] {
            assert!(inner(&same, x, y).abs_diff(x as u8) <= 1);
        }
        // Landmark 11 lies 6 pixels farther to the right: so does what was under it.
        let there = frame(3.0);
        let (x, y) = (there.points[22] as usize, there.points[23] as usize);
        let bent = to_fit(&picture(), &there, &TEMPLATE).unwrap();
        let original = picture().frame.points[22];
        assert!((f32::from(inner(&bent, x, y)) - original).abs() < 2.0);
    }
}
