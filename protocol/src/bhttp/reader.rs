//! Takes a message apart, and never takes more than is there.

use super::{Field, MAX_FIELDS, MAX_TEXT, Malformed, is_field};

/// What is left of a message.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self(message)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A variable-length integer of any of its lengths (RFC 9000 §16).
    pub(super) fn number(&mut self) -> Result<u64, Malformed> {
        let first = *self.0.first().ok_or(Malformed)?;
        let bytes = self.take(1 << (first >> 6))?;
        let value = bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte));
        Ok(value & (u64::MAX >> (66 - 8 * bytes.len())))
    }

    /// Bytes after their length.
    fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.number()?;
        self.take(usize::try_from(length).map_err(|_| Malformed)?)
    }

    pub(super) fn text(&mut self, longest: usize) -> Result<String, Malformed> {
        let bytes = self.bytes()?;
        if bytes.len() > longest {
            return Err(Malformed);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed)?;
        Ok(text.to_owned())
    }

    /// A field section: of a known length, or up to an empty name (RFC 9292 §3.6). Here and at all that follows a message may
    /// end; what is missing is empty then (§3.8).
    pub(super) fn fields(&mut self, is_known: bool) -> Result<Vec<Field>, Malformed> {
        let mut fields = Vec::new();
        if self.0.is_empty() {
            return Ok(fields);
        }
        if is_known {
            let mut section = Self(self.bytes()?);
            while !section.0.is_empty() {
                let name = section.bytes()?;
                section.field(name, &mut fields)?;
            }
        } else {
            loop {
                let name = self.bytes()?;
                if name.is_empty() {
                    break;
                }
                self.field(name, &mut fields)?;
            }
        }
        Ok(fields)
    }

    fn field(&mut self, name: &[u8], fields: &mut Vec<Field>) -> Result<(), Malformed> {
        let value = self.bytes()?;
        let is_valid = fields.len() < MAX_FIELDS
            && name.len() <= MAX_TEXT
            && value.len() <= MAX_TEXT
            && is_field(name, value);
        if !is_valid {
            return Err(Malformed);
        }
        let name = std::str::from_utf8(name).map_err(|_| Malformed)?;
        fields.push(Field {
            name: name.to_owned(),
            value: value.to_owned(),
        });
        Ok(())
    }

    /// The content, in one piece or in chunks.
    pub(super) fn content(&mut self, is_known: bool) -> Result<Vec<u8>, Malformed> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        if is_known {
            return self.bytes().map(<[u8]>::to_vec);
        }
        let mut content = Vec::new();
        loop {
            match self.bytes()? {
                [] => return Ok(content),
                chunk => content.extend_from_slice(chunk),
            }
        }
    }

    /// Trailers, which nobody here reads, and padding, which is zeros (RFC 9292 §3.8).
    pub(super) fn end(mut self, is_known: bool) -> Result<(), Malformed> {
        self.fields(is_known)?;
        if self.0.iter().any(|byte| *byte != 0) {
            return Err(Malformed);
        }
        Ok(())
    }
}
