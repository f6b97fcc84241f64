//! Is CBOR written in its shortest form (RFC 8949 §4.2.1)? The readers of the payload's types take every length and every
//! integer as it comes; one payload shall have one encoding.

/// Whether every head of these items has the shortest argument and a definite length; texts and byte strings are passed over.
///
/// What is not well-formed is not in its shortest form either. Maps and arrays need no count of their items: the readers know
/// where they end, and each item is a head of its own here.
pub(super) fn is_shortest(mut bytes: &[u8]) -> bool {
    while let Some((&head, rest)) = bytes.split_first() {
        let (major, short) = (head >> 5, head & 0x1f);
        let width = match short {
            0..=23 => 0,
            24..=27 => 1 << (short - 24),
            // Reserved, and the indefinite length.
            _ => return false,
        };
        let Some((argument, rest)) = rest.split_at_checked(width) else {
            return false;
        };
        let value = argument
            .iter()
            .fold(0, |value, byte| (value << 8) | u64::from(*byte));
        // What fits into less: below 24 into the head, else into half of the bytes. A float has the width of its type.
        let least = match (major, width) {
            (7, _) | (_, 0) => 0,
            (_, 1) => 24,
            (_, width) => 1 << (4 * width),
        };
        if width > 0 && value < least {
            return false;
        }
        let skipped = match major {
            2 | 3 if width == 0 => usize::from(short),
            2 | 3 => usize::try_from(value).unwrap_or(usize::MAX),
            _ => 0,
        };
        let Some(next) = rest.get(skipped..) else {
            return false;
        };
        bytes = next;
    }
    true
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::is_shortest;

    /// From RFC 8949, appendix A, and the same values one size longer.
    #[test]
    fn a_value_has_one_shortest_form() {
        for (short, long) in [
            (&[0x00][..], &[0x18, 0x00][..]),
            (&[0x17], &[0x18, 0x17]),
            (&[0x18, 0x18], &[0x19, 0x00, 0x18]),
            (&[0x19, 0x03, 0xe8], &[0x1a, 0x00, 0x00, 0x03, 0xe8]),
            (
                &[0x1a, 0x00, 0x0f, 0x42, 0x40],
                &[0x1b, 0, 0, 0, 0, 0x00, 0x0f, 0x42, 0x40],
            ),
            (&[0x1b, 0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0x00], &[0x1c]),
            (&[0x38, 0x63], &[0x39, 0x00, 0x63]),
            (&[0x44, 1, 2, 3, 4], &[0x58, 0x04, 1, 2, 3, 4]),
            (&[0x64, 0x49, 0x45, 0x54, 0x46], &[0x7f, 0xff]),
            (&[0x83, 1, 2, 3], &[0x98, 0x03, 1, 2, 3]),
            (&[0xa2, 1, 2, 3, 4], &[0xbf, 1, 2, 3, 4, 0xff]),
            (&[0xfa, 0x47, 0xc3, 0x50, 0x00], &[0xfa, 0x47, 0xc3, 0x50]),
        ] {
            assert!(is_shortest(short), "{short:02x?}");
            assert!(!is_shortest(long), "{long:02x?}");
        }
    }

    #[test]
    fn every_head_counts_and_no_content_does() {
        // { 0: h'1818', 1: [10, 24] }
        let map = [0xa2, 0x00, 0x42, 0x18, 0x18, 0x01, 0x82, 0x0a, 0x18, 0x18];
        assert!(is_shortest(&map));
        let mut longer = map.to_vec();
        longer.splice(7..8, [0x18, 0x0a]);
        assert!(!is_shortest(&longer));
        assert!(!is_shortest(&map[..4]), "a string cut short");
        assert!(is_shortest(&[]));
    }
}
