//! Does the head move too much for a sharp, still picture?

use nod_protocol::codes::Code;

use crate::detect::FivePoints;
use crate::geometry::Point;

/// Speed is measured over at least this time: over less, what the detector trembles would count.
const BASE_MILLIS: u64 = 100;
/// After a longer gap nothing is known about how the head got where it is.
const GAP_MILLIS: u64 = 1000;
/// Eye distances in a second. A camera that exposes for a thirtieth smears a face by a twentieth of the eye distance
/// then: two pixels of the crop that is embedded.
const LIMIT: f32 = 1.5;
/// While the hint is shown, the head must be slower than this.
const CALM: f32 = 1.2;

/// The speed of a head, from the places of its eyes over time.
#[derive(Default)]
pub struct Motion {
    anchor: Option<(u64, Point)>,
    speed: f32,
}

impl Motion {
    /// Takes note of a frame, taken at `at` (milliseconds, any origin). Says [`Code::HintMoving`] while the eyes
    /// move by more than 1.5 eye distances in a second; `shown` is the hint that the resident sees.
    pub fn observe(&mut self, at: u64, points: &FivePoints, shown: Option<Code>) -> Option<Code> {
        let [left, right, ..] = points;
        let eyes = left.midpoint(*right);
        match self.anchor {
            Some((since, place)) if (BASE_MILLIS..=GAP_MILLIS).contains(&at.abs_diff(since)) => {
                let seconds = at.abs_diff(since) as f32 / 1000.0;
                self.speed = eyes.distance(place) / left.distance(*right) / seconds;
                self.anchor = Some((at, eyes));
            }
            Some((since, _)) if at.abs_diff(since) < BASE_MILLIS => {}
            _ => {
                self.speed = 0.0;
                self.anchor = Some((at, eyes));
            }
        }
        let limit = if shown == Some(Code::HintMoving) {
            CALM
        } else {
            LIMIT
        };
        (self.speed > limit).then_some(Code::HintMoving)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eyes 100 pixels apart, moved to the right.
    fn at(x: f32) -> FivePoints {
        [0.0, 100.0, 50.0, 20.0, 80.0].map(|p| Point::new(x + p, 0.0))
    }

    fn moving(speed: f32, every: u64, shown: Option<Code>) -> bool {
        let mut motion = Motion::default();
        let places = (0..20).map(|i| (i * every, speed * 100.0 * (i * every) as f32 / 1000.0));
        places
            .map(|(when, x)| motion.observe(when, &at(x), shown))
            .last()
            .flatten()
            .is_some()
    }

    #[test]
    fn the_speed_counts_and_not_the_frame_rate() {
        for every in [16, 33, 125, 500] {
            assert!(!moving(1.3, every, None), "{every}");
            assert!(moving(1.7, every, None), "{every}");
            assert!(moving(1.3, every, Some(Code::HintMoving)), "{every}");
        }
    }

    #[test]
    fn trembling_points_are_not_a_moving_head() {
        let mut motion = Motion::default();
        for i in 0..60 {
            let x = if i % 2 == 0 { 0.0 } else { 5.0 };
            assert!(motion.observe(i * 33, &at(x), None).is_none());
        }
    }

    #[test]
    fn after_a_gap_a_head_may_be_anywhere() {
        let mut motion = Motion::default();
        motion.observe(0, &at(0.0), None);
        assert!(motion.observe(5000, &at(900.0), None).is_none());
        assert!(motion.observe(5200, &at(0.0), None).is_some());
    }
}
