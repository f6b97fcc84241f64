//! Tracks of heads that follow a challenge, kept in a file: made by `nod-bench` beforehand, sealed by the load generator
//! in any session whose challenge asks for their order.
//!
//! ```text
//! file        = performance*
//! performance = number of movements (1 byte), movements (1 byte each), length (4 bytes, little-endian), payload
//! ```
//!
//! The track lies in an encoded [`Payload`], because that is the one form that it has outside a program's memory; claimed
//! ID and embeddings in it stand for nothing.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use nod_protocol::challenge::Movement;
use nod_protocol::ids::{ClaimedId, ModelSetId};
use nod_protocol::payload::{Embedding, Payload, SetCapture, Track, TrackFrame};

/// What a person does before the camera.
pub struct Performance {
    /// In this order.
    pub order: Vec<Movement>,
    /// The landmarks of it.
    pub track: Track,
}

const MOVEMENTS: [Movement; 5] = [
    Movement::TurnLeft,
    Movement::TurnRight,
    Movement::LookUp,
    Movement::LookDown,
    Movement::ComeCloser,
];

impl Performance {
    /// Milliseconds from the challenge to the last frame.
    #[must_use]
    pub fn millis(&self) -> u32 {
        self.track.frames.last().map_or(0, |frame| frame.millis)
    }

    /// The track once more, for another body.
    #[must_use]
    pub fn track(&self) -> Track {
        let frames = self.track.frames.iter().map(|frame| TrackFrame {
            millis: frame.millis,
            face: frame.face,
            points: frame.points.clone(),
            quality: frame.quality,
        });
        Track {
            landmark_model: self.track.landmark_model.clone(),
            frames: frames.collect(),
        }
    }
}

/// Writes the file.
///
/// # Errors
/// When it cannot be written.
pub fn write(file: &Path, performances: Vec<Performance>) -> Result<()> {
    let mut bytes = Vec::new();
    for performance in performances {
        let place = |movement| MOVEMENTS.iter().position(|known| known == movement);
        let order = performance.order.iter().filter_map(place);
        let order: Vec<u8> = order.map(|place| place as u8).collect();
        let payload = around(performance.track)?.encode();
        bytes.push(u8::try_from(order.len())?);
        bytes.extend_from_slice(&order);
        bytes.extend_from_slice(&u32::try_from(payload.len())?.to_le_bytes());
        bytes.extend_from_slice(&payload);
    }
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

/// Reads the file.
///
/// # Errors
/// When it cannot be read, or is none of [`write`]'s.
pub fn read(file: &Path) -> Result<Vec<Performance>> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut rest = bytes.as_slice();
    let mut performances = Vec::new();
    while !rest.is_empty() {
        performances.push(next(&mut rest).context("a broken file of performances")?);
    }
    ensure!(!performances.is_empty(), "no performances in the file");
    Ok(performances)
}

fn next(rest: &mut &[u8]) -> Option<Performance> {
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at_checked(count)?;
        *rest = left;
        Some(taken)
    };
    let count = usize::from(*take(1)?.first()?);
    let order = take(count)?.iter();
    let order = order
        .map(|at| MOVEMENTS.get(usize::from(*at)).copied())
        .collect::<Option<_>>()?;
    let length = u32::from_le_bytes(take(4)?.try_into().ok()?);
    let payload = Payload::decode(take(length as usize)?).ok()?;
    Some(Performance {
        order,
        track: payload.track?,
    })
}

fn around(track: Track) -> Result<Payload> {
    Ok(Payload {
        claim: ClaimedId::parse("0000")?.into(),
        passcode: None,
        captures: vec![SetCapture {
            model_set: ModelSetId::parse("none")?,
            fused: Embedding::normalised(vec![1.0])?,
            keyframes: vec![],
            crops: vec![],
        }],
        track: Some(track),
        assertion: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_a_broken_file_is_not() {
        let frame = |at: u32| TrackFrame {
            millis: 100 * at,
            face: [100.0, 50.0, 160.0, 200.0],
            points: (0..136)
                .map(|i| 120.0 + i as f32 + at as f32 / 3.0)
                .collect(),
            quality: 0.6,
        };
        let made = |order: &[Movement]| Performance {
            order: order.to_vec(),
            track: Track {
                landmark_model: "landmarks68 1.1 0.08".into(),
                frames: (0..30).map(frame).collect(),
            },
        };
        let orders = [&MOVEMENTS[..4], &MOVEMENTS[..]];
        let file = std::env::temp_dir().join(format!("nod-performances-{}", std::process::id()));
        write(&file, orders.map(made).into()).unwrap();
        let read_again = read(&file).unwrap();
        for (performance, order) in read_again.iter().zip(orders) {
            assert_eq!(performance.order, order);
            assert_eq!(performance.millis(), 2_900);
            assert_eq!(performance.track().frames.len(), 30);
        }
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..whole.len() - 1]).unwrap();
        assert!(read(&file).is_err());
        fs::remove_file(&file).unwrap();
    }
}
