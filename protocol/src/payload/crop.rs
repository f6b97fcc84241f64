//! What the embedder saw of a keyframe, for the authority to have looked at again.
//!
//! ```text
//! crop = { ? 0: millis uint, 1: side uint, 2: rgb bstr }
//! ```

use minicbor::{Decoder, Encoder};

use super::codec::{Fields, PayloadError, Written, bad, read_bytes};

/// The longest side of a crop, in pixels; the embedders in use take 112 to 150.
pub const MAX_CROP_SIDE: u16 = 256;

/// The aligned crop of a keyframe: square, red, green and blue, 8 bits each.
///
/// Not printable, not cloneable, wiped when dropped: it shows a face.
pub struct EvidenceCrop {
    /// The track's frame that it was cut from ([`TrackFrame::millis`](super::TrackFrame::millis)); none in a still
    /// capture.
    pub millis: Option<u32>,
    /// Pixels from left to right, and from top to bottom: 1 to [`MAX_CROP_SIDE`].
    pub side: u16,
    /// `side` × `side` × 3 samples, rows from the top.
    pub rgb: Vec<u8>,
}

impl Drop for EvidenceCrop {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.rgb.zeroize();
    }
}

/// Bytes that a crop takes at most.
pub(crate) fn size_bound(crop: &EvidenceCrop) -> usize {
    crop.rgb.len() + 32
}

pub(crate) fn write_crop(crop: &EvidenceCrop, e: &mut Encoder<Vec<u8>>) -> Written {
    e.map(2 + u64::from(crop.millis.is_some()))?;
    if let Some(millis) = crop.millis {
        e.u8(0)?.u32(millis)?;
    }
    e.u8(1)?.u16(crop.side)?;
    e.u8(2)?.bytes(&crop.rgb)?;
    Ok(())
}

/// Refuses other sides than 1 to [`MAX_CROP_SIDE`] and other numbers of samples than the side asks for.
pub(crate) fn read_crop(d: &mut Decoder<'_>) -> Result<EvidenceCrop, PayloadError> {
    let mut fields = Fields::of_map(d)?;
    let millis = if fields.optional(d, 0)? {
        Some(d.u32().map_err(bad)?)
    } else {
        None
    };
    fields.required(d, 1)?;
    let side = d.u16().map_err(bad)?;
    fields.required(d, 2)?;
    let rgb = read_bytes(d)?;
    fields.finish()?;
    let samples = usize::from(side) * usize::from(side) * 3;
    if !(1..=MAX_CROP_SIDE).contains(&side) || rgb.len() != samples {
        return Err(PayloadError);
    }
    Ok(EvidenceCrop {
        millis,
        side,
        rgb: rgb.to_vec(),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    pub(crate) fn crop(millis: Option<u32>, side: u16) -> EvidenceCrop {
        let samples = 0..usize::from(side) * usize::from(side) * 3;
        EvidenceCrop {
            millis,
            side,
            rgb: samples.map(|at| (at * 7) as u8).collect(),
        }
    }

    fn read(crop: &EvidenceCrop) -> Result<EvidenceCrop, PayloadError> {
        let mut e = Encoder::new(Vec::new());
        write_crop(crop, &mut e).unwrap();
        let bytes = e.into_writer();
        assert!(bytes.len() <= size_bound(crop));
        read_crop(&mut Decoder::new(&bytes))
    }

    #[test]
    fn the_largest_and_the_smallest_crop_come_back() {
        for sent in [crop(None, 1), crop(Some(u32::MAX), MAX_CROP_SIDE)] {
            let back = read(&sent).unwrap();
            assert_eq!((back.millis, back.side), (sent.millis, sent.side));
            assert!(back.rgb == sent.rgb);
        }
    }

    #[test]
    fn sides_that_no_crop_has_are_refused() {
        assert!(read(&crop(None, 0)).is_err());
        assert!(read(&crop(None, MAX_CROP_SIDE + 1)).is_err());
        let mut short = crop(None, 9);
        short.rgb.pop();
        assert!(read(&short).is_err());
        let mut long = crop(None, 9);
        long.rgb.push(0);
        assert!(read(&long).is_err());
    }
}
