//! The track: what is sealed of every frame.

use nod_protocol::payload::{Track, TrackFrame};

use crate::detect::Face;
use crate::landmarks::Landmarks;

/// Milliseconds between two frames of the track at least: ten a second say what a head does.
const SPACING_MILLIS: u64 = 90;
/// More frames than this would not fit into a sealed body.
const MOST: usize = 300;

/// Records frames from the moment the challenge came.
pub struct Recorder {
    landmark_model: String,
    began: Option<u64>,
    last: Option<u64>,
    frames: Vec<TrackFrame>,
}

/// The track is as long as it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Recorder {
    /// `landmark_model` names the net and the crop it looks at.
    pub fn new(landmark_model: String) -> Self {
        Self {
            landmark_model,
            began: None,
            last: None,
            frames: Vec::new(),
        }
    }

    /// Records a frame, taken at `at` (milliseconds, any origin), unless it follows the last one too closely. Returns its
    /// [`TrackFrame::millis`], if it is in the track.
    pub fn record(
        &mut self,
        at: u64,
        face: &Face,
        landmarks: &Landmarks,
        quality: f32,
    ) -> Result<Option<u32>, Full> {
        let began = *self.began.get_or_insert(at);
        if self
            .last
            .is_some_and(|last| at < last.saturating_add(SPACING_MILLIS))
        {
            return Ok(None);
        }
        if self.frames.len() >= MOST {
            return Err(Full);
        }
        self.last = Some(at);
        let bounds = &face.bounds;
        let millis = u32::try_from(at.saturating_sub(began)).unwrap_or(u32::MAX);
        self.frames.push(TrackFrame {
            millis,
            face: [bounds.x, bounds.y, bounds.width, bounds.height],
            points: landmarks.points().iter().flat_map(|p| [p.x, p.y]).collect(),
            quality,
        });
        Ok(Some(millis))
    }

    /// Milliseconds from the last recorded frame to `at`; 0 before the first one.
    pub fn gap(&self, at: u64) -> u64 {
        match (self.frames.last(), self.last) {
            (Some(_), Some(last)) => at.saturating_sub(last),
            _ => 0,
        }
    }

    /// Forgets the frames so far; time goes on.
    pub fn begin_again(&mut self) {
        self.frames.clear();
    }

    /// The track.
    pub fn into_track(self) -> Track {
        Track {
            landmark_model: self.landmark_model,
            frames: self.frames,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Point, Rect};
    use crate::landmarks::COUNT;

    fn record(recorder: &mut Recorder, at: u64) -> Result<Option<u32>, Full> {
        let face = Face {
            bounds: Rect {
                x: 1.0,
                y: 2.0,
                width: 30.0,
                height: 40.0,
            },
            score: 0.9,
            points: None,
        };
        let landmarks = Landmarks::from([Point::new(5.0, 6.0); COUNT]);
        recorder.record(at, &face, &landmarks, 0.5)
    }

    #[test]
    fn time_begins_with_the_first_frame_and_goes_on_when_beginning_again() {
        let mut recorder = Recorder::new("net".into());
        for at in [7_000, 7_050, 7_100, 7_200] {
            record(&mut recorder, at).unwrap();
        }
        recorder.begin_again();
        let recorded = [7_250, 7_300, 7_290, 7_400].map(|at| record(&mut recorder, at).unwrap());
        assert_eq!(recorded, [None, Some(300), None, Some(400)]);
        let track = recorder.into_track();
        let millis: Vec<u32> = track.frames.iter().map(|frame| frame.millis).collect();
        assert_eq!(millis, [300, 400], "at least 90 ms apart");
        assert_eq!(track.frames[0].points.len(), 2 * COUNT);
        assert_eq!(track.frames[0].face, [1.0, 2.0, 30.0, 40.0]);
    }

    #[test]
    fn a_track_has_an_end() {
        let mut recorder = Recorder::new("net".into());
        for at in 0..MOST as u64 {
            record(&mut recorder, 100 * at).unwrap();
        }
        assert_eq!(record(&mut recorder, 1_000_000), Err(Full));
        assert_eq!(recorder.into_track().frames.len(), MOST);
    }
}
