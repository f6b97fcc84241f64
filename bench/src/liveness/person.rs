//! People who do not exist: a face's shape, and an identity for the embeddings.

use anyhow::Result;
use nod::embed::fuse;
use nod::landmarks::COUNT;
use nod_load::face::Face;
pub(super) use nod_load::face::Likeness;
use nod_protocol::payload::{BadEmbedding, Embedding};

use super::net::LandmarkNet;
use crate::head::space::Point3;
use crate::random::Random;

/// Somebody.
pub(super) struct Person {
    /// The 68 landmarks; origin between the eyes, unit their distance.
    pub(super) places: [Point3; COUNT],
    face: Face,
}

/// Standard deviations of width, height and depth of adults' faces, as parts of their means (Farkas, "Anthropometry of the
/// head and face", 1994: bizygomatic breadth, nasion to gnathion, tragion to nasion; rounded).
const PROPORTIONS: Point3 = [0.04, 0.055, 0.05];
/// Bumps for the parts of a face: how many, how high (a nose's protrusion deviates by 2 mm) and how wide, in eye distances.
const BUMPS: usize = 6;
const HIGH: f64 = 0.03;
const WIDE: f64 = 0.5;

impl Person {
    /// One of the rendered people's faces, stretched and bent at random: proportions vary by the stated deviations, and
    /// smooth bumps, the same on both sides of the face, move its parts by some millimetres.
    pub(super) fn any(net: &LandmarkNet, likeness: Likeness, random: &mut Random) -> Self {
        let base = &net.heads[random.below(net.heads.len())];
        let stretch = PROPORTIONS.map(|part| 1.0 + part * random.normal());
        let bumps: Vec<(Point3, Point3)> = (0..BUMPS)
            .map(|_| {
                let at = &base[random.below(COUNT)];
                let by = [0.0; 3].map(|_: f64| HIGH * random.normal());
                ([at[0].abs(), at[1], at[2]], by)
            })
            .collect();
        let bent = |point: &Point3| {
            let mut moved: Point3 = std::array::from_fn(|i| point[i] * stretch[i]);
            for (at, by) in &bumps {
                let squared = (point[0].abs() - at[0]).powi(2) + (point[1] - at[1]).powi(2);
                let share = (-squared / (2.0 * WIDE * WIDE)).exp();
                moved[0] += share * by[0] * point[0].clamp(-1.0, 1.0);
                moved[1] += share * by[1];
                moved[2] += share * by[2];
            }
            moved
        };
        Self::with(std::array::from_fn(|i| bent(&base[i])), likeness, random)
    }

    /// Somebody with this face.
    pub(super) fn with(places: [Point3; COUNT], likeness: Likeness, random: &mut Random) -> Self {
        Self {
            places,
            face: Face::any(likeness, random),
        }
    }

    /// Embeddings of so many frames.
    pub(super) fn embeddings(
        &self,
        count: usize,
        random: &mut Random,
    ) -> Result<Vec<Embedding>, BadEmbedding> {
        (0..count).map(|_| self.embedding(random)).collect()
    }

    /// The embedding of one frame.
    pub(super) fn embedding(&self, random: &mut Random) -> Result<Embedding, BadEmbedding> {
        self.face.look(random)
    }
}

/// What the widget seals for one model set: all keyframes, and what they are together.
pub(super) fn fused(keyframes: &[Embedding]) -> Result<Embedding, BadEmbedding> {
    fuse(keyframes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_one_person_are_alike_and_of_two_are_not() {
        let net = LandmarkNet::measured("open-1").unwrap();
        let mut random = Random::seeded(8);
        let (one, two) = (
            Person::any(&net, Likeness::of("open-1", 256), &mut random),
            Person::any(&net, Likeness::of("open-1", 256), &mut random),
        );
        for _ in 0..50 {
            let mut draw = |person: &Person| person.embedding(&mut random).unwrap();
            assert!(draw(&one).cosine(&draw(&one)).unwrap() > 0.75);
            assert!(draw(&one).cosine(&draw(&two)).unwrap() < 0.45);
        }
    }

    #[test]
    fn faces_differ_and_stay_faces() {
        let net = LandmarkNet::measured("open-1").unwrap();
        let mut random = Random::seeded(9);
        for _ in 0..100 {
            let places = Person::any(&net, Likeness::of("open-1", 4), &mut random).places;
            assert!(
                places[8][1] > 0.9 && places[30][2] < -0.15,
                "{:?}",
                places[30]
            );
            assert!(places[0][0] < -0.6 && places[16][0] > 0.6);
        }
    }
}
