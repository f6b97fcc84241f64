//! The picture of a link that a phone's camera reads (QR code, ISO/IEC 18004).
//!
//! Drawn here and not in the frame: the authority knows its own public address, and the frame runs no further package.

use std::fmt::Write;

use nod_protocol::handoff::QrCode;
use qrcode::{Color, EcLevel, types::QrError};

/// Draws a text with error correction M (15 %): the code is on a screen, where nothing tears or stains it.
///
/// # Errors
/// When the text is longer than 2,331 bytes.
pub fn draw(text: &str) -> Result<QrCode, QrError> {
    let code = qrcode::QrCode::with_error_correction_level(text, EcLevel::M)?;
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
    Ok(QrCode { side, path })
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
    fn what_no_code_holds_is_an_error() {
        assert!(draw(&"x".repeat(2_332)).is_err());
    }
}
