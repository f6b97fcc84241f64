//! Recent captures of a resident, so that none of them counts twice: remembered as keyed sketches, never as embeddings
//! or tracks.
//!
//! A sketch keeps of a vector on which side of 2,048 planes it lies. Two vectors at the angle θ differ in about θ ÷ π of
//! these signs (Charikar, "Similarity estimation techniques from rounding algorithms", 2002), so what was changed a little
//! is found again, which no ordinary hash does. The planes are drawn with a key that belongs to one resident: sketches of
//! two residents, or of two authorities, have nothing in common even if their faces have.
//!
//! The planes are those of a rotation: three times random signs and a Hadamard transform (Andoni and others, "Practical and
//! optimal LSH for angular distance", 2015). Planes drawn one by one would take 2,048 random numbers for each number of
//! the vector.
//!
//! What counts as nearly equal is the judge's: `judge/recent.rs`.

mod counting;
mod hadamard;

use std::sync::OnceLock;

use hkdf::Hkdf;
use nod_protocol::payload::{MAX_KEYFRAMES, MAX_SETS};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use self::{
    counting::counted,
    hadamard::{transform, transform_first, transform_of_few},
};
use crate::vault::SecretKey;

/// Signs of a sketch.
pub const SIGNS: usize = 2048;
const BYTES: usize = SIGNS / 8;
const WORDS: usize = SIGNS / 64;
/// The longest vector that is sketched.
const LONGEST: usize = 16_384;
/// Powers of two from [`SIGNS`] to [`LONGEST`].
const SIZES: usize = 4;
/// Rounds of signs and transform; after two of them a vector that has a single number is not yet spread evenly.
const ROUNDS: usize = 3;

/// Which side of the planes a vector lies on. Not printable; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Sketch([u64; WORDS]);

/// Draws the planes of one resident.
pub struct Sketcher {
    key: SecretKey,
    /// For vectors of each size that was sketched so far: to draw the signs takes longer than to use them.
    signs: [OnceLock<Zeroizing<Vec<u8>>>; SIZES],
}

/// One capture as it is remembered.
pub struct CaptureDigest {
    /// Of every embedding: the fused one of each model set, and its keyframes.
    pub embeddings: Vec<Sketch>,
    /// Of what is measured of its movement, in the order of the judge.
    pub movement: [Sketch; MOVEMENTS],
}

/// Sketches of a movement.
pub const MOVEMENTS: usize = 3;

/// What a new capture is held against.
pub struct Recent {
    /// With the planes that the digests were made with.
    pub sketcher: Sketcher,
    /// In any order.
    pub captures: Vec<CaptureDigest>,
}

impl Sketcher {
    /// With a key of 32 bytes that nobody else's sketches are made with.
    pub fn new(key: SecretKey) -> Self {
        Self {
            key,
            signs: Default::default(),
        }
    }

    /// The sketch of a direction; its length does not matter. `None` of what has no direction (only zeros, or a number that is
    /// none) and of more than 16,384 numbers.
    pub fn sketch(&self, values: &[f32]) -> Option<Sketch> {
        let length = square(values);
        if !(length.is_finite() && length > 0.0) || values.len() > LONGEST {
            return None;
        }
        let size = values.len().next_power_of_two().max(SIGNS);
        let mut turned = Zeroizing::new(vec![0.0; size]);
        turned[..values.len()].copy_from_slice(values);
        let (first, others) = self.signs(size)?.split_at(size / 8);
        let (middle, last) = others.split_at(size / 8);
        turn(&mut turned, first);
        transform_of_few(&mut turned, values.len());
        turn(&mut turned, middle);
        transform(&mut turned);
        turn(&mut turned, last);
        transform_first(&mut turned);
        let mut sketch = Sketch([0; WORDS]);
        for (word, values) in sketch.0.iter_mut().zip(turned.as_chunks::<64>().0) {
            let mut bytes = [0; 8];
            for (byte, eight) in bytes.iter_mut().zip(values.as_chunks::<8>().0) {
                let mut signs = [1_u32, 2, 4, 8, 16, 32, 64, 128];
                for (sign, value) in signs.iter_mut().zip(eight) {
                    *sign = if *value < 0.0 { *sign } else { 0 };
                }
                *byte = signs.iter().sum::<u32>() as u8;
            }
            *word = u64::from_le_bytes(bytes);
        }
        Some(sketch)
    }

    /// One bit for each number and round.
    fn signs(&self, size: usize) -> Option<&[u8]> {
        let kept = self.signs.get((size / SIGNS).ilog2() as usize)?;
        Some(kept.get_or_init(|| self.drawn(size)))
    }

    /// HKDF-Expand (RFC 5869) as a generator.
    fn drawn(&self, size: usize) -> Zeroizing<Vec<u8>> {
        let mut signs = Zeroizing::new(vec![0; ROUNDS * size / 8]);
        let info = [b"nod sketch v1 ".as_slice(), &(size as u64).to_be_bytes()].concat();
        let expanded = Hkdf::<Sha256>::new(None, self.key.as_slice()).expand(&info, &mut signs);
        // Three rounds of the longest vector are 6,144 bytes; HKDF gives up to 8,160.
        debug_assert!(expanded.is_ok());
        signs
    }
}

/// In lanes: a single sum would have to be added up in order.
fn square(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<16>();
    let mut sums = [0.0; 16];
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value * value;
        }
    }
    let rest = rest.iter().map(|value| value * value);
    sums.into_iter().chain(rest).sum()
}

/// Takes each number whose bit is set to its opposite.
fn turn(values: &mut [f32], signs: &[u8]) {
    for (eight, signs) in values.as_chunks_mut::<8>().0.iter_mut().zip(signs) {
        let signs = u32::from(*signs);
        // Shifted by constants, which become vectors; and no branch, which could only be guessed.
        let last = [31, 30, 29, 28, 27, 26, 25, 24].map(|by| signs << by & 1 << 31);
        for (value, sign) in eight.iter_mut().zip(last) {
            *value = f32::from_bits(value.to_bits() ^ sign);
        }
    }
}

impl Sketch {
    /// In how many signs two sketches differ: 0 of the same direction, about 1,024 of two that have nothing in common.
    pub fn differs_in(&self, other: &Self) -> u32 {
        counted(&std::array::from_fn(|at| self.0[at] ^ other.0[at]))
    }

    /// 256 bytes, for the vault.
    pub(crate) fn to_bytes(&self) -> impl Iterator<Item = u8> {
        self.0.iter().flat_map(|word| word.to_le_bytes())
    }

    /// Reads [`Sketch::to_bytes`]; `None` of anything of another length.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_bytes)
    }

    fn from_bytes(bytes: &[u8; BYTES]) -> Self {
        let mut sketch = Self([0; WORDS]);
        for (word, bytes) in sketch.0.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        sketch
    }
}

impl Drop for Sketch {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// First byte of a stored digest: how it is put together.
const FORM: u8 = 1;
/// Embeddings of a capture: with every live set, as many keyframes as a payload may have and what they are together.
const MOST_EMBEDDINGS: usize = MAX_SETS * (MAX_KEYFRAMES + 1);
/// Bytes of a stored digest at most.
pub const LONGEST_DIGEST: usize = 1 + BYTES * (MOVEMENTS + MOST_EMBEDDINGS);

impl CaptureDigest {
    /// For the vault: form (1 byte), then the sketches of 256 bytes, those of the movement first.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(
            1 + BYTES * (MOVEMENTS + self.embeddings.len()),
        ));
        bytes.push(FORM);
        for sketch in self.movement.iter().chain(&self.embeddings) {
            bytes.extend(sketch.to_bytes());
        }
        bytes
    }

    /// Reads [`CaptureDigest::to_bytes`]; `None` of anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (sketches, rest) = bytes.strip_prefix(&[FORM])?.as_chunks::<BYTES>();
        let (movement, embeddings) = sketches.split_first_chunk::<MOVEMENTS>()?;
        let is_whole = rest.is_empty() && (1..=MOST_EMBEDDINGS).contains(&embeddings.len());
        is_whole.then(|| Self {
            movement: movement.each_ref().map(Sketch::from_bytes),
            embeddings: embeddings.iter().map(Sketch::from_bytes).collect(),
        })
    }

    /// One that nothing equals, of so many embeddings: from random bytes.
    pub fn of_nothing<E>(
        embeddings: usize,
        mut random: impl FnMut() -> Result<[u8; BYTES], E>,
    ) -> Result<Self, E> {
        let mut sketch = || random().map(|bytes| Sketch::from_bytes(&bytes));
        Ok(Self {
            movement: [sketch()?, sketch()?, sketch()?],
            embeddings: (0..embeddings)
                .map(|_| sketch())
                .collect::<Result<_, E>>()?,
        })
    }
}

#[cfg(test)]
#[path = "recent/tests.rs"]
mod tests;
