//! How the deployed landmark net sees points in space: projected, with the errors that were measured of it.

use anyhow::{Context, Result, ensure};
use nod::landmarks::COUNT;
use serde::{Deserialize, Serialize};

use crate::head::space::Point3;
use crate::random::Random;

/// Behind the detector of each model set, because where the detector puts its box decides what the net is shown.
const MEASURED: [(&str, &str); 2] = [
    (
        "open-1",
        include_str!("../../data/landmark_net.open-1.json"),
    ),
    (
        "everywhere-1",
        include_str!("../../data/landmark_net.everywhere-1.json"),
    ),
];

/// Numbers for each landmark, x and y in turn.
const VALUES: usize = 2 * COUNT;

/// What was measured on rendered frames (`cargo xtask bench landmarks`); lengths in eye distances as they would be seen
/// from the front.
#[derive(Serialize, Deserialize)]
pub(crate) struct LandmarkNet {
    /// The landmarks of the rendered people in space.
    pub(crate) heads: Vec<Vec<Point3>>,
    /// How far the net errs on turned heads: rows for each of [`terms`].
    pub(crate) head: Vec<Vec<f32>>,
    /// The same for turned flat prints.
    pub(crate) print: Vec<Vec<f32>>,
    /// The same for prints rolled like a can.
    pub(crate) rolled: Vec<Vec<f32>>,
    /// What is left, in single frames. Noise with the same covariance is their sum with normal weights.
    pub(crate) noise: Vec<Vec<f32>>,
}

/// What is before the camera, as far as the net errs differently on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Head,
    Print,
    Rolled,
}

/// What a turn's errors are made of. Angles in degrees; beyond what was measured they stay.
pub(crate) fn terms(yaw: f64, pitch: f64) -> [f64; 5] {
    let y = yaw.clamp(-45.0, 45.0).to_radians().sin();
    let p = pitch.clamp(-35.0, 35.0).to_radians().sin();
    [y, p, y * y, p * p, y * p]
}

impl LandmarkNet {
    /// As measured behind the detector of this model set.
    ///
    /// # Errors
    /// When there is no measurement for it, or `bench/data` is not what it was.
    pub(crate) fn measured(set: &str) -> Result<Self> {
        let (_, json) = MEASURED
            .iter()
            .find(|(measured, _)| *measured == set)
            .with_context(|| format!("no landmark net was measured for {set}"))?;
        let net: Self =
            serde_json::from_str(json).with_context(|| format!("landmarks of {set}"))?;
        let whole = |rows: &[Vec<f32>]| rows.iter().all(|row| row.len() == VALUES);
        ensure!(
            net.heads.iter().all(|head| head.len() == COUNT)
                && !net.heads.is_empty()
                && net.head.len() == terms(0.0, 0.0).len()
                && net.print.len() == net.head.len()
                && net.rolled.len() == net.head.len()
                && !net.noise.is_empty()
                && [&net.head, &net.print, &net.rolled, &net.noise]
                    .iter()
                    .all(|rows| whole(rows)),
            "{set} was measured with other numbers of landmarks"
        );
        Ok(net)
    }

    /// What the net makes of landmarks that are at these pixels, `unit` pixels an eye distance, of something turned by
    /// `yaw` and `pitch` degrees. `noise` 1 is as measured.
    pub(crate) fn place(
        &self,
        points: &[[f64; 2]; COUNT],
        unit: f64,
        (yaw, pitch): (f64, f64),
        shown: Shown,
        noise: f64,
        random: &mut Random,
    ) -> Vec<f32> {
        let table = match shown {
            Shown::Head => &self.head,
            Shown::Print => &self.print,
            Shown::Rolled => &self.rolled,
        };
        let mut errors = [0.0f64; VALUES];
        for (row, term) in table.iter().zip(terms(yaw, pitch)) {
            add(&mut errors, row, term);
        }
        if noise > 0.0 {
            let part = noise / (self.noise.len() as f64).sqrt();
            for row in &self.noise {
                add(&mut errors, row, part * random.normal());
            }
        }
        let places = points.as_flattened().iter().zip(errors);
        places
            .map(|(place, error)| (place + unit * error) as f32)
            .collect()
    }
}

fn add(errors: &mut [f64; VALUES], row: &[f32], factor: f64) {
    for (error, value) in errors.iter_mut().zip(row) {
        *error += factor * f64::from(*value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_measured_size_and_none_is_none() {
        let net = LandmarkNet::measured("open-1").unwrap();
        let points = [[100.0, 100.0]; COUNT];
        let mut random = Random::seeded(1);
        let mut placed =
            |noise| net.place(&points, 50.0, (0.0, 0.0), Shown::Head, noise, &mut random);
        assert!(placed(0.0).iter().all(|v| *v == 100.0));
        let power = |rows: &[Vec<f32>]| {
            let squares = rows.iter().flatten().map(|v| f64::from(*v).powi(2));
            squares.sum::<f64>() / (rows.len() * VALUES) as f64
        };
        let drawn: Vec<Vec<f32>> = (0..400)
            .map(|_| placed(1.0).iter().map(|v| (v - 100.0) / 50.0).collect())
            .collect();
        let ratio = power(&drawn) / power(&net.noise);
        assert!((ratio - 1.0).abs() < 0.15, "{ratio}");
    }

    #[test]
    fn what_was_measured_is_that_of_heads() {
        let net = LandmarkNet::measured("open-1").unwrap();
        for head in &net.heads {
            assert!(
                head[8][1] > 1.2 && head[30][2] < -0.3,
                "chin below, nose before the eyes"
            );
        }
        let most = |rows: &[Vec<f32>]| rows.iter().flatten().fold(0.0f32, |m, v| m.max(v.abs()));
        assert!(most(&net.head) < 2.0 && most(&net.noise) < 0.3);
    }
}
