//! A mobile number: international, as it is dialled from anywhere.

use zeroize::Zeroizing;

/// A number in the form of E.164 (ITU-T E.164 §6.2): a plus and 7 to 15 digits, of which the first is none. Wiped when dropped, not
/// printable.
pub struct PhoneNumber(Zeroizing<String>);

/// Bytes of a number as it is stored: all of one length, so that its length tells nothing.
const PADDED: usize = 16;

impl PhoneNumber {
    /// Reads what somebody typed: spaces, hyphens, dots and brackets between digits say nothing, and `00` in front is a plus.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut text = Zeroizing::new(String::with_capacity(PADDED));
        for (at, character) in typed.trim().chars().enumerate() {
            match character {
                '+' if at == 0 => text.push('+'),
                '0'..='9' if text.len() < 18 => text.push(character),
                ' ' | '\u{a0}' | '-' | '.' | '(' | ')' | '/' => {}
                _ => return None,
            }
        }
        if let Some(rest) = text
            .strip_prefix("00")
            .map(|rest| Zeroizing::new(rest.to_owned()))
        {
            text.clear();
            text.push('+');
            text.push_str(&rest);
        }
        let digits = text.strip_prefix('+')?;
        let is_number = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
        is_number.then_some(Self(text))
    }

    /// The number, to be dialled.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Of one length, whatever the number.
    pub fn padded(&self) -> Zeroizing<[u8; PADDED]> {
        let mut bytes = Zeroizing::new([0; PADDED]);
        for (place, byte) in bytes.iter_mut().zip(self.0.bytes()) {
            *place = byte;
        }
        bytes
    }

    /// What [`PhoneNumber::padded`] made.
    pub fn from_padded(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        Self::parse(text.trim_end_matches('\0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Option<String> {
        PhoneNumber::parse(typed).map(|number| number.expose().to_owned())
    }

    #[test]
    fn a_number_is_read_in_whatever_form_it_is_typed() {
        for typed in [
            "+49 151 23456789",
            "0049-151-23456789",
            "+49 (151) 234.567/89",
            " +4915123456789 ",
        ] {
            assert_eq!(read(typed).as_deref(), Some("+4915123456789"), "{typed}");
        }
        assert_eq!(read("+8613800138000").as_deref(), Some("+8613800138000"));
    }

    #[test]
    fn what_cannot_be_dialled_from_anywhere_is_none() {
        for typed in [
            "",
            "+",
            "0151 23456789",
            "+0151234567",
            "+123456",
            "+1234567890123456",
            "+49 151 abc",
            "4915123456789",
            "+49+151234567",
            "٠٠٤٩١٥١٢٣٤٥٦٧",
        ] {
            assert_eq!(read(typed), None, "{typed}");
        }
    }

    #[test]
    fn what_is_stored_is_of_one_length() {
        for typed in ["+1234567", "+123456789012345"] {
            let number = PhoneNumber::parse(typed).unwrap();
            let again = PhoneNumber::from_padded(number.padded().as_slice()).unwrap();
            assert_eq!(again.expose(), typed);
        }
        assert!(PhoneNumber::from_padded(&[0xff; 16]).is_none());
    }
}
