//! How the deployed landmark net errs on rendered heads and prints whose landmarks are known: the numbers behind
//! [`super::net`].

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use nod::image::Frame;
use nod::landmarks::COUNT;
use nod::manifest::Manifest;
use nod::pipeline::Pipeline;

use super::net::{LandmarkNet, terms};
use crate::head::Head;
use crate::head::camera::Camera;
use crate::head::picture::Picture;
use crate::head::pose::{Bend, Pose};
use crate::head::solve::least_squares;
use crate::head::space::{Lens, Turn};
use crate::pictures;
use crate::random::Random;
use nod_load::terminal::progress;

/// Measures how the landmark net errs on rendered heads and prints, for the bench `liveness` to imitate.
#[derive(Args)]
pub(crate) struct Options {
    /// Portraits of the people to render.
    #[arg(required = true, value_name = "PICTURE")]
    portraits: Vec<PathBuf>,
    /// The model set whose detector goes before the net.
    #[arg(long, value_name = "ID", default_value = "open-1")]
    set: String,
    /// Folder with manifest.json and the networks, as an authority serves them; made if not named.
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Where to write what was measured.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Angles of the grid, in degrees.
const HEAD: ([f64; 7], [f64; 5]) = (
    [-36.0, -24.0, -12.0, 0.0, 12.0, 24.0, 36.0],
    [-24.0, -12.0, 0.0, 12.0, 24.0],
);
const PRINT: ([f64; 7], [f64; 5]) = (
    [-45.0, -30.0, -15.0, 0.0, 15.0, 30.0, 45.0],
    [-34.0, -17.0, 0.0, 17.0, 34.0],
);
/// Radii of rolled prints, in centimetres.
const ROLLS: [f64; 2] = [7.0, 11.0];
/// Frames of each person at rest, for the noise.
const AT_REST: usize = 10;
/// From the camera, in eye distances.
const DISTANCE: f64 = 7.5;
/// Half width and half height of a print, in eye distances.
const SIZE: [f64; 2] = [2.6, 3.2];

/// A net's landmarks minus where they are, in eye distances, x and y in turn.
type Errors = Vec<f64>;

/// Renders, looks, compares.
///
/// # Errors
/// When a portrait cannot be read or has no face, or a network does not run.
pub(crate) fn run(options: &Options) -> Result<()> {
    let models = pictures::models(options.models.as_deref())?;
    let json = fs::read_to_string(models.join("manifest.json"))
        .with_context(|| format!("no manifest.json in {}", models.display()))?;
    let pipeline = pictures::load(&models, &Manifest::parse(&json)?, &options.set)?;

    let mut random = Random::seeded(1);
    let (mut heads, mut noise) = (Vec::new(), Vec::new());
    let [mut on_heads, mut on_prints, mut on_rolls] = [(); 3].map(|()| Samples::default());
    for file in &options.portraits {
        let portrait = image::open(file)
            .with_context(|| file.display().to_string())?
            .into_rgba8();
        let head = Head::of(&portrait, &pipeline).with_context(|| file.display().to_string())?;
        let mut eye = Eye {
            pipeline: &pipeline,
            head: &head,
            random: &mut random,
        };
        on_heads.gather(&mut eye, HEAD, |eye, turn| eye.errors_on_head(turn))?;
        on_prints.gather(&mut eye, PRINT, |eye, turn| {
            eye.errors_on_print(turn, Bend::FLAT)
        })?;
        for radius in ROLLS {
            on_rolls.gather(&mut eye, PRINT, |eye, turn| {
                eye.errors_on_print(turn, Bend::cm(radius, 0.0))
            })?;
        }
        noise.extend(eye.noise()?);
        heads.push(head.places().map(|p| p.map(round)).to_vec());
        progress(&file.display().to_string());
    }
    let measured = LandmarkNet {
        heads,
        head: on_heads.table()?,
        print: on_prints.table()?,
        rolled: on_rolls.table()?,
        noise: noise.iter().map(|row| rounded(row)).collect(),
    };
    fs::write(&options.out, serde_json::to_string(&measured)? + "\n")?;
    Ok(())
}

/// One person before the camera and the pipeline behind it.
struct Eye<'a> {
    pipeline: &'a Pipeline,
    head: &'a Head,
    random: &'a mut Random,
}

impl Eye<'_> {
    fn errors_on_head(&mut self, turn: Turn) -> Result<Option<Errors>> {
        let pose = self.somewhere(turn, 0.05);
        let camera = Camera::any(self.random);
        self.errors_at(&pose, &camera)
    }

    fn errors_at(&mut self, pose: &Pose, camera: &Camera) -> Result<Option<Errors>> {
        let wall = self.wall();
        let picture = self.head.seen(pose, pose.place, &Lens::WEBCAM, wall);
        let places = self.head.places().map(|place| pose.apply(place));
        let picture = camera.take(picture, self.random);
        self.compare(picture, &places)
    }

    fn errors_on_print(&mut self, turn: Turn, bend: Bend) -> Result<Option<Errors>> {
        let pose = self.somewhere(turn, 0.05);
        let camera = Camera::any(self.random);
        let wall = self.wall();
        let picture = self.head.print_seen(bend, SIZE, &pose, &Lens::WEBCAM, wall);
        let places = self.head.print().map(|point| pose.held(bend.apply(point)));
        let picture = camera.take(picture, self.random);
        self.compare(picture, &places)
    }

    /// Frames of one film in which hardly anything moves, without their mean.
    fn noise(&mut self) -> Result<Vec<Errors>> {
        let mut frames = Vec::new();
        let camera = Camera::any(self.random);
        for _ in 0..AT_REST {
            let turn = Turn::new(0.1 * self.random.normal(), 0.1 * self.random.normal());
            let pose = self.somewhere(turn, 0.01);
            frames.extend(self.errors_at(&pose, &camera)?);
        }
        ensure!(frames.len() > AT_REST / 2, "the detector misses this face");
        let mean = mean(&frames);
        // The mean of n takes its part of their variance with it.
        let n = frames.len() as f64;
        let grow = (n / (n - 1.0)).sqrt();
        for frame in &mut frames {
            for (value, mean) in frame.iter_mut().zip(&mean) {
                *value = (*value - mean) * grow;
            }
        }
        Ok(frames)
    }

    fn compare(&self, picture: Picture, places: &[[f64; 3]; COUNT]) -> Result<Option<Errors>> {
        let picture = picture.into_rgba()?;
        let frame = Frame::new(picture.width(), picture.height(), picture.as_raw())?;
        let Some(seen) = self.pipeline.look(&frame)?.seen else {
            return Ok(None);
        };
        let unit = Lens::WEBCAM.focal / DISTANCE;
        let mut errors = Vec::with_capacity(2 * COUNT);
        for (found, place) in seen.landmarks.points().iter().zip(places) {
            let [x, y] = Lens::WEBCAM
                .see(*place)
                .context("a landmark behind the camera")?;
            errors.extend([
                (f64::from(found.x) - x) / unit,
                (f64::from(found.y) - y) / unit,
            ]);
        }
        Ok(Some(errors))
    }

    fn somewhere(&mut self, turn: Turn, within: f64) -> Pose {
        let mut shift = || self.random.between(-within, within);
        Pose {
            turn,
            place: [shift(), shift() - 0.5, DISTANCE],
        }
    }

    fn wall(&mut self) -> Picture {
        Picture::wall(Lens::WEBCAM.width, Lens::WEBCAM.height, self.random)
    }
}

/// Errors at known angles.
#[derive(Default)]
struct Samples {
    terms: Vec<Vec<f64>>,
    errors: Vec<Errors>,
}

impl Samples {
    /// One look at each angle of the grid. What the net errs on the face at rest belongs to the person, and is taken off.
    fn gather(
        &mut self,
        eye: &mut Eye<'_>,
        (yaws, pitches): ([f64; 7], [f64; 5]),
        look: impl Fn(&mut Eye<'_>, Turn) -> Result<Option<Errors>>,
    ) -> Result<()> {
        let mut at_rest = Vec::new();
        for _ in 0..4 {
            at_rest.extend(look(eye, Turn::default())?);
        }
        ensure!(!at_rest.is_empty(), "the detector misses this face");
        let at_rest = mean(&at_rest);
        for yaw in yaws {
            for pitch in pitches {
                if let Some(errors) = look(eye, Turn::new(yaw, pitch))? {
                    let beyond = errors.iter().zip(&at_rest).map(|(e, r)| e - r);
                    self.errors.push(beyond.collect());
                    self.terms.push(terms(yaw, pitch).to_vec());
                }
            }
        }
        Ok(())
    }

    /// What each term brings.
    fn table(&self) -> Result<Vec<Vec<f32>>> {
        let table = least_squares(&self.terms, &self.errors, 1e-3).context("too few looks")?;
        Ok(table.iter().map(|row| rounded(row)).collect())
    }
}

fn mean(rows: &[Errors]) -> Errors {
    let mut mean = vec![0.0; 2 * COUNT];
    for row in rows {
        for (sum, value) in mean.iter_mut().zip(row) {
            *sum += value / rows.len() as f64;
        }
    }
    mean
}

fn rounded(row: &[f64]) -> Vec<f32> {
    row.iter().map(|value| round(*value) as f32).collect()
}

fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_errors_are_found_again() {
        let mut samples = Samples::default();
        for yaw in [-30.0, -10.0, 0.0, 20.0, 35.0] {
            for pitch in [-20.0, 0.0, 15.0] {
                let terms = terms(yaw, pitch);
                samples
                    .errors
                    .push(vec![0.3 * terms[0] - 0.1 * terms[3]; 2 * COUNT]);
                samples.terms.push(terms.to_vec());
            }
        }
        let table = samples.table().unwrap();
        let column: Vec<f32> = table.iter().map(|row| row[7]).collect();
        for (found, expected) in column.iter().zip([0.3, 0.0, 0.0, -0.1, 0.0]) {
            assert!((found - expected).abs() < 5e-3, "{column:?}");
        }
    }
}
