//! Pictures of one portrait turned in depth, for a browser test to play a person who follows instructions.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use nod::manifest::Manifest;
use serde::Serialize;

use crate::head::Head;
use crate::head::picture::Picture;
use crate::head::pose::Pose;
use crate::head::space::{Lens, Turn};
use crate::pictures;
use crate::random::Random;

/// Renders a portrait turned in depth: `y<yaw>_p<pitch>.jpg`, 640×480, and index.json.
///
/// Degrees; positive yaw turns the nose to the right of the picture (the person's own left), positive pitch looks
/// down.
#[derive(Args)]
pub(crate) struct Options {
    /// A picture of one person, facing the camera.
    #[arg(long, value_name = "FILE")]
    portrait: PathBuf,
    /// Folder with manifest.json and the networks, as an authority serves them; made if not named.
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Folder for the pictures; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Largest angles and the step between pictures, in degrees.
const YAW: i32 = 36;
const PITCH: i32 = 24;
const STEP: i32 = 3;

/// From the camera to the middle of the eyes, in eye distances: about 45 cm.
const DISTANCE: f64 = 7.2;
/// The eyes are above the middle of the picture.
const EYES_ABOVE: f64 = 0.5;

#[derive(Serialize)]
struct Index {
    width: u32,
    height: u32,
    yaw: Vec<i32>,
    pitch: Vec<i32>,
    signs: &'static str,
    pictures: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    file: String,
    yaw: i32,
    pitch: i32,
}

/// Renders the grid.
///
/// # Errors
/// When the portrait has no face, or a file cannot be read or written.
pub(crate) fn run(options: &Options) -> Result<()> {
    let models = pictures::models(options.models.as_deref())?;
    let json = fs::read_to_string(models.join("manifest.json"))
        .with_context(|| format!("no manifest.json in {}", models.display()))?;
    let manifest = Manifest::parse(&json)?;
    let set = manifest.set_ids().next().context("no model set")?;
    let pipeline = pictures::load(&models, &manifest, set)?;
    let portrait = image::open(&options.portrait)
        .with_context(|| options.portrait.display().to_string())?
        .into_rgba8();
    let head = Head::of(&portrait, &pipeline)?;
    fs::create_dir_all(&options.out)?;

    let degrees = |most: i32| (-most..=most).step_by(STEP as usize).collect::<Vec<_>>();
    let mut index = Index {
        width: Lens::WEBCAM.width,
        height: Lens::WEBCAM.height,
        yaw: degrees(YAW),
        pitch: degrees(PITCH),
        signs: "degrees; yaw > 0: nose to the right of the picture (turn_left); pitch > 0: looks down",
        pictures: Vec::new(),
    };
    // One axis at a time, as people follow instructions: 25 and 17 pictures instead of 425.
    for &yaw in &index.yaw {
        for &pitch in index.pitch.iter().filter(|pitch| yaw == 0 || **pitch == 0) {
            let file = format!("y{yaw:+03}_p{pitch:+03}.jpg");
            let picture = turned(&head, yaw, pitch).into_rgba()?;
            image::DynamicImage::from(picture)
                .into_rgb8()
                .save(options.out.join(&file))?;
            index.pictures.push(Entry { file, yaw, pitch });
        }
    }
    let index = serde_json::to_string_pretty(&index)?;
    fs::write(options.out.join("index.json"), index)?;
    Ok(())
}

fn turned(head: &Head, yaw: i32, pitch: i32) -> Picture {
    let lens = Lens::WEBCAM;
    let home = [0.0, -EYES_ABOVE, DISTANCE];
    let pose = Pose {
        turn: Turn::new(f64::from(yaw), f64::from(pitch)),
        place: home,
    };
    // The same wall behind every picture; it shows only where the surroundings end.
    let wall = Picture::wall(lens.width, lens.height, &mut Random::seeded(1));
    head.seen(&pose, home, &lens, wall)
}
