//! What the resident types, or a device keeps for them: held in memory that is wiped, never printed, compared in
//! constant time.

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The typed text is not usable. It does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// A claimed ID is 4 to 64 letters or digits; spaces, dots, dashes and slashes are ignored.
    #[error("an ID has 4 to 64 letters or digits")]
    ClaimedId,
    /// A passcode is exactly eight digits.
    #[error("a passcode has exactly eight digits")]
    Passcode,
    /// A device's handle is 43 characters of base64url.
    #[error("a device's handle has 43 characters of base64url")]
    DeviceHandle,
    /// A claim handle is `NOD1:` and 32 hexadecimal digits in upper case.
    #[error("a claim handle has NOD1: and 32 hexadecimal digits in upper case")]
    ClaimHandle,
}

/// The ID number that the resident claims: upper case, separators removed.
///
/// Two ways of typing one number are one claim: `440106-1990-0001` and `44010619900001` are equal.
pub struct ClaimedId(Zeroizing<String>);

/// The resident's eight-digit passcode, the second factor of level `full`.
pub struct Passcode(Zeroizing<String>);

/// What a remembered device has in place of a claimed ID: 32 random bytes that it made up itself. It says who is claimed,
/// on one site, and proves nothing.
pub struct DeviceHandle(Zeroizing<[u8; 32]>);

/// What a resident shows to a kiosk's camera in place of a claimed ID: 16 random bytes that the authority made up for them. It
/// says who is claimed, once and for a minute, and proves nothing.
pub struct ClaimHandle(Zeroizing<[u8; 16]>);

impl ClaimedId {
    /// Normalises what was typed.
    pub fn parse(typed: &str) -> Result<Self, BadSecret> {
        // Capacity up front: growing would leave unwiped copies behind.
        let mut id = Zeroizing::new(String::with_capacity(typed.len() * 4));
        for c in typed.chars() {
            if c.is_whitespace() || matches!(c, '-' | '.' | '/') {
                continue;
            }
            // Both forms: some letters become a letter and a mark, which would not be read again where the seal is opened.
            if !c.is_alphanumeric() || !c.to_uppercase().all(char::is_alphanumeric) {
                return Err(BadSecret::ClaimedId);
            }
            id.extend(c.to_uppercase());
        }
        if (4..=64).contains(&id.chars().count()) {
            Ok(Self(id))
        } else {
            Err(BadSecret::ClaimedId)
        }
    }

    /// The normalised text, for hashing and for sealing only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256 over a label, the ticket and the ID: what a ticket is bound to.
    ///
    /// The ticket's public name serves as salt; the hash protects an ID only as far as IDs are hard
    /// to guess, and is shown to nobody but the holder of the ticket.
    pub fn hash_for_ticket(&self, ticket: &super::TicketId) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"nod ticket claimed id v1\0");
        hash.update(ticket.as_str().as_bytes());
        hash.update(b"\0");
        hash.update(self.0.as_bytes());
        hash.finalize().into()
    }
}

impl Passcode {
    /// Accepts eight ASCII digits.
    pub fn parse(typed: &str) -> Result<Self, BadSecret> {
        if typed.len() == 8 && typed.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(Zeroizing::new(typed.to_owned())))
        } else {
            Err(BadSecret::Passcode)
        }
    }

    /// The digits, for hashing and for sealing only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl DeviceHandle {
    /// Reads base64url without padding.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let mut bytes = Zeroizing::new([0; 32]);
        match Base64UrlUnpadded::decode(text, bytes.as_mut_slice()) {
            Ok(decoded) if decoded.len() == 32 => Ok(Self(bytes)),
            _ => Err(BadSecret::DeviceHandle),
        }
    }

    /// Takes exactly 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSecret> {
        let bytes = bytes.try_into().map_err(|_| BadSecret::DeviceHandle)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// The bytes, for hashing and for sealing only.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl ClaimHandle {
    /// What a handle's text begins with: nobody takes another code for one. With digits in upper case all of it is within the
    /// alphanumeric mode of QR codes (ISO/IEC 18004, 7.4.4), which makes the coarsest picture, and so the easiest to read.
    pub const PREFIX: &str = "NOD1:";

    /// Takes exactly 16 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSecret> {
        let bytes = bytes.try_into().map_err(|_| BadSecret::ClaimHandle)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// Reads what [`ClaimHandle::text`] writes, and nothing else.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let digits = text.strip_prefix(Self::PREFIX);
        let digits = digits.filter(|digits| digits.len() == 32);
        let mut bytes = Zeroizing::new([0; 16]);
        let pairs = digits.ok_or(BadSecret::ClaimHandle)?.as_bytes();
        for (byte, pair) in bytes.iter_mut().zip(pairs.chunks_exact(2)) {
            *byte = pair
                .iter()
                .try_fold(0, |value: u8, digit| Some((value << 4) | value_of(*digit)?))
                .ok_or(BadSecret::ClaimHandle)?;
        }
        Ok(Self(bytes))
    }

    /// The text of the picture that the resident shows.
    pub fn text(&self) -> Zeroizing<String> {
        const DIGITS: [char; 16] = [
            '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
        ];
        // Capacity up front: growing would leave unwiped copies behind.
        let mut text = Zeroizing::new(String::with_capacity(Self::PREFIX.len() + 32));
        text.push_str(Self::PREFIX);
        let halves = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        text.extend(halves.filter_map(|half| DIGITS.get(usize::from(half))));
        text
    }

    /// The bytes, for hashing and for sealing only.
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Of a hexadecimal digit in upper case.
fn value_of(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

impl PartialEq for ClaimHandle {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl PartialEq for ClaimedId {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl PartialEq for DeviceHandle {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl PartialEq for Passcode {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::ids::TicketId;

    #[test]
    fn one_number_typed_in_several_ways_is_one_claim() {
        let plain = ClaimedId::parse("11010519491231002x").unwrap();
        for typed in [
            "110105 19491231 002X",
            "110105-19491231-002x",
            " 110105.19491231.002X ",
        ] {
            assert!(ClaimedId::parse(typed).unwrap() == plain, "{typed}");
        }
    }

    #[test]
    fn unusable_ids_and_passcodes_are_refused() {
        // Two letters are too few, however many bytes they have; and upper case gives these a letter and two marks each.
        let letters = ["\u{540d}\u{524d}", "\u{390}\u{390}\u{390}\u{390}"];
        let plain = ["", "123", "----", "12345;DROP", &"9".repeat(65)];
        for bad in plain.into_iter().chain(letters) {
            assert_eq!(
                ClaimedId::parse(bad).err(),
                Some(BadSecret::ClaimedId),
                "{bad}"
            );
        }
        for bad in ["", "1234567", "123456789", "1234567a", "１２３４５６７８"] {
            assert_eq!(
                Passcode::parse(bad).err(),
                Some(BadSecret::Passcode),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_handle_is_32_bytes_however_it_arrives() {
        let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let bytes: Vec<u8> = (0..32).collect();
        let parsed = DeviceHandle::parse(text).unwrap();
        assert!(parsed == DeviceHandle::from_bytes(&bytes).unwrap());
        for bad in [
            "",
            "AAEC",
            &text[1..],
            &format!("{text}="),
            &format!("{text}AA"),
        ] {
            assert_eq!(
                DeviceHandle::parse(bad).err(),
                Some(BadSecret::DeviceHandle),
                "{bad}"
            );
        }
        assert!(DeviceHandle::from_bytes(&bytes[1..]).is_err());
    }

    #[test]
    fn a_claim_handle_has_one_text() {
        let handle = ClaimHandle::from_bytes(&[0x0f; 16]).unwrap();
        let text = format!("NOD1:{}", "0F".repeat(16));
        assert_eq!(*handle.text(), text);
        assert!(ClaimHandle::parse(&text).unwrap() == handle);
        for bad in [
            "",
            "NOD1:",
            &text[5..],
            &text[..36],
            &format!("{text}0"),
            &text.to_lowercase(),
            &text.replace("NOD1", "NOD2"),
            &text.replacen("0F", "0G", 1),
            &text.replacen("0F0F", "0\u{e9}F", 1),
            &format!(" {text}"),
        ] {
            assert_eq!(
                ClaimHandle::parse(bad).err(),
                Some(BadSecret::ClaimHandle),
                "{bad}"
            );
        }
        assert!(ClaimHandle::from_bytes(&[0; 15]).is_err());
    }

    #[test]
    fn a_claim_is_the_same_when_it_is_read_again() {
        let most = "\u{10400}".repeat(64);
        for typed in [
            "stra\u{df}e1",
            "\u{54c8}\u{592b}\u{7f57}\u{7d22}",
            "\u{1c6}123",
            &most,
        ] {
            let id = ClaimedId::parse(typed).unwrap();
            assert!(ClaimedId::parse(id.expose()).unwrap() == id, "{typed}");
        }
    }

    #[test]
    fn the_ticket_salts_the_hash() {
        let id = ClaimedId::parse("11010519491231002X").unwrap();
        let (a, b) = (TicketId::parse("a").unwrap(), TicketId::parse("b").unwrap());
        assert_ne!(id.hash_for_ticket(&a), id.hash_for_ticket(&b));
        assert_eq!(id.hash_for_ticket(&a), id.hash_for_ticket(&a));
    }
}
