//! What the resident is asked to do in front of the camera, drawn by the authority.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::Nonce;

/// How the resident shows that a living person is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// No movement, for people who cannot move their head; counts only with a second factor.
    Still,
    /// Random head movements on both axes.
    Move,
}

/// One movement of the challenge.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The movement.
    #[serde(rename = "do")]
    pub movement: Movement,
    /// How long the instruction stands at least, in milliseconds: the next one comes no sooner.
    pub millis: u32,
}

/// The movements a challenge is made of, from the resident's own point of view.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// Turn the head to one's own left.
    TurnLeft,
    /// Turn the head to one's own right.
    TurnRight,
    /// Raise the chin.
    LookUp,
    /// Lower the chin.
    LookDown,
    /// Move towards the camera.
    ComeCloser,
}

/// Milliseconds from the challenge to its first instruction: the head rests, and everything is measured against that.
pub const STILL_MILLIS: u32 = 1_000;

/// Milliseconds without a frame in which anything may have happened: a track with a longer gap is not judged. A keyframe is
/// embedded meanwhile, and by a slow telephone slowly.
pub const LONGEST_GAP_MILLIS: u32 = 2_000;

/// A challenge as the authority stored it and the widget received it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// Fresh for every challenge, so that no two hash alike.
    pub nonce: Nonce,
    /// Still or moving.
    pub mode: Mode,
    /// Empty in mode still.
    pub steps: Vec<Step>,
}

impl Mode {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Still => "still",
            Mode::Move => "move",
        }
    }
}

impl Movement {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Movement::TurnLeft => "turn_left",
            Movement::TurnRight => "turn_right",
            Movement::LookUp => "look_up",
            Movement::LookDown => "look_down",
            Movement::ComeCloser => "come_closer",
        }
    }
}

impl Challenge {
    /// SHA-256 of the CBOR array `["nod-challenge", nonce, mode, [[do, millis], …]]`.
    ///
    /// The hash goes into the seal's additional data: a capture made for one challenge does not open
    /// as the answer to another.
    pub fn hash(&self) -> [u8; 32] {
        let mut encoder = minicbor::Encoder::new(Vec::new());
        let written = (|| {
            encoder
                .array(4)?
                .str("nod-challenge")?
                .bytes(self.nonce.as_bytes())?;
            encoder
                .str(self.mode.as_str())?
                .array(self.steps.len() as u64)?;
            for step in &self.steps {
                encoder
                    .array(2)?
                    .str(step.movement.as_str())?
                    .u32(step.millis)?;
            }
            Ok::<(), minicbor::encode::Error<core::convert::Infallible>>(())
        })();
        // Writing to a Vec has no error to give; the type says so (Infallible).
        debug_assert!(written.is_ok());
        Sha256::digest(encoder.into_writer()).into()
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn challenge() -> Challenge {
        Challenge {
            nonce: Nonce::from_bytes([7; 32]),
            mode: Mode::Move,
            steps: vec![Step {
                movement: Movement::TurnLeft,
                millis: 2_000,
            }],
        }
    }

    #[test]
    fn every_field_changes_the_hash() {
        let base = challenge().hash();
        let mut other = challenge();
        other.nonce = Nonce::from_bytes([8; 32]);
        assert_ne!(other.hash(), base);
        let mut other = challenge();
        other.mode = Mode::Still;
        assert_ne!(other.hash(), base);
        let mut other = challenge();
        other.steps[0].movement = Movement::TurnRight;
        assert_ne!(other.hash(), base);
        let mut other = challenge();
        other.steps[0].millis += 1;
        assert_ne!(other.hash(), base);
    }

    #[test]
    fn json_names_are_the_hashed_names() {
        let json = serde_json::to_string(&challenge()).unwrap();
        assert!(
            json.contains(r#""mode":"move""#) && json.contains(r#""do":"turn_left""#),
            "{json}"
        );
    }
}
