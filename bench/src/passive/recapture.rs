//! A photograph as it is, and as a camera sees a print or a screen that shows it. Simulated: paper has less contrast and
//! a grain, a screen has pixels that beat with the camera's, and either may have its edges in view.

use anyhow::{Context, Result};
use image::RgbaImage;
use image::imageops::{FilterType, resize};

use crate::head::picture::Picture;
use crate::random::Random;

/// One way of showing a photograph.
pub(super) struct Recapture {
    pub(super) name: &'static str,
    pub(super) show: fn(&RgbaImage, &mut Random) -> Result<Picture>,
}

/// The first is no recapture: it stands for somebody before the camera.
pub(super) const RECAPTURES: [Recapture; 5] = [
    Recapture {
        name: "live",
        show: |photograph, _| Ok(filling(photograph)),
    },
    Recapture {
        name: "print, edges in view",
        show: |photograph, random| held(print(reduced(photograph), random), PAPER, random),
    },
    Recapture {
        name: "print, filling the frame",
        show: |photograph, random| Ok(print(filling(photograph), random)),
    },
    Recapture {
        name: "screen, edges in view",
        show: |photograph, random| held(screen(reduced(photograph), random), BEZEL, random),
    },
    Recapture {
        name: "screen, filling the frame",
        show: |photograph, random| Ok(screen(filling(photograph), random)),
    },
];

const SIZE: u32 = 480;
/// Part of the frame that a held picture takes up, and the width of its border in pixels.
const HELD: f64 = 0.6;
const BORDER: usize = 10;
const PAPER: [f32; 3] = [232.0, 230.0, 224.0];
const BEZEL: [f32; 3] = [18.0, 18.0, 20.0];

fn filling(photograph: &RgbaImage) -> Picture {
    Picture::of(&resize(photograph, SIZE, SIZE, FilterType::Triangle))
}

fn reduced(photograph: &RgbaImage) -> Picture {
    let side = (f64::from(SIZE) * HELD) as u32;
    Picture::of(&resize(photograph, side, side, FilterType::Triangle))
}

/// Paper reflects the room: its black is grey and its white is not; the colours shift with the light, fibres show.
fn print(mut picture: Picture, random: &mut Random) -> Picture {
    let contrast = random.between(0.65, 0.9) as f32;
    let black = random.between(15.0, 40.0) as f32;
    let cast: [f32; 3] = std::array::from_fn(|_| random.between(0.94, 1.06) as f32);
    for pixel in picture.rgb.chunks_exact_mut(3) {
        let fibre = random.between(-4.0, 4.0) as f32;
        for (value, cast) in pixel.iter_mut().zip(cast) {
            *value = (*value * contrast + black + fibre) * cast;
        }
    }
    picture
}

/// A screen shines: steeper, bluer, and its grid of pixels beats with the camera's.
fn screen(mut picture: Picture, random: &mut Random) -> Picture {
    let gamma = random.between(1.0, 1.25) as f32;
    let blue = random.between(1.0, 1.1) as f32;
    let depth = random.between(0.02, 0.1);
    // Camera pixels for each pixel of the screen, and how far it is held askew.
    let pitch = random.between(2.1, 5.0);
    let (sin, cos) = random.between(-0.1, 0.1).sin_cos();
    let phase = std::f64::consts::TAU / pitch;
    for (at, pixel) in picture.rgb.chunks_exact_mut(3).enumerate() {
        let (x, y) = ((at % picture.width) as f64, (at / picture.width) as f64);
        let across = (phase * (cos * x + sin * y)).sin();
        let down = (phase * (cos * y - sin * x)).sin();
        let grid = (1.0 + depth * (across + down) / 2.0) as f32;
        for (channel, value) in pixel.iter_mut().enumerate() {
            let tint = if channel == 2 { blue } else { 1.0 };
            *value = 255.0 * (*value / 255.0).max(0.0).powf(gamma) * grid * tint;
        }
    }
    picture
}

/// In somebody's hand before a wall, with the border that paper or a device has.
fn held(picture: Picture, border: [f32; 3], random: &mut Random) -> Result<Picture> {
    let mut wall = Picture::wall(SIZE, SIZE, random);
    let outer = picture.width + 2 * BORDER;
    let room = wall
        .width
        .checked_sub(outer)
        .context("no room for the border")?;
    let (left, top) = (random.below(room + 1), random.below(room + 1));
    for y in 0..outer {
        for x in 0..outer {
            let inside = |at: usize| at.checked_sub(BORDER).filter(|at| *at < picture.width);
            let colour = match (inside(x), inside(y)) {
                (Some(x), Some(y)) => pixel(&picture, x, y),
                _ => border,
            };
            let at = ((top + y) * wall.width + left + x) * 3;
            if let Some(pixel) = wall.rgb.get_mut(at..at + 3) {
                pixel.copy_from_slice(&colour);
            }
        }
    }
    Ok(wall)
}

fn pixel(picture: &Picture, x: usize, y: usize) -> [f32; 3] {
    let at = (y * picture.width + x) * 3;
    std::array::from_fn(|channel| picture.rgb.get(at + channel).copied().unwrap_or(0.0))
}
