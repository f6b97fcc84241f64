//! A sealed track → frames that can be measured: 68 finite points each, in the order of time.

use nod_protocol::{
    parallax::{Face, LANDMARKS, NoFace},
    payload::Track,
};

/// Fewer frames than this cannot hold four movements.
const FEWEST: usize = 40;

/// A track that can be measured.
pub(super) struct Timeline {
    pub(super) frames: Vec<Frame>,
}

/// One moment.
pub(super) struct Frame {
    /// Milliseconds since the widget received the challenge.
    pub(super) millis: u32,
    pub(super) points: Face,
}

/// Why a track cannot be measured at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Too few frames.
    Short,
    /// Not 68 points, or numbers that are no places in a picture.
    Points,
    /// Time stands still or runs backwards.
    Time,
    /// Points that span no face.
    NoFace,
}

impl From<NoFace> for Unreadable {
    fn from(_: NoFace) -> Self {
        Self::NoFace
    }
}

impl Timeline {
    pub(super) fn of(track: &Track) -> Result<Self, Unreadable> {
        if track.frames.len() < FEWEST {
            return Err(Unreadable::Short);
        }
        let mut frames = Vec::with_capacity(track.frames.len());
        for frame in &track.frames {
            frames.push(Frame {
                millis: frame.millis,
                points: points(&frame.points).ok_or(Unreadable::Points)?,
            });
        }
        if !frames.is_sorted_by(|a, b| a.millis < b.millis) {
            return Err(Unreadable::Time);
        }
        Ok(Self { frames })
    }

    /// Milliseconds between neighbours.
    pub(super) fn intervals(&self) -> Vec<u32> {
        let pairs = self.frames.windows(2);
        pairs.map(|pair| pair[1].millis - pair[0].millis).collect()
    }
}

/// Places within any camera's picture, a face reaching out of it included.
fn points(values: &[f32]) -> Option<Face> {
    const FARTHEST: f32 = 20_000.0;
    if values.len() != 2 * LANDMARKS || !values.iter().all(|v| v.abs() <= FARTHEST) {
        // NaN is not within any limit.
        return None;
    }
    let mut points = [[0.0; 2]; LANDMARKS];
    for (point, xy) in points.iter_mut().zip(values.chunks_exact(2)) {
        *point = [f64::from(xy[0]), f64::from(xy[1])];
    }
    Some(points)
}

impl Drop for Frame {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.points.as_flattened_mut().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use nod_protocol::payload::TrackFrame;

    use super::*;

    fn track(frames: usize) -> Track {
        let frame = |at: usize| TrackFrame {
            millis: 100 * at as u32,
            face: [0.0, 0.0, 100.0, 100.0],
            points: vec![1.0; 136],
            quality: 0.5,
        };
        Track {
            landmark_model: "landmarks68".into(),
            frames: (0..frames).map(frame).collect(),
        }
    }

    fn reason(change: impl FnOnce(&mut Track)) -> Option<Unreadable> {
        let mut track = track(60);
        change(&mut track);
        Timeline::of(&track).err()
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        assert_eq!(reason(|_| {}), None);
        assert_eq!(reason(|t| t.frames.truncate(39)), Some(Unreadable::Short));
        for value in [f32::NAN, f32::INFINITY, -1e6] {
            let found = reason(|t| t.frames[7].points[3] = value);
            assert_eq!(found, Some(Unreadable::Points));
        }
        let short = reason(|t| t.frames[7].points.truncate(134));
        assert_eq!(short, Some(Unreadable::Points));
        for millis in [100 * 6, 100 * 9, 0] {
            let found = reason(|t| t.frames[7].millis = millis);
            assert_eq!(found, Some(Unreadable::Time), "{millis}");
        }
    }
}
