//! What a webcam makes of the light: blur, noise, flicker.

use super::picture::Picture;
use crate::random::Random;

/// The faults of one camera in one room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Camera {
    /// Deviation of the noise of each colour value, in grey levels of 255.
    pub(crate) noise: f64,
    /// Deviation of the Gaussian blur, in pixels.
    pub(crate) blur: f64,
    /// Deviation of the brightness from frame to frame, as a part of it.
    pub(crate) flicker: f64,
    /// Frames a second.
    pub(crate) rate: f64,
}

impl Camera {
    /// One of the cameras that people have.
    pub(crate) fn any(random: &mut Random) -> Self {
        Self {
            noise: random.between(1.5, 6.0),
            blur: random.between(0.3, 1.0),
            flicker: random.between(0.0, 0.03),
            rate: random.between(10.0, 30.0),
        }
    }

    /// Milliseconds until the next frame. Uneven, as a busy machine delivers them; now and then one is lost.
    pub(crate) fn next(&self, random: &mut Random) -> f64 {
        let period = 1000.0 / self.rate;
        let lost = if random.chance(0.02) { period } else { 0.0 };
        (period * (1.0 + 0.12 * random.normal())).max(period / 3.0) + lost
    }

    /// The frame as the camera delivers it.
    pub(crate) fn take(&self, mut picture: Picture, random: &mut Random) -> Picture {
        blur(&mut picture, self.blur);
        let light = (1.0 + self.flicker * random.normal()) as f32;
        // Drawing from a table is ten times as fast as drawing from the distribution.
        let table: Vec<f32> = (0..4096)
            .map(|_| (self.noise * random.normal()) as f32)
            .collect();
        for values in picture.rgb.chunks_mut(5) {
            let bits = random.bits();
            for (i, value) in values.iter_mut().enumerate() {
                let noise = table[(bits >> (12 * i)) as usize & 4095];
                *value = (*value * light + noise).clamp(0.0, 255.0);
            }
        }
        picture
    }
}

/// A separable Gaussian, cut at three deviations.
fn blur(picture: &mut Picture, deviation: f64) {
    let reach = (3.0 * deviation).ceil() as isize;
    if reach < 1 {
        return;
    }
    let mut weights: Vec<f32> = (-reach..=reach)
        .map(|d| (-0.5 * (d as f64 / deviation).powi(2)).exp() as f32)
        .collect();
    let sum: f32 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    let row = picture.width * 3;
    // From colour to the same colour of the next pixel, then of the next row.
    for (step, length) in [(3, row), (row, picture.rgb.len())] {
        let source = picture.rgb.clone();
        for (line, out) in source.chunks(length).zip(picture.rgb.chunks_mut(length)) {
            mix(line, out, step, &weights);
        }
    }
}

/// Each value becomes the weighted mean of its neighbours `step` apart; beyond the ends the last ones go on.
fn mix(line: &[f32], out: &mut [f32], step: usize, weights: &[f32]) {
    let reach = weights.len() / 2 * step;
    let middle = reach.min(line.len())..line.len().saturating_sub(reach).max(reach.min(line.len()));
    out[middle.clone()].fill(0.0);
    for (i, weight) in weights.iter().enumerate() {
        let from = &line[i * step..];
        for (value, near) in out[middle.clone()].iter_mut().zip(from) {
            *value += weight * near;
        }
    }
    for at in (0..middle.start).chain(middle.end..line.len()) {
        let (place, channel) = (at / step, at % step);
        let last = (line.len() / step - 1) as isize;
        let near = weights.iter().enumerate().map(|(i, weight)| {
            let neighbour = place as isize + i as isize - (weights.len() / 2) as isize;
            weight * line[neighbour.clamp(0, last) as usize * step + channel]
        });
        out[at] = near.sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey() -> Picture {
        Picture {
            width: 64,
            height: 48,
            rgb: vec![128.0; 64 * 48 * 3],
        }
    }

    #[test]
    fn noise_has_the_stated_deviation() {
        let camera = Camera {
            noise: 4.0,
            blur: 0.0,
            flicker: 0.0,
            rate: 20.0,
        };
        let taken = camera.take(grey(), &mut Random::seeded(2));
        let n = taken.rgb.len() as f32;
        let variance = taken.rgb.iter().map(|v| (v - 128.0).powi(2)).sum::<f32>() / n;
        assert!((variance.sqrt() - 4.0).abs() < 0.3, "{variance}");
    }

    #[test]
    fn blur_keeps_the_light_and_lowers_the_contrast() {
        let mut picture = grey();
        picture.rgb[(24 * 64 + 32) * 3] = 255.0;
        let before: f32 = picture.rgb.iter().sum();
        blur(&mut picture, 1.0);
        assert!((picture.rgb.iter().sum::<f32>() - before).abs() < 1.0);
        assert!(picture.rgb[(24 * 64 + 32) * 3] < 160.0);
        assert!(picture.rgb[(24 * 64 + 33) * 3] > 132.0);
    }

    #[test]
    fn frames_come_at_about_the_rate_and_unevenly() {
        let camera = Camera {
            rate: 20.0,
            ..Camera::any(&mut Random::seeded(1))
        };
        let mut random = Random::seeded(4);
        let gaps: Vec<f64> = (0..500).map(|_| camera.next(&mut random)).collect();
        let mean = gaps.iter().sum::<f64>() / 500.0;
        assert!((mean - 51.0).abs() < 2.0, "{mean}");
        assert!(gaps.iter().any(|g| *g > 60.0) && gaps.iter().all(|g| *g > 10.0));
    }
}
