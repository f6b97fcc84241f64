//! Weights as they are stored: no wider than they were published, and exactly those values when widened.

use minicbor::{Decode, Encode};

/// Where a plan keeps some weights, and how. Made by [`Plan::keep`](crate::Plan::keep).
#[derive(Clone, Copy, Debug, PartialEq, Decode, Encode)]
pub struct Weights {
    /// Of the first byte.
    #[n(0)]
    pub at: u32,
    /// How many values.
    #[n(1)]
    pub count: u32,
    /// How each is stored.
    #[n(2)]
    pub form: Form,
}

/// How a weight is stored.
#[derive(Clone, Copy, Debug, PartialEq, Decode, Encode)]
pub enum Form {
    /// IEEE 754 binary32, little-endian.
    #[n(0)]
    Single,
    /// IEEE 754 binary16, little-endian.
    #[n(1)]
    Half,
    /// A byte b that stands for (b − zero) · scale. The scales, binary32 and little-endian, lie before the bytes: one for
    /// each of so many equal parts, in their order.
    #[n(2)]
    Byte {
        /// How many scales.
        #[n(0)]
        parts: u32,
        /// The byte that stands for 0.
        #[n(1)]
        zero: u8,
    },
}

impl Form {
    /// Bytes of so many values; nothing where they have no whole parts, or are too many to count.
    fn length(self, count: usize) -> Option<usize> {
        match self {
            Self::Single => count.checked_mul(4),
            Self::Half => count.checked_mul(2),
            Self::Byte { parts, .. } => {
                let parts = parts as usize;
                let whole = parts > 0 && count.is_multiple_of(parts);
                whole.then(|| parts.checked_mul(4)?.checked_add(count))?
            }
        }
    }
}

/// Weights on their way into a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub(crate) count: usize,
    pub(crate) form: Form,
    pub(crate) bytes: Vec<u8>,
}

impl Stored {
    /// 32-bit values.
    pub fn f32(values: &[f32]) -> Self {
        Self {
            count: values.len(),
            form: Form::Single,
            bytes: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        }
    }

    /// Little-endian halves; nothing when a byte is left over.
    pub fn halves(bytes: Vec<u8>) -> Option<Self> {
        bytes.len().is_multiple_of(2).then_some(Self {
            count: bytes.len() / 2,
            form: Form::Half,
            bytes,
        })
    }

    /// Bytes that stand for (byte − zero) · scale, with a scale for each of as many equal parts as there are scales;
    /// nothing when the parts are not equal.
    pub fn bytes(values: &[u8], scales: &[f32], zero: u8) -> Option<Self> {
        let form = Form::Byte {
            parts: u32::try_from(scales.len()).ok()?,
            zero,
        };
        form.length(values.len())?;
        let mut bytes = Self::f32(scales).bytes;
        bytes.extend_from_slice(values);
        Some(Self {
            count: values.len(),
            form,
            bytes,
        })
    }

    /// The values.
    pub fn values(&self) -> Vec<f32> {
        widened(self.form, self.count, &self.bytes)
    }

    /// How many values.
    pub fn count(&self) -> usize {
        self.count
    }

    /// A matrix of rows × columns with rows and columns exchanged; nothing when it is not of that size, or when its rows
    /// have scales of their own.
    #[must_use]
    pub fn transposed(&self, rows: usize, columns: usize) -> Option<Self> {
        let (head, size) = match self.form {
            Form::Single => (0, 4),
            Form::Half => (0, 2),
            Form::Byte { parts: 1, .. } => (4, 1),
            Form::Byte { .. } => return None,
        };
        if rows.checked_mul(columns)? != self.count {
            return None;
        }
        let (head, values) = self.bytes.split_at_checked(head)?;
        let mut bytes = head.to_vec();
        for column in 0..columns {
            for row in 0..rows {
                let at = (row * columns + column) * size;
                bytes.extend_from_slice(values.get(at..at + size)?);
            }
        }
        Some(Self { bytes, ..*self })
    }
}

/// The values of some weights; nothing when they lie outside the bytes.
pub(crate) fn widen(weights: Weights, bytes: &[u8]) -> Option<Vec<f32>> {
    let (at, count) = (weights.at as usize, weights.count as usize);
    let length = weights.form.length(count)?;
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(widened(weights.form, count, bytes))
}

/// As many bytes as the form needs for so many values.
fn widened(form: Form, count: usize, bytes: &[u8]) -> Vec<f32> {
    match form {
        Form::Single => singles(bytes).collect(),
        Form::Half => {
            let halves = bytes.as_chunks().0.iter();
            halves.map(|b| half(u16::from_le_bytes(*b))).collect()
        }
        Form::Byte { parts, zero } => {
            let (scales, values) = bytes.split_at(bytes.len() - count);
            let parts = values.chunks(count.div_ceil(parts as usize).max(1));
            let of = |(part, scale): (&[u8], f32)| {
                let value = |b: &u8| (f32::from(*b) - f32::from(zero)) * scale;
                part.iter().map(value).collect::<Vec<_>>()
            };
            parts.zip(singles(scales)).flat_map(of).collect()
        }
    }
}

fn singles(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b))
}

/// binary16 → binary32, exactly.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, fraction) = (u32::from(bits >> 10) & 0x1f, u32::from(bits) & 0x3ff);
    match exponent {
        // Subnormal: a multiple of 2⁻²⁴.
        0 => {
            let value = fraction as f32 / 16_777_216.0;
            f32::from_bits(value.to_bits() | sign)
        }
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_widened_exactly() {
        // IEEE 754-2019, binary16: one, the largest, the smallest normal and subnormal, a third, −2, −0.
        for (bits, value) in [
            (0x3c00, 1.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
            (0xc000, -2.0),
            (0x8000, -0.0),
        ] {
            assert_eq!(half(bits).to_bits(), f32::to_bits(value), "{bits:04x}");
        }
        assert_eq!(half(0xfc00), f32::NEG_INFINITY);
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn weights_outside_the_bytes_are_none() {
        let weights = |at, count| Weights {
            at,
            count,
            form: Form::Half,
        };
        assert_eq!(widen(weights(2, 1), &[0, 0, 0, 0x3c]), Some(vec![1.0]));
        for (at, count) in [(3, 1), (0, 3), (u32::MAX, 1), (0, u32::MAX)] {
            assert_eq!(widen(weights(at, count), &[0; 4]), None, "{at} {count}");
        }
    }

    #[test]
    fn a_byte_is_its_distance_from_zero_times_the_scale_of_its_part() {
        let stored = Stored::bytes(&[3, 5, 0, 4], &[0.5, 2.0], 3).unwrap();
        assert_eq!(stored.values(), [0.0, 1.0, -6.0, 2.0]);
        assert_eq!(Stored::bytes(&[3, 5, 0], &[0.5, 2.0], 3), None);
        assert_eq!(Stored::bytes(&[3], &[], 3), None);
    }

    #[test]
    fn transposing_exchanges_rows_and_columns_of_any_form() {
        let stored = Stored::f32(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let expected = Stored::f32(&[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(stored.transposed(2, 3), Some(expected));
        assert_eq!(stored.transposed(2, 2), None);
        let bytes = Stored::bytes(&[1, 2, 3, 4], &[0.5], 0).unwrap();
        let expected = Stored::bytes(&[1, 3, 2, 4], &[0.5], 0);
        assert_eq!(bytes.transposed(2, 2), expected);
    }
}
