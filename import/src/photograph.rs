//! A file → pixels, upright.

use std::io::{BufRead, BufReader, ErrorKind, Seek};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};
use nod::image::{Frame, MAX_SIDE};
use zeroize::Zeroizing;

use crate::reason::Reason;

/// A decoded photograph. Wiped when dropped, because it shows a face.
pub struct Photograph {
    width: u32,
    height: u32,
    rgba: Zeroizing<Vec<u8>>,
}

impl Photograph {
    /// Reads a JPEG or PNG file, whatever its name says, and turns it as its EXIF data asks.
    pub fn open(path: &Path) -> Result<Self, Reason> {
        let file = std::fs::File::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Reason::Missing,
            _ => Reason::Unreadable,
        })?;
        Self::read(BufReader::new(file))
    }

    fn read(file: impl BufRead + Seek) -> Result<Self, Reason> {
        let mut reader = ImageReader::new(file)
            .with_guessed_format()
            .map_err(|_| Reason::Unreadable)?;
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(reason)?;
        let (width, height) = decoder.dimensions();
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(Reason::TooLarge);
        }
        let orientation = decoder.orientation().map_err(reason)?;
        let mut picture = DynamicImage::from_decoder(decoder).map_err(reason)?;
        picture.apply_orientation(orientation);
        let picture = picture.into_rgba8();
        Ok(Self {
            width: picture.width(),
            height: picture.height(),
            rgba: Zeroizing::new(picture.into_raw()),
        })
    }

    /// The pixels, to be looked at.
    pub fn frame(&self) -> Result<Frame<'_>, Reason> {
        Frame::new(self.width, self.height, &self.rgba).map_err(|_| Reason::Unreadable)
    }
}

fn reason(error: ImageError) -> Reason {
    match error {
        ImageError::Limits(_) => Reason::TooLarge,
        _ => Reason::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, Rgb, RgbImage};

    use super::*;

    /// Red on the left half, blue on the right.
    fn picture() -> RgbImage {
        RgbImage::from_fn(64, 32, |x, _| {
            if x < 32 {
                Rgb([250, 0, 0])
            } else {
                Rgb([0, 0, 250])
            }
        })
    }

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// The same JPEG with an EXIF segment that has nothing but the orientation (EXIF 2.3 §4.6.4, tag 0x0112).
    fn turned(orientation: u8) -> Vec<u8> {
        let jpeg = encoded(ImageFormat::Jpeg);
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
    }

    fn read(bytes: &[u8]) -> Result<Photograph, Reason> {
        Photograph::read(Cursor::new(bytes.to_vec()))
    }

    #[test]
    fn jpeg_and_png_are_read() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let read = read(&encoded(format)).unwrap();
            assert_eq!((read.width, read.height), (64, 32));
            assert!(read.rgba[0] > 200 && read.rgba[2] < 50, "{format:?}");
            assert!(read.frame().is_ok());
        }
    }

    #[test]
    fn pictures_are_turned_upright() {
        // 6: the camera was turned, the left side of the file is the top of the picture.
        let upright = read(&turned(6)).unwrap();
        assert_eq!((upright.width, upright.height), (32, 64));
        let (first, last) = (&upright.rgba[..4], &upright.rgba[upright.rgba.len() - 4..]);
        assert!(first[0] > 200 && last[2] > 200, "{first:?} {last:?}");
        let upright = read(&turned(3)).unwrap();
        assert_eq!((upright.width, upright.height), (64, 32));
        assert!(upright.rgba[2] > 200);
    }

    #[test]
    fn what_is_no_picture_is_refused_with_its_reason() {
        let png = encoded(ImageFormat::Png);
        for bytes in [&b""[..], b"not a picture", &png[..png.len() / 2]] {
            assert_eq!(read(bytes).err(), Some(Reason::Unreadable));
        }
        let missing = Path::new("/nowhere/at/all.jpg");
        assert_eq!(Photograph::open(missing).err(), Some(Reason::Missing));
        let wide = RgbImage::new(MAX_SIDE + 1, 1);
        let mut bytes = Cursor::new(Vec::new());
        wide.write_to(&mut bytes, ImageFormat::Png).unwrap();
        assert_eq!(read(&bytes.into_inner()).err(), Some(Reason::TooLarge));
    }
}
