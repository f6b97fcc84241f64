//! Binary HTTP (RFC 9292): an HTTP request or response as the bytes that an oblivious request carries.
//!
//! Written is the known-length form, padded. Read are both forms, strictly: what HTTP/2 would call malformed is no message
//! (RFC 9292 §3.6), and there are limits on everything that is counted. Informational responses are read past.

mod reader;

use reader::Reader;

/// Framing indicators (RFC 9292 §3.3).
const KNOWN_REQUEST: u64 = 0;
const KNOWN_RESPONSE: u64 = 1;
const INDETERMINATE_REQUEST: u64 = 2;
const INDETERMINATE_RESPONSE: u64 = 3;

/// Fields that one section may have.
pub const MAX_FIELDS: usize = 32;
/// Bytes of a field's name or value, of a method, a scheme, an authority, a path.
pub const MAX_TEXT: usize = 4 * 1024;
/// Informational responses that may come before the final one.
const MAX_INFORMATIONAL: usize = 8;

/// A request. No `Debug`: its content and its fields may be somebody's.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// For example `POST`.
    pub method: String,
    /// `https`, or `http` on a development machine.
    pub scheme: String,
    /// Host and port of the target.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case; pseudo-fields are not among them.
    pub fields: Vec<Field>,
    /// The body.
    pub content: Vec<u8>,
}

/// A final response. No `Debug`: it may carry an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// 200 to 599.
    pub status: u16,
    /// As of a request.
    pub fields: Vec<Field>,
    /// The body.
    pub content: Vec<u8>,
}

/// A header field.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    /// A token in lower case (RFC 9110 §5.1, RFC 9113 §8.2).
    pub name: String,
    /// Visible characters, spaces and tabs inside, and bytes from 0x80.
    pub value: Vec<u8>,
}

/// Not a valid message within the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid binary HTTP message")]
pub struct Malformed;

impl Request {
    /// The known-length form (RFC 9292 §3.1), padded with zeros to a multiple of `step` bytes (§3.8).
    pub fn encode(&self, step: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.content.len() + step);
        write_number(&mut out, KNOWN_REQUEST);
        for text in [&self.method, &self.scheme, &self.authority, &self.path] {
            write_bytes(&mut out, text.as_bytes());
        }
        write_rest(out, &self.fields, &self.content, step)
    }

    /// Reads either form.
    pub fn decode(message: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(message);
        let is_known = match reader.number()? {
            KNOWN_REQUEST => true,
            INDETERMINATE_REQUEST => false,
            _ => return Err(Malformed),
        };
        let [method, scheme, authority, path] = [
            reader.text(MAX_TEXT)?,
            reader.text(MAX_TEXT)?,
            reader.text(MAX_TEXT)?,
            reader.text(MAX_TEXT)?,
        ];
        let is_valid = is_token(method.as_bytes())
            && is_scheme(&scheme)
            && is_visible(&authority)
            && is_visible(&path);
        if !is_valid {
            return Err(Malformed);
        }
        let fields = reader.fields(is_known)?;
        let content = reader.content(is_known)?;
        reader.end(is_known)?;
        Ok(Self {
            method,
            scheme,
            authority,
            path,
            fields,
            content,
        })
    }

    /// The value of a field, if it is there once and is text.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|field| field.name == name);
        match (values.next(), values.next()) {
            (Some(field), None) => std::str::from_utf8(&field.value).ok(),
            _ => None,
        }
    }
}

impl Response {
    /// The known-length form, padded with zeros to a multiple of `step` bytes.
    pub fn encode(&self, step: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.content.len() + step);
        write_number(&mut out, KNOWN_RESPONSE);
        write_number(&mut out, u64::from(self.status));
        write_rest(out, &self.fields, &self.content, step)
    }

    /// Reads either form.
    pub fn decode(message: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(message);
        let is_known = match reader.number()? {
            KNOWN_RESPONSE => true,
            INDETERMINATE_RESPONSE => false,
            _ => return Err(Malformed),
        };
        for _ in 0..=MAX_INFORMATIONAL {
            let status = reader.number()?;
            let fields = reader.fields(is_known)?;
            match status {
                100..=199 => continue,
                200..=599 => {}
                _ => return Err(Malformed),
            }
            let content = reader.content(is_known)?;
            reader.end(is_known)?;
            let status = u16::try_from(status).map_err(|_| Malformed)?;
            return Ok(Self {
                status,
                fields,
                content,
            });
        }
        Err(Malformed)
    }
}

fn write_rest(mut out: Vec<u8>, fields: &[Field], content: &[u8], step: usize) -> Vec<u8> {
    let mut section = Vec::new();
    for field in fields {
        write_bytes(&mut section, field.name.as_bytes());
        write_bytes(&mut section, &field.value);
    }
    write_bytes(&mut out, &section);
    write_bytes(&mut out, content);
    // No trailers.
    write_number(&mut out, 0);
    let padded = out.len().next_multiple_of(step.max(1));
    out.resize(padded, 0);
    out
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A variable-length integer in its shortest form (RFC 9000 §16).
fn write_number(out: &mut Vec<u8>, number: u64) {
    match number {
        0..=0x3f => out.push(number as u8),
        0x40..=0x3fff => out.extend_from_slice(&(number as u16 | 0x4000).to_be_bytes()),
        0x4000..=0x3fff_ffff => {
            out.extend_from_slice(&(number as u32 | 0x8000_0000).to_be_bytes());
        }
        _ => out.extend_from_slice(&(number | 0xc000_0000_0000_0000).to_be_bytes()),
    }
}

/// RFC 9110 §5.6.2.
fn is_token(text: &[u8]) -> bool {
    !text.is_empty()
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// RFC 3986 §3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// An authority or a path: nothing that could end a line or a part of one. May be empty.
fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// RFC 9113 §8.2.1: a name in lower case, a value without what ends a line and without blanks around it.
fn is_field(name: &[u8], value: &[u8]) -> bool {
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    is_token(name)
        && !name.iter().any(u8::is_ascii_uppercase)
        && !value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'))
        && !is_blank(value.first())
        && !is_blank(value.last())
}

#[cfg(test)]
mod tests;
