//! What comes from a camera ([`Frame`]) and what goes into a network ([`Crop`]).

use thiserror::Error;
use zeroize::Zeroizing;

use crate::geometry::Point;

/// Longest side accepted. Larger than any camera's, small enough that no size computation overflows.
pub const MAX_SIDE: u32 = 8192;

/// A camera frame: a checked view of RGBA bytes that somebody else owns.
///
/// Four bytes a pixel in the order red, green, blue, alpha; rows from the top, no padding between rows.
/// Alpha is ignored. Sides are 1 to [`MAX_SIDE`].
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    width: u32,
    height: u32,
    rgba: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Checks the sizes against each other.
    pub fn new(width: u32, height: u32, rgba: &'a [u8]) -> Result<Self, FrameError> {
        let expected = expected_length(width, height, 4)?;
        if rgba.len() != expected {
            return Err(FrameError::WrongLength {
                expected,
                found: rgba.len(),
            });
        }
        Ok(Self {
            width,
            height,
            rgba,
        })
    }

    /// Pixels from left to right.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The shorter of the two sides, in pixels.
    pub fn shorter_side(&self) -> u32 {
        self.width.min(self.height)
    }

    /// Row `y` as RGBA bytes; empty when there is no such row.
    pub(crate) fn row(&self, y: usize) -> &'a [u8] {
        let stride = self.width as usize * 4;
        self.rgba.get(y * stride..(y + 1) * stride).unwrap_or(&[])
    }

    /// Red, green and blue of a pixel, 0 to 255; black outside the frame.
    pub(crate) fn rgb(&self, x: i32, y: i32) -> [f32; 3] {
        if x < 0 || y < 0 || x >= self.width as i32 || y >= self.height as i32 {
            return [0.0; 3];
        }
        let at = (y as usize * self.width as usize + x as usize) * 4;
        match self.rgba.get(at..at + 3) {
            Some(&[r, g, b]) => [f32::from(r), f32::from(g), f32::from(b)],
            _ => [0.0; 3],
        }
    }
}

/// Bytes of a picture, if its sides are 1 to [`MAX_SIDE`].
fn expected_length(width: u32, height: u32, samples: usize) -> Result<usize, FrameError> {
    if width == 0 || height == 0 {
        return Err(FrameError::Empty);
    }
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(FrameError::TooLarge { width, height });
    }
    Ok(width as usize * height as usize * samples)
}

/// Why bytes are not a frame.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// A side is zero.
    #[error("the frame is empty")]
    Empty,
    /// A side is longer than [`MAX_SIDE`].
    #[error("the frame is {width}×{height}, more than {MAX_SIDE} on a side")]
    TooLarge {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
    /// The number of bytes is not width × height × 4, or × 3 in a picture without alpha.
    #[error("the frame should have {expected} bytes and has {found}")]
    WrongLength {
        /// Bytes that the size asks for.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
}

/// A small picture cut from a frame: interleaved red, green, blue, each 0 to 255, not rounded.
///
/// Wiped when dropped, because it shows a face.
pub struct Crop {
    width: usize,
    height: usize,
    rgb: Zeroizing<Vec<f32>>,
}

impl Crop {
    /// A black picture.
    pub(crate) fn black(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            rgb: Zeroizing::new(vec![0.0; width * height * 3]),
        }
    }

    /// Pixels from left to right.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All samples, `width * height * 3` of them, rows from the top.
    pub fn rgb(&self) -> &[f32] {
        &self.rgb
    }

    /// Left and right exchanged in the first `columns`, black beyond them.
    pub(crate) fn mirrored(&self, columns: usize) -> Self {
        let mut mirrored = Self::black(self.width, self.height);
        let kept = columns.min(self.width) * 3;
        let rows = self.rgb.chunks_exact(self.width * 3);
        for (from, to) in rows.zip(mirrored.rgb.chunks_exact_mut(self.width * 3)) {
            let pixels = from[..kept].chunks_exact(3);
            for (pixel, place) in pixels.zip(to[..kept].chunks_exact_mut(3).rev()) {
                place.copy_from_slice(pixel);
            }
        }
        mirrored
    }

    /// As a picture of 8 bits a sample has it: each to the nearest whole number. What is made of this one can be made again
    /// by whoever gets [`to_rgb8`](Self::to_rgb8).
    pub fn rounded(&self) -> Self {
        let mut rounded = Self::black(self.width, self.height);
        let samples = rounded.rgb.iter_mut().zip(self.rgb.iter());
        // A cast takes what is outside of 0 to 255 to the nearer end, and NaN to 0.
        samples.for_each(|(to, from)| *to = f32::from(from.round() as u8));
        rounded
    }

    /// All samples in 8 bits, rounded as in [`rounded`](Self::rounded).
    pub fn to_rgb8(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.rgb.iter().map(|value| value.round() as u8).collect())
    }

    /// The picture of these samples, `width * height * 3` of them, rows from the top; sides 1 to [`MAX_SIDE`].
    pub fn from_rgb8(width: u32, height: u32, rgb: &[u8]) -> Result<Self, FrameError> {
        let expected = expected_length(width, height, 3)?;
        if rgb.len() != expected {
            return Err(FrameError::WrongLength {
                expected,
                found: rgb.len(),
            });
        }
        let mut crop = Self::black(width as usize, height as usize);
        let samples = crop.rgb.iter_mut().zip(rgb);
        samples.for_each(|(to, from)| *to = f32::from(*from));
        Ok(crop)
    }

    /// Red, green and blue of a pixel; outside the picture those of the nearest one inside.
    pub(crate) fn nearest(&self, x: i32, y: i32) -> [f32; 3] {
        let inside = |at: i32, count: usize| (at.max(0) as usize).min(count.saturating_sub(1));
        let at = (inside(y, self.height) * self.width + inside(x, self.width)) * 3;
        match self.rgb.get(at..at + 3) {
            Some(&[r, g, b]) => [r, g, b],
            _ => [0.0; 3],
        }
    }

    pub(crate) fn rgb_mut(&mut self) -> &mut [f32] {
        &mut self.rgb
    }

    /// Luma of each pixel (ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B), 0 to 255.
    pub(crate) fn luma(&self) -> Vec<f32> {
        self.rgb
            .chunks_exact(3)
            .map(|p| 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2])
            .collect()
    }
}

/// The colour at a point between pixels, mixed of the four around it. Pixel (i, j) has its centre at coordinates (i, j), as
/// in the pictures that the embedders were trained on.
pub(crate) fn bilinear(at: Point, pixel: impl Fn(i32, i32) -> [f32; 3]) -> [f32; 3] {
    let (left, top) = (at.x.floor(), at.y.floor());
    let (fx, fy) = (at.x - left, at.y - top);
    // A saturating cast: far outside stays outside, and `+ 1` below cannot overflow.
    let (x, y) = (left.clamp(-9.0, 1e6) as i32, top.clamp(-9.0, 1e6) as i32);
    let (nw, ne) = (pixel(x, y), pixel(x + 1, y));
    let (sw, se) = (pixel(x, y + 1), pixel(x + 1, y + 1));
    std::array::from_fn(|c| {
        let upper = nw[c] + (ne[c] - nw[c]) * fx;
        let lower = sw[c] + (se[c] - sw[c]) * fx;
        upper + (lower - upper) * fy
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_checked_against_the_bytes() {
        assert_eq!(Frame::new(0, 5, &[]).err(), Some(FrameError::Empty));
        assert_eq!(
            Frame::new(2, 2, &[0; 15]).err(),
            Some(FrameError::WrongLength {
                expected: 16,
                found: 15
            })
        );
        assert_eq!(
            Frame::new(MAX_SIDE + 1, 1, &[]).err(),
            Some(FrameError::TooLarge {
                width: MAX_SIDE + 1,
                height: 1
            })
        );
        assert!(Frame::new(1, 1, &[1, 2, 3, 4]).is_ok());
    }

    #[test]
    fn eight_bits_are_the_rounded_picture_and_come_back() {
        let mut crop = Crop::black(2, 1);
        crop.rgb_mut()
            .copy_from_slice(&[0.4, 0.5, 254.6, 300.0, -3.0, f32::NAN]);
        let bytes = crop.to_rgb8();
        assert_eq!(*bytes, [0, 1, 255, 255, 0, 0]);
        let back = Crop::from_rgb8(2, 1, &bytes).unwrap();
        assert_eq!(back.rgb(), crop.rounded().rgb());
        assert_eq!(*back.to_rgb8(), *bytes);
        assert_eq!(
            Crop::from_rgb8(2, 2, &bytes).err(),
            Some(FrameError::WrongLength {
                expected: 12,
                found: 6
            })
        );
        assert_eq!(Crop::from_rgb8(0, 2, &[]).err(), Some(FrameError::Empty));
    }

    #[test]
    fn a_mirrored_picture_has_its_pixels_from_right_to_left() {
        let mut crop = Crop::black(2, 2);
        crop.rgb_mut()
            .copy_from_slice(&[1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12.]);
        let expected = [4., 5., 6., 1., 2., 3., 10., 11., 12., 7., 8., 9.];
        assert_eq!(crop.mirrored(2).rgb(), expected);
        assert_eq!(crop.mirrored(2).mirrored(2).rgb(), crop.rgb());
        let left = [1., 2., 3., 0., 0., 0., 7., 8., 9., 0., 0., 0.];
        assert_eq!(crop.mirrored(1).rgb(), left);
    }

    #[test]
    fn pixels_keep_their_colour_order_and_are_black_outside() {
        let frame = Frame::new(2, 1, &[1, 2, 3, 255, 4, 5, 6, 0]).unwrap();
        assert_eq!(frame.rgb(1, 0), [4.0, 5.0, 6.0]);
        assert_eq!(frame.rgb(2, 0), [0.0; 3]);
        assert_eq!(frame.rgb(0, -1), [0.0; 3]);
    }

    #[test]
    fn bilinear_is_exact_on_a_ramp_and_black_outside() {
        let bytes: Vec<u8> = (0..5u8)
            .flat_map(|y| (0..7u8).flat_map(move |x| [10 * x, 20 * y, 7, 0]))
            .collect();
        let frame = Frame::new(7, 5, &bytes).unwrap();
        let [r, g, b] = bilinear(Point::new(2.25, 3.5), |x, y| frame.rgb(x, y));
        assert!((r - 22.5).abs() < 1e-4 && (g - 70.0).abs() < 1e-4 && (b - 7.0).abs() < 1e-4);
        for far in [-50.0, 1e30, -1e30] {
            assert_eq!(
                bilinear(Point::new(far, 1.0), |x, y| frame.rgb(x, y)),
                [0.0; 3]
            );
        }
    }

    #[test]
    fn outside_a_crop_its_last_pixels_go_on() {
        let crop = Crop::from_rgb8(2, 1, &[10, 20, 30, 110, 120, 130]).unwrap();
        for (x, y, red) in [(-7, 0, 10.0), (0, 5, 10.0), (1, -1, 110.0), (9, 9, 110.0)] {
            assert_eq!(crop.nearest(x, y)[0], red, "{x} {y}");
        }
        let middle = bilinear(Point::new(0.5, -3.0), |x, y| crop.nearest(x, y));
        assert_eq!(middle, [60.0, 70.0, 80.0]);
    }
}
