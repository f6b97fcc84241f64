//! A performance before a camera → the landmarks that the net finds in each frame.

use nod::landmarks::COUNT;
use nod_protocol::payload::{Track, TrackFrame};

use super::net::{LandmarkNet, Shown};
use super::person::Person;
use super::script::{Moment, Motion, Performance};
use crate::head::camera::Camera;
use crate::head::pose::{Bend, Pose};
use crate::head::space::{Lens, Point3, Turn};
use crate::head::surface::PRINT_BELOW_EYES;
use crate::random::Random;

/// One camera in one room, with the net behind it.
pub(super) struct Scene<'a> {
    pub(super) camera: Camera,
    net: &'a LandmarkNet,
    lens: Lens,
    /// Middle of the eyes at rest.
    home: Point3,
    /// The net's noise against what was measured: cameras and light differ.
    noise: f64,
}

/// Landmarks over time, as found.
#[derive(Clone, Default)]
pub(super) struct Film {
    pub(super) frames: Vec<Shot>,
}

/// One frame of a [`Film`].
#[derive(Clone)]
pub(super) struct Shot {
    /// Since the challenge.
    pub(super) millis: f64,
    /// x and y of each landmark in turn, in pixels.
    pub(super) points: Vec<f32>,
}

/// How a hand follows the instructions with a print of somebody's portrait.
pub(super) struct Hand {
    /// Whether the print is turned as a head would be.
    pub(super) turns: bool,
    /// How far the print is moved aside instead, in eye distances for a whole turn.
    pub(super) moves: f64,
    /// How the print is bent at one moment.
    pub(super) bend: fn(&Hand, &Motion) -> Bend,
    /// Radius in centimetres and axis in degrees, for prints that are bent.
    pub(super) roll: (f64, f64),
}

impl<'a> Scene<'a> {
    /// One of those that people have at home.
    pub(super) fn any(net: &'a LandmarkNet, random: &mut Random) -> Self {
        Self {
            camera: Camera::any(random),
            net,
            lens: Lens {
                focal: random.between(480.0, 640.0),
                ..Lens::WEBCAM
            },
            home: [
                random.between(-0.6, 0.6),
                random.between(-0.9, 0.1),
                random.between(6.5, 10.0),
            ],
            noise: random.between(0.6, 1.4),
        }
    }

    /// The same without any noise of camera and net.
    pub(super) fn without_noise(self) -> Self {
        Self { noise: 0.0, ..self }
    }

    /// A person.
    pub(super) fn person(
        &self,
        person: &Person,
        performance: &Performance,
        random: &mut Random,
    ) -> Film {
        self.film(performance, |moment| {
            let pose = self.of_person(&moment.motion);
            let places = lids(person.places, moment.motion.blink).map(|place| pose.apply(place));
            self.find(&places, &pose, Shown::Head, random)
        })
    }

    /// A print of their portrait in somebody's hand.
    pub(super) fn print(
        &self,
        person: &Person,
        hand: &Hand,
        performance: &Performance,
        random: &mut Random,
    ) -> Film {
        let picture: [[f64; 2]; COUNT] = person.places.map(|[x, y, _]| [x, y - PRINT_BELOW_EYES]);
        self.film(performance, |moment| {
            let (pose, bend) = self.of_print(hand, &moment.motion);
            let places = picture.map(|point| pose.held(bend.apply(point)));
            let shown = if bend.radius.is_finite() {
                Shown::Rolled
            } else {
                Shown::Print
            };
            self.find(&places, &pose, shown, random)
        })
    }

    /// Another camera's film on a screen. The screen is held still, more or less; `millis` are those of this camera.
    pub(super) fn screen(&self, shown: &Film, until: f64, random: &mut Random) -> Film {
        let Some(first) = shown.frames.first() else {
            return Film::default();
        };
        let (centre, unit) = extent(&first.points);
        let tilt = Turn {
            yaw: 6.0 * random.normal(),
            pitch: 6.0 * random.normal(),
            roll: 2.0 * random.normal(),
        };
        let mut frames = Vec::new();
        let mut millis = random.between(5.0, 60.0);
        while millis < until {
            let at = shown.frames.partition_point(|shot| shot.millis <= millis);
            let shot = &shown.frames[at.saturating_sub(1)];
            let mut pose = self.pose(&Motion::default(), tilt);
            pose.place[0] += 0.01 * random.normal();
            pose.place[1] += 0.01 * random.normal();
            let mut places = [[0.0; 3]; COUNT];
            for (place, point) in places.iter_mut().zip(shot.points.chunks_exact(2)) {
                let flat = |i: usize| (f64::from(point[i]) - centre[i]) / unit;
                *place = pose.held([flat(0), flat(1), 0.0]);
            }
            frames.push(Shot {
                millis,
                points: self.find(&places, &pose, Shown::Print, random),
            });
            millis += self.camera.next(random);
        }
        Film { frames }
    }

    /// Where a person's head is at one moment.
    pub(super) fn of_person(&self, motion: &Motion) -> Pose {
        self.pose(motion, motion.turn)
    }

    /// Where a print is at one moment, and how it is bent.
    pub(super) fn of_print(&self, hand: &Hand, motion: &Motion) -> (Pose, Bend) {
        let turn = if hand.turns {
            motion.turn
        } else {
            Turn {
                roll: motion.turn.roll,
                ..Turn::default()
            }
        };
        let mut pose = self.pose(motion, turn);
        pose.place[0] += hand.moves * motion.turn.yaw / 40.0;
        pose.place[1] += hand.moves * motion.turn.pitch / 40.0;
        (pose, (hand.bend)(hand, motion))
    }

    pub(super) fn lens(&self) -> &Lens {
        &self.lens
    }

    /// Where the middle of the eyes is at rest.
    pub(super) fn home(&self) -> Point3 {
        self.home
    }

    fn pose(&self, motion: &Motion, turn: Turn) -> Pose {
        let [x, y, z] = self.home;
        let near = (-motion.nearer).exp();
        Pose {
            turn,
            place: [
                x * near + motion.sway[0],
                y * near + motion.sway[1],
                z * near + motion.sway[2],
            ],
        }
    }

    fn film(&self, performance: &Performance, mut look: impl FnMut(&Moment) -> Vec<f32>) -> Film {
        let frames = performance.moments.iter().map(|moment| Shot {
            millis: moment.millis,
            points: look(moment),
        });
        Film {
            frames: frames.collect(),
        }
    }

    fn find(
        &self,
        places: &[Point3; COUNT],
        pose: &Pose,
        shown: Shown,
        random: &mut Random,
    ) -> Vec<f32> {
        // Nothing comes so near that it reaches behind the camera.
        let points = places.map(|place| self.lens.see(place).unwrap_or_default());
        let unit = self.lens.focal / pose.place[2];
        let turn = (pose.turn.yaw, pose.turn.pitch);
        self.net
            .place(&points, unit, turn, shown, self.noise, random)
    }
}

impl Film {
    /// As the widget seals it.
    pub(super) fn into_track(self, landmark_model: &str) -> Track {
        let frames = self.frames.into_iter().map(|shot| TrackFrame {
            millis: shot.millis.round() as u32,
            face: around(&shot.points),
            points: shot.points,
            quality: 0.6,
        });
        Track {
            landmark_model: landmark_model.to_owned(),
            frames: frames.collect(),
        }
    }

    /// Milliseconds of the last frame.
    pub(super) fn end(&self) -> f64 {
        self.frames.last().map_or(0.0, |shot| shot.millis)
    }
}

/// Lids go down over the eyes; the lower ones hardly move.
fn lids(mut places: [Point3; COUNT], closed: f64) -> [Point3; COUNT] {
    for (upper, lower) in [(37, 41), (38, 40), (43, 47), (44, 46)] {
        let gap = places[lower][1] - places[upper][1];
        places[upper][1] += 0.8 * closed * gap;
    }
    places
}

/// Middle of the landmarks and distance of the eyes, in pixels.
pub(super) fn extent(points: &[f32]) -> ([f64; 2], f64) {
    let mean = |range: std::ops::Range<usize>| {
        let count = range.len() as f64;
        let mut sum = [0.0; 2];
        for at in range {
            sum[0] += f64::from(points[2 * at]) / count;
            sum[1] += f64::from(points[2 * at + 1]) / count;
        }
        sum
    };
    let (left, right) = (mean(36..42), mean(42..48));
    let unit = (right[0] - left[0]).hypot(right[1] - left[1]);
    (mean(0..COUNT), unit.max(1.0))
}

/// Left, top, width and height of a face box, which begins above the brows.
fn around(points: &[f32]) -> [f32; 4] {
    let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
    for point in points.chunks_exact(2) {
        for i in 0..2 {
            low[i] = low[i].min(point[i]);
            high[i] = high[i].max(point[i]);
        }
    }
    let (width, height) = (high[0] - low[0], high[1] - low[1]);
    [low[0], low[1] - 0.2 * height, width, 1.2 * height]
}

#[cfg(test)]
mod tests {
    use super::super::person::Likeness;
    use super::*;

    #[test]
    fn who_comes_closer_is_larger() {
        let net = LandmarkNet::measured("open-1").unwrap();
        let mut random = Random::seeded(4);
        let scene = Scene::any(&net, &mut random);
        let person = Person::any(&net, Likeness::of("open-1", 8), &mut random);
        let moment = |nearer| Moment {
            millis: 0.0,
            motion: Motion {
                nearer,
                ..Motion::default()
            },
        };
        let performance = Performance {
            moments: vec![moment(0.0), moment(1.4f64.ln())],
            keyframes: vec![],
        };
        let film = scene.person(&person, &performance, &mut random);
        let [before, after] = [0, 1].map(|at: usize| extent(&film.frames[at].points).1);
        assert!((after / before - 1.4).abs() < 0.05, "{before} {after}");
    }

    #[test]
    fn a_blink_closes_the_eyes_and_moves_nothing_else() {
        let net = LandmarkNet::measured("open-1").unwrap();
        let open = Person::any(&net, Likeness::of("open-1", 8), &mut Random::seeded(1)).places;
        let shut = lids(open, 1.0);
        assert!(shut[41][1] - shut[37][1] < 0.3 * (open[41][1] - open[37][1]));
        assert_eq!((shut[30], shut[36]), (open[30], open[36]));
    }
}
