//! What was captured, who is claimed and the session it is for → the sealed body that travels.

use nod_protocol::challenge::Challenge;
use nod_protocol::envelope::{Header, VERSION};
use nod_protocol::http::SessionReply;
use nod_protocol::ids::{ModelSetId, Passcode};
use nod_protocol::key_config::KeyConfig;
use nod_protocol::payload::{Assertion, Claim, Payload, SetCapture, Track};
use nod_protocol::seal::{self, SealError};

use crate::capture::SetEmbeddings;

/// An open session and the key to seal to.
pub struct Session {
    /// As the authority stored it: what the seal is bound to.
    pub reply: SessionReply,
    /// Checked against the pinned root.
    pub key: KeyConfig,
}

/// What proves a claim besides the face; mostly one of the two, and at level light neither.
#[derive(Default)]
pub struct SecondFactor {
    /// The passcode.
    pub passcode: Option<Passcode>,
    /// What a device key signed for the session.
    pub assertion: Option<Assertion>,
}

/// Seals a capture for one session and challenge. `sets` are the embeddings with the model sets that made
/// them, the first of which names the envelope; `track` is there after a movement challenge; `build` is the SHA-256 of the widget's wasm.
///
/// Embeddings, claim and second factor are wiped when this returns; only the ciphertext is left.
pub fn seal(
    session: &Session,
    build: [u8; 32],
    challenge: &Challenge,
    sets: Vec<(ModelSetId, SetEmbeddings)>,
    track: Option<Track>,
    claim: Claim,
    factor: SecondFactor,
) -> Result<Vec<u8>, SealError> {
    let captures: Vec<SetCapture> = sets
        .into_iter()
        .map(
            |(
                model_set,
                SetEmbeddings {
                    fused,
                    keyframes,
                    crops,
                },
            )| SetCapture {
                model_set,
                fused,
                keyframes,
                crops,
            },
        )
        .collect();
    // A capture is made for the session's model sets, of which there is at least one.
    let model_set = captures
        .first()
        .map(|c| c.model_set.clone())
        .ok_or(SealError::Key)?;
    let header = Header {
        version: VERSION,
        session: session.reply.session.clone(),
        key: session.key.kid.clone(),
        model_set,
        build,
    };
    let payload = Payload {
        claim,
        passcode: factor.passcode,
        captures,
        track,
        assertion: factor.assertion,
    };
    let context = session.reply.context(challenge);
    Ok(seal::seal(&session.key.public_key, header, &context, &payload)?.encode())
}
