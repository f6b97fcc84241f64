//! The picture of a link that a phone's camera reads (QR code, ISO/IEC 18004).
//!
//! Drawn here and not in the frame: the authority knows its own public address, and the frame runs no further package.

use std::fmt::Write;

use nod_protocol::handoff::QrCode;
use qrcode::{
    Color, EcLevel,
    bits::Bits,
    types::{QrError, Version},
};

/// Draws a text with error correction M (15 %): the code is on a screen, where nothing tears or stains it.
///
/// # Errors
/// When the text is longer than 2,331 bytes.
pub fn draw(text: &str) -> Result<QrCode, QrError> {
    let code = qrcode::QrCode::with_error_correction_level(text, EcLevel::M)?;
    Ok(picture(&code))
}

/// Draws a text of digits, capital letters and `:` in 25 modules a side, for a camera that it is held before by hand. In one segment
/// (alphanumeric mode): split in several, as the package would, a text of so many characters may need four modules more.
///
/// # Errors
/// When the text has other characters, or more than 38.
pub fn draw_coarse(text: &str) -> Result<QrCode, QrError> {
    // The package would draw a zero for each of the others.
    let is_alphanumeric = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase() || b == b':';
    if !text.bytes().all(is_alphanumeric) {
        return Err(QrError::InvalidCharacter);
    }
    let mut bits = Bits::new(Version::Normal(2));
    bits.push_alphanumeric_data(text.as_bytes())?;
    bits.push_terminator(EcLevel::M)?;
    Ok(picture(&qrcode::QrCode::with_bits(bits, EcLevel::M)?))
}

fn picture(code: &qrcode::QrCode) -> QrCode {
    let side = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(side).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run.first() == Some(&Color::Dark) {
                let length = run.len();
                // Writing to a String has no error to give.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            x += run.len();
        }
    }
    QrCode { side, path }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The top row of every QR code begins and ends with a finder pattern: seven dark modules (ISO/IEC 18004, 6.3.3). That a
    /// camera reads the whole is tested from a screenshot (tests/e2e/handoff.test.mjs).
    #[test]
    fn the_picture_has_its_finder_patterns_and_stays_small() {
        let code = draw("https://id.example.gov/handoff#AAAAAAAAAAAAAAAAAAAAAA").unwrap();
        assert_eq!(code.side, 33);
        assert!(code.path.starts_with("M0 0h7v1h-7z"), "{}", code.path);
        assert!(code.path.contains("M26 0h7v1h-7z"), "{}", code.path);
        assert!(code.path.contains("M0 32h7v1h-7z"), "{}", code.path);
    }

    #[test]
    fn a_handle_is_coarse_whatever_its_digits() {
        for digits in ["0F".repeat(16), "0".repeat(32), "1234567A".repeat(4)] {
            assert_eq!(draw_coarse(&format!("NOD1:{digits}")).unwrap().side, 25);
        }
        assert!(draw_coarse(&"A".repeat(39)).is_err());
        assert!(draw_coarse("NOD1:0f").is_err());
    }

    #[test]
    fn what_no_code_holds_is_an_error() {
        assert!(draw(&"x".repeat(2_332)).is_err());
    }
}
