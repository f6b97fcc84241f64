//! Pictures, and drawing textured triangles into them.

use anyhow::{Context, Result};
use image::RgbaImage;

use super::space::{Lens, Point3};

/// Interleaved red, green and blue, each 0 to 255, rows from the top.
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<f32>,
}

impl Picture {
    /// The colours of a file's picture.
    pub(crate) fn of(image: &RgbaImage) -> Self {
        Self {
            width: image.width() as usize,
            height: image.height() as usize,
            rgb: image
                .pixels()
                .flat_map(|p| [p.0[0], p.0[1], p.0[2]])
                .map(f32::from)
                .collect(),
        }
    }

    /// A painted wall: a shade that changes slowly from one side to the other, with a fine grain.
    pub(crate) fn wall(width: u32, height: u32, random: &mut crate::random::Random) -> Self {
        let tone: [f64; 3] = std::array::from_fn(|_| random.between(110.0, 190.0));
        let (across, down) = (random.between(-30.0, 30.0), random.between(-30.0, 30.0));
        let mut rgb = Vec::with_capacity((width * height * 3) as usize);
        for y in 0..height {
            for x in 0..width {
                let shade = across * (f64::from(x) / f64::from(width) - 0.5)
                    + down * (f64::from(y) / f64::from(height) - 0.5)
                    + random.between(-4.0, 4.0);
                rgb.extend(tone.map(|t| (t + shade) as f32));
            }
        }
        Self {
            width: width as usize,
            height: height as usize,
            rgb,
        }
    }

    /// As bytes, values rounded.
    ///
    /// # Errors
    /// When the picture is not as large as it says.
    pub(crate) fn into_rgba(self) -> Result<RgbaImage> {
        let bytes = self
            .rgb
            .chunks_exact(3)
            .flat_map(|p| [byte(p[0]), byte(p[1]), byte(p[2]), 255])
            .collect();
        RgbaImage::from_raw(self.width as u32, self.height as u32, bytes).context("picture size")
    }

    /// Draws triangles with this picture's colours on `onto`; of what lies behind each other the nearest is seen.
    ///
    /// `points` are in the camera's space, `texture` the pixel of this picture at each.
    pub(crate) fn drape(
        &self,
        points: &[Point3],
        texture: &[[f64; 2]],
        triangles: &[[usize; 3]],
        lens: &Lens,
        onto: &mut Picture,
    ) {
        let seen: Vec<Option<Corner>> = points
            .iter()
            .zip(texture)
            .map(|(&point, &colour)| {
                let [x, y] = lens.see(point)?;
                Some(Corner {
                    at: [x as f32, y as f32],
                    depth: point[2] as f32,
                    colour: [colour[0] as f32, colour[1] as f32],
                })
            })
            .collect();
        let mut depths = vec![f32::INFINITY; onto.width * onto.height];
        for &[a, b, c] in triangles {
            if let (Some(a), Some(b), Some(c)) = (&seen[a], &seen[b], &seen[c]) {
                self.fill([a, b, c], &mut depths, onto);
            }
        }
    }

    fn fill(&self, corners: [&Corner; 3], depths: &mut [f32], onto: &mut Picture) {
        let [a, b, c] = corners.map(|corner| corner.at);
        let area = edge(a, b, c);
        if area.abs() < 1e-6 {
            return;
        }
        let range = |i: usize, end: usize| {
            let low = a[i].min(b[i]).min(c[i]) - 0.5;
            let high = a[i].max(b[i]).max(c[i]) - 0.5;
            (low.ceil().max(0.0) as usize)..((high.floor() + 1.0).clamp(0.0, end as f32) as usize)
        };
        for y in range(1, onto.height) {
            for x in range(0, onto.width) {
                let place = [x as f32 + 0.5, y as f32 + 0.5];
                let shares = [
                    edge(place, b, c) / area,
                    edge(a, place, c) / area,
                    edge(a, b, place) / area,
                ];
                if shares.iter().any(|&share| share < 0.0) {
                    continue;
                }
                let mix = |of: fn(&Corner) -> f32| {
                    let [p, q, r] = corners.map(of);
                    shares[0] * p + shares[1] * q + shares[2] * r
                };
                let depth = mix(|corner| corner.depth);
                let at = y * onto.width + x;
                if depth < depths[at] {
                    depths[at] = depth;
                    // Triangles are a few pixels large: the perspective within one does not show.
                    let colour = self.between(mix(|c| c.colour[0]), mix(|c| c.colour[1]));
                    onto.rgb[at * 3..at * 3 + 3].copy_from_slice(&colour);
                }
            }
        }
    }

    /// The colour at a place, bilinear between pixel centres; beyond the edges the last pixels go on.
    fn between(&self, x: f32, y: f32) -> [f32; 3] {
        let (x, y) = (
            (x - 0.5).clamp(0.0, self.width as f32 - 1.0),
            (y - 0.5).clamp(0.0, self.height as f32 - 1.0),
        );
        let (left, top) = (x as usize, y as usize);
        let (right, low) = (
            (left + 1).min(self.width - 1),
            (top + 1).min(self.height - 1),
        );
        let (fx, fy) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize, c: usize| self.rgb[(y * self.width + x) * 3 + c];
        std::array::from_fn(|c| {
            let upper = at(left, top, c) * (1.0 - fx) + at(right, top, c) * fx;
            let lower = at(left, low, c) * (1.0 - fx) + at(right, low, c) * fx;
            upper * (1.0 - fy) + lower * fy
        })
    }
}

struct Corner {
    at: [f32; 2],
    depth: f32,
    colour: [f32; 2],
}

fn edge(a: [f32; 2], b: [f32; 2], c: [f32; 2]) -> f32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

fn byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2×1: red, then blue.
    fn two() -> Picture {
        Picture {
            width: 2,
            height: 1,
            rgb: vec![200.0, 0.0, 0.0, 0.0, 0.0, 200.0],
        }
    }

    fn black() -> Picture {
        Picture {
            width: 10,
            height: 10,
            rgb: vec![0.0; 300],
        }
    }

    const LENS: Lens = Lens {
        width: 10,
        height: 10,
        focal: 10.0,
    };

    #[test]
    fn the_nearest_surface_is_seen_whatever_the_order() {
        let square = |z: f64| {
            let r = z / 2.0;
            [[-r, -r, z], [r, -r, z], [r, r, z], [-r, r, z]]
        };
        for order in [[2.0, 4.0], [4.0, 2.0]] {
            let points: Vec<Point3> = order.iter().flat_map(|&z| square(z)).collect();
            let texture: Vec<[f64; 2]> = order
                .iter()
                .flat_map(|&z| [[if z < 3.0 { 0.5 } else { 1.5 }, 0.5]; 4])
                .collect();
            let triangles = [[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]];
            let mut picture = black();
            two().drape(&points, &texture, &triangles, &LENS, &mut picture);
            assert!(picture.rgb.chunks(3).all(|p| p == [200.0, 0.0, 0.0]));
        }
    }

    #[test]
    fn what_is_behind_the_camera_is_not_drawn() {
        let points = [[-1.0, -1.0, 2.0], [1.0, -1.0, 2.0], [0.0, 1.0, -1.0]];
        let mut picture = black();
        two().drape(&points, &[[0.5, 0.5]; 3], &[[0, 1, 2]], &LENS, &mut picture);
        assert!(picture.rgb.iter().all(|&v| v == 0.0));
    }

    #[test]
    fn colours_between_pixels_are_mixed() {
        assert_eq!(two().between(1.0, 0.5), [100.0, 0.0, 100.0]);
        assert_eq!(two().between(-7.0, 9.0), [200.0, 0.0, 0.0]);
    }
}
