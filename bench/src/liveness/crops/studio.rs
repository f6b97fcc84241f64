//! People made from portraits: their sessions with rendered keyframes, and the pictures that an attacker has of them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use image::RgbaImage;
use image::imageops::{FilterType, resize};
use nod::image::Frame;
use nod::manifest::Manifest;
use nod::pipeline::Pipeline;
use nod_protocol::challenge::Challenge;
use nod_protocol::payload::{Embedding, EvidenceCrop, TrackFrame};

use super::super::attempt::{Workshop, challenge};
use super::super::person::Person;
use super::super::rendered::render;
use super::super::scene::{Film, Scene};
use super::super::script::{Moment, PERSON, perform};
use super::key::{Key, picture_of, residual};
use crate::head::Head;
use crate::head::camera::Camera;
use crate::head::picture::Picture;
use crate::pictures;
use crate::random::Random;

/// Somebody who followed a challenge.
pub(super) struct Session {
    /// Of this kind of session.
    pub(super) number: usize,
    /// Who, as [`Studio::portraits`] counts.
    pub(super) portrait: usize,
    pub(super) challenge: Challenge,
    pub(super) film: Film,
    pub(super) keys: Vec<Key>,
    pub(super) landmark_model: String,
}

/// One portrait, and who is on it.
pub(super) struct Portrait {
    pub(super) person: String,
    head: Head,
    /// What an attacker makes of it.
    photographs: Vec<Key>,
}

/// The portraits, and the pipeline that looks at them.
pub(super) struct Studio {
    pub(super) portraits: Vec<Portrait>,
    pipeline: Pipeline,
    /// Where the five points lie in a crop, in its pixels.
    pub(super) template: [[f64; 2]; 5],
}

/// Longest side of a photograph that an attacker works with, in pixels.
const PHOTOGRAPH: u32 = 640;
/// Photographs that an attacker makes of one portrait.
const PHOTOGRAPHS: usize = 24;
/// A detector can miss a face in a noisy picture; the widget takes the next frame then.
const TRIES: usize = 5;

impl Studio {
    /// With these portraits.
    ///
    /// # Errors
    /// When a portrait cannot be read or has no face, or all are of one person.
    pub(super) fn open(files: &[PathBuf], models: &Path, set: &str, seed: u64) -> Result<Self> {
        let json = std::fs::read_to_string(models.join("manifest.json"))?;
        let manifest = Manifest::parse(&json)?;
        let pipeline = pictures::load(models, &manifest, set)?;
        let template = manifest.set(set)?.embedding.template();
        let portrait = |file: &PathBuf| -> Result<Portrait> {
            let picture = image::open(file)?.into_rgba8();
            let name = file.file_stem().context("no name")?.to_string_lossy();
            Ok(Portrait {
                person: name
                    .trim_end_matches(|c: char| c.is_ascii_digit())
                    .to_owned(),
                head: Head::of(&picture, &pipeline)?,
                photographs: photographs(&pipeline, &smaller(picture), &name, seed)?,
            })
        };
        let portraits = files
            .iter()
            .map(|file| portrait(file).with_context(|| file.display().to_string()))
            .collect::<Result<Vec<_>>>()?;
        ensure!(
            portraits.iter().any(|p| p.person != portraits[0].person),
            "attacks need portraits of at least two people"
        );
        Ok(Self {
            portraits,
            pipeline,
            template: template.map(|p| [f64::from(p.x), f64::from(p.y)]),
        })
    }

    /// One session; people take turns.
    pub(super) fn session(
        &self,
        workshop: &Workshop,
        number: usize,
        random: &mut Random,
    ) -> Result<Session> {
        self.filmed(workshop, number, None, random)
    }

    /// A film that no camera took: the portrait moved by a program, for a widget that takes pictures from a file. The noise
    /// that a camera would add is there, for keyframes must differ; its blur and flicker are not.
    pub(super) fn injected(
        &self,
        workshop: &Workshop,
        number: usize,
        random: &mut Random,
    ) -> Result<Session> {
        let none = Camera {
            noise: 0.7,
            blur: 0.0,
            flicker: 0.0,
            rate: 25.0,
        };
        self.filmed(workshop, number, Some(none), random)
    }

    fn filmed(
        &self,
        workshop: &Workshop,
        number: usize,
        camera: Option<Camera>,
        random: &mut Random,
    ) -> Result<Session> {
        let portrait = number % self.portraits.len();
        let head = &self.portraits[portrait].head;
        let challenge = challenge(random);
        let scene = Scene::any(&workshop.net, random);
        let camera = camera.unwrap_or(scene.camera);
        let performance = perform(&challenge.steps, &PERSON, &camera, random);
        let person = Person::with(head.places(), workshop.likeness(), random);
        let film = scene.person(&person, &performance, random);
        let wall = random.bits();
        let keys = performance.keyframes.iter().map(|at| {
            let moment = performance
                .moments
                .get(*at)
                .context("a moment is missing")?;
            self.keyframe(head, &scene, &camera, moment, wall, random)
        });
        Ok(Session {
            number,
            portrait,
            keys: keys.collect::<Result<_>>()?,
            challenge,
            film,
            landmark_model: self.pipeline.landmark_model().to_owned(),
        })
    }

    fn keyframe(
        &self,
        head: &Head,
        scene: &Scene<'_>,
        camera: &Camera,
        moment: &Moment,
        wall: u64,
        random: &mut Random,
    ) -> Result<Key> {
        let picture = render(head, scene, None, moment, wall);
        for _ in 0..TRIES {
            let copy = Picture {
                width: picture.width,
                height: picture.height,
                rgb: picture.rgb.clone(),
            };
            let taken = camera.take(copy, random).into_rgba()?;
            if let Some(key) = captured(&self.pipeline, &taken, moment.millis)? {
                return Ok(key);
            }
        }
        bail!("no face in a rendered keyframe");
    }

    /// All photographs of a portrait, in any order.
    pub(super) fn photographs_of(&self, portrait: usize, random: &mut Random) -> Vec<&Key> {
        let mut all: Vec<&Key> = self.portraits[portrait].photographs.iter().collect();
        random.shuffle(&mut all);
        all
    }

    /// A portrait of somebody else, by number.
    pub(super) fn somebody_else(&self, than: usize, random: &mut Random) -> Result<usize> {
        let own = &self.portraits[than].person;
        let others: Vec<usize> = (0..self.portraits.len())
            .filter(|at| self.portraits[*at].person != *own)
            .collect();
        ensure!(
            !others.is_empty(),
            "attacks need portraits of at least two people"
        );
        Ok(others[random.below(others.len())])
    }

    /// Another portrait of the same person, or the same one again.
    pub(super) fn another_of(&self, portrait: usize, random: &mut Random) -> usize {
        let person = &self.portraits[portrait].person;
        let others: Vec<usize> = (0..self.portraits.len())
            .filter(|at| *at != portrait && self.portraits[*at].person == *person)
            .collect();
        match others.len() {
            0 => portrait,
            count => others[random.below(count)],
        }
    }

    /// What the embedder makes of a crop.
    pub(super) fn embed(&self, crop: &EvidenceCrop) -> Result<Embedding> {
        Ok(self.pipeline.embed(&picture_of(crop)?)?)
    }

    /// As the examiner measures it.
    pub(super) fn residual(&self, crop: &EvidenceCrop, frame: &TrackFrame) -> Result<f32> {
        residual(&self.pipeline, crop, frame)
    }
}

/// Photographs of a portrait as an attacker makes several of one: larger or smaller, blurred, noisy, darker.
fn photographs(
    pipeline: &Pipeline,
    original: &RgbaImage,
    name: &str,
    seed: u64,
) -> Result<Vec<Key>> {
    let mut found = Vec::new();
    let mut random = Random::branch(seed, name, 0);
    for _ in 0..PHOTOGRAPHS + TRIES {
        let part = random.between(0.55, 1.0);
        let side = |pixels: u32| ((f64::from(pixels) * part) as u32).max(1);
        let (width, height) = (side(original.width()), side(original.height()));
        let picture = resize(original, width, height, FilterType::Triangle);
        let mut camera = Camera::any(&mut random);
        camera.flicker = 0.1;
        let taken = camera
            .take(Picture::of(&picture), &mut random)
            .into_rgba()?;
        found.extend(captured(pipeline, &taken, 0.0)?);
        if found.len() == PHOTOGRAPHS {
            return Ok(found);
        }
    }
    bail!("the detector misses this face");
}

fn captured(pipeline: &Pipeline, picture: &RgbaImage, millis: f64) -> Result<Option<Key>> {
    let frame = Frame::new(picture.width(), picture.height(), picture.as_raw())?;
    match pipeline.look(&frame)?.seen {
        Some(seen) => Ok(Some(Key::of(pipeline, &frame, &seen, millis)?)),
        None => Ok(None),
    }
}

fn smaller(picture: RgbaImage) -> RgbaImage {
    let longest = picture.width().max(picture.height());
    if longest <= PHOTOGRAPH {
        return picture;
    }
    let side = |pixels: u32| (pixels * PHOTOGRAPH / longest).max(1);
    let (width, height) = (side(picture.width()), side(picture.height()));
    resize(&picture, width, height, FilterType::Triangle)
}
